"""Pages, files and small questions of the web app; the kernel's socket is in ``channels``."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import tornado.web

from clonexs.web.kernels import KernelFailed
from clonexs.web.sessions import Busy, WebSession
from clonexs.web.shell import PRODUCT, page_params, title_of

if TYPE_CHECKING:
    from clonexs.web.app import WebState

_LOG = logging.getLogger(__name__)


class Base(tornado.web.RequestHandler):
    """What our handlers share: the state of the server and the session of the request."""

    def initialize(self, state: WebState) -> None:
        """Take the server's state."""
        self.state = state

    def web_session(self) -> WebSession | None:
        """The session of the request's cookie."""
        return self.state.session_of(self)

    def signed_in(self) -> WebSession:
        """The session, or 401.

        Raises:
            HTTPError: if nobody is signed in.
        """
        session = self.web_session()
        if session is None:
            raise tornado.web.HTTPError(401)
        return session

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say what is wrong, without a traceback."""
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"error": {"code": str(status_code), "message": self._reason}}))

    def open_session(self) -> None:
        """Sign the browser in: a random id in a cookie that scripts cannot read."""
        session = self.state.sessions.create()
        self.set_signed_cookie(
            self.state.cookie_name,
            session.session_id,
            expires_days=0.5,
            httponly=True,
            samesite="Strict",
            secure=self.state.options.secure,
            path="/",
        )

    def render_page(self, template: str, **values: Any) -> None:
        """Answer with one of our templates."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        text = self.state.render(template, product=PRODUCT, **values)
        self.finish(text)


class ShellHandler(Base):
    """Answers every address with the same shell; the page is opened inside it."""

    async def get(self, path: str) -> None:
        """The shell, at once, whatever state the kernel is in."""
        if (code := self.get_query_argument("code", "")) and self.state.redeem(code):
            self.open_session()
            self._without_code()
            return
        session = self.web_session()
        if session is None:
            self.set_status(401)
            self.ask_to_sign_in(expired=bool(code))
            return
        if code:
            self._without_code()
            return
        place = self.state.shell.find(path)
        if place.page is None:
            self.set_status(404)
        elif self.state.opens_pages:
            await self.state.sessions.warm(session)
        kernel = session.kernel
        boot = {
            "pages": self.state.shell.described(),
            "portals": [_plain(portal) for portal in self.state.shell.portals()],
            "page": place.page.slug if place.page else None,
            "params": page_params(self.request.query_arguments),
            "themes": self.state.assets.themes,
            "xsrf": self.xsrf_token.decode(),
            "place": self.state.place,
            "version": self.state.version,
            "kernel": {"id": kernel.kernel_id, "widget": kernel.widget, "status": kernel.status}
            if kernel
            else None,
        }
        portal = place.page.portal if place.page else "main"
        self.render_page(
            "index.html.j2",
            place=place,
            title=title_of(place.page),
            portal=next(each for each in self.state.shell.portals() if each.portal == portal),
            navigation=self.state.shell.navigation(portal),
            boot=boot,
        )

    def _without_code(self) -> None:
        kept = [
            (name, value)
            for name, values in self.request.query_arguments.items()
            for value in values
            if name != "code"
        ]
        clean = "/" + self.request.path.lstrip("/")
        self.redirect(f"{clean}?{urlencode(kept)}" if kept else clean, status=303)

    def ask_to_sign_in(self, *, expired: bool = False, wrong: str = "") -> None:
        """The page for those who are not signed in."""
        if expired:
            self.state.announce_again()
        # The form's POST must say where it comes from.
        self.set_header("Referrer-Policy", "same-origin")
        self.render_page(
            "signin.html.j2",
            title=f"Sign in · {PRODUCT}",
            expired=expired,
            wrong=wrong,
            with_token=self.state.door.is_open,
            xsrf=self.xsrf_token.decode(),
            next=self.request.uri if self.request.method == "GET" and not expired else "/",
        )


