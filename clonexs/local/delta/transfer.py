"""Files of tables: linked or copied, durable when it is done."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from clonexs.local.delta import log
from clonexs.local.errors import LocalError

_COPY_THREADS = 4


_CHUNK = 1 << 30


def transfer(jobs: Mapping[Path, Path], *, shallow: bool) -> None:
    """Bring files from one place to another, and wait until they are on the disk.

    Args:
        jobs: Targets by sources.
        shallow: Link them instead of copying.
    """
    folders = {to.parent for to in jobs.values()}
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    move = _link if shallow else _copy
    if len(jobs) <= 1 or shallow:
        for pair in jobs.items():
            move(*pair)
    else:
        with ThreadPoolExecutor(max_workers=_COPY_THREADS) as pool:
            for _ in pool.map(lambda pair: move(*pair), jobs.items()):
                pass
    for folder in folders:
        log.sync_folder(folder)


def vector_file(vector: Mapping[str, Any]) -> str:
    """Name of the file that holds a deletion vector (protocol: storage type ``u``)."""
    text = vector["pathOrInlineDv"]
    prefix, encoded = text[:-20], text[-20:]
    name = f"deletion_vector_{uuid.UUID(bytes=_z85(encoded))}.bin"
    return f"{prefix}/{name}" if prefix else name


_Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def _z85(text: str) -> bytes:
    made = bytearray()
    for start in range(0, len(text), 5):
        value = 0
        for char in text[start : start + 5]:
            value = value * 85 + _Z85.index(char)
        made += value.to_bytes(4, "big")
    return bytes(made)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise _missing(source) from error
        if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK}:
            raise
        _copy(source, target)


def _copy(source: Path, target: Path) -> None:
    made = target.with_name(f".{target.name}.part")
    try:
        with source.open("rb") as inp, made.open("wb") as out:
            _copy_bytes(inp.fileno(), out.fileno(), os.fstat(inp.fileno()).st_size)
            os.fsync(out.fileno())
        made.replace(target)
    except OSError as error:
        made.unlink(missing_ok=True)
        if error.errno == errno.ENOSPC:
            raise LocalError(
                "NO_SPACE_LEFT", f"No space left on device while copying to `{target}`."
            ) from error
        if error.errno == errno.ENOENT:
            raise _missing(source) from error
        raise


def _missing(source: Path) -> LocalError:
    return LocalError("DELTA_FILE_NOT_FOUND", f"The data file `{source}` is not there any more.")


def _copy_bytes(source: int, target: int, size: int) -> None:
    done = 0
    while done < size:
        try:
            moved = os.sendfile(target, source, done, min(_CHUNK, size - done))
        except OSError as error:
            if error.errno not in {errno.EINVAL, errno.ENOSYS}:
                raise
            os.lseek(source, done, os.SEEK_SET)
            os.lseek(target, done, os.SEEK_SET)
            with os.fdopen(os.dup(source), "rb") as inp, os.fdopen(os.dup(target), "wb") as out:
                shutil.copyfileobj(inp, out, 1 << 20)
            return
        if moved == 0:
            return
        done += moved
