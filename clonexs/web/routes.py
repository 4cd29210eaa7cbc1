"""Which address is answered by whom, in both front ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado.httputil import HTTPServerRequest

from clonexs.errors import NoSuchObject
from clonexs.web import handlers as ours
from clonexs.web.channels import ChannelsHandler
from clonexs.web.guard import content_policy, script_hash

if TYPE_CHECKING:
    from clonexs.web.app import WebState
    from clonexs.web.shell import Shell

HOME = "dashboard"
_KERNEL = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"


def handlers(state: WebState, stock: Sequence[Any], app: Any) -> list[Any]:
    """Every route of the server, most specific first.

    Args:
        state: The server.
        stock: Voila's own routes, where its front end is wanted.
        app: The Voila application.
    """
    about = {"state": state}
    common = [
        (r"/static/([\w.-]+)", ours.StaticHandler, about),
        (r"/signin(.*)", ours.SignInHandler, about),
        (r"/api/signout", ours.SignOutHandler, about),
        (r"/api/address", ours.AddressHandler, about),
    ]
    if state.options.frontend == "jupyter":
        from clonexs.web import jupyter_frontend

        return [*common, *jupyter_frontend.handlers(state, stock, app)]
    return [
        *common,
        (rf"/api/kernels/{_KERNEL}/channels", ChannelsHandler),
        (r"/api/attach", ours.AttachHandler, about),
        (r"/api/jobs", ours.JobsHandler, about),
        (r"/api/jobs/([\w-]+)/cancel", ours.CancelJobHandler, about),
        (r"/api/.*", ours.UnknownHandler, about),
        (r"(/.*)", ours.ShellHandler, about),
    ]


def policy(state: WebState) -> Callable[[HTTPServerRequest], str]:
    """The Content-Security-Policy of the front end that is served."""
    if state.options.frontend == "jupyter":
        from clonexs.web import jupyter_frontend

        return jupyter_frontend.policy
    inline = (state.assets.theme_script, state.assets.early_script)
    strict = content_policy(*map(script_hash, inline))
    return lambda request: strict


def home_notebook(shell: Shell) -> str:
    """Source of the notebook that every kernel of the pool has run.

    Raises:
        NoSuchObject: if there are no pages at all.
    """
    from clonexs.widgets.pages.index import notebook_text

    page = shell.page(HOME) or next(iter(shell.pages), None)
    if page is None:
        raise NoSuchObject("the page index is empty", hint="make index writes it")
    return notebook_text(page)


def write_notebooks(shell: Shell, folder: Path) -> None:
    """Write the notebook of every page of the index below ``folder``, and nothing else.

    Voila serves from there: a notebook that runs a job cannot be reached.
    """
    from clonexs.widgets.pages.index import notebook_text

    for page in shell.pages:
        path = folder / page.notebook
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(notebook_text(page), encoding="utf-8")
