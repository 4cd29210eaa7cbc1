"""Grants, owners, and what another identity sees, through the SDK."""

from __future__ import annotations

import pytest

from tests.local.rest import fresh


@pytest.fixture
def shop(admin, sql, make_catalog):
    """A catalog with a schema, a table, a view, a function and a volume of the administrator."""
    from databricks.sdk.service.catalog import VolumeType

    catalog = make_catalog()
    admin.schemas.create("s", catalog)
    sql(f"CREATE TABLE {catalog}.s.t (id INT)")
    sql(f"CREATE VIEW {catalog}.s.v AS SELECT id FROM {catalog}.s.t")
    sql(f"CREATE FUNCTION {catalog}.s.f(x INT) RETURNS INT RETURN x")
    admin.volumes.create(catalog, "s", "files", VolumeType.MANAGED)
    return catalog


@pytest.fixture
def ana(as_user):
    """The client of a user without any right."""
    return as_user(f"{fresh('ana')}@local")


def _name(client):
    return client.current_user.me().user_name


def _grant(client, kind, name, principal, *privileges, revoke=()):
    from databricks.sdk.service.catalog import PermissionsChange, Privilege

    return client.grants.update(
        kind,
        name,
        changes=[
            PermissionsChange(
                add=[Privilege(each) for each in privileges],
                remove=[Privilege(each) for each in revoke],
                principal=principal,
            )
        ],
    )


def _held(answer):
    return {
        each.principal: sorted(privilege.value for privilege in each.privileges)
        for each in answer.privilege_assignments or []
    }


def test_grants_are_given_read_and_taken(admin, ana, shop):
    who = _name(ana)
    table = f"{shop}.s.t"
    assert _held(admin.grants.get("TABLE", table)) == {}
    answer = _grant(admin, "TABLE", table, who.upper(), "SELECT", "APPLY_TAG")
    assert _held(answer) == {who: ["APPLY_TAG", "SELECT"]}
    _grant(admin, "TABLE", table, who, "SELECT")
    _grant(admin, "table", table, "account users", "MODIFY", revoke=["SELECT"])
    both = {who: ["APPLY_TAG", "SELECT"], "account users": ["MODIFY"]}
    assert _held(admin.grants.get("TABLE", table)) == both
    assert _held(admin.grants.get("TABLE", table, principal=who)) == {who: both[who]}
    assert [each.principal for each in admin.grants.list("TABLE", table)] == sorted(both)
    _grant(admin, "TABLE", table, who, revoke=["ALL_PRIVILEGES"])
    assert _held(admin.grants.get("TABLE", table)) == {"account users": ["MODIFY"]}


def test_grants_on_every_kind_of_object(admin, ana, shop, make_location):
    who = _name(ana)
    metastore = admin.metastores.current().metastore_id
    for kind, name, privilege in (
        ("CATALOG", shop, "USE_CATALOG"),
        ("SCHEMA", f"{shop}.s", "CREATE_TABLE"),
        ("TABLE", f"{shop}.s.v", "SELECT"),
        ("FUNCTION", f"{shop}.s.f", "EXECUTE"),
        ("VOLUME", f"{shop}.s.files", "READ_VOLUME"),
        ("EXTERNAL_LOCATION", make_location().name, "READ_FILES"),
        ("METASTORE", metastore, "CREATE_CATALOG"),
    ):
        _grant(admin, kind, name, who, privilege)
        assert _held(admin.grants.get(kind, name))[who] == [privilege]
        _grant(admin, kind, name, who, revoke=[privilege])
        assert who not in _held(admin.grants.get(kind, name))


def test_effective_grants_say_where_they_come_from(admin, ana, shop):
    who = _name(ana)
    _grant(admin, "CATALOG", shop, who, "USE_CATALOG", "SELECT")
    _grant(admin, "SCHEMA", f"{shop}.s", who, "USE_SCHEMA", "MODIFY")
    _grant(admin, "TABLE", f"{shop}.s.t", who, "APPLY_TAG")
    (found,) = admin.grants.get_effective("TABLE", f"{shop}.s.t").privilege_assignments
    told = {
        each.privilege.value: (
            each.inherited_from_type and each.inherited_from_type.value,
            each.inherited_from_name,
        )
        for each in found.privileges
    }
    assert told == {
        "APPLY_TAG": (None, None),
        "MODIFY": ("SCHEMA", f"{shop}.s"),
        "SELECT": ("CATALOG", shop),
    }
    paged = list(admin.grants.list_effective("TABLE", f"{shop}.s.t"))
    assert [each.as_dict() for each in paged] == [found.as_dict()]


