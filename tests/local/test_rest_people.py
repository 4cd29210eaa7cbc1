"""People, the metastore, locations and credentials through the SDK."""

from __future__ import annotations

import pytest

from tests.local.rest import MARKUP, fresh


def test_me_is_who_holds_the_token(admin, as_user):
    me = admin.current_user.me()
    assert (me.user_name, me.active) == ("admin@local", True)
    assert "admins" in [each.display for each in me.groups]
    assert me.emails[0].value == "admin@local"
    name = f"{fresh('Ana')}@local"
    ana = as_user(name).current_user.me()
    assert ana.user_name == name
    assert not ana.groups


def test_the_workspace_id_is_a_number(admin):
    assert isinstance(admin.get_workspace_id(), int)


def test_a_user_is_made_found_renamed_and_deleted(admin):
    from databricks.sdk.errors import NotFound, ResourceConflict
    from databricks.sdk.service.iam import Patch, PatchOp

    name = f"{fresh('user')}@local"
    made = admin.users_v2.create(user_name=name, display_name=MARKUP.strip())
    assert (made.user_name, made.display_name) == (name, MARKUP.strip())
    assert admin.users_v2.get(made.id).as_dict() == made.as_dict()
    found = list(admin.users_v2.list(filter=f'userName eq "{name.upper()}"'))
    assert [each.id for each in found] == [made.id]
    with pytest.raises(ResourceConflict):
        admin.users_v2.create(user_name=name.upper())
    operations = [Patch(op=PatchOp.REPLACE, path="displayName", value="Ana")]
    admin.users_v2.patch(made.id, operations=operations)
    assert admin.users_v2.get(made.id).display_name == "Ana"
    admin.users_v2.delete(made.id)
    with pytest.raises(NotFound):
        admin.users_v2.get(made.id)


def test_a_deleted_user_is_let_in_no_more(admin, as_user):
    from databricks.sdk.errors import Unauthenticated

    ana = as_user(f"{fresh('gone')}@local")
    admin.users_v2.delete(ana.current_user.me().id)
    with pytest.raises(Unauthenticated):
        ana.current_user.me()


def test_groups_have_members_of_every_kind(admin):
    from databricks.sdk.errors import BadRequest
    from databricks.sdk.service.iam import ComplexValue, Patch, PatchOp

    user = admin.users_v2.create(user_name=f"{fresh('member')}@local")
    robot = admin.service_principals_v2.create(display_name="robot")
    inner = admin.groups_v2.create(
        display_name=fresh("inner"), members=[ComplexValue(value=user.id)]
    )
    outer = admin.groups_v2.create(display_name=fresh("outer"))

    def patch(operation, path, value=None, group=outer):
        admin.groups_v2.patch(group.id, operations=[Patch(op=operation, path=path, value=value)])
        return sorted(each.value for each in admin.groups_v2.get(group.id).members or [])

    given = [{"value": robot.id}, {"value": inner.id}]
    assert patch(PatchOp.ADD, "members", given) == sorted([robot.id, inner.id])
    assert patch(PatchOp.REMOVE, f'members[value eq "{robot.id}"]') == [inner.id]
    groups = [each.display for each in admin.users_v2.get(user.id).groups]
    assert groups == sorted([inner.display_name, outer.display_name])
    with pytest.raises(BadRequest, match="member of itself"):
        patch(PatchOp.ADD, "members", [{"value": outer.id}], group=inner)
    assert patch(PatchOp.REPLACE, "members", [{"value": user.id}]) == [user.id]
    assert patch(PatchOp.REMOVE, "members") == []


def test_a_change_that_fails_half_way_changes_nothing(admin):
    from databricks.sdk.errors import NotFound
    from databricks.sdk.service.iam import Patch, PatchOp

    user = admin.users_v2.create(user_name=f"{fresh('half')}@local")
    group = admin.groups_v2.create(display_name=fresh("half"))
    operations = [
        Patch(op=PatchOp.ADD, path="members", value=[{"value": user.id}]),
        Patch(op=PatchOp.ADD, path="members", value=[{"value": "0"}]),
    ]
    with pytest.raises(NotFound):
        admin.groups_v2.patch(group.id, operations=operations)
    assert not admin.groups_v2.get(group.id).members


def test_a_service_principal_is_known_by_its_application_id(admin):
    made = admin.service_principals_v2.create(display_name="robot <b>1</b>")
    assert made.application_id != made.id
    assert admin.service_principals_v2.get(made.id).display_name == "robot <b>1</b>"
    text = f"applicationId eq {made.application_id}"
    assert [each.id for each in admin.service_principals_v2.list(filter=text)] == [made.id]


def test_lists_are_filtered_sorted_and_paged(admin):
    from databricks.sdk.errors import BadRequest
    from databricks.sdk.service.iam import ListSortOrder

    prefix = fresh("listed")
    names = [f"{prefix}{index}@local" for index in range(5)]
    for name in names:
        admin.users_v2.create(user_name=name)

    def listed(text, **options):
        return [each.user_name for each in admin.users_v2.list(filter=text, **options)]

    starts = f'userName sw "{prefix}"'
    assert listed(starts) == names
    assert listed(starts, count=2) == names
    assert listed(starts, sort_by="userName", sort_order=ListSortOrder.DESCENDING) == names[::-1]
    assert listed(f'userName co "{prefix[1:]}" and userName ne "{names[0]}"') == names[1:]
    assert listed(f'userName eq "{names[4]}" or userName eq "{names[1]}"') == [names[1], names[4]]
    only = next(iter(admin.users_v2.list(filter=starts, attributes="userName")))
    assert (only.user_name, only.active, only.emails) == (names[0], None, [])
    for wrong in ("userName", "userName like x", f"{starts} xor active eq true"):
        with pytest.raises(BadRequest, match="not understood"):
            listed(wrong)


