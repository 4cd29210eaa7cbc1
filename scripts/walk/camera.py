"""Whole pages photographed, in themes and widths."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

THEMES = ("light", "dark", "high-contrast")
WIDE, NARROW = 1360, 700
_LEAST, _MOST = 900, 3200
_THEME = "theme => { document.documentElement.dataset.cxTheme = theme }"
# The pointer and the focus leave their traces on what lies under them.
_REST = "() => { document.activeElement?.blur(); scrollTo(0, 0) }"


class Camera:
    """Photographs one tab.

    Args:
        page: A page of playwright.
        folder: Where pictures go.
    """

    def __init__(self, page: Any, folder: Path) -> None:
        self.page, self.folder = page, folder
        self._see(WIDE, _LEAST)

    def shoot(
        self, name: str, themes: Sequence[str] = THEMES, widths: Sequence[int] = (WIDE,)
    ) -> None:
        """One picture for each theme and width, from the first to the last line of the page."""
        for width in widths:
            self._see(width, _LEAST)
            self.page.mouse.move(0, 0)
            self.page.evaluate(_REST)
            # What sticks to the window's edge would otherwise hang in the middle of the picture.
            self._see(width, self._height())
            for theme in themes:
                self.page.evaluate(_THEME, theme)
                suffix = "" if width == WIDE else f"-{width}"
                path = self.folder / f"{name}{suffix}-{theme}.png"
                self.page.screenshot(path=path, animations="disabled")
        self.page.evaluate(_THEME, "light")
        self._see(WIDE, _LEAST)

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button by its name."""
        exact = isinstance(name, str)
        self.page.get_by_role("button", name=name, exact=exact).first.click()

    def open(self, address: str, title: str) -> None:
        """Go to a page of the web app and wait until it is drawn."""
        self.page.goto(address)
        self.drawn(title)

    def drawn(self, title: str) -> None:
        """Wait until the page with this title is there, without its place-holders."""
        self.page.locator("#sh-page h1.cx-h1", has_text=title).wait_for()

    def _see(self, width: int, height: int) -> None:
        self.page.set_viewport_size({"width": width, "height": height})

    def _height(self) -> int:
        found = int(self.page.evaluate("() => document.documentElement.scrollHeight"))
        return min(max(found, _LEAST), _MOST)
