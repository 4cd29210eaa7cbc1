import * as signals from "@preact/signals";
import * as preact from "preact";
import * as hooks from "preact/hooks";
import * as jsx from "preact/jsx-runtime";
import * as actions from "./components/actions";
import * as feedback from "./components/feedback";
import * as primitives from "./components/primitives";
import * as format from "./runtime/format";
import * as render from "./runtime/render";
import * as resolve from "./runtime/resolve";
import * as rows from "./runtime/rows";
import * as transport from "./runtime/transport";
import * as ui_state from "./runtime/ui_state";

// Lazy chunks take these from here, so that a page has one Preact and one of each context.
(globalThis as Record<string, unknown>).__clonexs_rt = {
  preact,
  "preact/hooks": hooks,
  "preact/jsx-runtime": jsx,
  "@preact/signals": signals,
  "runtime/format": format,
  "runtime/render": render,
  "runtime/resolve": resolve,
  "runtime/rows": rows,
  "runtime/transport": transport,
  "runtime/ui_state": ui_state,
  "components/actions": actions,
  "components/feedback": feedback,
  "components/primitives": primitives,
};
