"""Registered models and their versions, through the SDK."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from databricks.sdk.errors import NotFound, PermissionDenied, ResourceAlreadyExists
from databricks.sdk.service.catalog import ModelVersionInfoStatus

MLFLOW = "/api/2.0/mlflow/unity-catalog/model-versions"


@pytest.fixture
def model(admin, make_catalog):
    catalog = make_catalog()
    return admin.registered_models.create(
        catalog_name=catalog, schema_name="default", name="Churn", comment="about"
    )


def _made(client, name, **more):
    body = {"name": name, "source": "runs:/1/model", **more}
    answer = client.api_client.do("POST", f"{MLFLOW}/create", body=body)["model_version"]
    return int(answer["version"])


def test_a_model_is_registered_listed_changed_and_dropped(admin, model, make_catalog):
    assert model.full_name == f"{model.catalog_name}.default.churn"
    assert admin.registered_models.get(model.full_name).comment == "about"
    with pytest.raises(ResourceAlreadyExists):
        admin.registered_models.create(
            catalog_name=model.catalog_name, schema_name="default", name="churn"
        )
    for number in range(4):
        admin.registered_models.create(
            catalog_name=model.catalog_name, schema_name="default", name=f"m{number}"
        )
    listed = admin.registered_models.list(
        catalog_name=model.catalog_name, schema_name="default", max_results=2
    )
    assert [each.name for each in listed] == ["churn", "m0", "m1", "m2", "m3"]
    admin.registered_models.update(model.full_name, new_name="left", comment="now")
    renamed = f"{model.catalog_name}.default.left"
    assert admin.registered_models.get(renamed).comment == "now"
    admin.registered_models.delete(renamed)
    with pytest.raises(NotFound):
        admin.registered_models.get(renamed)


def test_versions_come_into_being_and_are_named(admin, model):
    name = model.full_name
    assert list(admin.model_versions.list(name)) == []
    first = _made(admin, name, description="one")
    found = admin.model_versions.get(name, first)
    assert found.status is ModelVersionInfoStatus.PENDING_REGISTRATION
    folder = Path(urlsplit(found.storage_location).path)
    (folder / "MLmodel").write_text("flavors: {}\n")
    admin.api_client.do("POST", f"{MLFLOW}/finalize", body={"name": name, "version": str(first)})
    second = _made(admin, name)
    assert admin.model_versions.get(name, first).status is ModelVersionInfoStatus.READY
    assert [each.version for each in admin.model_versions.list(name, max_results=1)] == [2, 1]
    admin.registered_models.set_alias(name, "champion", first)
    assert admin.model_versions.get_by_alias(name, "champion").version == first
    admin.registered_models.set_alias(name, "champion", second)
    assert admin.model_versions.get_by_alias(name, "Champion").version == second
    aliases = admin.registered_models.get(name, include_aliases=True).aliases
    assert [(each.alias_name, each.version_num) for each in aliases] == [("champion", second)]
    admin.model_versions.update(name, first, comment="better")
    assert admin.model_versions.get(name, first).comment == "better"
    admin.model_versions.delete(name, first)
    assert not folder.exists()
    # Numbers are not given out again.
    admin.registered_models.delete_alias(name, "champion")
    admin.model_versions.delete(name, second)
    assert _made(admin, name) == 3
    for call in (
        lambda: admin.model_versions.get(name, 1),
        lambda: admin.model_versions.get_by_alias(name, "champion"),
        lambda: admin.registered_models.set_alias(name, "x", 9),
        lambda: admin.registered_models.delete_alias(name, "x"),
    ):
        with pytest.raises(NotFound):
            call()


def test_privileges_on_models(admin, model, as_user):
    ana, name = as_user("ana@local"), model.full_name
    with pytest.raises(NotFound):
        ana.registered_models.get(name)
    sql = "GRANT USE CATALOG, USE SCHEMA ON CATALOG `{}` TO `ana@local`"
    _run(admin, sql.format(model.catalog_name))
    _run(admin, f"GRANT EXECUTE ON MODEL {name} TO `ana@local`")
    assert ana.registered_models.get(name).owner == "admin@local"
    with pytest.raises(PermissionDenied):
        _made(ana, name)
    with pytest.raises(PermissionDenied):
        ana.registered_models.delete(name)
    with pytest.raises(PermissionDenied):
        ana.registered_models.create(
            catalog_name=model.catalog_name, schema_name="default", name="mine"
        )
    _run(admin, f"GRANT CREATE MODEL VERSION ON MODEL {name} TO `ana@local`")
    assert _made(ana, name) == 1
    _run(admin, f"DROP CATALOG `{model.catalog_name}` CASCADE")
    with pytest.raises(NotFound):
        admin.registered_models.get(name)


def _run(client, text):
    warehouse = next(iter(client.warehouses.list())).id
    answer = client.statement_execution.execute_statement(text, warehouse, wait_timeout="30s")
    assert answer.status.state.value == "SUCCEEDED", answer.status.error
