"""The one widget class. Its module text is a stub that finds the kit once per browser page."""

from __future__ import annotations

import base64
import gzip
import html
import json
import logging
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from clonexs.widgets.wire import VERSION, Message

if TYPE_CHECKING:
    from clonexs.widgets.app import App

_LOG = logging.getLogger(__name__)
STATIC = Path(__file__).parent / "static"

_MISSING = (
    "export default {render({el}) {el.textContent ="
    ' "The front end of clonexs is not built. Run: make kit"}};'
)


@cache
def stub_text() -> str:
    """Text of the stub; where the kit was never built, one that says so."""
    path = STATIC / "stub.js"
    return path.read_text() if path.exists() else _MISSING


@cache
def chunk_hashes() -> dict[str, str]:
    """Content hash of every chunk of the kit, by name."""
    path = STATIC / "manifest.json"
    if not path.exists():
        return {}
    manifest: dict[str, Any] = json.loads(path.read_text())
    chunks = manifest.get("chunks", manifest)
    return {name: _hash_of(value) for name, value in chunks.items()}


def _hash_of(value: object) -> str:
    return str(value.get("hash", "")) if isinstance(value, Mapping) else str(value)


@cache
def _packed_chunk(name: str) -> bytes | None:
    found = chunk_hashes().get(name)
    path = STATIC / f"{name}-{found}.js"
    return gzip.compress(path.read_bytes(), 9) if found and path.exists() else None


class Kit(anywidget.AnyWidget):  # type: ignore[misc]
    """A page, or the application, in an output cell.

    Two small traits travel with the widget; everything else is messages. ``boot`` holds the first
    tree with its labels and never rows or SQL text, because executed notebooks keep it.
    """

    kit = traitlets.Dict().tag(sync=True)
    boot = traitlets.Dict().tag(sync=True)

    def __init__(self, app: App, boot: Mapping[str, Any]) -> None:
        self._app = app
        super().__init__(_esm=stub_text(), kit=chunk_hashes(), boot=dict(boot))
        app.connect(self._post)
        self.on_msg(self._received)

    def close(self) -> None:
        """Close the widget and the pages it holds."""
        self._app.close()
        super().close()

    def _received(self, _: object, content: Message, buffers: Sequence[bytes]) -> None:
        if content.get("t") == "kit":
            self._send_chunk(content)
        else:
            self._app.receive(content)

    def _post(self, message: Message, buffers: Sequence[bytes]) -> None:
        self.send(message, buffers=list(buffers))

    def _send_chunk(self, message: Message) -> None:
        name = str(message.get("name", ""))
        answer: Message = {"v": VERSION, "t": "kit", "name": name}
        if "id" in message:
            answer["re"] = message["id"]
        packed = _packed_chunk(name)
        if packed is None:
            _LOG.warning("the kit has no chunk %r", name)
            self._post({**answer, "ok": False}, [])
        elif message.get("enc") == "base64":
            self._post({**answer, "ok": True, "b64": base64.b64encode(packed).decode()}, [])
        else:
            self._post({**answer, "ok": True}, [packed])

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return bundle
        data, *rest = bundle if isinstance(bundle, tuple) else (bundle,)
        title = str(self.boot.get("title", "page"))
        data = {
            **data,
            "text/plain": f"clonexs · {title} · run the cell to open",
            "text/html": f"<p><strong>clonexs</strong> · {html.escape(title)} · run the cell to open</p>",
        }
        return (data, *rest) if isinstance(bundle, tuple) else data
