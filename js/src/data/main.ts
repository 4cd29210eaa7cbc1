// What comes after the first paint: tables, trees, charts, long texts, rarer fields.
export { Chart } from "../components/chart";
export { Code } from "../components/code";
export { Diff } from "../components/diff";
export { TableChoices } from "../components/fields/choices";
export { DateField } from "../components/fields/date";
export { MapField } from "../components/fields/map";
export { SqlField } from "../components/fields/sql";
export { Markdown } from "../components/markdown";
export { Split } from "../components/split";
export { Table } from "../components/table/table";
export { Timeline } from "../components/timeline";
export { Tree } from "../components/tree";
export { fromArrow } from "./arrow";
