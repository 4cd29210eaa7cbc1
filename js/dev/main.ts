// Development page: every component with sample data, on a line that answers by itself.
import { mount } from "../src/mount";
import { FakeLine } from "./fake_line";
import { SAMPLES, STATE } from "./samples";

const wanted = new URLSearchParams(location.search);
const name = wanted.get("sample") ?? "clone";
const theme = wanted.get("theme") ?? "light";
const isCell = wanted.has("cell");
const place = document.getElementById("place") as HTMLElement;
document.documentElement.dataset.cxTheme = theme;
document.body.dataset.jpThemeLight = String(theme !== "dark");

const sample = SAMPLES[name];
const boot = { v: 1, inst: "i1", page: name, title: name, params: {}, tree: sample, state: STATE, rev: 0 };
const line = new FakeLine(boot);
const mounted = mount(place, line, {
  boot,
  shadow: isCell,
  heading: isCell ? 3 : 1,
  theme,
  load: (chunk) => import(/* @vite-ignore */ `/chunk/${chunk}.js`),
});
Object.assign(window, { mounted, line });
