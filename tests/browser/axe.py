"""Rules of accessibility, checked in the page as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
THEMES = ("light", "dark", "high-contrast")
_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
# What colours alone decide; every other rule finds the same whatever the theme.
_OF_COLOURS = ("color-contrast", "link-in-text-block")
# Rules of a whole document, which a cell of a notebook is not.
_OF_DOCUMENTS = ("page-has-heading-one", "landmark-one-main", "region")

_TWO_FRAMES = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
)
# A shadow root keeps its own animations; those that never end move no colours.
_AT_REST = """() => [document, ...[...document.querySelectorAll("*")].map((each) => each.shadowRoot)]
  .flatMap((root) => (root ? root.getAnimations() : []))
  .every((each) => each.effect.getTiming().iterations === Infinity)"""


def violations(page: Any, *, colours: bool = False, cell: bool = False) -> list[str]:
    """What axe finds.

    Args:
        page: A page of playwright whose policy allows the script.
        colours: Only the rules that a theme can break.
        cell: The page stands in a cell of a notebook.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    only = {"type": "rule", "values": _OF_COLOURS} if colours else {"type": "tag", "values": _TAGS}
    rules = {rule: {"enabled": False} for rule in _OF_DOCUMENTS} if cell and not colours else {}
    found: list[dict[str, Any]] = page.evaluate(
        "async options => (await axe.run(document, options)).violations",
        {"runOnly": only, "rules": rules, "resultTypes": ["violations"]},
    )
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


def at_rest(page: Any) -> None:
    """Wait until a change of the theme is drawn: colours move over from the next frame on."""
    page.evaluate(_TWO_FRAMES)
    page.wait_for_function(_AT_REST)


def in_all_themes(page: Any) -> None:
    """Axe finds nothing, whatever the theme of the web app."""
    assert violations(page) == []
    for theme in THEMES[1:]:
        page.evaluate("theme => { document.documentElement.dataset.cxTheme = theme }", theme)
        at_rest(page)
        assert violations(page, colours=True) == [], theme
    page.evaluate("() => { document.documentElement.dataset.cxTheme = 'light' }")
    at_rest(page)
