"""The same notebooks through Voila's own front end: ``clonexs web --frontend=jupyter``.

Stock handlers and scripts, our template without remote links. Every page has a kernel of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import tornado.web
from jupyter_server.services.kernels.handlers import KernelHandler
from voila.tornado.handler import TornadoVoilaHandler

from clonexs.web import handlers as ours
from clonexs.web.channels import ChannelsHandler
from clonexs.web.kernels import asking_session

if TYPE_CHECKING:
    from clonexs.web.app import WebState

# The stock scripts compile schemas and widgets bring their module as a blob.
SCRIPT_SOURCES = ("blob:", "'unsafe-eval'", "'unsafe-inline'")
_KEPT = ("/voila/templates/", "/voila/static/", "/voila/api/themes/", "/voila/labextensions/")


class NotebookHandler(TornadoVoilaHandler):  # type: ignore[misc]
    """Renders the notebook of a page, and of nothing else."""

    def initialize(self, state: WebState, **kwargs: Any) -> None:
        """Take the server's state beside Voila's options."""
        super().initialize(**kwargs)
        self.state = state

    async def get(self, path: str | None = None) -> None:
        """Render, in a kernel that belongs to the session."""
        session = self.state.session_of(self)
        place = self.state.shell.find(path or "/")
        if session is None or place.page is None:
            raise tornado.web.HTTPError(401 if session is None else 404)
        # Voila's page leaves by a beacon, which needs the cookie.
        self.xsrf_token  # noqa: B018 - reading it sets the cookie
        asking_session.set(session.session_id)
        async for piece in self.get_generator(path=place.page.notebook):
            self.write(piece)
            self.flush()


class OwnKernelHandler(KernelHandler):  # type: ignore[misc]
    """Tells of a kernel to the session it belongs to."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse a kernel of somebody else."""
        state: WebState = self.settings["clonexs"]
        session = state.session_of(self)
        if session is None or not state.sessions.owns(session, self.path_kwargs["kernel_id"]):
            raise tornado.web.HTTPError(404)
        await super().prepare()


class PageHandler(ours.ShellHandler):
    """Signs in, answers unknown addresses, and hands known pages to Voila."""

    async def get(self, path: str) -> None:
        """A page's notebook, under the page's own address."""
        code = self.get_query_argument("code", "")
        session = self.web_session()
        if code or session is None or self.state.shell.find(path).page is None:
            await super().get(path)
            return
        raise tornado.web.HTTPError(404)


def handlers(state: WebState, stock: Sequence[Any], app: Any) -> list[Any]:
    """Routes of the stock front end, without contents, files, tree and foreign kernels."""
    options = {
        "state": state,
        "template_paths": app.template_paths,
        "config": app.config,
        "voila_configuration": app.voila_configuration,
    }
    kernel = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"
    kept = [rule for rule in stock if str(rule[0]).startswith(_KEPT)]
    known = "|".join(sorted({page.route for page in state.shell.pages} - {"/"}))
    signed_in = [(rf"/voila/render(/.*)", NotebookHandler, options)]
    return [
        (rf"/api/kernels/{kernel}", OwnKernelHandler),
        (rf"/api/kernels/{kernel}/channels", ChannelsHandler),
        *kept,
        *signed_in,
        (rf"({known}|/)", PageHandler, {"state": state}),
        (r"(/.*)", PageHandler, {"state": state}),
    ]
