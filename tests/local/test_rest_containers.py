"""Catalogs and schemas through the SDK."""

from __future__ import annotations

import pytest

from tests.local.rest import HOSTILE_NAMES, ILLEGAL_NAMES, MARKUP, fresh


def test_a_catalog_is_made_read_changed_and_dropped(admin):
    name = fresh("Shop")
    made = admin.catalogs.create(name, comment=MARKUP, properties={"team": "<i>a</i>"})
    assert made.name == made.full_name == name.lower()
    assert made.owner == made.created_by == "admin@local"
    assert made.comment == MARKUP
    assert made.properties == {"team": "<i>a</i>"}
    assert made.catalog_type.value == "MANAGED_CATALOG"
    assert made.isolation_mode.value == "OPEN"
    assert made.created_at > 1_700_000_000_000
    assert made.metastore_id == admin.metastores.current().metastore_id
    assert admin.catalogs.get(name.upper()).as_dict() == made.as_dict()

    changed = admin.catalogs.update(name, comment="short", properties={"x": "y"})
    assert (changed.comment, changed.properties) == ("short", {"x": "y"})
    assert changed.updated_at >= made.updated_at
    assert admin.catalogs.get(name).as_dict() == changed.as_dict()

    admin.catalogs.delete(name)
    assert name.lower() not in [each.name for each in admin.catalogs.list()]


def test_a_new_catalog_has_the_schemas_every_catalog_has(admin, make_catalog):
    name = make_catalog()
    listed = {each.name: each for each in admin.schemas.list(name)}
    assert sorted(listed) == ["default", "information_schema"]
    assert listed["default"].full_name == f"{name}.default"
    assert listed["default"].catalog_name == name
    assert listed["default"].schema_id
    assert listed["information_schema"].owner == "System user"


def test_a_schema_is_made_read_changed_and_dropped(admin, make_catalog):
    catalog = make_catalog()
    made = admin.schemas.create("Orders", catalog, comment=MARKUP, properties={"k": "v"})
    assert (made.name, made.full_name) == ("orders", f"{catalog}.orders")
    assert (made.comment, made.properties) == (MARKUP, {"k": "v"})
    assert admin.schemas.get(f"{catalog}.ORDERS").as_dict() == made.as_dict()
    changed = admin.schemas.update(made.full_name, comment="other", properties={})
    assert changed.comment == "other"
    assert not changed.properties
    admin.schemas.delete(made.full_name)
    with pytest.raises(_not_found(), match="orders") as caught:
        admin.schemas.get(made.full_name)
    assert caught.value.error_code == "SCHEMA_DOES_NOT_EXIST"


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_every_legal_name_works(admin, make_catalog, name):
    catalog = make_catalog()
    made = admin.schemas.create(name, catalog, comment=name)
    assert made.name == name.lower()
    assert admin.schemas.get(f"{catalog}.{name}").comment == name
    assert admin.schemas.update(f"{catalog}.{name}", comment="c").name == name.lower()
    assert name.lower() in [each.name for each in admin.schemas.list(catalog)]
    admin.schemas.delete(f"{catalog}.{name}")
    assert name.lower() not in [each.name for each in admin.schemas.list(catalog)]


@pytest.mark.parametrize("name", ILLEGAL_NAMES)
def test_illegal_names_are_refused(admin, make_catalog, name):
    from databricks.sdk.errors import InvalidParameterValue

    catalog = make_catalog()
    with pytest.raises(InvalidParameterValue):
        admin.catalogs.create(name)
    with pytest.raises(InvalidParameterValue):
        admin.schemas.create(name, catalog)
    assert len(list(admin.schemas.list(catalog))) == 2


def test_a_name_that_is_taken_is_refused_whatever_its_case(admin, make_catalog):
    from databricks.sdk.errors import ResourceConflict

    catalog = make_catalog()
    with pytest.raises(ResourceConflict) as caught:
        admin.catalogs.create(catalog.upper())
    assert caught.value.error_code == "CATALOG_ALREADY_EXISTS"
    with pytest.raises(ResourceConflict) as caught:
        admin.schemas.create("DEFAULT", catalog)
    assert caught.value.error_code == "SCHEMA_ALREADY_EXISTS"


def test_only_force_drops_what_is_not_empty(admin, make_catalog):
    from databricks.sdk.errors import InvalidState

    catalog = make_catalog()
    admin.schemas.create("orders", catalog)
    with pytest.raises(InvalidState, match=catalog):
        admin.catalogs.delete(catalog)
    assert admin.schemas.get(f"{catalog}.orders")
    admin.catalogs.delete(catalog, force=True)
    with pytest.raises(_not_found()):
        admin.schemas.get(f"{catalog}.orders")


def test_the_information_schema_stays(admin, make_catalog):
    from databricks.sdk.errors import BadRequest

    catalog = make_catalog()
    with pytest.raises(BadRequest):
        admin.schemas.delete(f"{catalog}.information_schema", force=True)
    assert admin.schemas.get(f"{catalog}.information_schema")


