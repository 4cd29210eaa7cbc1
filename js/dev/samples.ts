import type { WireNode } from "../src/contract.gen";
import type { Wire } from "../src/runtime/transport";

const n = (c: string, p: Record<string, unknown> = {}, ch?: WireNode[], k?: string): WireNode => ({
  c,
  p,
  ch,
  k,
});
const s = (path: string) => ({ $s: path });
const a = (name: string) => ({ $a: name });
const now = Date.now() / 1000;

export const OPTIONS = [
  { value: "retail", hint: "4 schemas, 42 tables", icon: "database" },
  { value: "retail_dev", hint: "owner ana@local", icon: "database" },
  { value: "naïve-`quote`", hint: "a legal name", icon: "database" },
  { value: "<b>markup</b>", hint: "text, never markup", icon: "database", disabled: true },
];
export const EXPANDED = ["orders", "customers", "order_items"].map((label) => ({
  id: `retail.sales.${label}`,
  label,
  icon: "table",
  count: 120_000,
}));
const SQL = `-- Copies one table
CREATE OR REPLACE TABLE \`retail_dev\`.\`sales\`.\`orders\`
DEEP CLONE \`retail\`.\`sales\`.\`orders\` VERSION AS OF 12
TBLPROPERTIES ('owner' = 'ana@local'); -- 3.2 GB`;
export const FILES = { sql: SQL };

const KINDS = ["table", "view", "function", "volume"];
const STATUSES = ["succeeded", "failed", "skipped", "running", "pending", "unable", "equal", "differs"];
const row = (at: number) => ({
  name: at === 3 ? "<img src=x onerror=alert(1)>" : `retail.schema_${at % 4}.table_${at}`,
  kind: KINDS[at % 4],
  rows: at % 7 === 0 ? null : (at * 7919) % 1_000_003,
  size: (at * 104_729_123) % 5e10,
  status: STATUSES[at % STATUSES.length],
  changed: now - at * 3600,
  took: (at % 50) / 3,
});

export function rowsFor(ref: string, win: Wire = {}) {
  const count = ref.startsWith("big") ? 50_000 : ref.startsWith("empty") ? 0 : 60;
  const off = Number(win.off ?? 0);
  const last = Math.min(count, off + Number(win.n ?? count));
  const objects = Array.from({ length: Math.max(0, last - off) }, (_, at) => row(off + at));
  const columns = ["name", "kind", "rows", "size", "status", "changed", "took"];
  return { columns, rows: objects.map((each) => columns.map((name) => each[name as keyof typeof each])) };
}

const COLUMNS = [
  { key: "name", label: "Object", format: "code", width: 320 },
  { key: "kind", label: "Kind", width: 90 },
  { key: "rows", label: "Rows", format: "number", width: 110 },
  { key: "size", label: "Size", format: "bytes", width: 100 },
  { key: "status", label: "Status", format: "status", width: 130 },
  { key: "changed", label: "Changed", format: "relative", width: 120 },
  { key: "took", label: "Took", format: "duration", width: 90, hidden: true },
];

export const STATE: Record<string, unknown> = {
  "form.source_catalog": "retail",
  "form.destination_catalog": "retail_dev",
  "form.clone_type": "DEEP",
  "form.schemas": ["sales", "hr"],
  "form.workers": 99,
  "form.copy_tags": true,
  "form.notes": "",
  "form.where": "amount > 0;",
  "form.password": "",
  "form.properties": { team: "data", env: "dev" },
  "form.at": "2026-01-05",
  "form.choices": { "retail.hr.salaries": "copy" },
  "form.errors": { workers: "must be at most 64", destination_catalog: "is the same as the source" },
  step: "options",
  drawer: false,
  confirm: false,
  ticks: ["retail.sales.orders", "retail.hr"],
  chosen: ["retail.schema_1.table_1"],
  tab: "plan",
  "job.id": "r-20260105-7f3a",
  "job.title": "Clone retail into retail_dev",
  "job.status": "running",
  "job.created_at": now - 95,
  "job.started_at": now - 94,
  "job.progress": {
    stage: "Tables",
    done: 17,
    total: 42,
    unit: "tables",
    pct: 40,
    rate: 0.4,
    eta_s: 62,
    bytes: 3.4e9,
    bytes_total: 8.1e9,
    current: ["retail_dev.sales.orders", "retail_dev.sales.order_items", "retail_dev.hr.employees"],
  },
  "job.counts": { done: 17, failed: 2, skipped: 1, pending: 22 },
  "job.stages": [
    { name: "Provision", state: "done", done: 4, total: 4 },
    { name: "Functions", state: "done", done: 5, total: 5 },
    { name: "Tables", state: "running", done: 17, total: 42 },
    { name: "Views", state: "pending" },
    { name: "Verify", state: "pending" },
  ],
  "job.log": Array.from({ length: 40 }, (_, at) => ({
    seq: at,
    ts: now - 90 + at * 2,
    level: at % 13 === 12 ? "error" : at % 9 === 8 ? "warn" : "info",
    object: `sales.table_${at}`,
    message: at % 13 === 12 ? "DELTA_FILE_NOT_FOUND: part-0001.parquet is gone" : "copied 12 files, 184 MB",
  })),
};

