"""What DESCRIBE says about tables, views, columns and queries, as rows of text."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.delta.schema import to_text
from clonexs.local.engine.text import quoted
from clonexs.local.sharing.readonly import is_shared
from clonexs.local.statements.constraints import CHECK_PREFIX, PRIMARY, keys_of
from clonexs.local.statements.context import StatementContext, rows
from clonexs.local.statements.refresh_schedule import schedule_text

if TYPE_CHECKING:
    import pyarrow as pa

Line = tuple[str, str, str | None]


def _answer(lines: list[Line]) -> pa.Table:
    import pyarrow as pa

    text = pa.string()
    return rows([("col_name", text), ("data_type", text), ("comment", text)], lines)


def table(ctx: StatementContext, found: Object, *, extended: bool) -> pa.Table:
    """Columns, layout, and with ``extended`` everything that is known."""
    lines: list[Line] = [
        (column["name"], column["type_text"], column.get("comment")) for column in found.columns
    ]
    partitions = [column for column in found.columns if "partition_index" in column]
    if partitions:
        lines += [("# Partition Information", "", ""), ("# col_name", "data_type", "comment")]
        lines += [
            (column["name"], column["type_text"], column.get("comment"))
            for column in sorted(partitions, key=lambda each: each["partition_index"])
        ]
    if clustering := found.spec.get("clustering"):
        known = {column["name"]: column for column in found.columns}
        lines += [("# Clustering Information", "", ""), ("# col_name", "data_type", "comment")]
        lines += [
            (name, known[name]["type_text"], known[name].get("comment"))
            for name in clustering
            if name in known
        ]
    if extended:
        lines += [("", "", ""), *_protection(found), *_detail(ctx, found), *_constraints(found)]
    return _answer(lines)


def _protection(found: Object) -> list[Line]:
    made: list[Line] = []
    if rule := found.spec.get("row_filter"):
        arguments = ", ".join(rule["columns"])
        made += [
            ("# Row Filter", "", ""),
            ("Function", rule["function"], ""),
            ("Input Columns", arguments, ""),
            ("", "", ""),
        ]
    masks = [column for column in found.columns if column.get("mask")]
    if masks:
        made.append(("# Column Masks", "", ""))
        made += [
            (
                column["name"],
                column["mask"]["function"],
                ", ".join(column["mask"].get("using", ())) or None,
            )
            for column in masks
        ]
        made.append(("", "", ""))
    return made


def stamp(milliseconds: int) -> str:
    """A moment as DESCRIBE writes it."""
    at = dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)
    return at.strftime("%a %b %d %H:%M:%S UTC %Y")


def _detail(ctx: StatementContext, found: Object) -> list[Line]:
    pairs: list[tuple[str, str]] = [
        ("Catalog", found.catalog),
        ("Database", found.schema),
        ("Table", found.name),
        ("Owner", found.owner),
        ("Created Time", stamp(found.created_at)),
        ("Last Access", "UNKNOWN"),
        ("Created By", found.created_by),
    ]
    if not found.is_view and found.spec.get("statistics"):
        known = found.spec["statistics"]
        counted = f", {known['numRows']} rows" if "numRows" in known else ""
        pairs.append(("Statistics", f"{known['sizeInBytes']} bytes{counted}"))
    pairs.append(("Type", found.table_type))
    if found.comment is not None:
        pairs.append(("Comment", found.comment))
    if found.is_view:
        pairs += [
            ("View Text", found.spec.get("view_definition", "")),
            ("View Original Text", found.spec.get("view_definition", "")),
            ("View Catalog and Namespace", quoted(found.catalog, found.schema)),
            ("View Query Output Columns", f"[{', '.join(c['name'] for c in found.columns)}]"),
        ]
        if not found.is_expanded:
            pairs += _refreshes(found)
    else:
        pairs += [
            ("Location", found.storage_location or ""),
            ("Provider", "deltaSharing" if is_shared(found) else "delta"),
        ]
        if found.table_type.startswith("EXTERNAL"):
            pairs.append(("External", "true"))
    listed = ",".join(f"{k}={v}" for k, v in sorted(shown_properties(ctx, found).items()))
    pairs.append(("Table Properties", f"[{listed}]"))
    return [("# Detailed Table Information", "", ""), *((k, v, "") for k, v in pairs)]


def _refreshes(view: Object) -> list[tuple[str, str]]:
    schedule = view.spec.get("schedule")
    return [
        ("Last Refreshed", stamp(view.spec.get("refreshed_at", view.created_at))),
        ("Last Refresh Type", "FULL"),
        ("Refresh Schedule", schedule_text(schedule) if schedule else "MANUAL"),
    ]


def shown_properties(ctx: StatementContext, found: Object) -> dict[str, str]:
    """Properties as the platform shows them: with the versions of the protocol."""
    if found.is_view:
        return dict(found.properties)
    protocol = ctx.snapshot(found).protocol
    made = dict(found.properties)
    for feature in {*protocol.get("writerFeatures", ()), *protocol.get("readerFeatures", ())}:
        made[f"delta.feature.{feature}"] = "supported"
    made["delta.minReaderVersion"] = str(protocol["minReaderVersion"])
    made["delta.minWriterVersion"] = str(protocol["minWriterVersion"])
    return made


def _constraints(found: Object) -> list[Line]:
    lines: list[Line] = [(key["name"], key_text(key), "") for key in keys_of(found)]
    lines += [
        (key.removeprefix(CHECK_PREFIX), f"CHECK ({value})", "")
        for key, value in sorted(found.properties.items())
        if key.startswith(CHECK_PREFIX)
    ]
    return [("", "", ""), ("# Constraints", "", ""), *lines] if lines else []


def key_text(key: dict[str, Any], *, with_rely: bool = False) -> str:
    """A primary or foreign key as SQL; only SHOW CREATE TABLE says whether it may be relied on."""
    times = key.get("timeseries", ())
    columns = ", ".join(
        quoted(column) + (" TIMESERIES" if column in times else "") for column in key["columns"]
    )
    rely = " RELY" if with_rely and key.get("rely") else ""
    if key["type"] == PRIMARY:
        return f"PRIMARY KEY ({columns}){rely}"
    parent = quoted(*key["parent"].split("."))
    there = ", ".join(quoted(column) for column in key["parent_columns"])
    return f"FOREIGN KEY ({columns}) REFERENCES {parent} ({there}){rely}"


def column(ctx: StatementContext, found: Object, name: str) -> pa.Table:
    """One column, with the statistics that ANALYZE found."""
    import pyarrow as pa

    about = next(each for each in found.columns if each["name"] == name)
    known = (found.spec.get("statistics") or {}).get("columns", {}).get(name, {})
    lines = [
        ("col_name", name),
        ("data_type", about["type_text"]),
        ("comment", about.get("comment")),
        ("min", known.get("min")),
        ("max", known.get("max")),
        ("num_nulls", known.get("num_nulls")),
        ("distinct_count", known.get("distinct_count")),
        ("avg_col_len", known.get("avg_col_len")),
        ("max_col_len", known.get("max_col_len")),
        ("histogram", None),
    ]
    text = pa.string()
    return rows(
        [("info_name", text), ("info_value", text)],
        [(key, "NULL" if value is None else str(value)) for key, value in lines],
    )


def query(ctx: StatementContext, text: str) -> pa.Table:
    """Columns of a query."""
    return _answer(
        [
            (field["name"], to_text(field["type"]), field["metadata"].get("comment"))
            for field in ctx.engine.analyze(ctx.session, text)
        ]
    )


def information(ctx: StatementContext, found: Object) -> str:
    """Everything about a table or view in one text, as SHOW TABLE EXTENDED has it."""
    lines = [f"{name}: {value}" for name, value, _ in _detail(ctx, found)[1:]]
    lines.append("Schema: root")
    lines += [
        f" |-- {c['name']}: {c['type_text']} (nullable = {str(c.get('nullable', True)).lower()})"
        for c in found.columns
    ]
    return "\n".join(lines) + "\n"
