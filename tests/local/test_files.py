"""Files of volumes through the SDK."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import pytest
import requests
from databricks.sdk.errors import (
    BadRequest,
    InvalidParameterValue,
    NotFound,
    PermissionDenied,
    ResourceAlreadyExists,
)
from databricks.sdk.errors.base import DatabricksError

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

NAMES = (
    "plain.txt",
    "with space.csv",
    'it\'s "quoted" `x`',
    "<b onclick='x'>&amp;",
    "ünïcødé 表 😀",
    "100%25 #1?x=y&z;",
    "back\\slash",
    ".hidden",
    "line\nbreak\ttab",
    "x" * 255,
)


@pytest.fixture
def volume(admin: WorkspaceClient, catalog: str) -> str:
    """Path of an empty volume."""
    from databricks.sdk.service.catalog import VolumeType

    admin.volumes.create(catalog, "default", "v", VolumeType.MANAGED)
    return f"/Volumes/{catalog}/default/v"


@pytest.fixture
def root(admin: WorkspaceClient, volume: str) -> Path:
    """Where the volume is on the disk."""
    found = admin.volumes.read(".".join(volume.split("/")[2:]))
    return Path(unquote(urlsplit(str(found.storage_location)).path))


@pytest.fixture
def faults(admin: WorkspaceClient) -> Iterator[Callable[..., None]]:
    def put(*rules: dict[str, Any]) -> None:
        admin.api_client.do("PUT", "/local/faults", body={"faults": list(rules)})

    yield put
    put()


def put(client: WorkspaceClient, path: str, data: bytes, **options: Any) -> None:
    client.files.upload(path, io.BytesIO(data), **options)


def read(client: WorkspaceClient, path: str) -> bytes:
    answer = client.files.download(path)
    assert answer.contents is not None
    with answer.contents as contents:
        return bytes(contents.read())


def names(client: WorkspaceClient, path: str) -> list[str]:
    return [str(each.name) for each in client.files.list_directory_contents(path)]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_any_name_comes_back(admin: WorkspaceClient, volume: str, name: str) -> None:
    data = os.urandom(1000)

    put(admin, f"{volume}/{name}", data)

    assert read(admin, f"{volume}/{name}") == data
    (entry,) = admin.files.list_directory_contents(volume)
    assert (entry.name, entry.path) == (name, f"{volume}/{name}")
    assert (entry.is_directory, entry.file_size) == (False, 1000)
    assert admin.files.get_metadata(f"{volume}/{name}").content_length == 1000
    admin.files.delete(f"{volume}/{name}")
    assert names(admin, volume) == []


def test_a_large_file_keeps_every_byte(admin: WorkspaceClient, volume: str) -> None:
    data = os.urandom(20_000_000)

    put(admin, f"{volume}/large", data)

    assert read(admin, f"{volume}/large") == data


def test_an_empty_file_is_a_file(admin: WorkspaceClient, volume: str) -> None:
    put(admin, f"{volume}/empty", b"")

    assert read(admin, f"{volume}/empty") == b""


def test_writing_over_a_file_must_be_allowed(admin: WorkspaceClient, volume: str) -> None:
    put(admin, f"{volume}/f", b"first")

    with pytest.raises(ResourceAlreadyExists):
        put(admin, f"{volume}/f", b"second", overwrite=False)

    assert read(admin, f"{volume}/f") == b"first"
    put(admin, f"{volume}/f", b"second", overwrite=True)
    assert read(admin, f"{volume}/f") == b"second"


def test_directories_are_made_listed_and_removed(admin: WorkspaceClient, volume: str) -> None:
    admin.files.create_directory(f"{volume}/a/b c/d")
    admin.files.create_directory(f"{volume}/a")
    put(admin, f"{volume}/made/with/it.txt", b"x")

    assert names(admin, volume) == ["a", "made"]
    assert names(admin, f"{volume}/a") == ["b c"]
    admin.files.get_directory_metadata(f"{volume}/a/b c")
    with pytest.raises(BadRequest, match="not empty"):
        admin.files.delete_directory(f"{volume}/a")
    admin.files.delete_directory(f"{volume}/a/b c/d")
    admin.files.delete_directory(f"{volume}/a/b c")
    admin.files.delete_directory(f"{volume}/a")
    assert names(admin, volume) == ["made"]


def test_a_list_has_pages(admin: WorkspaceClient, volume: str) -> None:
    for index in range(7):
        put(admin, f"{volume}/f{index}", b"")

    found = list(admin.files.list_directory_contents(volume, page_size=3))

    assert [each.name for each in found] == [f"f{index}" for index in range(7)]


def test_what_is_not_there(admin: WorkspaceClient, volume: str) -> None:
    put(admin, f"{volume}/file", b"x")
    admin.files.create_directory(f"{volume}/folder")

    for call, path in (
        (admin.files.download, f"{volume}/nope"),
        (admin.files.download, f"{volume}/folder"),
        (admin.files.get_metadata, f"{volume}/folder"),
        (admin.files.delete, f"{volume}/nope"),
        (admin.files.delete, f"{volume}/folder"),
        (admin.files.get_directory_metadata, f"{volume}/file"),
        (admin.files.delete_directory, f"{volume}/nope"),
        (lambda p: list(admin.files.list_directory_contents(p)), f"{volume}/nope"),
        (lambda p: list(admin.files.list_directory_contents(p)), f"{volume}x"),
    ):
        with pytest.raises(NotFound):
            call(path)


def test_a_file_and_a_directory_do_not_share_a_name(admin: WorkspaceClient, volume: str) -> None:
    put(admin, f"{volume}/file", b"x")
    admin.files.create_directory(f"{volume}/folder")

    with pytest.raises(ResourceAlreadyExists):
        put(admin, f"{volume}/folder", b"x")
    with pytest.raises(ResourceAlreadyExists):
        admin.files.create_directory(f"{volume}/file")
    with pytest.raises(DatabricksError):
        put(admin, f"{volume}/file/inside", b"x")
    assert read(admin, f"{volume}/file") == b"x"


def test_the_root_of_a_volume_stays(admin: WorkspaceClient, volume: str) -> None:
    with pytest.raises(InvalidParameterValue):
        admin.files.delete_directory(volume)

    assert names(admin, volume) == []


# Ranges.


@pytest.mark.parametrize(
    ("asked", "status", "shown"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=4-", 206, b"456789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=8-100", 206, b"89"),
        ("bytes=-100", 206, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
        ("bytes=10-", 416, None),
    ],
)
def test_a_stretch_of_a_file(
    admin: WorkspaceClient, server: Any, volume: str, asked: str, status: int, shown: bytes | None
) -> None:
    put(admin, f"{volume}/digits", b"0123456789")

    answer = _get(server, f"{volume}/digits", {"Range": asked})

    assert answer.status_code == status
    if shown is not None:
        assert answer.content == shown


def test_a_file_that_has_changed_is_not_what_was_asked_for(
    admin: WorkspaceClient, server: Any, volume: str
) -> None:
    put(admin, f"{volume}/f", b"x")
    before = {"If-Unmodified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"}

    assert _get(server, f"{volume}/f", before).status_code == 412


# Nothing but the volume.


@pytest.mark.parametrize(
    "path",
    ["%2e%2e/%2e%2e/x", "..%2f..%2fx", "a/%2e%2e/%2e%2e/x", "/x", "a//x", "./x", "%00"],
)
def test_a_path_does_not_leave_its_volume(server: Any, volume: str, path: str) -> None:
    for kind, method in (("files", "GET"), ("files", "PUT"), ("directories", "PUT")):
        url = f"{server.http_url}/api/2.0/fs/{kind}{quote(volume)}/{path}"
        assert _send(server, method, url).status_code == 400, (kind, method)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/Volumes", "/Volumes/main/default", "/Workspace/x"]
)
def test_only_volumes_have_files(admin: WorkspaceClient, path: str) -> None:
    with pytest.raises(InvalidParameterValue):
        read(admin, path)


def test_a_link_leads_nowhere(
    admin: WorkspaceClient, volume: str, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    (root / "file").symlink_to(tmp_path / "secret")
    (root / "folder").symlink_to(tmp_path)

    for attempt in (
        lambda: read(admin, f"{volume}/file"),
        lambda: read(admin, f"{volume}/folder/secret"),
        lambda: list(admin.files.list_directory_contents(f"{volume}/folder")),
        lambda: put(admin, f"{volume}/folder/new", b"x"),
        lambda: admin.files.delete(f"{volume}/folder/secret"),
        lambda: admin.files.create_directory(f"{volume}/folder/new"),
    ):
        with pytest.raises(DatabricksError):
            attempt()
    assert names(admin, volume) == []
    assert sorted(each.name for each in tmp_path.iterdir()) == ["secret"]
    put(admin, f"{volume}/file", b"a file of its own")
    assert (tmp_path / "secret").read_text() == "secret"


# Rights.


def test_reading_and_writing_are_rights_of_their_own(
    admin: WorkspaceClient,
    as_user: Callable[[str], WorkspaceClient],
    sql: Callable[[str], Any],
    catalog: str,
    volume: str,
    other_user: str,
) -> None:
    theirs = as_user(other_user)
    put(admin, f"{volume}/f", b"x")
    with pytest.raises(NotFound):
        read(theirs, f"{volume}/f")

    for what, on in (
        ("USE CATALOG", f"CATALOG `{catalog}`"),
        ("USE SCHEMA", f"SCHEMA `{catalog}`.default"),
        ("READ VOLUME", f"VOLUME `{catalog}`.default.v"),
    ):
        sql(f"GRANT {what} ON {on} TO `{other_user}`")
    assert read(theirs, f"{volume}/f") == b"x"
    for attempt in (
        lambda: put(theirs, f"{volume}/f", b"y"),
        lambda: theirs.files.delete(f"{volume}/f"),
        lambda: theirs.files.create_directory(f"{volume}/d"),
    ):
        with pytest.raises(PermissionDenied, match="WRITE VOLUME"):
            attempt()

    sql(f"GRANT WRITE VOLUME ON VOLUME `{catalog}`.default.v TO `{other_user}`")
    put(theirs, f"{volume}/f", b"y")
    assert read(admin, f"{volume}/f") == b"y"


# Whole or not at all.


def test_a_full_disk_is_told_and_leaves_nothing(
    admin: WorkspaceClient, volume: str, root: Path, faults: Callable[..., None]
) -> None:
    put(admin, f"{volume}/f", b"old")
    faults({"point": "upload", "action": "no_space", "times": 0})

    for name in ("f", "folder/new"):
        with pytest.raises(DatabricksError) as caught:
            put(admin, f"{volume}/{name}", os.urandom(5000))
        assert f"No space is left on the device at {volume}/{name}" in str(caught.value)
        assert str(root) not in str(caught.value)

    assert read(admin, f"{volume}/f") == b"old"
    assert [each.name for each in root.rglob("*")] == ["f"]
    faults()
    put(admin, f"{volume}/folder/new", b"new")
    assert read(admin, f"{volume}/folder/new") == b"new"


def test_an_upload_that_breaks_off_leaves_nothing(
    admin: WorkspaceClient, server: Any, volume: str, root: Path
) -> None:
    import socket

    from tests.local.conftest import eventually

    put(admin, f"{volume}/f", b"old")
    host, port = server.http_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(
            f"PUT /api/2.0/fs/files{quote(volume)}/f HTTP/1.1\r\nHost: {host}:{port}\r\n"
            f"Authorization: Bearer {server.token}\r\nContent-Length: 5000000\r\n\r\n".encode()
            + b"x" * 2_000_000
        )
        eventually(lambda: len(list(root.iterdir())) == 2)
        assert names(admin, volume) == ["f"]
        assert read(admin, f"{volume}/f") == b"old"

    eventually(lambda: [each.name for each in root.iterdir()] == ["f"])
    assert read(admin, f"{volume}/f") == b"old"


def test_what_a_crash_has_left_is_swept(admin: WorkspaceClient, volume: str, root: Path) -> None:
    (root / ".clonexs-upload.before.1").write_bytes(b"half")

    assert names(admin, volume) == []
    put(admin, f"{volume}/f", b"x")

    assert [each.name for each in root.iterdir()] == ["f"]


def _get(server: Any, path: str, headers: dict[str, str]) -> requests.Response:
    return _send(server, "GET", f"{server.http_url}/api/2.0/fs/files{quote(path)}", headers)


def _send(
    server: Any, method: str, url: str, headers: dict[str, str] | None = None
) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        prepared = session.prepare_request(requests.Request(method, url, headers=headers))
        # As it stands: the library would take the dots out.
        prepared.url = url
        prepared.headers["Authorization"] = f"Bearer {server.token}"
        return session.send(prepared, timeout=20)