const field = (c: string, path: string, label: string, more: Record<string, unknown> = {}) =>
  n(c, { value: s(path), label, ...more });

const FORM = n(
  "Form",
  { columns: 2, errors: s("form.errors"), summary: true, required_legend: true, on_submit: a("plan") },
  [
    field("ComboField", "form.source_catalog", "Source catalog", {
      required: true,
      on_search: a("catalogs"),
      icon: "database",
      help: "Catalog that is copied",
    }),
    field("ComboField", "form.destination_catalog", "Target catalog", {
      required: true,
      on_search: a("catalogs"),
      icon: "database",
      create: "Create catalog",
    }),
    field("RadioField", "form.clone_type", "Copy type", {
      span: 2,
      look: "cards",
      options: [
        {
          value: "DEEP",
          label: "Deep",
          hint: "Copies the files: independent of the source, takes time and space",
          icon: "copy",
        },
        {
          value: "SHALLOW",
          label: "Shallow",
          hint: "Points at the source's files: at once, but depends on them",
          icon: "layers",
        },
        {
          value: "SCHEMA",
          label: "Schema only",
          hint: "Empty tables with everything around them",
          icon: "table",
        },
      ],
    }),
    field("ChipsField", "form.schemas", "Schemas", {
      placeholder: "All schemas",
      options: [{ value: "sales" }, { value: "hr" }, { value: "finance" }],
      help: "Only these; all when empty",
    }),
    field("NumberField", "form.workers", "Workers", {
      min: 1,
      max: 64,
      whole: true,
      unit: "at once",
      changed: true,
    }),
    field("SelectField", "form.verify", "Proof", {
      options: [
        { value: "auto", label: "Automatic" },
        { value: "content", label: "Content" },
      ],
      placeholder: "Automatic",
    }),
    field("DateField", "form.at", "As of"),
    field("TextField", "form.notes", "Notes", { lines: 3, placeholder: "Why this copy is made" }),
    field("TextField", "form.password", "Token", { secret: true, help: "Stays in the memory of this tab" }),
    field("CheckField", "form.copy_tags", "Copy tags", { help: "On all five kinds of object" }),
    field("SwitchField", "form.copy_grants", "Copy grants", {
      changed: true,
      help: "Principals keep what they may do",
    }),
    field("SqlField", "form.where", "Filter", {
      span: 2,
      on_check: a("check"),
      help: "One SQL expression over the rows",
    }),
    field("MapField", "form.properties", "Properties"),
    field("TextField", "form.locked", "Storage location", {
      disabled: true,
      disabled_reason: "The target exists: it keeps its location",
    }),
    field("RadioField", "form.order", "Order", {
      look: "segments",
      options: [
        { value: "size", label: "Largest first" },
        { value: "name", label: "By name" },
      ],
    }),
  ],
);

const STEPS = [
  { id: "source", label: "Source and target", state: "done" },
  { id: "options", label: "Options", state: "current" },
  { id: "plan", label: "Plan", state: "todo" },
  { id: "run", label: "Run", state: "todo" },
];
const HEADER = n(
  "Header",
  {
    title: "Clone",
    subtitle: "Copy a catalog with everything around its tables, and prove that the copy is equal.",
    as_of: now - 200,
    on_refresh: a("refresh"),
  },
  [
    n("Menu", {
      label: "Copy as",
      icon: "code",
      items: [
        { label: "Python", icon: "terminal" },
        { label: "Command line", icon: "terminal", note: "clonexs run" },
        { label: "Scheduled job", icon: "calendar" },
      ],
    }),
  ],
);
const DAYS = Array.from({ length: 14 }, (_, at) => ({
  day: new Date((now - (13 - at) * 86_400) * 1000).toISOString(),
  ok: 4 + ((at * 7) % 9),
  bad: (at * 3) % 4,
  moved: 1e9 * (2 + Math.sin(at)),
}));
const chart = (kind: string, more: Record<string, unknown>) =>
  n("Card", {}, [n("Chart", { kind, rows: DAYS, x: "day", x_format: "time", ...more })]);
