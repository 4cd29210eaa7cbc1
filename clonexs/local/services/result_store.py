"""Results of statements: kept for an hour, in chunks, large ones in a file; and links to them."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clonexs.local.services.result_text import csv_text, json_rows
from clonexs.local.services.result_types import column_infos, portable

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.server import Server

CHUNK_BYTES = 8 * 1024 * 1024
_IN_MEMORY = 4 * 1024 * 1024
LINK_LIFETIME_S = 15 * 60
MEDIA_TYPES = {
    "ARROW_STREAM": "application/vnd.apache.arrow.stream",
    "JSON_ARRAY": "application/json",
    "CSV": "text/csv",
}


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of rows."""

    index: int
    row_offset: int
    row_count: int
    byte_count: int

    def about(self) -> dict[str, int]:
        """What the API says of it."""
        return {
            "chunk_index": self.index,
            "row_offset": self.row_offset,
            "row_count": self.row_count,
            "byte_count": self.byte_count,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Rows of one statement.

    Attributes:
        columns: The manifest's columns.
        table: The rows, in memory or mapped from ``file``.
        chunks: How they are cut.
        format: ``JSON_ARRAY``, ``ARROW_STREAM`` or ``CSV``.
        truncated: Whether a limit cut rows off.
        file: Where they are, when they are many.
    """

    columns: list[dict[str, Any]]
    table: pa.Table
    chunks: tuple[Chunk, ...]
    format: str
    truncated: bool
    file: Path | None = None

    @property
    def byte_count(self) -> int:
        """Size of the rows."""
        return sum(each.byte_count for each in self.chunks)

    def manifest(self) -> dict[str, Any]:
        """The manifest of the API."""
        made: dict[str, Any] = {
            "format": self.format,
            "schema": {"column_count": len(self.columns), "columns": self.columns},
            "total_chunk_count": len(self.chunks),
            "total_row_count": self.table.num_rows,
            "total_byte_count": self.byte_count,
            "truncated": self.truncated,
        }
        if self.chunks:
            made["chunks"] = [each.about() for each in self.chunks]
        return made

    def rows(self, chunk: Chunk) -> pa.Table:
        """The rows of a chunk."""
        return self.table.slice(chunk.row_offset, chunk.row_count)

    def payload(self, chunk: Chunk) -> Iterator[bytes]:
        """The bytes behind a link to a chunk."""
        rows = self.rows(chunk)
        if self.format == "ARROW_STREAM":
            yield from _arrow_stream(rows)
        elif self.format == "CSV":
            yield csv_text(rows).encode()
        else:
            import msgspec

            yield msgspec.json.encode(json_rows(rows))

    def discard(self) -> None:
        """Remove the file."""
        if self.file is not None:
            self.file.unlink(missing_ok=True)


@dataclass(slots=True)
class _Link:
    result: Result
    chunk: Chunk
    expires_at: float


class ResultStore:
    """Makes results and hands out links to them.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._folder = server.folder.root / "results"
        # Nobody can ask for what a server before this one has left.
        shutil.rmtree(self._folder, ignore_errors=True)
        self._links: dict[str, _Link] = {}
        self._lock = threading.Lock()

    def keep(
        self,
        statement_id: str,
        rows: pa.Table,
        *,
        form: str,
        row_limit: int | None,
        byte_limit: int | None,
    ) -> Result:
        """Keep the rows of a statement.

        Raises:
            OSError: if the disk is full; nothing is left behind.
        """
        columns = column_infos(rows.schema)
        table = portable(rows)
        kept, truncated = _limited(table, row_limit, byte_limit)
        file = None
        if kept.nbytes > _IN_MEMORY:
            file = self._folder / f"{statement_id}.arrow"
            kept = _moved(kept, file)
        return Result(
            columns=columns,
            table=kept,
            chunks=_chunks(kept),
            format=form,
            truncated=truncated,
            file=file,
        )

    def link(self, result: Result, chunk: Chunk) -> tuple[str, float]:
        """An address of a chunk that needs no credential, and when it ends."""
        now = self._server.clock()
        made = secrets.token_urlsafe(32)
        with self._lock:
            for name in [n for n, each in self._links.items() if each.expires_at < now]:
                del self._links[name]
            self._links[made] = _Link(result, chunk, now + LINK_LIFETIME_S)
        return f"{self._server.http_url}/local/results/{made}", now + LINK_LIFETIME_S

    def linked(self, secret: str) -> tuple[Result, Chunk] | None:
        """What is behind an address; ``None`` when it was never handed out, or has ended."""
        with self._lock:
            found = self._links.get(secret)
        if found is None or found.expires_at < self._server.clock():
            return None
        return found.result, found.chunk

    def discard(self, result: Result) -> None:
        """Forget a result and its links."""
        with self._lock:
            for name in [n for n, each in self._links.items() if each.result is result]:
                del self._links[name]
        result.discard()


def _limited(table: pa.Table, rows: int | None, size: int | None) -> tuple[pa.Table, bool]:
    count = table.num_rows
    if rows is not None:
        count = min(count, rows)
    if size is not None and table.nbytes > size:
        count = min(count, table.num_rows * size // table.nbytes)
    return (table.slice(0, count), True) if count < table.num_rows else (table, False)


def _chunks(table: pa.Table) -> tuple[Chunk, ...]:
    if not table.num_rows:
        return ()
    number = max(1, -(-table.nbytes // CHUNK_BYTES))
    length = -(-table.num_rows // number)
    made = []
    for index, offset in enumerate(range(0, table.num_rows, length)):
        rows = table.slice(offset, length)
        made.append(Chunk(index, offset, rows.num_rows, rows.nbytes))
    return tuple(made)


def _moved(table: pa.Table, file: Path) -> pa.Table:
    import pyarrow as pa

    file.parent.mkdir(exist_ok=True, mode=0o700)
    try:
        with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        return pa.ipc.open_file(pa.memory_map(str(file))).read_all()
    except OSError as error:
        file.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror or str(error), str(file)) from error


def _arrow_stream(rows: pa.Table) -> Iterator[bytes]:
    import pyarrow as pa

    sink = _Sink()
    with contextlib.closing(pa.ipc.new_stream(sink, rows.schema)) as writer:
        for batch in rows.to_batches():
            writer.write_batch(batch)
            yield sink.taken()
    yield sink.taken()


class _Sink:
    """A file to write to, whose bytes are taken away as they come."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> int:
        """Add bytes."""
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """End."""
        self.closed = True

    def taken(self) -> bytes:
        """What came since the last call."""
        made, self._parts = b"".join(self._parts), []
        return made
