from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from databricks.sdk.errors import PermissionDenied, ResourceConflict

from clonexs.aspects import ASPECTS, find_aspect
from clonexs.aspects.apply import apply_changes, from_record, reversed_changes, to_record
from clonexs.aspects.base import Change, Statement
from clonexs.aspects.comments import COMMENTS, CommentsState
from clonexs.aspects.grants import GRANTS, GrantsState
from clonexs.aspects.owner import OWNER, OwnerState
from clonexs.aspects.tags import TAGS, TagsState
from clonexs.errors import OutcomeUnknown, StatementFailed
from clonexs.names import CatalogName, FunctionName, SchemaName, TableName, ViewName, VolumeName
from clonexs.serde import from_json, to_json
from clonexs.workspace.clock import FakeClock
from clonexs.workspace.gateway import SqlGateway
from clonexs.workspace.recording import RecordingBackend
from tests.unit.aspects.written import sql

TABLE = TableName("c", "s", "t")


class Service:
    """Remembers calls of ``update``; raises what it is given, once for each."""

    def __init__(self, name: str, calls: list[Any], errors: list[Exception]) -> None:
        self.name, self.calls, self.errors = name, calls, errors

    def update(self, *arguments: object, **named: object) -> None:
        self.calls.append((self.name, arguments, named))
        if self.errors:
            raise self.errors.pop(0)


def make_workspace(
    answers: tuple[tuple[str, Exception], ...] = (), errors: tuple[Exception, ...] = ()
) -> Any:
    calls: list[Any] = []
    kinds = ("catalogs", "schemas", "tables", "functions", "volumes", "grants")
    left = list(errors)
    backend = RecordingBackend(answers)
    return SimpleNamespace(
        sql=SqlGateway(backend),
        backend=backend,
        clock=FakeClock(),
        calls=calls,
        api=SimpleNamespace(**{kind: Service(kind, calls, left) for kind in kinds}),
    )


def some_changes() -> tuple[Change, ...]:
    return (
        *COMMENTS.changes(TABLE, CommentsState(comment="new"), CommentsState(comment="old")),
        *TAGS.changes(TABLE, TagsState(tags={"k": "v"}), TagsState()),
        *GRANTS.changes(TABLE, GrantsState(grants={"a b": ("SELECT",)}), GrantsState()),
        *OWNER.changes(TABLE, OwnerState(owner="team"), OwnerState(owner="me")),
    )


def test_owners_come_last_and_every_aspect_after_those_it_needs() -> None:
    names = [aspect.name for aspect in ASPECTS]

    assert names[-1] == "owner"
    for aspect in ASPECTS:
        assert all(names.index(name) < names.index(aspect.name) for name in aspect.after)
    assert find_aspect("tags") is TAGS
    with pytest.raises(KeyError):
        find_aspect("colour")


def test_changes_are_made_in_order_and_taken_back_last_one_first() -> None:
    workspace = make_workspace()

    done = apply_changes(workspace, some_changes()).done
    apply_changes(workspace, reversed_changes(done))

    assert workspace.backend.texts == [
        "COMMENT ON TABLE `c`.`s`.`t` IS 'new'",
        "ALTER TABLE `c`.`s`.`t` SET TAGS ('k' = 'v')",
        "ALTER TABLE `c`.`s`.`t` UNSET TAGS ('k')",
        "COMMENT ON TABLE `c`.`s`.`t` IS 'old'",
    ]
    assert [(kind, named.get("owner")) for kind, _, named in workspace.calls] == [
        ("grants", None),
        ("tables", "team"),
        ("tables", "me"),
        ("grants", None),
    ]
    arguments, named = workspace.calls[0][1:]
    assert arguments == ("TABLE", "c.s.t")
    assert [change.as_dict() for change in named["changes"]] == [
        {"add": ["SELECT"], "principal": "a b"}
    ]


