"""Trying the forms of statements: each in a schema of its own, with the objects its texts name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.local.rest import fresh

_PLACE = re.compile(r"\{(c|s|n|t|u|v|f|tf|mask|filter|vol|folder|ts|url|outside|credential)\}")
_TABLE = "(id INT, name STRING, amount DECIMAL(10,2), day DATE)"
_ROWS = "(1, 'a', 1.50, DATE'2024-01-01'), (2, 'b', 2.50, DATE'2024-01-02'), (3, NULL, NULL, NULL)"

# What stands behind a place, made when a text first names it; later places may name earlier ones.
_OBJECTS: dict[str, tuple[str, ...]] = {
    "t": (f"CREATE TABLE {{s}}.t {_TABLE}", f"INSERT INTO {{s}}.t VALUES {_ROWS}"),
    "u": (
        "CREATE TABLE {s}.u (id INT NOT NULL, note STRING, CONSTRAINT key_of_u PRIMARY KEY (id))",
        "INSERT INTO {s}.u VALUES (1, 'x')",
    ),
    "v": ("CREATE VIEW {s}.v AS SELECT id FROM {t}",),
    "f": ("CREATE FUNCTION {s}.f(x INT) RETURNS INT RETURN x + 1",),
    "tf": (
        "CREATE FUNCTION {s}.tf(x INT) RETURNS TABLE (id INT) RETURN SELECT id FROM {t} WHERE id >= x",
    ),
    "mask": ("CREATE FUNCTION {s}.mask(x STRING) RETURNS STRING RETURN '***'",),
    "filter": ("CREATE FUNCTION {s}.filter(x INT) RETURNS BOOLEAN RETURN x > 0",),
    "vol": ("CREATE VOLUME {s}.vol",),
}


class Stage:
    """One schema in which the texts of one form run.

    Args:
        run: Runs a statement as the administrator.
        upload: Writes a file below ``/Volumes``.
        catalog: The catalog the schema is made in.
        url: URL of a folder that is registered for external data.
        outside: URL of a folder outside the workspace.
        credential: Name of a storage credential.
    """

    def __init__(
        self,
        run: Callable[[str], Any],
        upload: Callable[[str, bytes], None],
        catalog: str,
        url: str,
        outside: str,
        credential: str,
    ) -> None:
        self._run, self._upload = run, upload
        schema = fresh("s")
        self._places = {"c": catalog, "s": f"{catalog}.{schema}", "n": fresh("n")}
        self._places |= {"url": url, "outside": outside, "credential": credential}
        run(f"CREATE SCHEMA {catalog}.{schema}")

    def text(self, text: str) -> str:
        """A text with its places filled and what stands behind them made."""
        return _PLACE.sub(lambda found: self._place(found.group(1)), text)

    def run(self, text: str) -> Any:
        """The answer to a text."""
        return self._run(self.text(text))

    def _place(self, name: str) -> str:
        if name not in self._places:
            self._places[name] = self._make(name)
        return self._places[name]

    def _make(self, name: str) -> str:
        if name == "folder":
            volume = self._place("vol").replace(".", "/")
            self._upload(f"/Volumes/{volume}/data/a.csv", b"id,name\n1,a\n2,b\n")
            return f"/Volumes/{volume}/data"
        if name == "ts":
            (last, *_) = self._run(self.text("DESCRIBE HISTORY {t} LIMIT 1"))
            return str(last["timestamp"])
        for text in _OBJECTS[name]:
            # The object's own name is not known yet; the texts spell it out.
            self._run(self.text(text))
        return f"{self._places['s']}.{name}"
