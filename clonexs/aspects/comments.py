"""Comments of objects and of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from clonexs.aspects.base import CLONES, BaseAspect, Change, Difference, Facts, Method, Statement
from clonexs.aspects.writing import Markers, by_column, kind_word, text
from clonexs.names import Name, ViewName
from clonexs.workspace.inventory import Inventory, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentsState:
    """The object's comment, and those of its columns that have one."""

    comment: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


class CommentsAspect(BaseAspect[CommentsState]):
    """Comments, to the last blank. An empty comment is none: servers tell it either way."""

    name = "comments"
    after = ("columns",)

    def fresh(self, want: CommentsState, method: Method, creator: str) -> CommentsState:
        """CLONE and LIKE keep the comments of columns, which are in the schema; nothing else."""
        if method in CLONES or method == "like":
            return CommentsState(columns=want.columns)
        return CommentsState()

    def changes(self, target: Name, want: CommentsState, have: CommentsState) -> tuple[Change, ...]:
        """One statement for the object, one for all columns of a table."""
        made: list[Change] = []
        if (want.comment or "") != (have.comment or ""):
            made.append(_on_object(target, want.comment, (_on_object(target, have.comment),)))
        differing = list(_differing(want, have))
        if isinstance(target, ViewName):
            made += [
                _on_view_column(target, column, wanted, (_on_view_column(target, column, held),))
                for column, wanted, held in differing
            ]
        elif differing:
            made.append(_on_columns(target, differing))
        return tuple(made)

    def _state(self, inventory: Inventory, name: Name, facts: Facts) -> CommentsState:
        columns = facts.columns if isinstance(facts, Table) else ()
        return CommentsState(
            comment=facts.comment, columns={c.name: c.comment for c in columns if c.comment}
        )

    def _differences(self, want: CommentsState, have: CommentsState) -> Iterator[Difference]:
        if (want.comment or "") != (have.comment or ""):
            yield self._difference("comment", want.comment, have.comment)
        for column, wanted, held in _differing(want, have):
            yield self._difference(f"column {column}: comment", wanted, held)


def _differing(want: CommentsState, have: CommentsState) -> Iterator[tuple[str, str, str]]:
    wanted = {column.lower(): comment for column, comment in want.columns.items()}
    held = {column.lower(): comment for column, comment in have.columns.items()}
    spelled = by_column(have.columns) | by_column(want.columns)
    for folded, column in sorted(spelled.items()):
        pair = wanted.get(folded) or "", held.get(folded) or ""
        if pair[0] != pair[1]:
            yield column, *pair


def _on_object(target: Name, comment: str | None, reverse: tuple[Statement, ...] = ()) -> Statement:
    # COMMENT ON has no form of its own for views.
    word = "TABLE" if isinstance(target, ViewName) else kind_word(target)
    return Statement(
        aspect="comments",
        sql=f"COMMENT ON {word} {{target}} IS {text(comment) if comment else 'NULL'}",
        names={"target": target},
        reverse=reverse,
    )


def _on_view_column(
    target: Name, column: str, comment: str, reverse: tuple[Statement, ...] = ()
) -> Statement:
    # ALTER VIEW … ALTER COLUMN … COMMENT is refused by the platform.
    markers = Markers()
    where = f"{markers.of(target)}.{markers.column(column)}"
    return Statement(
        aspect="comments",
        sql=f"COMMENT ON COLUMN {where} IS {text(comment) if comment else 'NULL'}",
        names=markers.names,
        reverse=reverse,
    )


def _on_columns(target: Name, differing: list[tuple[str, str, str]]) -> Statement:
    back = [(column, wanted, held) for column, held, wanted in differing]
    return _written(target, differing, (_written(target, back, ()),))


def _written(
    target: Name, differing: list[tuple[str, str, str]], reverse: tuple[Statement, ...]
) -> Statement:
    markers = Markers()
    where = markers.of(target)
    items = ", ".join(f"{markers.column(column)} COMMENT {text(w)}" for column, w, _ in differing)
    one_by_one = [_written(target, [item], ()) for item in differing] if differing[1:] else []
    return Statement(
        aspect="comments",
        sql=f"ALTER TABLE {where} ALTER COLUMN {items}",
        names=markers.names,
        reverse=reverse,
        instead=tuple(one_by_one),  # older runtimes know one column a statement
    )


COMMENTS = CommentsAspect()
