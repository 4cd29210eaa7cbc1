"""What every request must satisfy before any handler sees it, and what every answer carries.

Held in one place, the tornado application itself, so that handlers of Voila and of Jupyter Server
are covered as well as our own.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import tornado.web
from tornado.httputil import HTTPHeaders, HTTPServerRequest

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Exact hosts, and for everything that changes something or opens a socket the exact origin.

    Args:
        hosts: Gives every ``name:port`` a browser may know the server by.
        scheme: ``http``, or ``https`` behind a proxy.
    """

    def __init__(self, hosts: Callable[[], frozenset[str]], scheme: str = "http") -> None:
        self._hosts = hosts
        self._scheme = scheme

    def refusal(self, request: HTTPServerRequest) -> tuple[int, str] | None:
        """Status and reason when a request must not be served."""
        host = request.headers.get("Host", "").lower()
        if host not in self._hosts():
            return 421, "This server does not go by that name."
        upgrades = request.headers.get("Upgrade", "").lower() == "websocket"
        if upgrades or request.method not in _SAFE_METHODS:
            origin = request.headers.get("Origin", "").lower()
            if origin != f"{self._scheme}://{host}":
                return 403, "This request does not come from a page of this server."
        site = request.headers.get("Sec-Fetch-Site", "")
        mode = request.headers.get("Sec-Fetch-Mode", "")
        if site in ("cross-site", "same-site") and mode != "navigate":
            return 403, "Other sites may link to this server, not read from it."
        return None


class RefusedHandler(tornado.web.RequestHandler):
    """Answers what the guard refused."""

    def initialize(self, status: int, reason: str) -> None:
        """Take the refusal."""
        self._refusal = status, reason

    def prepare(self) -> None:
        """Answer at once, whatever the method."""
        status, reason = self._refusal
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(reason)


class GuardedApplication(tornado.web.Application):
    """An application whose requests pass the guard first."""

    def __init__(self, guard: Guard, **settings: Any) -> None:
        super().__init__(**settings)
        self._guard = guard

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """The handler of a request, or the refusal."""
        if refusal := self._guard.refusal(request):
            status, reason = refusal
            return self.get_handler_delegate(
                request, RefusedHandler, {"status": status, "reason": reason}
            )
        return super().find_handler(request, **kwargs)


def script_hash(text: str) -> str:
    """The source expression of an inline script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def content_policy(*scripts: str) -> str:
    """The Content-Security-Policy: this server and nothing else.

    Args:
        *scripts: Source expressions beside ``'self'``.
    """
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src", "'self'", *scripts)),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def security_headers(
    policy: Callable[[HTTPServerRequest], str],
) -> type[tornado.web.OutputTransform]:
    """A transform that puts the security headers on every answer.

    Args:
        policy: The Content-Security-Policy of a request's answer.
    """

    class SecurityHeaders(tornado.web.OutputTransform):
        def __init__(self, request: HTTPServerRequest) -> None:
            self._request = request

        def transform_first_chunk(
            self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
        ) -> tuple[int, HTTPHeaders, bytes]:
            headers["Content-Security-Policy"] = policy(self._request)
            # A form's POST carries an origin only under a wider policy; its page says so itself.
            headers.setdefault("Referrer-Policy", "no-referrer")
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Cross-Origin-Opener-Policy"] = "same-origin"
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
            headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=()"
            if "Server" in headers:
                del headers["Server"]
            return status_code, headers, chunk

    return SecurityHeaders


def hosts_of(names: Sequence[str], port: int) -> frozenset[str]:
    """Every spelling of the server's address that a browser may send."""
    loopback = ("127.0.0.1", "localhost", "[::1]")
    known = {f"{name}:{port}" for name in loopback}
    if port == 80:
        known.update(loopback)
    for name in names:
        known.add(name.lower())
        if ":" not in name.replace("[::1]", ""):
            known.add(f"{name.lower()}:{port}")
    return frozenset(known)
