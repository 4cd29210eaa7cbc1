// The thin client of the web app: shell, routes, and the line to the kernel. Pages are the kit's.
import { effect } from "@preact/signals";
import { h, render } from "preact";
import { Picture } from "../components/primitives";
import { mount } from "../core";
import { actions } from "./actions";
import { Connection } from "./connection";
import { whenIdle } from "./idle";
import { Jobs, toneOf } from "./jobs";
import { type EarlyLine, KernelLine } from "./line";
import { choose, followSystem } from "./looks";
import { Navigator } from "./navigator";
import { Palette } from "./palette";
import { ConnectionPanel, JobTray } from "./panels";
import { Popover } from "./popover";
import { Routes } from "./router";
import { type Boot, type JobLine, Server } from "./server";
import { shortcuts } from "./shortcuts";
import { byId, Sidebar } from "./sidebar";
import { showStrip } from "./strip";
import { ThemeMenu } from "./theme_menu";

const boot = JSON.parse(byId("sh-boot").textContent ?? "{}") as Boot;
const server = new Server(boot.xsrf);
const { __cxLine: early } = window as { __cxLine?: EarlyLine };
const line = new KernelLine(server, boot.kernel ?? undefined, early);
// First of all: the line is being opened while the shell is drawn.
void line.run();
const routes = new Routes(boot.pages);
const sidebar = new Sidebar();
const announce = (text: string) => {
  byId("sh-live").textContent = text;
};

for (const slot of document.querySelectorAll<HTMLElement>("[data-icon]")) {
  render(h(Picture, { name: slot.dataset.icon ?? "" }), slot);
}

const navigator = new Navigator(routes, sidebar, announce);
const page = byId("sh-page");
if (boot.page) {
  const waiting = [...page.children];
  const { session } = mount(page, line.transport(), {
    heading: 1,
    navigate: (slug, params) => navigator.go(slug, params),
    onTheme: choose,
  });
  const stop = effect(() => {
    if (!session.current.value) return;
    for (const element of waiting) element.remove();
    queueMicrotask(() => stop());
  });
  navigator.drive(session, boot.page, boot.params);
}

const connection = new Connection(line, boot.place);
const jobs = new Jobs(server, (job) => announce(`${job.title}: ${job.status}`));
const openJob = (job: JobLine) => navigator.go(job.page, { run: job.id });
const signOut = async () => {
  await server.signOut();
  location.assign("/");
};

const panels = {
  jobs: new Popover(
    byId("sh-jobs"),
    "Jobs",
    () => h(JobTray, { jobs, open: openJob, opens: (job) => Boolean(routes.page(job.page)) }),
    { opened: () => watchJobs(true), closed: () => watchJobs(false) },
  ),
  connection: new Popover(byId("sh-pill"), "Connection", () =>
    h(ConnectionPanel, { connection, line, signOut }),
  ),
  theme: new Popover(byId("sh-theme"), "Theme", () => h(ThemeMenu, { shipped: boot.themes })),
};

function watchJobs(watching: boolean): void {
  jobs.watching = watching;
  if (watching) whenIdle(() => void jobs.refresh());
}

const palette = new Palette({
  entries: () =>
    actions({
      routes,
      navigator,
      sidebar,
      connection,
      jobs,
      panels,
      shipped: boot.themes,
      signOut,
      portals: boot.portals,
    }),
  bias: () => ({ recent: navigator.recent(), portal: navigator.portal }),
});
byId("sh-search").addEventListener("click", () => palette.open());
shortcuts({ palette, sidebar, navigator });
followSystem();

effect(() => {
  const { tone, word } = connection.pill.value;
  const pill = byId("sh-pill");
  pill.dataset.tone = tone;
  pill.lastElementChild?.replaceChildren(word);
  pill.setAttribute("aria-label", `Connection: ${word}`);
});
effect(() => {
  const live = jobs.live.value;
  const button = byId("sh-jobs");
  const last = jobs.list.value[0];
  const label = live.length > 0 ? `${live.length} running` : "";
  button.setAttribute("aria-label", live.length > 0 ? `Jobs, ${live.length} running` : "Jobs");
  button.classList.toggle("is-quiet", live.length === 0);
  button.dataset.tone = last && !last.live ? toneOf(last) : "";
  const done = live[0]?.pct ?? 0;
  const ring = h("span", { class: "sh-ring", style: `--done:${done}`, "aria-hidden": "true" });
  const content = live.length > 0 ? [ring, h("span", null, label)] : [h(Picture, { name: "activity" })];
  render(content, button);
});
effect(() => showStrip(line, connection));
void jobs.refresh();
