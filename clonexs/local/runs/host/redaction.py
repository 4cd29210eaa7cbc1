"""Keeps the values of secrets out of what a task writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO

REDACTED = "[REDACTED]"
_KEPT = 4 * 1024 * 1024


class Redacting:
    """A text stream that writes ``[REDACTED]`` for every secret it knows.

    What could be the beginning of one is held back until more comes, or :meth:`finish`.

    Args:
        stream: Where to write.
        secrets: Values; it may grow.
    """

    def __init__(self, stream: TextIO, secrets: list[str]) -> None:
        self._stream, self._secrets = stream, secrets
        self._held = ""
        # What was written, for who keeps it: see `taken`.
        self._kept: list[str] = []
        self._room = _KEPT

    def write(self, text: str) -> int:
        """Write what no secret can begin in."""
        clean = self.cleaner(self._secrets)(self._held + text)
        held = max((_overlap(clean, each) for each in self._secrets), default=0)
        self._held = clean[len(clean) - held :]
        self._pass_on(clean[: len(clean) - held])
        return len(text)

    def flush(self) -> None:
        """Write what can be written."""
        self._stream.flush()

    def finish(self) -> None:
        """Write what was held back."""
        held, self._held = self._held, ""
        self._pass_on(held)

    def taken(self) -> str:
        """What was written since the last time; not more than a few megabytes over all."""
        self.finish()
        made = "".join(self._kept)
        self._kept.clear()
        return made

    def _pass_on(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
        self._kept.append(text[: self._room])
        self._room -= min(len(text), self._room)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @staticmethod
    def cleaner(secrets: list[str]) -> Callable[[str], str]:
        """A function that replaces all secrets in a text, longest first."""
        known = sorted({each for each in secrets if each.strip()}, key=len, reverse=True)

        def clean(text: str) -> str:
            for each in known:
                text = text.replace(each, REDACTED)
            return text

        return clean


def _overlap(text: str, secret: str) -> int:
    """How much of the end of a text is the beginning of a secret."""
    longest = min(len(text), len(secret) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(secret[:n])), 0)
