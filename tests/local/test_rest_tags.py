"""Tags through the SDK."""

from __future__ import annotations

import pytest

from tests.local.rest import MARKUP, fresh


@pytest.fixture
def table(sql, make_catalog):
    """A table with a column whose name holds a dot."""
    name = f"{make_catalog()}.default.t"
    sql(
        f"CREATE TABLE {name} (Id INT, `a.b c` STRING)"
        " TBLPROPERTIES ('delta.columnMapping.mode' = 'name')"
    )
    return name


def _entities(table):
    catalog, schema, _ = table.split(".")
    return [
        ("catalogs", catalog),
        ("schemas", f"{catalog}.{schema}"),
        ("tables", table),
        ("columns", f"{table}.id"),
        ("columns", f"{table}.a.b c"),
    ]


def _assign(admin, kind, name, key, value=None):
    from databricks.sdk.service.catalog import EntityTagAssignment

    return admin.entity_tag_assignments.create(
        EntityTagAssignment(entity_name=name, tag_key=key, entity_type=kind, tag_value=value)
    )


def test_tags_are_set_read_changed_and_removed_on_every_kind(admin, table):
    from databricks.sdk.errors import NotFound
    from databricks.sdk.service.catalog import EntityTagAssignment

    tags = admin.entity_tag_assignments
    for kind, name in _entities(table):
        _assign(admin, kind, name, "Owner team", MARKUP)
        _assign(admin, kind, name, "pii")
        listed = {each.tag_key: each.tag_value for each in tags.list(kind, name)}
        assert listed == {"Owner team": MARKUP, "pii": ""}
        assert [each.tag_key for each in tags.list(kind, name, max_results=1)] == sorted(listed)
        assert tags.get(kind, name, "pii").tag_value == ""
        changed = EntityTagAssignment(name, "pii", kind, tag_value="yes")
        tags.update(kind, name, "pii", changed, update_mask="tag_value")
        assert tags.get(kind, name, "pii").tag_value == "yes"
        tags.delete(kind, name, "pii")
        for act in (tags.get, tags.delete):
            with pytest.raises(NotFound):
                act(kind, name, "pii")
    # Each place has its own tags.
    for kind, name in _entities(table):
        assert [each.tag_key for each in tags.list(kind, name)] == ["Owner team"]


def test_a_tag_that_is_there_is_not_made_again(admin, table):
    from databricks.sdk.errors import ResourceAlreadyExists

    _assign(admin, "tables", table, "k", "1")
    with pytest.raises(ResourceAlreadyExists):
        _assign(admin, "tables", table, "k", "2")
    assert admin.entity_tag_assignments.get("tables", table, "k").tag_value == "1"
    _assign(admin, "tables", table, "K", "keys keep their case")


@pytest.mark.parametrize(
    ("key", "value"),
    [("a.b", ""), ("a,b", ""), ("a-b", ""), ("a=b", ""), ("a/b", ""), ("a:b", ""), ("", ""),
     ("x" * 256, ""), ("k", "v" * 1001)],
)  # fmt: skip
def test_tags_that_cannot_be_are_refused(admin, table, key, value):
    from databricks.sdk.errors import InvalidParameterValue

    with pytest.raises(InvalidParameterValue):
        _assign(admin, "tables", table, key, value)
    assert list(admin.entity_tag_assignments.list("tables", table)) == []


def test_places_that_are_not_there_are_refused(admin, table):
    from databricks.sdk.errors import BadRequest, NotFound

    with pytest.raises(NotFound):
        _assign(admin, "tables", f"{table}x", "k")
    for kind, name in (("columns", f"{table}.nope"), ("columns", table), ("planets", "mars")):
        with pytest.raises(BadRequest):
            _assign(admin, kind, name, "k")


def test_tags_need_a_right_of_their_own(admin, table, as_user):
    from databricks.sdk.errors import NotFound, PermissionDenied
    from databricks.sdk.service.catalog import PermissionsChange, Privilege

    ana = as_user(f"{fresh('ana')}@local")
    who = ana.current_user.me().user_name
    with pytest.raises(NotFound):
        _assign(ana, "tables", table, "k")
    seen = [Privilege.USE_CATALOG, Privilege.USE_SCHEMA, Privilege.SELECT]
    changes = [PermissionsChange(add=seen, principal=who)]
    admin.grants.update("CATALOG", table.split(".")[0], changes=changes)
    with pytest.raises(PermissionDenied, match=f"APPLY TAG on Table '{table}'"):
        _assign(ana, "tables", table, "k")
    changes = [PermissionsChange(add=[Privilege.APPLY_TAG], principal=who)]
    admin.grants.update("TABLE", table, changes=changes)
    _assign(ana, "tables", table, "k", "v")
    assert admin.entity_tag_assignments.get("tables", table, "k").tag_value == "v"
