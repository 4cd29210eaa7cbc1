"""Components that show data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from clonexs.widgets.contract.base import (
    Action,
    Data,
    Flag,
    Format,
    Node,
    Press,
    Signal,
    Text_,
    Tone,
    TwoWay,
    Value,
    _Container,
)
from clonexs.widgets.state import Json

Rows: TypeAlias = Data | Signal | Sequence[Mapping[str, Json]]


@dataclass(frozen=True, kw_only=True)
class Stat(Node):
    """One figure with its label. Absent values show as a dash with ``missing`` as the reason."""

    label: Text_ = field(kw_only=False)
    value: Value = field(kw_only=False, default=None)
    format: Format = "number"
    unit: str = ""
    note: Text_ = ""
    delta: Value = None
    """Change in per cent against the period before, or a word such as ``new``."""
    delta_good: Literal["up", "down", "none"] = "up"
    tone: Tone = "neutral"
    icon: str = ""
    missing: Text_ = ""
    loading: Flag = False
    to: Press | None = None
    spark: Sequence[float] | Signal = ()


@dataclass(frozen=True, kw_only=True)
class StatCards(_Container):
    """A row of figures."""

    label: str = "Figures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table. Numbers stand right; ``page`` makes a link with the value as ``param``."""

    key: str = field(kw_only=False)
    label: str = field(kw_only=False, default="")
    format: Format = "text"
    width: int = 0
    """Pixels; 0 lets the column share what is left."""
    hidden: bool = False
    sortable: bool = True
    unit: str = ""
    help: str = ""
    page: str = ""
    param: str = ""


@dataclass(frozen=True, kw_only=True)
class Table(Node):
    """Rows in a grid: sort, filter, choose columns, export.

    With ``server`` rows come in windows and sorting and filtering happen in Python; otherwise all rows
    come once. ``on_row`` adds ``key``: the row's value of ``row_key``. ``selection`` is a list of such values.
    """

    columns: Sequence[Column]
    rows: Rows
    label: str
    row_key: str = ""
    server: bool = False
    height: int = 0
    """Pixels of the body; 0 shows all rows up to 12 and scrolls beyond."""
    on_row: Press | None = None
    selection: TwoWay | None = None
    sort: str = ""
    """Column to begin with; ``-`` in front descends."""
    group_by: str = ""
    filter: bool = True
    toolbar: bool = True
    export_name: str = "table"
    on_arrow: Press | None = None
    """Gives all rows as an Arrow file; the grid itself writes CSV and JSON."""
    empty: Text_ = "Nothing to show"
    loading: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeItem:
    """One entry of a tree; ``lazy`` ones are asked for when they open."""

    id: str = field(kw_only=False)
    label: str = field(kw_only=False)
    icon: str = ""
    count: int | None = None
    note: str = ""
    lazy: bool = False
    disabled: bool = False
    children: Sequence[TreeItem] = ()


@dataclass(frozen=True, kw_only=True)
class Tree(Node):
    """Things within things. ``checked`` makes it tri-state: a list of ids of the highest ticked entries.

    ``on_expand`` adds ``id`` and returns a list of items. ``selected`` is the id of one entry.
    """

    items: Sequence[TreeItem] | Signal
    label: str
    checked: TwoWay | None = None
    selected: TwoWay | None = None
    on_expand: Action | None = None
    search: bool = True
    height: int = 320
    loading: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One measure of a chart: the column it reads and its name."""

    key: str = field(kw_only=False)
    label: str = field(kw_only=False, default="")
    tone: Tone = "neutral"


ChartKind: TypeAlias = Literal[
    "line", "area", "bar", "pie", "scatter", "gauge", "heatmap", "boxplot", "funnel", "treemap", "radar",
    "sankey", "candle",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Chart(Node):
    """A chart of rows, which can be read as a table too.

    ``x`` names the column of categories or times (the source of a ``sankey``). ``y`` names the second
    axis of a ``heatmap`` and the target of a ``sankey``; their first series is the value.
    """

    kind: ChartKind
    rows: Rows
    x: str
    label: str
    series: Sequence[Series] = ()
    y: str = ""
    format: Format = "number"
    x_format: Format = "text"
    unit: str = ""
    stacked: bool = False
    horizontal: bool = False
    zoom: bool = False
    height: int = 240
    min: float | None = None
    max: float | None = None
    empty: Text_ = "No data in this period"
    loading: Flag = False


@dataclass(frozen=True, kw_only=True)
class Diff(Node):
    """Two texts, line by line."""

    before: Text_
    after: Text_
    before_label: str = "Source"
    after_label: str = "Target"
    look: Literal["split", "unified"] = "split"
    context: int = 3


@dataclass(frozen=True, kw_only=True)
class Code(Node):
    """Text in a fixed-width face, with a copy button. ``on_load`` fetches it when first shown."""

    text: Text_ = field(kw_only=False, default="")
    language: Literal["sql", "python", "bash", "json", "yaml", "text"] = "text"
    label: str = ""
    height: int = 320
    wrap: bool = False
    on_load: Action | None = None
    """Returns the text; for text that must not stand in the opening state."""
    download: str = ""


@dataclass(frozen=True, kw_only=True)
class Markdown(Node):
    """Prose: paragraphs, headings, lists, emphasis, code and links; markup within is shown as text."""

    text: Text_ = field(kw_only=False)


@dataclass(frozen=True, kw_only=True)
class Log(Node):
    """Lines ``{seq, ts, level, object, message, bytes?, seconds?}``, the newest last.

    It follows the end unless scrolled. ``on_load`` returns the whole log as text, for copying and
    saving; without it those take the lines that are kept.
    """

    lines: Signal | Sequence[Mapping[str, Json]]
    label: str = "Log"
    height: int = 240
    keep: int = 300
    on_load: Action | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A label and its value."""

    label: str = field(kw_only=False)
    value: Value = field(kw_only=False, default=None)
    format: Format = "text"
    unit: str = ""
    copy: bool = False
    help: str = ""
    to: Press | None = None


@dataclass(frozen=True, kw_only=True)
class KeyValue(Node):
    """Labels with values, in one column or more."""

    items: Sequence[Pair]
    columns: Literal[1, 2, 3] = 1
