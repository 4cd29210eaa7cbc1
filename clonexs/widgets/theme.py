"""Names of the themes: what settings may say. Their colours live in ``js/themes``."""

from __future__ import annotations

AUTO = "auto"
THEMES = (
    AUTO,
    "light",
    "dark",
    "midnight",
    "sunset",
    "high-contrast",
    "ocean",
    "forest",
    "solarized",
    "rose",
    "slate",
)


def theme_or_auto(name: str | None) -> str:
    """The theme of that name; ``auto``, which follows the surroundings, when there is none."""
    return name if name in THEMES else AUTO