def test_only_administrators_change_people(admin, as_user):
    from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied

    ana = as_user(f"{fresh('ana')}@local")
    own = ana.current_user.me().id
    for act in (
        lambda: ana.users_v2.create(user_name="x@local"),
        lambda: ana.groups_v2.create(display_name="x"),
        lambda: ana.users_v2.delete(own),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert ana.users_v2.get(own).id == own
    groups = {each.display_name: each.id for each in admin.groups_v2.list()}
    assert {"admins", "account users"} <= set(groups)
    for name in ("admins", "account users"):
        with pytest.raises(BadRequest):
            admin.groups_v2.delete(groups[name])
    with pytest.raises(NotFound):
        admin.users_v2.get(groups["admins"])


def test_everybody_may_ask_which_metastore_this_is(admin, as_user):
    from databricks.sdk.errors import PermissionDenied

    ana = as_user(f"{fresh('ana')}@local")
    current, summary = ana.metastores.current(), ana.metastores.summary()
    assert current.metastore_id == summary.metastore_id
    assert current.workspace_id == admin.get_workspace_id()
    assert summary.global_metastore_id.split(":")[-1] == summary.metastore_id
    assert [each.metastore_id for each in admin.metastores.list()] == [summary.metastore_id]
    with pytest.raises(PermissionDenied):
        list(ana.metastores.list())


def test_a_location_is_registered_changed_and_forgotten(admin, tmp_path):
    from databricks.sdk.errors import BadRequest, NotFound

    name = fresh("place")
    credential = _credential(admin)
    with pytest.raises(NotFound) as caught:
        admin.external_locations.create(name, tmp_path.as_uri(), "no_such_credential")
    assert caught.value.error_code == "STORAGE_CREDENTIAL_DOES_NOT_EXIST"
    url = (tmp_path / "data").as_uri()
    made = admin.external_locations.create(name, url, credential.name, comment=MARKUP)
    assert (made.name, made.url, made.comment) == (name, url, MARKUP)
    assert (made.credential_name, made.credential_id) == (credential.name, credential.id)
    assert admin.external_locations.get(name).as_dict() == made.as_dict()
    assert name in [each.name for each in admin.external_locations.list()]
    with pytest.raises(BadRequest):
        admin.external_locations.create(fresh("place"), f"{url}/inside", credential.name)
    with pytest.raises(BadRequest, match=name):
        admin.storage_credentials.delete(credential.name)
    changed = admin.external_locations.update(name, comment="c", new_name=f"{name}_2")
    assert (changed.name, changed.comment, changed.url) == (f"{name}_2", "c", url)
    admin.external_locations.delete(f"{name}_2")
    with pytest.raises(NotFound):
        admin.external_locations.get(f"{name}_2")
    admin.storage_credentials.delete(credential.name)
    with pytest.raises(NotFound):
        admin.storage_credentials.get(credential.name)


def test_locations_are_seen_by_those_who_may_use_them(admin, as_user, make_location):
    from databricks.sdk.errors import NotFound, PermissionDenied
    from databricks.sdk.service.catalog import PermissionsChange, Privilege

    ana = as_user(f"{fresh('ana')}@local")
    name = make_location().name
    assert name not in [each.name for each in ana.external_locations.list()]
    with pytest.raises(NotFound):
        ana.external_locations.get(name)
    change = PermissionsChange(
        add=[Privilege.READ_FILES], principal=ana.current_user.me().user_name
    )
    admin.grants.update("EXTERNAL_LOCATION", name, changes=[change])
    assert ana.external_locations.get(name).name == name
    with pytest.raises(PermissionDenied):
        ana.external_locations.delete(name)


def test_credentials_keep_no_secret(admin, server):
    from databricks.sdk.errors import InvalidParameterValue
    from databricks.sdk.service.catalog import AzureServicePrincipal

    name, secret = fresh("azure"), "s3cr3t-value-of-a-test"
    identity = AzureServicePrincipal(directory_id="d", application_id="a", client_secret=secret)
    made = admin.storage_credentials.create(name, azure_service_principal=identity)
    assert made.azure_service_principal.application_id == "a"
    assert not made.azure_service_principal.client_secret
    files = [each for each in server.folder.rglob("catalog.db*") if each.is_file()]
    assert files
    assert all(secret.encode() not in each.read_bytes() for each in files)
    with pytest.raises(InvalidParameterValue):
        admin.storage_credentials.create(fresh("none"))
    admin.storage_credentials.delete(name)


def _credential(admin):
    from databricks.sdk.service.catalog import AwsIamRoleRequest

    role = AwsIamRoleRequest(role_arn="arn:aws:iam::1:role/x")
    return admin.storage_credentials.create(fresh("credential"), aws_iam_role=role)
