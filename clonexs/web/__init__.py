"""The web app: pages in a browser, served by a Voila with sessions and a pool of kernels."""

from __future__ import annotations

from typing import Any


def serve(**options: Any) -> None:
    """Serve the web app until interrupted; see :class:`clonexs.web.options.WebOptions`.

    Raises:
        InvalidRequest: naming every option that is unknown or refused.
    """
    from dataclasses import fields

    from clonexs.errors import InvalidRequest
    from clonexs.web.options import WebOptions

    known = {field.name for field in fields(WebOptions)}
    unknown = {name: "is no option of the web app" for name in options if name not in known}
    if unknown:
        raise InvalidRequest(unknown, operation="web")
    given = {name: value for name, value in options.items() if value is not None}
    checked = WebOptions(**given)
    checked.check()
    try:
        from clonexs.web.launch import run
    except ModuleNotFoundError as error:
        from clonexs.errors import CapabilityMissing

        raise CapabilityMissing(
            f"the web app needs the package {error.name}", hint="pip install 'clonexs[web]'"
        ) from error
    run(checked)
