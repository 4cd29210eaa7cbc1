"""What all kinds share: header, failures, exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clonexs.widgets.contract import (
    Action,
    Alert,
    Button,
    Copy,
    Disclosure,
    Header,
    Menu,
    MenuItem,
    Node,
    Press,
    Problem,
    Stack,
    Text,
    Value,
)
from clonexs.widgets.state import Json

_NOTES_SHOWN, _NOTES_AT_ALL = 6, 200
_COPIES = (("python", "Python"), ("cli", "Command line"), ("job", "Task of a job"))


def page_header(
    title: str,
    summary: str,
    *,
    buttons: Sequence[Node] = (),
    as_of: Value = None,
    on_refresh: Press | None = None,
    has_code: bool = True,
) -> Node:
    """Title, one sentence, and the run as code to take away."""
    copies = [
        MenuItem(label, on_copy=Action("code", {"language": language}))
        for language, label in _COPIES
    ]
    menu = Menu("Copy as", items=copies, icon="copy")
    return Header(
        title,
        subtitle=summary,
        as_of=as_of,
        on_refresh=on_refresh,
        children=[*buttons, menu if has_code else None],
    )


def problem_node(error: Mapping[str, Json], retry: Action | None = None) -> Node:
    """A failure as ``error_content`` gives it. A missing privilege shows the GRANT to copy."""
    hint = str(error.get("hint") or "")
    problem = Problem(
        str(error.get("message") or "something went wrong"),
        code=str(error.get("code") or ""),
        object=str(error.get("object") or ""),
        hint=hint,
        details=str(error.get("details") or ""),
        trace=str(error.get("trace") or ""),
        on_retry=retry,
    )
    if error.get("code") == "NO_PERMISSION" and hint.startswith("GRANT "):
        return Alert(
            "You lack a privilege for this",
            tone="danger",
            children=[problem, Copy("Copy the GRANT", text=hint)],
        )
    if error.get("code") == "NO_COMPUTE":
        start = Button("Start compute", on_press=Action("start_compute"), look="primary")
        return Alert("No compute is running", tone="warning", children=[problem, start])
    return problem


def as_arrow(what: str) -> Press:
    """Gives a table of the page as an Arrow file; what a grid's ``on_arrow`` takes."""
    return Action("export", {"what": what, "form": "arrow"})


def notes(texts: Sequence[str]) -> Node | None:
    """Warnings of a plan or a run: one box, however many there are."""
    if len(texts) < 2:
        return Alert(str(texts[0]), tone="warning") if texts else None
    # A fold that hides one or two lines saves none.
    is_long = len(texts) > _NOTES_SHOWN + 2
    shown = [str(text) for text in (texts[:_NOTES_SHOWN] if is_long else texts)]
    folded: list[Node] = [Text(str(text)) for text in texts[_NOTES_SHOWN:_NOTES_AT_ALL]]
    if (more := len(texts) - _NOTES_AT_ALL) > 0:
        folded.append(Text(f"and {more:,} more", look="muted"))
    rest = len(texts) - len(shown)
    fold = Disclosure(f"{rest:,} more", children=[Stack(gap="none", children=folded)])
    title = f"{len(texts):,} things to know"
    return Alert(title, items=shown, tone="warning", children=[fold] if rest else [])
