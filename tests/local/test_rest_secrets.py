"""Secret scopes through the SDK: values leave by one call alone, for those who may read them."""

from __future__ import annotations

import base64
import stat

import pytest

from tests.local.rest import fresh

VALUE = 'pässword ünd\n"quotes" 表'


@pytest.fixture
def scope(admin):
    name = fresh("scope")
    admin.secrets.create_scope(name)
    yield name
    if name in {each.name for each in admin.secrets.list_scopes()}:
        admin.secrets.delete_scope(name)


def _value(client, scope, key):
    return base64.b64decode(client.secrets.get_secret(scope, key).value).decode()


def test_a_secret_is_put_read_replaced_and_deleted(admin, scope):
    from databricks.sdk.errors import NotFound

    admin.secrets.put_secret(scope, "k", string_value=VALUE)
    assert _value(admin, scope, "k") == VALUE
    admin.secrets.put_secret(scope, "k", bytes_value=base64.b64encode(b"\x00\xff").decode())
    assert base64.b64decode(admin.secrets.get_secret(scope, "k").value) == b"\x00\xff"
    admin.secrets.delete_secret(scope, "k")
    for call in (admin.secrets.get_secret, admin.secrets.delete_secret):
        with pytest.raises(NotFound, match="does not exist") as caught:
            call(scope, "k")
        assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_lists_have_keys_and_moments_but_no_values(admin, scope):
    admin.secrets.put_secret(scope, "b", string_value="hidden-1")
    admin.secrets.put_secret(scope, "a", string_value="hidden-2")
    raw = admin.api_client.do("GET", "/api/2.0/secrets/list", query={"scope": scope})
    assert [each["key"] for each in raw["secrets"]] == ["a", "b"]
    assert "hidden" not in str(raw)
    assert all(each["last_updated_timestamp"] > 10**12 for each in raw["secrets"])
    assert scope in {each.name for each in admin.secrets.list_scopes()}


def test_what_is_not_valid_is_refused(admin, scope):
    from databricks.sdk.errors import BadRequest, NotFound
    from databricks.sdk.errors import NotImplemented as Unserved
    from databricks.sdk.service.workspace import ScopeBackendType

    with pytest.raises(Exception, match="already exists") as caught:
        admin.secrets.create_scope(scope)
    assert caught.value.error_code == "RESOURCE_ALREADY_EXISTS"
    with pytest.raises(BadRequest, match="1 to 128"):
        admin.secrets.create_scope("with space")
    with pytest.raises(BadRequest, match="1 to 128"):
        admin.secrets.put_secret(scope, "a/b", string_value="x")
    with pytest.raises(BadRequest, match="128 KB"):
        admin.secrets.put_secret(scope, "k", string_value="x" * (128 * 1024 + 1))
    with pytest.raises(BadRequest, match="Exactly one"):
        admin.secrets.put_secret(scope, "k", string_value="x", bytes_value="eA==")
    with pytest.raises(NotFound):
        admin.secrets.put_secret("nowhere", "k", string_value="x")
    with pytest.raises(Unserved):
        admin.secrets.create_scope("kv", scope_backend_type=ScopeBackendType.AZURE_KEYVAULT)
    assert not list(admin.secrets.list_secrets(scope))


def test_each_level_allows_what_it_says_and_no_more(admin, as_user, other_user, scope):
    from databricks.sdk.errors import PermissionDenied
    from databricks.sdk.service.workspace import AclPermission

    ana = as_user(other_user)
    admin.secrets.put_secret(scope, "k", string_value=VALUE)

    def calls():
        return {
            "READ": lambda: _value(ana, scope, "k"),
            "WRITE": lambda: ana.secrets.put_secret(scope, "k", string_value=VALUE),
            "MANAGE": lambda: ana.secrets.put_acl(scope, other_user, AclPermission.MANAGE),
        }

    def allowed():
        made = []
        for level, call in calls().items():
            try:
                call()
            except PermissionDenied:
                continue
            made.append(level)
        return made

    assert allowed() == []
    assert scope not in {each.name for each in ana.secrets.list_scopes()}
    admin.secrets.put_acl(scope, other_user, AclPermission.READ)
    assert allowed() == ["READ"]
    assert scope in {each.name for each in ana.secrets.list_scopes()}
    admin.secrets.put_acl(scope, other_user, AclPermission.WRITE)
    assert allowed() == ["READ", "WRITE"]
    admin.secrets.put_acl(scope, other_user, AclPermission.MANAGE)
    assert allowed() == ["READ", "WRITE", "MANAGE"]
    found = {each.principal: each.permission for each in admin.secrets.list_acls(scope)}
    assert found == {"admin@local": AclPermission.MANAGE, other_user: AclPermission.MANAGE}
    assert admin.secrets.get_acl(scope, other_user).permission == AclPermission.MANAGE
    admin.secrets.delete_acl(scope, other_user)
    assert allowed() == []
    with pytest.raises(PermissionDenied):
        ana.secrets.delete_scope(scope)


def test_a_scope_of_everybody_is_managed_by_everybody(admin, as_user, other_user):
    ana = as_user(other_user)
    name = fresh("shared")
    ana.secrets.create_scope(name, initial_manage_principal="users")
    as_user(fresh("bob") + "@local").secrets.delete_scope(name)
    assert name not in {each.name for each in admin.secrets.list_scopes()}


def test_values_are_in_one_file_of_the_owner_and_in_no_history(admin, server, scope):
    planted = "planted-4711-value"
    admin.secrets.put_secret(scope, "k", string_value=planted)
    assert _value(admin, scope, "k") == planted
    for path in server.folder.glob("catalog.db*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
    admin.secrets.delete_secret(scope, "k")
    assert planted not in (server.folder / "server.log").read_text(encoding="utf-8")
