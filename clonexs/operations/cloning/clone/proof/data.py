"""Compares rows: by number, by files, by the content of every column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from clonexs.errors import ClonexsError, OutcomeUnknown, StatementFailed
from clonexs.names import TableName, quote
from clonexs.operations.cloning.clone.proof.canonical import canonical
from clonexs.operations.cloning.clone.proof.history import cloned_version
from clonexs.workspace.gateway import SqlGateway, escape_braces, gather
from clonexs.workspace.inventory import Column

if TYPE_CHECKING:
    from clonexs.operations.base import RunContext

PAIRS_PER_STATEMENT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A table and its copy.

    Attributes:
        key: Key of the unit that made the copy.
        source: The table.
        target: Its copy.
        columns: What to compare; masked columns are left out.
        blind: Columns that a mask hides from the runner.
        version: Version of the source to compare with; ``None`` compares with the present.
        timestamp: Or the moment, as written in the request.
        copied: Figures of the CLONE, for the comparison of files.
        is_clone: Whether a CLONE made it, so that its history names the source's version.
    """

    key: str
    source: TableName
    target: TableName
    columns: tuple[Column, ...] = ()
    blind: tuple[str, ...] = ()
    version: int | None = None
    timestamp: str = ""
    copied: Mapping[str, Any] = field(default_factory=dict)
    is_clone: bool = True

    @property
    def source_sql(self) -> str:
        """The source as a FROM clause names it."""
        if self.version is not None:
            return f"{self.source.quoted} VERSION AS OF {self.version:d}"
        if self.timestamp:
            from clonexs.names import text_literal

            return f"{self.source.quoted} TIMESTAMP AS OF {text_literal(self.timestamp)}"
        return self.source.quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of comparing one pair.

    Attributes:
        level: ``counts``, ``files`` or ``content``.
        state: ``equal``, ``differs`` or ``unknown``.
        differences: What differs, or why nothing is known; never values of cells.
        source_rows: Rows of the source.
        target_rows: Rows of the copy.
        notes: What was not compared, and why that is no difference.
    """

    level: str
    state: str
    differences: tuple[str, ...] = ()
    source_rows: int | None = None
    target_rows: int | None = None
    notes: tuple[str, ...] = ()


def compare_counts(ctx: RunContext, pairs: Sequence[Pair], width: int) -> dict[str, Compared]:
    """Compare numbers of rows, many pairs in one statement."""
    sql = ctx.workspace.sql
    batches = [
        pairs[start : start + PAIRS_PER_STATEMENT]
        for start in range(0, len(pairs), PAIRS_PER_STATEMENT)
    ]
    made: dict[str, Compared] = {}
    for batch, rows in zip(
        batches,
        gather([partial(_count, sql, batch) for batch in batches], width=width),
        strict=True,
    ):
        ctx.check_cancelled()
        if isinstance(rows, Exception):
            made |= _one_by_one(sql, batch, rows)
        else:
            made |= dict(zip([pair.key for pair in batch], rows, strict=True))
    for pair in pairs:
        if made[pair.key].state == "differs" and (again := _as_copied(sql, pair)) is not None:
            made[pair.key] = _later(_counted_alone(sql, again), made[pair.key])
    return made


def compare_content(ctx: RunContext, pairs: Sequence[Pair], width: int) -> dict[str, Compared]:
    """Compare every value: one statement for each pair."""
    sql = ctx.workspace.sql
    outcomes = gather([partial(_content, sql, pair) for pair in pairs], width=width)
    return {
        pair.key: _known("content", outcome) for pair, outcome in zip(pairs, outcomes, strict=True)
    }


def compare_files(ctx: RunContext, pairs: Sequence[Pair], width: int) -> dict[str, Compared]:
    """Compare number and bytes of files with what the CLONE said it copied."""
    sql = ctx.workspace.sql
    outcomes = gather([partial(_files, sql, pair) for pair in pairs], width=width)
    return {
        pair.key: _known("files", outcome) for pair, outcome in zip(pairs, outcomes, strict=True)
    }


def content_statement(pair: Pair) -> str:
    """One statement that reads source and copy once and gives a row for each."""
    return (
        f"SELECT 'source' AS side, * FROM ({_digest(pair.source_sql, pair.columns)}) AS s\n"
        f"UNION ALL SELECT 'target', * FROM ({_digest(pair.target.quoted, pair.columns)}) AS t"
    )


def _digest(relation: str, columns: Sequence[Column]) -> str:
    # A sum and an xor of two different hashes: rows in any order, duplicates counted.
    return (
        "SELECT count(*) AS n, sum(CAST(h AS DECIMAL(38,0))) AS total,"
        " bit_xor(xxhash64(h, 'clonexs')) AS mixed"
        f" FROM (SELECT {row_hash(columns)} AS h FROM {relation}) AS rows_of"
    )


def row_hash(columns: Sequence[Column]) -> str:
    """The hash of one row; NULL and empty are different."""
    arguments = []
    for column in columns:
        name = quote(column.name)
        arguments.append(canonical(name, column.type_text))
        # NULL leaves no trace in the hash, so its place is hashed as well.
        arguments.append(f"{name} IS NULL")
    return f"xxhash64({', '.join(arguments)})" if arguments else "xxhash64(0)"


def _content(sql: SqlGateway, pair: Pair) -> Compared:
    compared = _hashed(sql, pair)
    if compared.state == "differs" and (again := _as_copied(sql, pair)) is not None:
        return _later(_hashed(sql, again), compared)
    return compared


def _hashed(sql: SqlGateway, pair: Pair) -> Compared:
    rows = {row["side"]: row for row in _fetch(sql, content_statement(pair), "proof-content")}
    source, target = rows["source"], rows["target"]
    same = all(source[key] == target[key] for key in ("n", "total", "mixed"))
    differences: tuple[str, ...] = ()
    if source["n"] != target["n"]:
        differences = (_rows(source["n"], target["n"]),)
    elif not same:
        differences = _columns_that_differ(sql, pair)
    return Compared(
        level="content",
        state="equal" if same else "differs",
        differences=differences,
        source_rows=_int(source["n"]),
        target_rows=_int(target["n"]),
        notes=_notes(pair),
    )


def _columns_that_differ(sql: SqlGateway, pair: Pair) -> tuple[str, ...]:
    def digest(relation: str) -> str:
        sums = ", ".join(
            f"sum(CAST({row_hash([column])} AS DECIMAL(38,0))) AS c{i}"
            for i, column in enumerate(pair.columns)
        )
        return f"SELECT {sums} FROM {relation}"

    text = (
        f"SELECT 'source' AS side, * FROM ({digest(pair.source_sql)}) AS s\n"
        f"UNION ALL SELECT 'target', * FROM ({digest(pair.target.quoted)}) AS t"
    )
    rows = {row["side"]: row for row in _fetch(sql, text, "proof-columns")}
    named = tuple(
        f"content of column {column.name}"
        for i, column in enumerate(pair.columns)
        if rows["source"][f"c{i}"] != rows["target"][f"c{i}"]
    )
    # Every column for itself may hold the same values, in rows put together differently.
    return named or ("values stand together in other rows",)


def _count(sql: SqlGateway, batch: Sequence[Pair]) -> list[Compared]:
    text = "\nUNION ALL ".join(
        f"SELECT {index} AS pair, (SELECT count(*) FROM {pair.source_sql}) AS a,"
        f" (SELECT count(*) FROM {pair.target.quoted}) AS b"
        for index, pair in enumerate(batch)
    )
    rows = {row["pair"]: row for row in _fetch(sql, text, "proof-counts")}
    return [_counted(pair, rows[index]["a"], rows[index]["b"]) for index, pair in enumerate(batch)]


def _counted(pair: Pair, source: object, target: object) -> Compared:
    return Compared(
        level="counts",
        state="equal" if source == target else "differs",
        differences=() if source == target else (_rows(source, target),),
        source_rows=_int(source),
        target_rows=_int(target),
        notes=_notes(pair),
    )


def _one_by_one(sql: SqlGateway, batch: Sequence[Pair], error: Exception) -> dict[str, Compared]:
    # One table that cannot be read must not hide the others.
    if isinstance(error, OutcomeUnknown):
        raise error
    return {pair.key: _counted_alone(sql, pair) for pair in batch}


def _counted_alone(sql: SqlGateway, pair: Pair) -> Compared:
    try:
        return _count(sql, [pair])[0]
    except StatementFailed as error:
        return _known("counts", error)


def _files(sql: SqlGateway, pair: Pair) -> Compared:
    rows = sql.fetch("DESCRIBE DETAIL {t}", {"t": pair.target}, step="proof-files")
    have = rows[0] if rows else {}
    expected = {
        "number of files": (pair.copied.get("source_files"), have.get("numFiles")),
        "bytes of files": (pair.copied.get("source_bytes"), have.get("sizeInBytes")),
    }
    missing = [name for name, (want, got) in expected.items() if want is None or got is None]
    if missing:
        return Compared(level="files", state="unknown", differences=(f"{missing[0]} is not known",))
    differences = tuple(
        f"{name}: {got}, the source has {want}"
        for name, (want, got) in expected.items()
        if want != got
    )
    return Compared(
        level="files",
        state="differs" if differences else "equal",
        differences=differences,
        notes=_notes(pair),
    )


def _as_copied(sql: SqlGateway, pair: Pair) -> Pair | None:
    """The pair at the version that was copied, if that can be told and is not compared already."""
    from dataclasses import replace

    if pair.version is not None or pair.timestamp or not pair.is_clone:
        return None
    try:
        version = cloned_version(sql, pair.target, pair.source)
    except StatementFailed:
        return None
    return replace(pair, version=version) if version is not None else None


def _later(now: Compared, before: Compared) -> Compared:
    """What counts: the version that was copied, unless it can no longer be read."""
    from dataclasses import replace

    if now.state == "equal":
        return replace(now, notes=(*now.notes, "the source has changed since it was copied"))
    return now if now.state == "differs" else before


def _known(level: str, outcome: Compared | Exception) -> Compared:
    if isinstance(outcome, Compared):
        return outcome
    if isinstance(outcome, (ClonexsError, KeyError)) and not isinstance(outcome, OutcomeUnknown):
        text = outcome.message if isinstance(outcome, ClonexsError) else str(outcome)
        return Compared(
            level=level, state="unknown", differences=(f"could not be compared: {text}",)
        )
    raise outcome


def _fetch(sql: SqlGateway, text: str, step: str) -> Iterable[dict[str, object]]:
    return sql.fetch(escape_braces(text), step=step)


def _rows(source: object, target: object) -> str:
    return f"row count {target}, source has {source}"


def _notes(pair: Pair) -> tuple[str, ...]:
    return tuple(f"column {name} is masked and was not compared" for name in pair.blind)


def _int(value: object) -> int | None:
    return value if isinstance(value, int) else None
