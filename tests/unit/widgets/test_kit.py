from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from clonexs.widgets import kit as kit_module
from clonexs.widgets.app import App
from clonexs.widgets.kit import Kit
from tests.unit.widgets.fakes import CopyRequest, FakeServices

CORE = "export const core = 'ä';" * 100


class Sent(Kit):
    """A widget whose messages end here."""

    def __init__(self, app: App, boot: dict[str, Any]) -> None:
        self.sent: list[tuple[dict[str, Any], Sequence[bytes]]] = []
        super().__init__(app, boot)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append((content, buffers or []))


@pytest.fixture
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "stub.js").write_text("export default {}")
    (folder / "core-abc123.js").write_text(CORE)
    (folder / "manifest.json").write_text(json.dumps({"core": "abc123"}))
    monkeypatch.setattr(kit_module, "STATIC", folder)
    caches = (kit_module.stub_text, kit_module.chunk_hashes, kit_module._packed_chunk)
    for cached in caches:
        cached.cache_clear()
    yield folder
    for cached in caches:
        cached.cache_clear()


@pytest.fixture
def widget(static: Path, tmp_path: Path) -> Sent:
    app = App(FakeServices(tmp_path, {"clone": CopyRequest}))  # type: ignore[arg-type]
    return Sent(app, app.boot("clone", {"source": "prod"}, shell=False))


def test_the_widget_carries_a_stub_and_two_small_traits(widget: Sent) -> None:
    state = widget.get_state()
    assert state["_esm"] == "export default {}"
    assert state["kit"] == {"core": "abc123"}
    assert state["boot"]["page"] == "clone"
    assert state["boot"]["tree"]["c"] == "Page"
    assert len(json.dumps(state["boot"])) < 20_000


def test_chunks_travel_packed_as_bytes_or_as_text(widget: Sent) -> None:
    widget._received(None, {"t": "kit", "id": "1", "name": "core"}, [])
    message, buffers = widget.sent[-1]
    assert (message["t"], message["re"], message["ok"]) == ("kit", "1", True)
    assert gzip.decompress(buffers[0]).decode() == CORE
    widget._received(None, {"t": "kit", "name": "core", "enc": "base64"}, [])
    message, buffers = widget.sent[-1]
    assert gzip.decompress(base64.b64decode(message["b64"])).decode() == CORE
    assert not buffers


@pytest.mark.parametrize("name", ["charts", "../../secret", "manifest", ""])
def test_only_chunks_of_the_manifest_are_served(widget: Sent, name: str) -> None:
    widget._received(None, {"t": "kit", "name": name}, [])
    message, buffers = widget.sent[-1]
    assert message["ok"] is False
    assert not buffers


def test_messages_reach_the_page(widget: Sent) -> None:
    widget._received(None, {"t": "ping", "id": "7", "client": "tab"}, [])
    assert widget.sent[-1][0]["t"] == "pong"


def test_a_saved_notebook_shows_one_line(widget: Sent) -> None:
    data = widget._repr_mimebundle_()[0]
    assert data["text/plain"] == "clonexs · Clone · run the cell to open"
    assert "<strong>clonexs</strong> · Clone" in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data
