"""Copies the files of volumes: compared by size, streamed one by one, resumable at every file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from clonexs.names import VolumeName
from clonexs.workspace.gateway import gather

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

    from clonexs.operations.base import RunContext

PARALLEL_FILES = 8
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeFile:
    """A file of a volume: path below its root, bytes, and time of its last change."""

    path: str
    size: int
    modified: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files of one volume, and which of them its copy lacks.

    Attributes:
        fitting: Files that the copy should hold.
        missing: Those of them that are not there yet.
        too_large: Paths of files above the limit.
    """

    fitting: tuple[VolumeFile, ...]
    missing: tuple[VolumeFile, ...]
    too_large: tuple[str, ...]


def root_of(volume: VolumeName) -> str:
    """Where the files of a volume are found."""
    return f"/Volumes/{volume.catalog}/{volume.schema}/{volume.table}"


def list_files(api: WorkspaceClient, volume: VolumeName) -> dict[str, VolumeFile]:
    """Every file of a volume, by its path below the root."""
    root = root_of(volume)
    return {each.path: each for each in _walk(api, root, root)}


def _walk(api: WorkspaceClient, root: str, folder: str) -> Iterator[VolumeFile]:
    for entry in api.files.list_directory_contents(folder):
        path = (entry.path or f"{folder}/{entry.name}").rstrip("/")
        if entry.is_directory:
            yield from _walk(api, root, path)
        else:
            yield VolumeFile(
                path=path.removeprefix(root + "/"),
                size=int(entry.file_size or 0),
                modified=int(entry.last_modified or 0),
            )


def compare_files(
    ctx: RunContext, source: VolumeName, target: VolumeName, *, max_mb: int, is_new: bool
) -> Files:
    """What the copy of a volume lacks.

    A file of the same size that is not older than the source's is taken as copied: a copy that was
    interrupted goes on where it stopped.

    Args:
        ctx: The run.
        source: The volume.
        target: Its copy.
        max_mb: Larger files are left out.
        is_new: Whether the copy was made by this unit just now, and so holds nothing.
    """
    api = ctx.workspace.api
    wanted = list_files(api, source)
    held = list_files(api, target) if wanted and not is_new else {}
    fitting = tuple(file for file in wanted.values() if file.size <= max_mb * _MEGABYTE)
    return Files(
        fitting=fitting,
        missing=tuple(file for file in fitting if not _is_there(file, held.get(file.path))),
        too_large=tuple(sorted(wanted.keys() - {file.path for file in fitting})),
    )


def copy_files(
    ctx: RunContext, source: VolumeName, target: VolumeName, files: Sequence[VolumeFile]
) -> None:
    """Bring files of a volume to its copy."""
    api = ctx.workspace.api
    folders = sorted({file.path.rpartition("/")[0] for file in files} - {""})
    for folder in folders:
        api.files.create_directory(f"{root_of(target)}/{folder}")
    tasks = [partial(_copy, ctx, source, target, file) for file in files]
    for outcome in gather(tasks, width=PARALLEL_FILES):
        if isinstance(outcome, Exception):
            raise outcome


def _is_there(wanted: VolumeFile, held: VolumeFile | None) -> bool:
    return held is not None and held.size == wanted.size and held.modified >= wanted.modified


def _copy(ctx: RunContext, source: VolumeName, target: VolumeName, file: VolumeFile) -> None:
    ctx.check_cancelled()
    api: Any = ctx.workspace.api
    answer = api.files.download(f"{root_of(source)}/{file.path}")
    with answer.contents as contents:
        api.files.upload(f"{root_of(target)}/{file.path}", contents, overwrite=True)


def difference_of_files(
    source: dict[str, VolumeFile], target: dict[str, VolumeFile], *, max_mb: int
) -> list[str]:
    """What differs between the files of a volume and of its copy."""
    made = []
    for path, file in sorted(source.items()):
        if file.size > max_mb * _MEGABYTE:
            continue
        held = target.get(path)
        if held is None:
            made.append(f"file {path} is missing")
        elif held.size != file.size:
            made.append(f"file {path} has {held.size} bytes, source has {file.size}")
    return made