@pytest.mark.parametrize("size", [0, 1, 2, 3, 1000])
def test_lists_come_in_pages_that_lose_and_repeat_nothing(admin, make_catalog, size):
    catalog = make_catalog()
    names = [f"s{index:02}" for index in range(7)]
    for name in names:
        admin.schemas.create(name, catalog)
    listed = [each.name for each in admin.schemas.list(catalog, max_results=size)]
    assert listed == ["default", "information_schema", *names]


def test_a_page_is_as_long_as_it_was_asked_to_be(admin, make_catalog):
    catalog = make_catalog()
    admin.schemas.create("more", catalog)
    path = "/api/2.1/unity-catalog/schemas"
    page = admin.api_client.do("GET", path, query={"catalog_name": catalog, "max_results": 2})
    assert [each["name"] for each in page["schemas"]] == ["default", "information_schema"]
    rest = admin.api_client.do(
        "GET", path, query={"catalog_name": catalog, "page_token": page["next_page_token"]}
    )
    assert [each["name"] for each in rest["schemas"]] == ["more"]
    assert "next_page_token" not in rest


def test_what_goes_between_two_pages_shifts_nothing(admin, make_catalog):
    catalog = make_catalog()
    for name in ("a", "b", "c", "d"):
        admin.schemas.create(name, catalog)
    seen = []
    for each in admin.schemas.list(catalog, max_results=1):
        seen.append(each.name)
        if each.name == "b":
            admin.schemas.delete(f"{catalog}.a")
            admin.schemas.delete(f"{catalog}.b")
    assert seen == ["a", "b", "c", "d", "default", "information_schema"]


def test_lists_of_what_is_not_there_are_refused(admin):
    from databricks.sdk.errors import InvalidParameterValue

    with pytest.raises(_not_found()):
        list(admin.schemas.list("nowhere"))
    with pytest.raises(_not_found()):
        admin.schemas.create("s", "nowhere")
    with pytest.raises(InvalidParameterValue, match="catalog_name"):
        admin.api_client.do("GET", "/api/2.1/unity-catalog/schemas")


def test_settings_of_predictive_optimization_are_inherited(admin, make_catalog):
    from databricks.sdk.service.catalog import EnablePredictiveOptimization

    catalog = make_catalog()
    flag = admin.schemas.get(f"{catalog}.default").effective_predictive_optimization_flag
    assert flag.value.value == "DISABLE"
    admin.catalogs.update(
        catalog, enable_predictive_optimization=EnablePredictiveOptimization.ENABLE
    )
    flag = admin.schemas.get(f"{catalog}.default").effective_predictive_optimization_flag
    assert (flag.value.value, flag.inherited_from_type.value) == ("ENABLE", "CATALOG")
    assert flag.inherited_from_name == catalog


def test_an_isolated_catalog_is_bound_to_this_workspace(admin, make_catalog):
    from databricks.sdk.service.catalog import CatalogIsolationMode

    catalog = make_catalog()
    assert not admin.workspace_bindings.get(catalog).workspaces
    assert list(admin.workspace_bindings.get_bindings("catalog", catalog)) == []
    admin.catalogs.update(catalog, isolation_mode=CatalogIsolationMode.ISOLATED)
    assert admin.catalogs.get(catalog).isolation_mode is CatalogIsolationMode.ISOLATED
    bound = list(admin.workspace_bindings.get_bindings("catalog", catalog))
    assert [each.workspace_id for each in bound] == [admin.get_workspace_id()]


def test_a_field_without_an_effect_is_refused_and_nothing_is_changed(admin, make_catalog):
    from databricks.sdk.errors import NotImplemented as NotServed

    catalog = make_catalog()
    with pytest.raises(NotServed, match="new_name"):
        admin.catalogs.update(catalog, new_name="other", comment="changed")
    assert admin.catalogs.get(catalog).comment is None
    with pytest.raises(NotServed, match="custom_max_retention_hours"):
        admin.catalogs.create(fresh("kept"), custom_max_retention_hours=48)


def test_managed_storage_of_its_own_needs_a_location(admin, make_catalog, make_location):
    from databricks.sdk.errors import NotFound
    from databricks.sdk.service.catalog import VolumeType

    name = fresh("rooted")
    with pytest.raises(NotFound):
        admin.catalogs.create(name, storage_root="file:///nowhere/at/all")
    url = make_location().url
    made = make_catalog(name, storage_root=f"{url}/{name}")
    assert admin.catalogs.get(made).storage_root == f"{url}/{name}"
    volume = admin.volumes.create(made, "default", "v", VolumeType.MANAGED)
    assert volume.storage_location.startswith(f"{url}/{name}/")


def _not_found():
    from databricks.sdk.errors import NotFound

    return NotFound
