import type { Connection } from "./connection";
import { type Jobs, progressOf } from "./jobs";
import { choices, choose } from "./looks";
import type { Navigator } from "./navigator";
import type { Popover } from "./popover";
import type { Entry } from "./rank";
import type { Routes } from "./router";
import type { Portal } from "./server";
import type { Sidebar } from "./sidebar";

interface Parts {
  readonly routes: Routes;
  readonly navigator: Navigator;
  readonly sidebar: Sidebar;
  readonly connection: Connection;
  readonly jobs: Jobs;
  readonly panels: { readonly jobs: Popover; readonly connection: Popover; readonly theme: Popover };
  readonly portals: readonly Portal[];
  readonly shipped: readonly string[];
  readonly signOut: () => void;
}

/** Everything the palette can find, as it stands now. */
export function actions(parts: Parts): readonly Entry[] {
  return [...pages(parts), ...commands(parts), ...themes(parts), ...jobs(parts)];
}

function pages({ routes, navigator, portals }: Parts): Entry[] {
  const several = portals.length > 1;
  return routes.pages.map((page) => ({
    id: page.slug,
    group: "Pages",
    title: page.title,
    note: several
      ? `${portals.find(({ portal }) => portal === page.portal)?.title} · ${page.group}`
      : page.group,
    icon: page.icon,
    keywords: page.keywords,
    portal: page.portal,
    href: page.route,
    run: () => navigator.go(page.slug),
  }));
}

function commands({ connection, sidebar, panels, signOut }: Parts): Entry[] {
  const made = (title: string, icon: string, keywords: string[], run: () => void): Entry => ({
    id: `>${title}`,
    group: "Actions",
    title,
    note: "Action",
    icon,
    keywords,
    run,
  });
  return [
    made("Show jobs", "activity", ["tray", "running", "progress"], () => panels.jobs.open()),
    made("Check the connection", "refresh-cw", ["refresh", "status", "workspace"], () => connection.retry()),
    made("Change theme", "palette", ["dark", "light", "contrast", "looks"], () => panels.theme.open()),
    made("Toggle the sidebar", "panel-left", ["rail", "navigation"], () => sidebar.toggle()),
    made("Sign out", "log-out", ["leave", "end"], signOut),
  ];
}

function themes({ shipped }: Parts): Entry[] {
  return choices(shipped).map(({ name, title, line }) => ({
    id: `theme ${name}`,
    group: "Themes",
    title: `Theme: ${title}`,
    note: line,
    icon: "palette",
    keywords: ["theme", name],
    run: () => choose(name),
  }));
}

function jobs({ jobs: all, navigator, routes }: Parts): Entry[] {
  return all.list.value.flatMap((job): Entry[] => {
    const about = { group: "Jobs" as const, icon: "activity", keywords: [job.operation, job.status, "job"] };
    const open: Entry = {
      ...about,
      id: `job ${job.id}`,
      title: job.title,
      note: job.live ? progressOf(job) : job.status,
      run: () => navigator.go(job.page, { run: job.id }),
    };
    const cancel: Entry = {
      ...about,
      id: `cancel ${job.id}`,
      title: `Cancel ${job.title}`,
      note: progressOf(job),
      run: () => void all.cancel(job),
    };
    return [...(routes.page(job.page) ? [open] : []), ...(job.live ? [cancel] : [])];
  });
}
