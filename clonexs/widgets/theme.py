"""Names of the themes. Their colours live in ``js/src/themes``; this is what settings may say."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

Theme: TypeAlias = Literal["auto", "light", "dark", "contrast"]
THEMES: tuple[Theme, ...] = get_args(Theme)
DEFAULT_THEME: Theme = "auto"


def theme_or_default(name: str | None) -> Theme:
    """The theme of that name, or the default when there is none."""
    return next((theme for theme in THEMES if theme == name), DEFAULT_THEME)
