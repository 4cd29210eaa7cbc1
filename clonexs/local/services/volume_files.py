"""Files of a volume: reached part by part from its root, so that no link leads out of it."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clonexs.local.errors import LocalError
from clonexs.local.faults import reach

# A file that is not whole yet; the server's run is part of its name, so that what a run before this
# one has left can be told from what is on its way.
_UNFINISHED = ".clonexs-upload."
_RUN = uuid.uuid4().hex
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in a directory."""

    name: str
    is_directory: bool
    size: int
    modified_ms: int


class _Absent(LocalError):
    def __init__(self, what: str, shown: str) -> None:
        super().__init__("RESOURCE_DOES_NOT_EXIST", f"There is no {what} at {shown}.")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a volume.

    Attributes:
        root: Folder of the volume.
        parts: Names from there on; none for the root itself.
        shown: The path as callers write it.
    """

    root: Path
    parts: tuple[str, ...]
    shown: str

    # Reading.

    def open(self) -> tuple[int, os.stat_result]:
        """Open the file for reading; its descriptor is the caller's to close.

        Raises:
            LocalError: if there is no file.
        """
        with self._told(), self._parent() as folder:
            try:
                handle = os.open(
                    self._name(), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder
                )
            except FileNotFoundError:
                raise self._absent("file") from None
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                os.close(handle)
                raise self._absent("file")
            return handle, found

    def entries(self) -> list[Entry]:
        """What is in the directory, by name.

        Raises:
            LocalError: if it is not there.
        """
        with self._told(), self._folder(self.parts) as folder:
            made = []
            with os.scandir(folder) as found:
                for each in found:
                    # Links and devices are not of this world.
                    if each.is_symlink() or each.name.startswith(_UNFINISHED):
                        continue
                    with contextlib.suppress(FileNotFoundError):
                        made.append(_entry(each))
            return sorted(made, key=lambda entry: entry.name)

    def check_directory(self) -> None:
        """Refuse unless there is a directory."""
        with self._told(), self._folder(self.parts):
            pass

    # Changing.

    def make_directory(self) -> None:
        """Make the directory and those above it; one that is there is no error."""
        with self._told():
            for depth in range(1, len(self.parts) + 1):
                with self._folder(self.parts[: depth - 1]) as folder:
                    name = self.parts[depth - 1]
                    try:
                        os.mkdir(name, 0o700, dir_fd=folder)
                        os.fsync(folder)
                    except FileExistsError:
                        if not stat.S_ISDIR(_lstat(name, folder).st_mode):
                            raise self._taken("a file") from None

    def remove_directory(self) -> None:
        """Remove the directory, which must be empty."""
        if not self.parts:
            raise LocalError("INVALID_PARAMETER_VALUE", "The root of a volume cannot be deleted.")
        with self._told(), self._parent() as folder:
            try:
                os.rmdir(self._name(), dir_fd=folder)
            except (FileNotFoundError, NotADirectoryError):
                raise self._absent("directory") from None
            os.fsync(folder)

    def remove(self) -> None:
        """Remove the file."""
        with self._told(), self._parent() as folder:
            try:
                if not stat.S_ISREG(_lstat(self._name(), folder).st_mode):
                    raise self._absent("file")
                os.unlink(self._name(), dir_fd=folder)
            except FileNotFoundError:
                raise self._absent("file") from None
            os.fsync(folder)

    @contextmanager
    def writing(self, *, overwrite: bool) -> Iterator[int]:
        """A descriptor to write a new file to; it appears whole at the end, or not at all.

        Directories above it are made with it.

        Raises:
            LocalError: if a directory or (without ``overwrite``) a file is in the way, or the disk is
                full, naming the place.
        """
        with self._told(), self._folder(()) as root:
            self._check_free(overwrite=overwrite)
            _sweep(root)
            aside = f"{_UNFINISHED}{_RUN}.{uuid.uuid4().hex}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            handle = os.open(aside, flags, 0o600, dir_fd=root)
            try:
                try:
                    yield handle
                    reach("upload")
                    os.fsync(handle)
                finally:
                    os.close(handle)
                Place(self.root, self.parts[:-1], self.shown).make_directory()
                self._publish(aside, root, overwrite=overwrite)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(aside, dir_fd=root)
                raise

    def _publish(self, aside: str, root: int, *, overwrite: bool) -> None:
        with self._parent() as folder:
            if overwrite:
                try:
                    os.rename(aside, self._name(), src_dir_fd=root, dst_dir_fd=folder)
                except IsADirectoryError:
                    raise self._taken("a directory") from None
            else:
                try:
                    os.link(aside, self._name(), src_dir_fd=root, dst_dir_fd=folder)
                except FileExistsError:
                    raise self._taken("a file") from None
                os.unlink(aside, dir_fd=root)
            os.fsync(folder)

    def _check_free(self, *, overwrite: bool) -> None:
        try:
            with self._parent() as folder:
                found = _lstat(self._name(), folder)
        except (FileNotFoundError, _Absent):
            return
        if stat.S_ISDIR(found.st_mode):
            raise self._taken("a directory")
        if not overwrite:
            raise self._taken("a file")

    # Inside.

    def _name(self) -> str:
        if not self.parts:
            raise LocalError("INVALID_PARAMETER_VALUE", f"{self.shown} is a directory.")
        return self.parts[-1]

    @contextmanager
    def _parent(self) -> Iterator[int]:
        self._name()
        with self._folder(self.parts[:-1]) as folder:
            yield folder

    @contextmanager
    def _folder(self, parts: tuple[str, ...]) -> Iterator[int]:
        handle = os.open(os.path.realpath(self.root), _FOLDER)
        try:
            for part in parts:
                try:
                    inner = os.open(part, _FOLDER, dir_fd=handle)
                except (FileNotFoundError, NotADirectoryError):
                    raise self._absent("directory") from None
                os.close(handle)
                handle = inner
            yield handle
        finally:
            os.close(handle)

    def _absent(self, what: str) -> LocalError:
        return _Absent(what, self.shown)

    def _taken(self, what: str) -> LocalError:
        return LocalError("RESOURCE_ALREADY_EXISTS", f"There is {what} at {self.shown} already.")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn the system's refusals into ours, which show the caller's path and no other."""
        try:
            yield
        except OSError as error:
            if error.errno == errno.ENOSPC:
                text = f"No space is left on the device at {self.shown}."
                raise LocalError("NO_SPACE_LEFT", text) from error
            if error.errno == errno.ENOTEMPTY:
                text = f"The directory {self.shown} is not empty."
                raise LocalError("DIRECTORY_NOT_EMPTY", text) from error
            if error.errno == errno.ENAMETOOLONG:
                text = f"A name in the path is too long: {self.shown}"
                raise LocalError("INVALID_PARAMETER_VALUE", text) from error
            if error.errno == errno.ELOOP:
                text = f"The path {self.shown} leaves its volume."
                raise LocalError("INVALID_PARAMETER_VALUE", text) from error
            if isinstance(error, FileNotFoundError):
                raise self._absent("file or directory") from error
            raise


def _entry(found: os.DirEntry[str]) -> Entry:
    about = found.stat(follow_symlinks=False)
    is_directory = stat.S_ISDIR(about.st_mode)
    return Entry(
        name=os.fsencode(found.name).decode("utf-8", "replace"),
        is_directory=is_directory,
        size=0 if is_directory else about.st_size,
        modified_ms=about.st_mtime_ns // 1_000_000,
    )


def _lstat(name: str, folder: int) -> os.stat_result:
    return os.stat(name, dir_fd=folder, follow_symlinks=False)


def _sweep(folder: int) -> None:
    # What a crash has left: only this run's own files are on their way.
    for name in os.listdir(folder):
        if name.startswith(_UNFINISHED) and not name.startswith(_UNFINISHED + _RUN):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
