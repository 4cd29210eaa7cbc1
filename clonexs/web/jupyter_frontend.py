"""The same notebooks through Voila's own front end: ``clonexs web --frontend=jupyter``.

Stock handlers and scripts, our template without remote links. Every page has a kernel of its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import tornado.web
from jupyter_server.services.kernels.handlers import KernelHandler
from tornado.httputil import HTTPServerRequest
from voila.tornado.handler import TornadoVoilaHandler

from clonexs.web import handlers as ours
from clonexs.web.channels import ChannelsHandler
from clonexs.web.guard import content_policy
from clonexs.web.kernels import asking_session
from clonexs.web.shell import RENDER

if TYPE_CHECKING:
    from clonexs.web.app import WebState

_KEPT = (
    "/voila/templates/",
    "/voila/static/",
    "/voila/api/themes/",
    "/voila/labextensions/",
)


def policy(request: HTTPServerRequest) -> str:
    """The policy of the stock front end.

    Its inline scripts carry the answer's nonce, and a widget brings its module as a blob.
    """
    nonce = getattr(request, "script_nonce", "")
    return content_policy("blob:", *([f"'nonce-{nonce}'"] if nonce else []))


class NotebookHandler(TornadoVoilaHandler):  # type: ignore[misc]
    """Renders the notebook of a page, and of nothing else."""

    def initialize(self, state: WebState, **kwargs: Any) -> None:
        """Take the server's state beside Voila's options."""
        super().initialize(**kwargs)
        self.state = state

    async def get(self, path: str | None = None) -> None:
        """Render, in a kernel that belongs to the session."""
        session = self.state.session_of(self)
        place = self.state.shell.find(f"{RENDER}{path}")
        if session is None or place.page is None:
            raise tornado.web.HTTPError(401 if session is None else 404)
        nonce = secrets.token_urlsafe(16)
        self.request.script_nonce = nonce
        asking_session.set(session.session_id)
        async for piece in self.get_generator(path=place.page.notebook):
            self.write(piece.replace("<script", f'<script nonce="{nonce}"'))
            self.flush()


class OwnKernelHandler(KernelHandler):  # type: ignore[misc]
    """Tells of a kernel to the session it belongs to."""

    async def prepare(self) -> None:
        """Refuse a kernel of somebody else."""
        state: WebState = self.settings["clonexs"]
        session = state.session_of(self)
        if session is None or not state.sessions.owns(session, self.path_kwargs["kernel_id"]):
            raise tornado.web.HTTPError(404)
        await super().prepare()


class PageHandler(ours.ShellHandler):
    """Signs in, answers unknown addresses, and sends known pages to their notebook."""

    async def get(self, path: str) -> None:
        """A page's address leads to its notebook."""
        page = self.state.shell.find(path).page
        if self.get_query_argument("code", "") or self.web_session() is None or page is None:
            await super().get(path)
        else:
            query = f"?{self.request.query}" if self.request.query else ""
            self.redirect(f"{RENDER}{page.notebook}{query}", status=303)


def handlers(state: WebState, stock: Sequence[Any], app: Any) -> list[Any]:
    """Routes of the stock front end, without contents, files, tree and foreign kernels."""
    options = {
        "state": state,
        "template_paths": app.template_paths,
        "config": app.config,
        "voila_configuration": app.voila_configuration,
    }
    kernel = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"
    return [
        (rf"/api/kernels/{kernel}", OwnKernelHandler),
        (rf"/api/kernels/{kernel}/channels", ChannelsHandler),
        # The widget's stub looks for the kit where Jupyter keeps its extensions.
        (r"/voila/labextensions/clonexs/static/([\w.-]+)", ours.StaticHandler, {"state": state}),
        *(rule for rule in stock if str(rule[0]).startswith(_KEPT)),
        (rf"{RENDER}(.*)", NotebookHandler, options),
        (r"(/.*)", PageHandler, {"state": state}),
    ]
