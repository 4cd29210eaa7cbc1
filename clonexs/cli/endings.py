"""How a command ends: exit codes, and errors explained in the words that pages use too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from clonexs.errors import Explanation

SUCCEEDED, FAILED, INVALID, PARTIAL, DENIED, CANCELLED = range(6)
# Left by a second interrupt: the run goes on. The shell's own code for an interrupted command.
DETACHED = 130

_BY_STATUS = {
    "succeeded": SUCCEEDED,
    "partial": PARTIAL,
    "cancelled": CANCELLED,
    "waiting_credentials": DENIED,
    "waiting_approval": DENIED,
}
_BY_CODE = {
    "INVALID_INPUT": INVALID,
    "NO_SUCH_OBJECT": INVALID,
    "NO_PERMISSION": DENIED,
    "POLICY_DENIED": DENIED,
    "RBAC_DENIED": DENIED,
    "NEEDS_APPROVAL": DENIED,
    "PARTIAL": PARTIAL,
    "CANCELLED": CANCELLED,
}


def code_of_status(status: str, error: Mapping[str, Any] | None = None) -> int:
    """Exit code of a run that rests.

    Args:
        status: Its status.
        error: The explanation of what ended it, if something did.
    """
    if status == "failed" and error and _BY_CODE.get(str(error.get("code"))) == DENIED:
        return DENIED
    return _BY_STATUS.get(status, FAILED)


def code_of_error(explained: Explanation) -> int:
    """Exit code of a command that an error ended."""
    return _BY_CODE.get(explained.code, FAILED)


def report(error: BaseException, *, debug: bool = False, as_json: bool = False) -> int:
    """Explain an error on standard error and give the exit code.

    Args:
        error: What was raised.
        debug: Show the traceback before.
        as_json: Print the explanation as JSON on standard output too.
    """
    from clonexs.serde import to_plain
    from clonexs.workspace.explain import explain, redacted

    if debug:
        import traceback

        click.echo(redacted("".join(traceback.format_exception(error))), err=True, nl=False)
    explained = explain(error)
    if as_json:
        click.echo(json.dumps({"error": to_plain(explained)}, indent=2, ensure_ascii=False))
    click.echo(explanation_text(explained, debug=debug), err=True)
    return code_of_error(explained)


def explanation_text(explained: Explanation, *, debug: bool = False) -> str:
    """Code, message, object, fields and hint, a line each."""
    if explained.fields:
        lines = [f"{explained.code}: the request is not valid"]
        lines += [
            f"  --{name.replace('_', '-')}: {problem}" if name else f"  {problem}"
            for name, problem in explained.fields.items()
        ]
    else:
        lines = [f"{explained.code}: {explained.message}"]
        if explained.object and explained.object not in explained.message:
            lines.append(f"  object: {explained.object}")
    if explained.statement and debug:
        lines.append(f"  statement: {explained.statement}")
    if explained.hint:
        lines.append(f"  hint: {explained.hint}")
    elif explained.code == "INTERNAL" and not debug:
        lines.append("  hint: `clonexs --debug` before the command shows where it happened")
    return "\n".join(lines)