def test_grants_that_cannot_be_are_refused_and_change_nothing(admin, ana, shop):
    from databricks.sdk.errors import InvalidParameterValue, NotFound
    from databricks.sdk.errors import NotImplemented as NotServed
    from databricks.sdk.service.catalog import PermissionsChange, Privilege

    who, table = _name(ana), f"{shop}.s.t"
    with pytest.raises(InvalidParameterValue, match="USE SCHEMA is not applicable"):
        _grant(admin, "TABLE", table, who, "SELECT", "USE_SCHEMA")
    with pytest.raises(InvalidParameterValue, match="Duplicate privileges to add and delete"):
        _grant(admin, "TABLE", table, who, "SELECT", revoke=["SELECT"])
    with pytest.raises(NotFound) as caught:
        admin.grants.update(
            "TABLE",
            table,
            changes=[
                PermissionsChange(add=[Privilege.SELECT], principal=who),
                PermissionsChange(add=[Privilege.SELECT], principal="nobody@nowhere"),
            ],
        )
    assert caught.value.error_code == "PRINCIPAL_DOES_NOT_EXIST"
    with pytest.raises(InvalidParameterValue, match="changes"):
        admin.api_client.do(
            "PATCH",
            f"/api/2.1/unity-catalog/permissions/table/{table}",
            body={"changes": [{"principal": who, "add": ["FLY"]}]},
        )
    with pytest.raises(InvalidParameterValue, match="at least 150"):
        admin.grants.get("TABLE", table, max_results=10)
    with pytest.raises(NotServed, match="CLEAN_ROOM"):
        admin.grants.get("CLEAN_ROOM", "x")
    assert _held(admin.grants.get("TABLE", table)) == {}


def test_without_rights_nothing_is_there(admin, ana, shop):
    from databricks.sdk.errors import NotFound

    assert shop not in [each.name for each in ana.catalogs.list(include_browse=True)]
    for read, name in (
        (ana.catalogs.get, shop),
        (ana.schemas.get, f"{shop}.s"),
        (ana.tables.get, f"{shop}.s.t"),
        (ana.tables.get, f"{shop}.s.v"),
        (ana.functions.get, f"{shop}.s.f"),
        (ana.volumes.read, f"{shop}.s.files"),
    ):
        with pytest.raises(NotFound) as hidden:
            read(name)
        with pytest.raises(NotFound) as absent:
            read(name[:-1] + "z")
        assert hidden.value.error_code == absent.value.error_code
    assert ana.tables.exists(f"{shop}.s.t").table_exists is False
    for listing in (
        lambda: ana.schemas.list(shop),
        lambda: ana.tables.list(shop, "s"),
        lambda: ana.tables.list_summaries(shop),
        lambda: ana.functions.list(shop, "s"),
        lambda: ana.volumes.list(shop, "s"),
    ):
        with pytest.raises(NotFound):
            list(listing())
    with pytest.raises(NotFound):
        ana.grants.get("TABLE", f"{shop}.s.t")


def test_what_is_granted_is_seen_and_nothing_else(admin, ana, shop, sql):
    from databricks.sdk.errors import NotFound, PermissionDenied

    who = _name(ana)
    sql(f"CREATE TABLE {shop}.s.hidden (id INT)")
    _grant(admin, "CATALOG", shop, who, "USE_CATALOG")
    assert shop in [each.name for each in ana.catalogs.list()]
    assert "s" not in [each.name for each in ana.schemas.list(shop)]
    _grant(admin, "TABLE", f"{shop}.s.t", who, "SELECT")
    with pytest.raises(PermissionDenied, match=f"USE SCHEMA on Schema '{shop}.s'"):
        ana.tables.get(f"{shop}.s.t")
    _grant(admin, "SCHEMA", f"{shop}.s", who, "USE_SCHEMA")
    assert ana.tables.get(f"{shop}.s.t").columns[0].name == "id"
    assert [each.name for each in ana.tables.list(shop, "s")] == ["t"]
    assert [each.full_name for each in ana.tables.list_summaries(shop)] == [f"{shop}.s.t"]
    with pytest.raises(NotFound):
        ana.tables.get(f"{shop}.s.hidden")
    assert list(ana.volumes.list(shop, "s")) == []
    _grant(admin, "TABLE", f"{shop}.s.t", who, revoke=["SELECT"])
    with pytest.raises(NotFound):
        ana.tables.get(f"{shop}.s.t")


def test_browse_shows_that_something_is_there(admin, ana, shop):
    from databricks.sdk.errors import PermissionDenied

    _grant(admin, "CATALOG", shop, _name(ana), "BROWSE", "USE_CATALOG", "USE_SCHEMA")
    assert [each.name for each in ana.tables.list(shop, "s")] == []
    listed = list(ana.tables.list(shop, "s", include_browse=True))
    assert [(each.name, each.browse_only) for each in listed] == [("t", True), ("v", True)]
    assert not listed[0].columns
    assert listed[0].storage_location is listed[1].view_definition is None
    with pytest.raises(PermissionDenied, match="SELECT"):
        ana.tables.get(f"{shop}.s.t")
    assert ana.tables.get(f"{shop}.s.t", include_browse=True).browse_only is True


