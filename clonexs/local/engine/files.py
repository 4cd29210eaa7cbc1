"""Files that a query reads by their path: ``csv.`path``` and ``read_files('path', …)``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from clonexs.local.catalog import Catalog, Principal
from clonexs.local.errors import LocalError, syntax
from clonexs.local.statements.grammar import Cursor

FORMATS = frozenset({"csv", "json", "parquet", "text"})
_FUNCTION = "READ_FILES"
# Options of which the engine is known to make the same as Spark; it would pass over any other.
_OPTIONS = {
    "csv": {"header", "sep", "delimiter", "inferschema"},
    "json": {"inferschema"},
    "parquet": set[str](),
    "text": set[str](),
}
# What `read_files` does by itself where the plain reader does not.
_INFERS = {"csv": {"inferSchema": "true"}}
_SPELLED = {"inferschema": "inferSchema"}


@dataclass(frozen=True, slots=True)
class FileRows:
    """Rows of files, which the engine reads when the query runs.

    Attributes:
        format: One of ``FORMATS``.
        paths: Real paths that the caller may read.
        options: Options of the reader.
        schema: Columns as DDL; empty lets the reader find out.
    """

    format: str
    paths: tuple[str, ...]
    options: dict[str, str] = field(default_factory=dict)
    schema: str = ""

    def relation(self) -> Any:
        """The same as the protocol's relation."""
        from pyspark.sql.connect.proto import relations_pb2

        made = relations_pb2.Relation()
        source = made.read.data_source
        source.format, source.schema = self.format, self.schema
        source.paths.extend(self.paths)
        for name, value in self.options.items():
            source.options[name] = value
        return made


def named_files(catalog: Catalog, who: Principal, kind: str, path: str) -> FileRows:
    """What ``csv.`path``` stands for in a query.

    Raises:
        LocalError: if the caller may not read there.
    """
    from clonexs.local.connect.paths import readable_path

    return FileRows(kind, (readable_path(catalog, who, path),))


def file_rows(
    catalog: Catalog, who: Principal, kind: str, path: str, options: dict[str, str]
) -> FileRows:
    """Rows of files of a format with the reader's options.

    Raises:
        LocalError: for an option that would have no effect, or if the caller may not read there.
    """
    kind, kept, schema = reader_of(kind, options)
    return FileRows(kind, named_files(catalog, who, kind, path).paths, kept, schema)


def reader_of(kind: str, options: dict[str, str]) -> tuple[str, dict[str, str], str]:
    """Format, options and schema as the engine takes them.

    Raises:
        LocalError: for a format or option that it does not know.
    """
    kind = kind.lower()
    if kind not in FORMATS:
        raise LocalError(
            "UNSUPPORTED_FEATURE.FILE_FORMAT",
            f"The local workspace reads no files of the format {kind or '(none)'};"
            f" one of {', '.join(sorted(FORMATS))}.",
        )
    schema = next((v for k, v in options.items() if k.lower() == "schema"), "")
    kept: dict[str, str] = {}
    for name, value in options.items():
        if name.lower() == "schema":
            continue
        if name.lower() not in _OPTIONS[kind]:
            raise LocalError(
                "UNSUPPORTED_FEATURE.FILE_OPTION",
                f"The option {name} of {kind} files is not supported by the local workspace.",
            )
        kept[_SPELLED.get(name.lower(), name.lower())] = value
    return kind, kept, schema


def calls_of(text: str) -> list[tuple[int, int, str, dict[str, str]]]:
    """Calls of ``read_files`` in a text: start, end, path and arguments.

    Raises:
        LocalError: for a call that is not made of literals.
    """
    if _FUNCTION not in text.upper():
        return []
    cursor, found = Cursor(text), []
    while not cursor.at_end:
        start = cursor.token.start
        if not cursor.accept(_FUNCTION, "("):
            cursor.index += 1
            continue
        path = cursor.string()
        arguments: dict[str, str] = {}
        while not cursor.looks_at(")"):
            cursor.expect(",")
            name = cursor.identifier()
            cursor.expect("=")
            cursor.expect(">")
            arguments[name.lower()] = _value(cursor)
        end = cursor.token.end
        cursor.expect(")")
        found.append((start, end, path, arguments))
    return found


def _value(cursor: Cursor) -> str:
    token = cursor.token
    if token.kind == "text":
        return cursor.string()
    if token.kind != "number" and token.upper not in {"TRUE", "FALSE"}:
        raise syntax(f"The arguments of read_files are literals, not '{token.text}'.")
    cursor.index += 1
    return token.text.lower()


def called_files(
    catalog: Catalog, who: Principal, path: str, arguments: dict[str, str]
) -> FileRows:
    """What a call of ``read_files`` stands for.

    Raises:
        LocalError: as for :func:`file_rows`; also if the format is not said.
    """
    options = dict(arguments)
    kind = options.pop("format", "").lower()
    if not kind:
        raise LocalError(
            "CF_EMPTY_DIR_FOR_SCHEMA_INFERENCE",
            "read_files needs format => '…' in the local workspace; it does not guess.",
        )
    if "schema" not in options:
        options = {**_INFERS.get(kind, {}), **options}
    return file_rows(catalog, who, kind, path, options)