@pytest.mark.parametrize(
    ("target", "service"),
    [
        (CatalogName("c"), "catalogs"),
        (SchemaName("c", "s"), "schemas"),
        (ViewName("c", "s", "v"), "tables"),
        (FunctionName("c", "s", "f"), "functions"),
        (VolumeName("c", "s", "v"), "volumes"),
    ],
)
def test_each_kind_has_its_service(target: Any, service: str) -> None:
    workspace = make_workspace()

    apply_changes(workspace, OWNER.changes(target, OwnerState(owner="a"), OwnerState(owner="b")))

    assert workspace.calls == [(service, (target.full_name,), {"owner": "a"})]


def test_an_owner_that_is_refused_is_named_and_stops_nothing() -> None:
    workspace = make_workspace(errors=(PermissionDenied("only metastore admins"),))
    owner = OWNER.changes(TABLE, OwnerState(owner="team"), OwnerState(owner="me"))
    comment = COMMENTS.changes(TABLE, CommentsState(comment="x"), CommentsState())

    applied = apply_changes(workspace, [*owner, *comment])

    assert [(r.reason, r.message) for r in applied.refused] == [("owner", "only metastore admins")]
    assert applied.done == comment


def test_a_statement_that_is_refused_stops_nothing() -> None:
    refused = StatementFailed("no", error_class="INVALID_PARAMETER_VALUE")
    workspace = make_workspace((("TAGS", refused),))

    applied = apply_changes(workspace, some_changes())

    assert [refusal.reason for refusal in applied.refused] == ["tags"]
    assert [change.aspect for change in applied.done] == ["comments", "grants", "owner"]


def test_a_lost_session_is_never_taken_for_a_refusal() -> None:
    workspace = make_workspace((("TAGS", OutcomeUnknown("gone")),))

    with pytest.raises(OutcomeUnknown):
        apply_changes(workspace, some_changes())

    assert workspace.calls == []


def test_a_conflict_of_two_changes_is_tried_again() -> None:
    errors = (ResourceConflict("x", error_code="RESOURCE_CONFLICT"),) * 2
    workspace = make_workspace(errors=errors)

    applied = apply_changes(
        workspace, OWNER.changes(TABLE, OwnerState(owner="a"), OwnerState(owner="b"))
    )

    assert (len(applied.done), len(workspace.calls)) == (1, 3)
    assert workspace.clock.slept == [0.2, 0.4]


def test_a_server_without_the_short_form_gets_the_long_one() -> None:
    unknown_form = StatementFailed("near ','", error_class="PARSE_SYNTAX_ERROR")
    workspace = make_workspace((("COMMENT 'A', `b`", unknown_form),))

    applied = apply_changes(
        workspace,
        COMMENTS.changes(TABLE, CommentsState(columns={"a": "A", "b": "B"}), CommentsState()),
    )

    assert len(applied.done) == 1
    assert workspace.backend.texts[1:] == [
        "ALTER TABLE `c`.`s`.`t` ALTER COLUMN `a` COMMENT 'A'",
        "ALTER TABLE `c`.`s`.`t` ALTER COLUMN `b` COMMENT 'B'",
    ]


def test_a_run_can_stop_between_two_changes() -> None:
    workspace = make_workspace()
    left = [None, None]

    def stop_at_the_third() -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop()

    with pytest.raises(KeyboardInterrupt):
        apply_changes(workspace, some_changes(), between=stop_at_the_third)

    assert (len(workspace.backend.texts), workspace.calls) == (2, [])


def test_changes_survive_a_log() -> None:
    changes = some_changes()
    columns = COMMENTS.changes(
        TABLE, CommentsState(columns={"a`": "{x}", "b": "\u2028'"}), CommentsState()
    )

    kept = from_json(to_json([to_record(change) for change in (*changes, *columns)]))

    assert tuple(from_record(record) for record in kept) == (*changes, *columns)
    again = from_record(kept[-1])
    assert isinstance(again, Statement)
    assert sql(again.instead) == sql(columns[0].instead)  # type: ignore[union-attr]