const PARTS = [
  { name: "succeeded", n: 41 },
  { name: "partial", n: 6 },
  { name: "failed", n: 3 },
  { name: "cancelled", n: 2 },
];

export const SAMPLES: Record<string, WireNode> = {
  clone: n("Page", {}, [
    HEADER,
    n(
      "Wizard",
      {
        steps: STEPS,
        value: s("step"),
        footer: [
          n("Button", { label: "Back", look: "ghost", icon: "arrow-left" }),
          n("Button", { label: "Plan", look: "primary", primary_key: true, on_press: a("plan") }),
        ],
      },
      [
        n("Card", { title: "Options", subtitle: "Defaults are the safe choice" }, [FORM], "options"),
        n("Text", { text: "Source" }, undefined, "source"),
      ],
    ),
  ]),
  plan: n("Page", {}, [
    HEADER,
    n(
      "Alert",
      {
        title: "2 of 42 tables cannot be copied as they are",
        text: "Choose what happens to each of them.",
        tone: "warning",
        items: ["retail.hr.salaries has a column mask", "retail.hr.reviews has a row filter"],
      },
      [n("Button", { label: "Choose", size: "small" })],
    ),
    n("StatCards", {}, [
      n("Stat", { label: "Tables", value: 42, note: "3 views, 5 functions", icon: "table" }),
      n("Stat", { label: "To copy", value: 8.1e9, format: "bytes" }),
      n("Stat", { label: "Statements", value: 118, note: "about 2 min" }),
      n("Stat", { label: "Cannot be copied", value: 2, tone: "warning" }),
      n("Stat", { label: "Last clone", value: null, missing: "never cloned" }),
      n("Stat", { label: "Rows", loading: true }),
    ]),
    n(
      "Tabs",
      {
        tabs: [
          { id: "plan", label: "Objects", badge: 60 },
          { id: "skips", label: "Left out", badge: 2, tone: "warning" },
          { id: "sql", label: "SQL" },
        ],
        value: s("tab"),
      },
      [
        n(
          "Table",
          {
            label: "Objects",
            columns: COLUMNS,
            rows: { $d: "units@1" },
            row_key: "name",
            on_row: a("show"),
            export_name: "plan",
            group_by: "kind",
          },
          undefined,
          "plan",
        ),
        n(
          "TableChoices",
          {
            label: "Protected tables",
            value: s("form.choices"),
            items: [
              { id: "retail.hr.salaries", label: "retail.hr.salaries", note: "column mask on amount" },
              { id: "retail.hr.reviews", label: "retail.hr.reviews", note: "row filter" },
            ],
            options: [
              { value: "copy", label: "Copy with the protection" },
              { value: "skip", label: "Leave out" },
            ],
          },
          undefined,
          "skips",
        ),
        n(
          "Code",
          { language: "sql", label: "Statements", on_load: a("sql"), download: "plan.sql" },
          undefined,
          "sql",
        ),
      ],
    ),
  ]),
  job: n("Page", {}, [
    HEADER,
    n("Job", { on_cancel: a("cancel"), on_resume: a("resume"), on_retry: a("retry") }),
    n("Alert", {
      title: "The copy equals its source",
      tone: "success",
      text: "42 tables compared by content.",
    }),
  ]),
  data: n("Page", { width: "full" }, [
    n("Header", { title: "Data", status: "partial" }),
    n("Table", {
      label: "Fifty thousand",
      columns: COLUMNS,
      rows: { $d: "big@1" },
      row_key: "name",
      server: true,
      height: 300,
      selection: s("chosen"),
    }),
    n("Split", { id: "x", first_width: 320 }, [
      n("Tree", {
        label: "Objects",
        checked: s("ticks"),
        on_expand: a("expand"),
        items: [
          {
            id: "retail",
            label: "retail",
            icon: "database",
            children: [
              { id: "retail.sales", label: "sales", icon: "folder", count: 12, lazy: true },
              { id: "retail.hr", label: "hr", icon: "folder", count: 5, lazy: true },
            ],
          },
        ],
      }),
      n("Stack", {}, [
        n("KeyValue", {
          columns: 2,
          items: [
            { label: "Owner", value: "ana@local", copy: true },
            { label: "Size", value: 3.2e9, format: "bytes" },
            { label: "Changed", value: now - 7000, format: "relative" },
            { label: "State", value: "succeeded", format: "status" },
            { label: "Location", value: "file:/data/retail/sales/orders", format: "code" },
            { label: "Comment", value: null },
          ],
        }),
        n("Diff", {
          before: "id BIGINT\nname STRING\namount DECIMAL(10,2)\nat TIMESTAMP",
          after: "id BIGINT\nname STRING\namount DECIMAL(12,2)\nat TIMESTAMP\nnote STRING",
        }),
      ]),
    ]),
    n("Code", { text: SQL, language: "sql", label: "Statement" }),
    n("Markdown", {
      text: "# Heading\nWith **strong**, *weak* and `code`, and <script>alert(1)</script> as text.\n\n- one\n- two [link](https://example.com)\n\n```\nblock\n```",
    }),
    n("Log", { lines: s("job.log"), height: 160 }),
    n("Table", { label: "Nothing", columns: COLUMNS, rows: [], empty: "No object differs" }),
  ]),
  charts: n("Page", {}, [
    n("Header", { title: "Charts" }),
    n("Grid", { min_width: 360 }, [
      chart("area", {
        label: "Operations per day",
        stacked: true,
        unit: "operations",
        series: [
          { key: "ok", label: "succeeded", tone: "success" },
          { key: "bad", label: "failed", tone: "danger" },
        ],
      }),
      chart("line", {
        label: "Data moved",
        format: "bytes",
        series: [{ key: "moved", label: "moved" }],
        zoom: true,
      }),
      n("Card", {}, [
        n("Chart", {
          kind: "bar",
          rows: PARTS,
          x: "name",
          label: "By state",
          series: [{ key: "n", label: "runs" }],
          unit: "runs",
        }),
      ]),
      n("Card", {}, [
        n("Chart", {
          kind: "bar",
          horizontal: true,
          rows: PARTS,
          x: "name",
          label: "By state, lying",
          series: [{ key: "n", label: "runs" }],
        }),
      ]),
      n("Card", {}, [
        n("Chart", { kind: "pie", rows: PARTS, x: "name", label: "Split", series: [{ key: "n" }] }),
      ]),
      n("Card", {}, [
        n("Chart", {
          kind: "gauge",
          rows: [{ name: "retail", n: 84 }],
          x: "name",
          label: "Health",
          series: [{ key: "n", tone: "success" }],
        }),
      ]),
      n("Card", {}, [
        n("Chart", {
          kind: "heatmap",
          rows: Array.from({ length: 48 }, (_, at) => ({
            hour: at % 24,
            day: at < 24 ? "Mon" : "Tue",
            n: (at * 7) % 23,
          })),
          x: "hour",
          y: "day",
          label: "Busy hours",
          series: [{ key: "n" }],
        }),
      ]),
      n("Card", {}, [
        n("Chart", { kind: "treemap", rows: PARTS, x: "name", label: "Sizes", series: [{ key: "n" }] }),
      ]),
      n("Card", {}, [
        n("Chart", { kind: "funnel", rows: PARTS, x: "name", label: "Funnel", series: [{ key: "n" }] }),
      ]),
      n("Card", {}, [
        n("Chart", {
          kind: "radar",
          rows: PARTS,
          x: "name",
          label: "Radar",
          series: [{ key: "n", label: "this week" }],
        }),
      ]),
      n("Card", {}, [
        n("Chart", {
          kind: "sankey",
          rows: [
            { a: "raw", b: "clean", n: 5 },
            { a: "clean", b: "mart", n: 3 },
            { a: "clean", b: "ml", n: 2 },
          ],
          x: "a",
          y: "b",
          label: "Flow",
          series: [{ key: "n" }],
        }),
      ]),
      n("Card", {}, [
        n("Chart", {
          kind: "boxplot",
          rows: [
            { t: "orders", a: 1, b: 3, c: 5, d: 8, e: 12 },
            { t: "items", a: 2, b: 4, c: 6, d: 7, e: 9 },
          ],
          x: "t",
          label: "Spread",
          series: ["a", "b", "c", "d", "e"].map((key) => ({ key })),
        }),
      ]),
      n("Card", {}, [
        n("Chart", {
          kind: "scatter",
          rows: DAYS,
          x: "ok",
          label: "Against each other",
          series: [{ key: "moved", label: "bytes" }],
          format: "bytes",
        }),
      ]),
      n("Card", {}, [
        n("Chart", { kind: "line", rows: [], x: "day", label: "Nothing", series: [{ key: "ok" }] }),
      ]),
    ]),
  ]),
  feedback: n("Page", {}, [
    n("Header", { title: "Feedback", subtitle: "How things stand" }),
    ...["info", "success", "warning", "danger", "neutral"].map((tone) =>
      n("Alert", {
        title: `A message of tone ${tone}`,
        text: "With a sentence that says what to do.",
        tone,
        dismissible: true,
      }),
    ),
    n("Problem", {
      message: "SELECT on retail.sales.orders is missing",
      code: "PERMISSION_DENIED",
      object: "retail.sales.orders",
      hint: "GRANT SELECT ON TABLE retail.sales.orders TO `ana@local`",
      details: "SQLSTATE 42501",
      trace: "7f3a11",
      on_retry: a("fail"),
    }),
    n("Pills", {
      items: [
        { label: "table" },
        { label: "masked", tone: "warning", icon: "lock" },
        { label: "equal", tone: "success" },
        { label: "gone", tone: "danger" },
        { label: "new", tone: "info" },
        { label: "running", status: true },
      ],
    }),
    n(
      "Stack",
      { direction: "row", gap: "medium", wrap: true },
      [
        "succeeded",
        "partial",
        "failed",
        "cancelled",
        "running",
        "queued",
        "interrupted",
        "unknown",
        "waiting_approval",
      ].map((value) => n("Status", { value })),
    ),
    n("Toolbar", { end: [n("Download", { label: "Report", on_press: a("file") })] }, [
      n("Button", { label: "Primary", look: "primary", on_press: a("x") }),
      n("Button", { label: "Secondary", icon: "play", on_press: a("x") }),
      n("Button", { label: "Danger", look: "danger", on_press: a("x") }),
      n("Button", { label: "Ghost", look: "ghost", on_press: a("x") }),
      n("Button", { label: "Cannot", disabled: true, disabled_reason: "Plan first" }),
      n("Button", { label: "Fails", on_press: a("fail") }),
      n("Button", { label: "Settings", icon: "settings", icon_only: true, on_press: a("x") }),
      n("Link", { label: "Documentation", href: "https://clonexs.dev" }),
      n("Link", { label: "Dashboard", to: { $go: ["dashboard", {}] } }),
      n("Copy", { label: "Copy code", text: "x" }),
    ]),
    n("Progress", { label: "Copying", done: 41, total: 100, unit: "tables", eta_s: 120 }),
    n("Progress", { label: "Reading", done: null, total: null }),
    n("Grid", {}, [
      n("Card", { title: "Loading" }, [n("Skeleton", {})]),
      n("Card", { title: "Table" }, [n("Skeleton", { look: "table", count: 4 })]),
      n("Card", { title: "Empty" }, [
        n(
          "Empty",
          { title: "No run yet", text: "Runs of the last seven days stand here.", icon: "history" },
          [n("Button", { label: "Clone a catalog", look: "primary", on_press: a("x") })],
        ),
      ]),
    ]),
    n("Card", { title: "History", collapsible: true, badge: 3 }, [
      n("Timeline", {
        items: [
          { ts: now - 60, title: "Run succeeded", tone: "success", text: "42 tables" },
          { ts: now - 4000, title: "Run failed", tone: "danger" },
        ],
      }),
    ]),
    n("Disclosure", { label: "More", open: true }, [n("Text", { text: "Inside", look: "muted" })]),
    n("Stepper", { steps: STEPS }),
    n("Button", { label: "Open drawer", on_press: a("x") }),
    n(
      "Drawer",
      {
        open: s("drawer"),
        title: "retail.sales.orders",
        footer: [n("Button", { label: "Close", on_press: a("x") })],
      },
      [
        n("KeyValue", {
          items: [
            { label: "Rows", value: 120000, format: "number" },
            { label: "Owner", value: "ana@local" },
          ],
        }),
        n("Code", { text: SQL, language: "sql" }),
      ],
    ),
    n("Confirm", {
      open: s("confirm"),
      title: "Replace 12 tables in retail_dev?",
      text: "Their present content is lost for readers; a rollback record is kept.",
      lost: ["retail_dev.sales.orders (120,000 rows)", "retail_dev.sales.customers (8,000 rows)"],
      typed: "retail_dev",
      confirm_label: "Replace 12 tables",
      on_confirm: a("start"),
    }),
  ]),
};
