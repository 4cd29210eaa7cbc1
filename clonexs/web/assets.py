"""Static files of the web app, read once, named by their content."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import clonexs

PACKAGE = Path(clonexs.__file__).parent
KIT = PACKAGE / "widgets" / "static"
TEMPLATE = "clonexs"
_THEME = re.compile(r'\[data-cx-theme="?([\w-]+)"?\]')


def template_root() -> Path:
    """Folder of our Voila templates: beside the package in a checkout, else where pip put it."""
    beside = PACKAGE.parent / "voila" / "templates"
    installed = Path(sys.prefix) / "share" / "jupyter" / "voila" / "templates"
    return beside if (beside / TEMPLATE).is_dir() else installed


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    content_type: str
    body: bytes
    packed: bytes


class Assets:
    """The kit and the shell's own files.

    Args:
        kit: Folder of the built kit.
        template: Folder of the shell's template.
    """

    def __init__(self, kit: Path = KIT, template: Path | None = None) -> None:
        self._files: dict[str, Asset] = {}
        self._kit = kit
        template = template or template_root() / TEMPLATE
        # Small enough to stand in the page: the looks before the first paint, and the line to the
        # kernel, which is being opened while the client is still on its way.
        self.theme_script = (template / "theme.js").read_text(encoding="utf-8").strip()
        self.early_script = (template / "early.js").read_text(encoding="utf-8").strip()
        themes = kit / "themes.css"
        text = themes.read_text(encoding="utf-8") if themes.exists() else ""
        self.themes = tuple(dict.fromkeys(_THEME.findall(text)))
        self.styles = tuple(
            self._named(stem, "css", text.encode())
            for stem, text in (
                ("themes", text),
                ("shell", (template / "shell.css").read_text(encoding="utf-8")),
            )
        )
        self.icon = self._named("icon", "svg", (template / "icon.svg").read_bytes())
        self.scripts = self._kit_files()

    @property
    def client(self) -> str:
        """File name of the thin client; empty where the kit was not built."""
        return self.scripts.get("web", "")

    def find(self, name: str) -> Asset | None:
        """The file of that name. Only names that exist are known; nothing is looked up on disk."""
        return self._files.get(name)

    def _kit_files(self) -> dict[str, str]:
        manifest = self._kit / "manifest.json"
        if not manifest.exists():
            return {}
        found = {}
        for stem, about in json.loads(manifest.read_text())["chunks"].items():
            name = f"{stem}-{about['hash']}.js"
            path = self._kit / name
            if path.exists():
                self._keep(name, "js", path.read_bytes())
                found[stem] = name
        return found

    def _named(self, stem: str, kind: str, body: bytes) -> str:
        name = f"{stem}-{hashlib.sha256(body).hexdigest()[:12]}.{kind}"
        self._keep(name, kind, body)
        return name

    def _keep(self, name: str, kind: str, body: bytes) -> None:
        types = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
        self._files[name] = Asset(f"{types[kind]}; charset=utf-8", body, gzip.compress(body, 9))
