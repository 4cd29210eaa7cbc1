"""Looks into a tab of the web app from inside: when it was drawn, and how long its kernel takes to answer."""

from __future__ import annotations

import base64
import json
import struct
import uuid
from typing import Any

from tests.browser.web_app import until

# Notes when the page is drawn by the kernel, and keeps the socket so that it can be timed.
PROBE = """
(() => {
  const Real = window.WebSocket;
  window.__sockets = [];
  window.WebSocket = class extends Real {
    constructor(...given) { super(...given); window.__sockets.push(this); }
    send(data) { window.__sent = data; super.send(data); }
  };
  const look = () => {
    const waits = document.querySelectorAll('.sh-wait').length;
    if (window.__drawn === undefined && !waits && document.querySelector('#sh-page h1')) {
      window.__drawn = performance.now();
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
})();
"""
PING = """
async (text) => {
  const socket = window.__sockets.at(-1);
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const needle = '"re": "bench"', other = '"re":"bench"';
  return await new Promise((resolve) => {
    const began = performance.now();
    const heard = ({ data }) => {
      const said = new TextDecoder().decode(data);
      if (!said.includes(needle) && !said.includes(other)) return;
      socket.removeEventListener('message', heard);
      resolve(performance.now() - began);
    };
    socket.addEventListener('message', heard);
    socket.send(bytes.buffer);
  });
}
"""


def ping(page: Any) -> float:
    """Milliseconds until the page's own answer to a question is back in the tab."""
    comm = until(lambda: page.evaluate(_COMM), "a message of the page")
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "comm_msg",
        "session": "bench",
        "username": "",
        "date": "2026-01-01T00:00:00Z",
        "version": "5.4",
    }
    message = {"v": 1, "t": "ping", "id": "bench", "client": "bench"}
    content = {"comm_id": comm, "data": {"method": "custom", "content": message}}
    frame = frame_of(["shell", *(json.dumps(part) for part in (header, {}, {}, content))])
    return float(page.evaluate(PING, base64.b64encode(frame).decode()))


_COMM = """
() => {
  const said = window.__sent ? new TextDecoder().decode(window.__sent) : '';
  const found = /"comm_id":\\s*"([^"]+)"/.exec(said);
  return found ? found[1] : '';
}
"""


def frame_of(texts: list[str]) -> bytes:
    # Jupyter's websocket framing v1: number of offsets, offsets, parts.
    parts = [text.encode() for text in texts]
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets) + b"".join(parts)
