"""Deep clone of bytes beside ``cp``: fresh targets, both sides synced to disk, order alternating."""

from __future__ import annotations

import hashlib
import os
import shutil
import statistics
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from benchmarks.local_workspace import own_home

if TYPE_CHECKING:
    from clonexs.session import Session

PAIRS = 7
FILES, ROWS = 8, 1_500_000
LIMIT = 0.8
SHALLOW_TABLES = 30


def run() -> list[Figure]:
    import clonexs

    with own_home() as home:
        cx = clonexs.connect("local")
        try:
            source = _source(cx)
            size = sum(each.stat().st_size for each in source.rglob("*") if each.is_file())
            pairs = [_pair(cx, source, home, turn) for turn in range(PAIRS)]
            _check_independence(cx, source)
            shallow = _shallow(cx)
        finally:
            cx.close()
    ours, peer = (statistics.median(column) for column in zip(*pairs, strict=True))
    speed = statistics.median(theirs / mine for mine, theirs in pairs)
    return [
        Figure(
            name=f"deep clone of {size / 1e6:.0f} MB",
            value=ours,
            unit="s",
            peer=peer,
            against="cp --reflink=never and fsync",
        ),
        Figure(
            name="speed of a deep clone over cp", value=speed, unit="x", peer=LIMIT, against="limit"
        ),
        Figure(
            name="shallow clone of a table, median",
            value=shallow * 1000,
            unit="ms",
            peer=15,
            against="limit",
        ),
    ]


def _source(cx: Session) -> Path:
    for statement in (
        "CREATE CATALOG bench",
        "CREATE SCHEMA bench.s",
        "CREATE TABLE bench.s.t (id BIGINT, a STRING, b STRING, c DOUBLE)",
        "CREATE TABLE bench.s.small (id BIGINT)",
        "INSERT INTO bench.s.small VALUES (1), (2)",
    ):
        cx.sql.execute(statement, step="bench")
    for number in range(FILES):
        cx.sql.execute(
            "INSERT INTO bench.s.t SELECT id, sha2(CAST(id AS STRING), 256),"
            " md5(CAST(id * 7 AS STRING)), CAST(id AS DOUBLE) / 7"
            f" FROM range({number * ROWS // FILES}, {(number + 1) * ROWS // FILES})",
            step="bench",
        )
    return _folder(cx, "t")


def _folder(cx: Session, table: str) -> Path:
    row = cx.sql.fetch(f"DESCRIBE DETAIL bench.s.{table}", step="bench")[0]
    return Path(str(row["location"]).removeprefix("file://").replace("//", "/"))


def _pair(cx: Session, source: Path, home: Path, turn: int) -> tuple[float, float]:
    """Seconds of a clone and of a copy, the one that goes first alternating."""
    copied = home / f"copy-{turn}"

    def clone() -> None:
        cx.sql.execute(f"CREATE TABLE bench.s.t{turn} DEEP CLONE bench.s.t", step="bench")

    def copy() -> None:
        subprocess.run(["cp", "-r", "--reflink=never", str(source), str(copied)], check=True)
        for each in copied.rglob("*"):
            descriptor = os.open(each, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)

    os.sync()
    if turn % 2:
        theirs, mine = _seconds(copy), _seconds(clone)
    else:
        mine, theirs = _seconds(clone), _seconds(copy)
    cloned = _folder(cx, f"t{turn}")
    assert not _inodes(cloned) & _inodes(source), "the clone shares files with its source"
    shutil.rmtree(copied)
    if turn:
        cx.sql.execute(f"DROP TABLE bench.s.t{turn}", step="bench")
    return mine, theirs


def _check_independence(cx: Session, source: Path) -> None:
    """A byte flipped in the source must not show in the copy."""
    copy = _folder(cx, "t0")
    before = _digest(copy)
    victim = next(each for each in sorted(source.rglob("*.parquet")))
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 0xFF
    victim.write_bytes(content)
    assert _digest(copy) == before, "the copy follows its source"


def _shallow(cx: Session) -> float:
    taken = []
    for number in range(SHALLOW_TABLES):
        text = f"CREATE TABLE bench.s.light{number} SHALLOW CLONE bench.s.small"
        began = time.perf_counter()
        cx.sql.execute(text, step="bench")
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _inodes(folder: Path) -> set[int]:
    return {each.stat().st_ino for each in folder.rglob("*.parquet")}


def _digest(folder: Path) -> str:
    found = hashlib.sha256()
    for each in sorted(folder.rglob("*.parquet")):
        found.update(each.read_bytes())
    return found.hexdigest()


def _seconds(work: object) -> float:
    assert callable(work)
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
