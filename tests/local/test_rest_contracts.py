"""Methods of the SDK that have no larger test of their own: each does what its name says."""

from __future__ import annotations

import pytest
from databricks.sdk.errors import NotFound, PermissionDenied, ResourceDoesNotExist

from tests.local.rest import fresh


def test_metastores_are_told_by_id_and_as_a_summary(admin):
    summary = admin.metastores.summary()
    assert summary.metastore_id == admin.metastores.current().metastore_id
    assert admin.metastores.get(summary.metastore_id).name == summary.name
    with pytest.raises(NotFound):
        admin.metastores.get("00000000-0000-0000-0000-000000000000")


def test_a_cluster_that_is_not_there_is_told_by_the_class_of_the_sdk(admin):
    with pytest.raises(ResourceDoesNotExist, match="0123-456789-abc does not exist"):
        admin.clusters.get("0123-456789-abc")


def test_storage_credentials_are_listed_and_changed(admin, as_user):
    from databricks.sdk.service.catalog import AwsIamRoleRequest

    role = AwsIamRoleRequest(role_arn="arn:aws:iam::1:role/x")
    name = admin.storage_credentials.create(fresh("credential"), aws_iam_role=role).name
    try:
        changed = admin.storage_credentials.update(name, comment="for tests", read_only=True)
        assert (changed.comment, changed.read_only) == ("for tests", True)
        assert name in {each.name for each in admin.storage_credentials.list()}
        stranger = as_user("credentials.stranger@local")
        assert name not in {each.name for each in stranger.storage_credentials.list()}
        with pytest.raises((PermissionDenied, NotFound)):
            stranger.storage_credentials.update(name, comment="mine")
        assert admin.storage_credentials.get(name).comment == "for tests"
    finally:
        admin.storage_credentials.delete(name)


def test_the_value_of_a_tag_is_changed_and_the_tag_taken_away(admin, make_catalog):
    from databricks.sdk.service.catalog import EntityTagAssignment

    name = make_catalog()
    tag = EntityTagAssignment(
        entity_type="catalogs", entity_name=name, tag_key="layer", tag_value="gold"
    )
    admin.entity_tag_assignments.create(tag)
    tag.tag_value = "silver"
    admin.entity_tag_assignments.update("catalogs", name, "layer", tag, update_mask="tag_value")
    assert admin.entity_tag_assignments.get("catalogs", name, "layer").tag_value == "silver"
    admin.entity_tag_assignments.delete("catalogs", name, "layer")
    assert list(admin.entity_tag_assignments.list("catalogs", name)) == []


@pytest.fixture
def rename():
    """What a patch of a principal carries to give it another name."""
    from databricks.sdk.service import iam

    return {
        "operations": [iam.Patch(iam.PatchOp.REPLACE, "displayName", "renamed")],
        "schemas": [iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP],
    }


def test_groups_are_found_changed_and_deleted_by_the_older_service(admin):
    from databricks.sdk.service import iam

    name = fresh("group")
    made = admin.groups.create(display_name=name).id
    assert [each.id for each in admin.groups.list(filter=f'displayName eq "{name}"')] == [made]
    member = admin.current_user.me().id
    admin.groups.patch(
        made,
        operations=[iam.Patch(iam.PatchOp.ADD, "members", [{"value": member}])],
        schemas=[iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP],
    )
    assert [each.value for each in admin.groups.get(made).members] == [member]
    admin.groups.delete(made)
    with pytest.raises(NotFound):
        admin.groups.get(made)


def test_users_are_found_changed_and_deleted_by_the_older_service(admin, rename):
    name = f"{fresh('user')}@local"
    made = admin.users.create(user_name=name).id
    assert [each.id for each in admin.users.list(filter=f'userName eq "{name}"')] == [made]
    admin.users.patch(made, **rename)
    assert admin.users.get(made).display_name == "renamed"
    admin.users.delete(made)
    with pytest.raises(NotFound):
        admin.users.get(made)


def test_service_principals_are_found_changed_and_deleted_by_the_older_service(admin, rename):
    name = fresh("robot")
    made = admin.service_principals.create(display_name=name).id
    found = admin.service_principals.list(filter=f'displayName eq "{name}"')
    assert [each.id for each in found] == [made]
    admin.service_principals.patch(made, **rename)
    assert admin.service_principals.get(made).display_name == "renamed"
    admin.service_principals.delete(made)
    with pytest.raises(NotFound):
        admin.service_principals.get(made)


def test_service_principals_are_changed_and_deleted_by_the_newer_service_too(admin, rename):
    made = admin.service_principals_v2.create(display_name=fresh("robot")).id
    admin.service_principals_v2.patch(made, **rename)
    assert admin.service_principals_v2.get(made).display_name == "renamed"
    admin.service_principals_v2.delete(made)
    with pytest.raises(NotFound):
        admin.service_principals_v2.get(made)