def test_the_text_of_views_and_functions_is_for_their_owners(admin, ana, shop):
    who = _name(ana)
    _grant(admin, "CATALOG", shop, who, "USE_CATALOG", "USE_SCHEMA", "SELECT", "EXECUTE")
    assert ana.tables.get(f"{shop}.s.v").view_definition is None
    assert ana.functions.get(f"{shop}.s.f").routine_definition is None
    assert ana.functions.get(f"{shop}.s.f").input_params.parameters[0].name == "x"
    admin.tables.update(f"{shop}.s.v", owner=who)
    assert "SELECT id" in ana.tables.get(f"{shop}.s.v").view_definition


def test_a_missing_privilege_is_named_with_its_object(admin, ana, shop):
    from databricks.sdk.errors import PermissionDenied
    from databricks.sdk.service.catalog import VolumeType

    with pytest.raises(PermissionDenied, match="CREATE CATALOG on Metastore") as caught:
        ana.catalogs.create(fresh("mine"))
    assert caught.value.error_code == "PERMISSION_DENIED"
    _grant(admin, "CATALOG", shop, _name(ana), "USE_CATALOG", "USE_SCHEMA", "SELECT")
    for act, missing in (
        (lambda: ana.schemas.create("x", shop), f"CREATE SCHEMA on Catalog '{shop}'"),
        (
            lambda: ana.volumes.create(shop, "s", "x", VolumeType.MANAGED),
            f"CREATE VOLUME on Schema '{shop}.s'",
        ),
        (lambda: ana.catalogs.update(shop, comment="x"), f"MANAGE on Catalog '{shop}'"),
        (lambda: ana.catalogs.delete(shop, force=True), f"MANAGE on Catalog '{shop}'"),
        (lambda: ana.tables.delete(f"{shop}.s.t"), f"MANAGE on Table '{shop}.s.t'"),
        (lambda: ana.grants.get("CATALOG", shop), f"MANAGE on Catalog '{shop}'"),
        (
            lambda: _grant(ana, "CATALOG", shop, _name(ana), "MANAGE"),
            f"MANAGE on Catalog '{shop}'",
        ),
    ):
        with pytest.raises(PermissionDenied, match=missing):
            act()
    assert _held(ana.grants.get("CATALOG", shop, principal=_name(ana)))
    assert admin.catalogs.get(shop).comment is None


def test_rights_of_a_group_are_those_of_its_members(admin, ana, shop):
    from databricks.sdk.service.iam import ComplexValue

    group = fresh("analysts")
    made = admin.groups_v2.create(
        display_name=group, members=[ComplexValue(value=ana.current_user.me().id)]
    )
    _grant(admin, "CATALOG", shop, group, "USE_CATALOG", "USE_SCHEMA", "SELECT")
    assert sorted(each.name for each in ana.tables.list(shop, "s")) == ["t", "v"]
    admin.groups_v2.delete(made.id)
    assert shop not in [each.name for each in ana.catalogs.list()]


def test_an_owner_makes_and_gives_away(admin, ana, shop, as_user):
    from databricks.sdk.errors import NotFound, PermissionDenied

    who = _name(ana)
    bob = as_user(f"{fresh('bob')}@local")
    _grant(admin, "CATALOG", shop, who, "USE_CATALOG", "CREATE_SCHEMA")
    mine = ana.schemas.create("mine", shop)
    assert mine.owner == who
    assert ana.schemas.update(f"{shop}.mine", owner=_name(bob).upper()).owner == _name(bob)
    with pytest.raises((NotFound, PermissionDenied)):
        ana.schemas.update(f"{shop}.mine", comment="still mine?")
    with pytest.raises(NotFound) as caught:
        admin.schemas.update(f"{shop}.mine", owner="nobody@nowhere")
    assert caught.value.error_code == "PRINCIPAL_DOES_NOT_EXIST"


def test_views_and_functions_are_given_to_others_by_the_metastore_admin_alone(
    admin, ana, shop, as_user
):
    from databricks.sdk.errors import PermissionDenied

    who = _name(ana)
    bob = as_user(f"{fresh('bob')}@local")
    admin.tables.update(f"{shop}.s.v", owner=who)
    admin.functions.update(f"{shop}.s.f", owner=who)
    admin.tables.update(f"{shop}.s.t", owner=who)
    for act in (
        lambda: ana.tables.update(f"{shop}.s.v", owner=_name(bob)),
        lambda: ana.functions.update(f"{shop}.s.f", owner=_name(bob)),
    ):
        with pytest.raises(PermissionDenied):
            act()
    ana.tables.update(f"{shop}.s.v", owner="account users")
    ana.tables.update(f"{shop}.s.t", owner=_name(bob))
    assert admin.tables.get(f"{shop}.s.v").owner == "account users"
    assert admin.tables.get(f"{shop}.s.t").owner == _name(bob)
    assert admin.functions.get(f"{shop}.s.f").owner == who
