"""Every aspect on every kind of object: found, carried over, proved, and taken back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import clonexs
from clonexs.aspects import ASPECTS, find_aspect
from clonexs.aspects.apply import Applied, apply_changes, from_record, reversed_changes, to_record
from clonexs.aspects.base import CatalogMap, Change, Difference, kind_of
from clonexs.aspects.compare import compare
from clonexs.names import (
    CatalogName,
    FunctionName,
    Name,
    SchemaName,
    TableName,
    ViewName,
    VolumeName,
    text_literal,
)
from clonexs.workspace.client import Workspace
from clonexs.workspace.gateway import escape_braces
from clonexs.workspace.inventory import Inventory, Unknown, read_inventory, view_name

HOSTILE = 'it\'s \\ "q" `t` {x} <b>&\n\t-- ; /* 表 \u2028 trailing  '
SCHEMA = "we`ird-\u8868"
COLUMNS = "(id BIGINT NOT NULL, `a b` STRING, `c``{1}` DECIMAL(10,2), parent BIGINT)"


def text(value: str) -> str:
    return escape_braces(text_literal(value))


@dataclass
class Pair:
    """Two catalogs with the same bare objects in them."""

    workspace: Workspace
    source: CatalogName
    target: CatalogName

    @property
    def names(self) -> CatalogMap:
        return CatalogMap(self.source, self.target)

    def both(self, sql: str, make: Callable[[CatalogName], dict[str, Name]]) -> None:
        for catalog in (self.source, self.target):
            self.workspace.sql.execute(sql, make(catalog), step="make")

    def at_source(self, sql: str, **names: Name) -> None:
        self.workspace.sql.execute(sql, names, step="dress")

    def read(self) -> tuple[Inventory, Inventory]:
        wanted = {"tables", "functions", "volumes", "tags", "grants", "constraints", "rely"}
        return (
            read_inventory(self.workspace, self.source, want=wanted),  # type: ignore[arg-type]
            read_inventory(self.workspace, self.target, want=wanted),  # type: ignore[arg-type]
        )


@pytest.fixture(scope="module")
def workspace(local_workspace: object) -> Iterator[Workspace]:
    session = clonexs.connect("local")
    yield session.workspace
    session.close()


@pytest.fixture(scope="module")
def principals(workspace: Workspace) -> tuple[str, str]:
    """A group whose name has a blank and capitals, and a user."""
    made = f"Data Team {uuid.uuid4().hex[:6]}"
    user = f"Ana.{uuid.uuid4().hex[:6]}@local"
    workspace.api.groups.create(display_name=made)
    workspace.api.users.create(user_name=user)
    return made, user


@pytest.fixture
def pair(workspace: Workspace) -> Iterator[Pair]:
    mark = uuid.uuid4().hex[:8]
    made = Pair(workspace, CatalogName(f"source-{mark}"), CatalogName(f"target-{mark}"))
    made.both("CREATE CATALOG {c}", lambda c: {"c": c})
    made.both("CREATE SCHEMA {s}", lambda c: {"s": c.schema(SCHEMA)})
    yield made
    made.both("DROP CATALOG {c} CASCADE", lambda c: {"c": c})


def make_object(pair: Pair, kind: str) -> Name:
    """A bare object of a kind in both catalogs; its name in the source."""

    def schema(catalog: CatalogName) -> SchemaName:
        return catalog.schema(SCHEMA)

    match kind:
        case "catalog":
            return pair.source
        case "schema":
            return schema(pair.source)
        case "function":
            pair.both(
                "CREATE FUNCTION {x}(a STRING) RETURNS STRING RETURN upper(a)",
                lambda c: {"x": FunctionName(*schema(c).parts, "f`n-x")},
            )
            return FunctionName(*schema(pair.source).parts, "f`n-x")
        case "volume":
            pair.both("CREATE VOLUME {x}", lambda c: {"x": VolumeName(*schema(c).parts, "v`l")})
            return VolumeName(*schema(pair.source).parts, "v`l")
    pair.both(
        "CREATE TABLE {x} "
        + escape_braces(COLUMNS)
        + " TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
        lambda c: {"x": schema(c).table("t`b-1")},
    )
    if kind == "table":
        return schema(pair.source).table("t`b-1")
    pair.both(
        "CREATE VIEW {v} AS SELECT * FROM {x}",
        lambda c: {"v": ViewName(*schema(c).parts, "v`w"), "x": schema(c).table("t`b-1")},
    )
    return ViewName(*schema(pair.source).parts, "v`w")


def target_of(pair: Pair, name: Name) -> Name:
    return type(name)(pair.target.catalog, *name.parts[1:])  # type: ignore[call-arg]


def differences(pair: Pair, aspect: str, name: Name) -> tuple[Difference, ...]:
    found = compare([find_aspect(aspect)], *pair.read(), {name: target_of(pair, name)}, pair.names)
    return found.get(target_of(pair, name), ())


def carry_over(pair: Pair, aspect_name: str, name: Name) -> Applied:
    """Apply what differs, written to a log and read from it as a run does."""
    aspect = find_aspect(aspect_name)
    source, target = pair.read()
    at = target_of(pair, name)
    want, have = aspect.read(source, [name])[name], aspect.read(target, [at])[at]
    assert not isinstance(want, Unknown)
    assert not isinstance(have, Unknown)
    changes = aspect.changes(at, aspect.mapped(want, pair.names), have)
    kept = [from_record(to_record(change)) for change in changes]
    applied = apply_changes(pair.workspace, sorted(kept, key=lambda change: change.phase))
    assert [refusal.message for refusal in applied.refused] == []
    return applied


def check_there_and_back(pair: Pair, aspect: str, name: Name) -> tuple[Change, ...]:
    found = differences(pair, aspect, name)
    assert found
    assert not any(difference.is_unknown for difference in found)
    applied = carry_over(pair, aspect, name)
    assert differences(pair, aspect, name) == ()
    assert carry_over(pair, aspect, name).done == ()
    back = apply_changes(pair.workspace, reversed_changes(applied.done))
    assert [refusal.message for refusal in back.refused] == []
    assert differences(pair, aspect, name) == found
    return applied.done


KINDS = ("catalog", "schema", "table", "view", "function", "volume")
WORDS = {"view": "TABLE"}


def both_aspects_and_kinds(aspect: str) -> list[str]:
    return [kind for kind in KINDS if kind in find_aspect(aspect).kinds]


@pytest.mark.parametrize("kind", both_aspects_and_kinds("tags"))
def test_tags(pair: Pair, kind: str) -> None:
    name = make_object(pair, kind)
    pair.at_source(
        f"ALTER {kind.upper()} {{x}} SET TAGS ('k' = {text(HOSTILE)}, 'Key only', 'K' = 'v')",
        x=name,
    )
    if kind in {"table", "view"}:
        for column in ("`a b`", "`c``{{1}}`"):
            pair.at_source(
                f"ALTER {kind.upper()} {{x}} ALTER COLUMN {column} SET TAGS ('pii' = 'x', 'k')",
                x=name,
            )

    done = check_there_and_back(pair, "tags", name)

    assert len(done) == (3 if kind in {"table", "view"} else 1)


@pytest.mark.parametrize("kind", both_aspects_and_kinds("comments"))
def test_comments(pair: Pair, kind: str) -> None:
    name = make_object(pair, kind)
    pair.at_source(f"COMMENT ON {WORDS.get(kind, kind.upper())} {{x}} IS {text(HOSTILE)}", x=name)
    if kind in {"table", "view"}:
        for column in ("`a b`", "`c``{{1}}`"):
            pair.at_source(f"COMMENT ON COLUMN {{x}}.{column} IS {text(HOSTILE)}", x=name)

    done = check_there_and_back(pair, "comments", name)

    # A table's columns share a statement, a view's cannot.
    assert len(done) == {"table": 2, "view": 3}.get(kind, 1)


@pytest.mark.parametrize("planted", [HOSTILE.rstrip(), HOSTILE + " ", HOSTILE.upper(), ""])
def test_a_comment_that_is_a_little_different_is_found(pair: Pair, planted: str) -> None:
    name = make_object(pair, "table")
    pair.at_source(f"COMMENT ON TABLE {{x}} IS {text(HOSTILE)}", x=name)
    carry_over(pair, "comments", name)

    pair.at_source(f"COMMENT ON TABLE {{x}} IS {text(planted)}", x=target_of(pair, name))

    (found,) = differences(pair, "comments", name)
    assert (found.want, found.have) == (HOSTILE, planted)


def test_no_comment_and_an_empty_one_are_equal(pair: Pair) -> None:
    name = make_object(pair, "table")
    pair.at_source("COMMENT ON TABLE {x} IS ''", x=name)

    assert differences(pair, "comments", name) == ()


@pytest.mark.parametrize("kind", ["table", "view"])
def test_properties(pair: Pair, kind: str) -> None:
    name = make_object(pair, kind)
    pair.at_source(
        f"ALTER {kind.upper()} {{x}} SET TBLPROPERTIES"
        f" ('my.key' = {text(HOSTILE)}, 'it\\'s {{{{' = '1')",
        x=name,
    )
    at = target_of(pair, name)
    pair.at_source(f"ALTER {kind.upper()} {{x}} SET TBLPROPERTIES ('old' = '1')", x=at)

    check_there_and_back(pair, "properties", name)


@pytest.mark.parametrize("kind", ["catalog", "schema"])
def test_properties_by_request(pair: Pair, kind: str) -> None:
    name = make_object(pair, kind)
    service = pair.workspace.api.catalogs if kind == "catalog" else pair.workspace.api.schemas
    service.update(name.full_name, properties={"a": HOSTILE, "b": ""})
    service.update(target_of(pair, name).full_name, properties={"old": "1"})

    check_there_and_back(pair, "properties", name)


def test_keys_and_checks(pair: Pair) -> None:
    name = make_object(pair, "table")
    pair.at_source(
        "ALTER TABLE {x} ADD CONSTRAINT `p k, (x)` PRIMARY KEY (id) RELY",
        x=name,
    )
    pair.at_source(
        "ALTER TABLE {x} ADD CONSTRAINT `f k` FOREIGN KEY (parent) REFERENCES {x} (id)", x=name
    )
    pair.at_source("ALTER TABLE {x} ADD CONSTRAINT c1 CHECK (`a b` <> '{{it\\'s}}')", x=name)

    done = check_there_and_back(pair, "constraints", name)

    carry_over(pair, "constraints", name)
    aspect = find_aspect("constraints")
    _, target = pair.read()
    state: Any = aspect.read(target, [target_of(pair, name)])[target_of(pair, name)]
    assert [(key.name, str(key.parent), key.rely) for key in state.keys] == [
        ("p k, (x)", "None", True),
        ("f k", str(target_of(pair, name)), False),
    ]
    assert [change.phase for change in done] == [0, 0, 1]


def test_clustering(pair: Pair) -> None:
    name = make_object(pair, "table")
    pair.at_source("ALTER TABLE {x} CLUSTER BY (id, `a b`)", x=name)

    check_there_and_back(pair, "clustering", name)


def test_columns(pair: Pair) -> None:
    name = make_object(pair, "table")
    pair.at_source("ALTER TABLE {x} ADD COLUMNS (`new {{1}}` ARRAY<STRUCT<`x y`: INT>>)", x=name)
    pair.at_source("ALTER TABLE {x} ALTER COLUMN parent SET NOT NULL", x=name)

    check_there_and_back(pair, "columns", name)


@pytest.mark.parametrize("kind", KINDS)
def test_grants(pair: Pair, principals: tuple[str, str], kind: str) -> None:
    group, user = principals
    name = make_object(pair, kind)
    privilege = {"function": "EXECUTE", "volume": "READ VOLUME"}.get(kind, "SELECT")
    word = WORDS.get(kind, kind.upper())
    pair.at_source(f"GRANT {privilege}, MANAGE ON {word} {{x}} TO `{group}`", x=name)
    pair.at_source(f"GRANT {privilege} ON {word} {{x}} TO `{user.lower()}`", x=name)
    at = target_of(pair, name)
    pair.at_source(f"GRANT ALL PRIVILEGES ON {word} {{x}} TO `{user.upper()}`", x=at)

    done = check_there_and_back(pair, "grants", name)

    assert len(done) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_owner(pair: Pair, principals: tuple[str, str], kind: str) -> None:
    name = make_object(pair, kind)
    word = kind.upper()
    pair.at_source(f"ALTER {word} {{x}} OWNER TO `{principals[0]}`", x=name)

    check_there_and_back(pair, "owner", name)


def make_rules(pair: Pair) -> None:
    def names(catalog: CatalogName) -> dict[str, Name]:
        return {"f": FunctionName(catalog.catalog, SCHEMA, "ru`le")}

    pair.both(
        "CREATE FUNCTION {f}(a STRING, b STRING) RETURNS BOOLEAN"
        " RETURN is_account_group_member('admins') OR a = b",
        names,
    )
    pair.both(
        "CREATE FUNCTION {m}(a STRING, b BIGINT, c STRING) RETURNS STRING"
        " RETURN concat(left(a, 1), c)",
        lambda catalog: {"m": FunctionName(catalog.catalog, SCHEMA, "mask-1")},
    )


def test_row_filter(pair: Pair) -> None:
    name = make_object(pair, "table")
    make_rules(pair)
    pair.at_source(
        f"ALTER TABLE {{x}} SET ROW FILTER {{f}} ON (`a b`, {text(HOSTILE)})",
        x=name,
        f=FunctionName(pair.source.catalog, SCHEMA, "ru`le"),
    )

    check_there_and_back(pair, "row_filter", name)

    carry_over(pair, "row_filter", name)
    (facts,) = [t for t in pair.read()[1].tables.values() if t.row_filter]
    assert facts.row_filter is not None
    assert facts.row_filter.function == FunctionName(pair.target.catalog, SCHEMA, "ru`le")


def test_column_masks(pair: Pair) -> None:
    name = make_object(pair, "table")
    make_rules(pair)
    pair.at_source(
        f"ALTER TABLE {{x}} ALTER COLUMN `a b` SET MASK {{m}} USING COLUMNS (id, {text(HOSTILE)})",
        x=name,
        m=FunctionName(pair.source.catalog, SCHEMA, "mask-1"),
    )

    check_there_and_back(pair, "column_masks", name)


def test_a_filter_that_still_calls_the_original_is_found(pair: Pair) -> None:
    name = make_object(pair, "table")
    make_rules(pair)
    function = FunctionName(pair.source.catalog, SCHEMA, "ru`le")
    for table in (name, target_of(pair, name)):
        pair.at_source("ALTER TABLE {x} SET ROW FILTER {f} ON (`a b`, 'x')", x=table, f=function)

    (found,) = differences(pair, "row_filter", name)

    assert found.want.startswith(pair.target.catalog)
    assert found.have.startswith(pair.source.catalog)


def test_what_a_deep_clone_brings_is_what_the_aspects_say(pair: Pair) -> None:
    name = make_object(pair, "table")
    make_rules(pair)
    pair.at_source(f"COMMENT ON TABLE {{x}} IS {text(HOSTILE)}", x=name)
    pair.at_source("COMMENT ON COLUMN {x}.`a b` IS 'c'", x=name)
    pair.at_source("ALTER TABLE {x} SET TAGS ('k')", x=name)
    pair.at_source("ALTER TABLE {x} SET TBLPROPERTIES ('my.key' = '1')", x=name)
    pair.at_source("ALTER TABLE {x} CLUSTER BY (id)", x=name)
    pair.at_source("ALTER TABLE {x} ADD CONSTRAINT pk PRIMARY KEY (id)", x=name)
    pair.at_source("ALTER TABLE {x} ADD CONSTRAINT c1 CHECK (id > 0)", x=name)
    copy = SchemaName(pair.target.catalog, SCHEMA).table("copy")
    pair.at_source("CREATE TABLE {c} DEEP CLONE {x}", c=copy, x=name)

    source, target = pair.read()

    me = pair.workspace.identity.user_name
    for aspect in ASPECTS:
        want, have = aspect.read(source, [name])[name], aspect.read(target, [copy])[copy]
        assert aspect.diff(aspect.fresh(want, "deep_clone", me), have) == (), aspect.name
        if aspect.carried_by("deep_clone"):
            assert aspect.diff(want, have) == (), aspect.name
    found = compare(ASPECTS, source, target, {name: copy}, pair.names)
    assert sorted(difference.field for difference in found[copy]) == [
        "comment",
        "primary key pk",
        "tag k",
    ]


def test_an_object_that_is_missing_is_a_difference(pair: Pair) -> None:
    name = make_object(pair, "table")
    pair.at_source("DROP TABLE {x}", x=target_of(pair, name))

    found = compare(ASPECTS, *pair.read(), {name: target_of(pair, name)}, pair.names)

    assert [(d.aspect, d.want, d.have) for d in found[target_of(pair, name)]] == [
        ("object", "present", "")
    ]


def test_an_owner_that_cannot_be_given_away_is_refused_as_owner(
    pair: Pair, principals: tuple[str, str]
) -> None:
    name = make_object(pair, "view")
    group, user = principals
    for word, at in (("CATALOG", pair.target), ("SCHEMA", pair.target.schema(SCHEMA))):
        pair.at_source(f"GRANT USE {word} ON {word} {{x}} TO `{user}`", x=at)
    pair.at_source("ALTER VIEW {x} OWNER TO `" + user + "`", x=target_of(pair, name))
    session = clonexs.connect("local", user=user)
    aspect = find_aspect("owner")
    target = pair.read()[1]
    at = target_of(pair, name)
    have: Any = aspect.read(target, [at])[at]
    assert have.owner == user

    changes = aspect.changes(at, type(have)(owner=group), have)
    applied = apply_changes(session.workspace, changes)

    session.close()
    assert applied.done == ()
    assert [refusal.reason for refusal in applied.refused] == ["owner"]


def test_every_kind_of_name_is_known() -> None:
    table = TableName("c", "s", "t")
    assert [
        kind_of(name)
        for name in (
            CatalogName("c"),
            SchemaName("c", "s"),
            table,
            view_name(table),
            FunctionName("c", "s", "f"),
            VolumeName("c", "s", "v"),
        )
    ] == list(KINDS)
