"""Who may come in: one-time codes, the token, and the cookie they are exchanged for."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

FAILURES_PER_MINUTE = 10


@dataclass(slots=True)
class OneTimeCodes:
    """Codes that open the door once, within their life.

    Attributes:
        life_s: How long a code is good for.
        now: Monotonic seconds.
    """

    life_s: float = 60.0
    now: Callable[[], float] = time.monotonic
    _issued: dict[str, float] = field(default_factory=dict)

    def issue(self) -> str:
        """Make a new code."""
        self._forget_old()
        code = secrets.token_urlsafe(24)
        self._issued[code] = self.now()
        return code

    def redeem(self, code: str) -> bool:
        """Use a code up; ``False`` if it is unknown, used or too old."""
        self._forget_old()
        # Compared in constant time, and used up at once.
        for known in list(self._issued):
            if hmac.compare_digest(known.encode(), code.encode()):
                del self._issued[known]
                return True
        return False

    def _forget_old(self) -> None:
        limit = self.now() - self.life_s
        for code, issued in list(self._issued.items()):
            if issued < limit:
                del self._issued[code]


@dataclass(slots=True)
class TokenDoor:
    """The token of a server that others can reach; guesses are limited.

    Attributes:
        token: The token; empty where there is none.
        now: Monotonic seconds.
    """

    token: str
    now: Callable[[], float] = time.monotonic
    _failures: list[float] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether one may sign in with a token at all."""
        return bool(self.token)

    def admits(self, offered: str) -> bool:
        """Whether ``offered`` is the token and not too many guesses came before."""
        if not self.token or self.is_blocked:
            return False
        if hmac.compare_digest(self.token.encode(), offered.encode()):
            return True
        self._failures.append(self.now())
        return False

    @property
    def is_blocked(self) -> bool:
        """Whether guesses have to wait."""
        limit = self.now() - 60
        self._failures = [at for at in self._failures if at > limit]
        return len(self._failures) >= FAILURES_PER_MINUTE