class SignInHandler(ShellHandler):
    """Takes the token of a server that others can reach."""

    async def get(self, path: str = "") -> None:
        """The form; who is signed in already goes home."""
        if self.web_session():
            self.redirect("/", status=303)
        else:
            self.ask_to_sign_in()

    def post(self, path: str = "") -> None:
        """Check the token and exchange it for a cookie."""
        if self.state.door.is_blocked:
            self.set_status(429)
            self.ask_to_sign_in(wrong="Too many wrong tokens. Wait a minute.")
        elif not self.state.door.admits(self.get_body_argument("token", "")):
            self.set_status(401)
            self.ask_to_sign_in(wrong="That is not the token of this server.")
        else:
            self.open_session()
            wanted = self.get_body_argument("next", "/")
            inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
            self.redirect(wanted if inside else "/", status=303)


class SignOutHandler(Base):
    """Ends the session and its kernel."""

    def post(self) -> None:
        """Sign out."""
        self.state.sessions.end(self.signed_in())
        self.clear_cookie(self.state.cookie_name, path="/")
        self.write({"ok": True})


class AttachHandler(Base):
    """Gives a tab the kernel of its session."""

    async def post(self) -> None:
        """Wait for the kernel; ``lost`` names one that the tab found dead."""
        session = self.signed_in()
        asked = json.loads(self.request.body or b"{}")
        lost = str(asked.get("lost") or "") if isinstance(asked, dict) else ""
        if lost and not self.state.sessions.owns(session, lost):
            lost = ""
        if lost and self.state.is_alive(lost):
            # The tab lost its socket, not its kernel.
            lost = ""
        try:
            kernel = await self.state.sessions.kernel_of(session, lost=lost)
        except Busy:
            self.set_status(503)
            message = "Every place on this server is taken. Try again in a minute."
            self.write({"error": {"code": "BUSY", "message": message}})
        except KernelFailed as error:
            self.set_status(500)
            self.write({"error": {"code": "KERNEL_FAILED", "message": str(error)}})
        else:
            self.write({"id": kernel.kernel_id, "widget": kernel.widget, "status": kernel.status})


class JobsHandler(Base):
    """The jobs that the tray shows, read from the job store; they outlive every kernel."""

    async def get(self) -> None:
        """The last jobs, running ones first."""
        self.signed_in()
        self.set_header("Cache-Control", "no-store")
        self.write({"jobs": await asyncio.to_thread(self.state.jobs.recent)})


class CancelJobHandler(Base):
    """Asks a job to stop."""

    async def post(self, run_id: str) -> None:
        """Cancel."""
        self.signed_in()
        await asyncio.to_thread(self.state.jobs.cancel, run_id)
        self.write({"ok": True})


class StaticHandler(Base):
    """Files whose name holds their content's hash: kept for a year."""

    def get(self, name: str) -> None:
        """Send one."""
        asset = self.state.assets.find(name)
        if asset is None:
            raise tornado.web.HTTPError(404)
        self.set_header("Content-Type", asset.content_type)
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        self.set_header("Vary", "Accept-Encoding")
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.finish(asset.packed)
        else:
            self.finish(asset.body)


class AddressHandler(Base):
    """Gives the owner, who can read the server's private file, an address with a new code."""

    def post(self) -> None:
        """A new address."""
        if not self.state.is_owner(self.request.headers.get("X-Clonexs-Owner", "")):
            raise tornado.web.HTTPError(403)
        self.write({"address": self.state.new_address()})

    def check_xsrf_cookie(self) -> None:
        """The owner is no browser and has no cookie; the secret header stands for it."""


class UnknownHandler(Base):
    """Answers questions nobody knows, so that they are not taken for pages."""

    def prepare(self) -> None:
        """Say so, to those who are signed in."""
        self.signed_in()
        raise tornado.web.HTTPError(404)


def _plain(portal: Any) -> dict[str, str]:
    return {name: getattr(portal, name) for name in ("portal", "title", "route", "icon", "line")}
