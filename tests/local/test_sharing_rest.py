"""Shares and recipients through the SDK: what is made, changed, granted, listed and refused."""

from __future__ import annotations

import pytest

from tests.local.rest import fresh
from tests.local.sharing_support import add_object, change_object, grant_share

ELSEWHERE = "aws:eu-central-1:0a6b0f53-5f2f-4f6f-9d42-7d6f3f0f5a11"


@pytest.fixture
def shop(sql, make_catalog):
    """A catalog with a partitioned table, a view, a volume, and what cannot be shared."""
    catalog = make_catalog()
    for text in (
        "CREATE SCHEMA {c}.s",
        "CREATE TABLE {c}.s.t (id INT COMMENT 'key', p STRING) PARTITIONED BY (p) COMMENT 'rows'",
        "INSERT INTO {c}.s.t VALUES (1, 'x'), (2, 'y')",
        "CREATE VIEW {c}.s.v AS SELECT id FROM {c}.s.t",
        "CREATE VOLUME {c}.s.files",
        "CREATE TABLE {c}.s.vectors (id INT) TBLPROPERTIES"
        " ('delta.enableDeletionVectors' = 'true')",
        "CREATE FUNCTION {c}.s.hide(x INT) RETURNS INT RETURN 0",
        "CREATE FUNCTION {c}.s.odd(x INT) RETURNS BOOLEAN RETURN x % 2 = 1",
        "CREATE TABLE {c}.s.masked (id INT MASK {c}.s.hide)",
        "CREATE TABLE {c}.s.filtered (id INT) WITH ROW FILTER {c}.s.odd ON (id)",
        "CREATE VIEW {c}.s.over AS SELECT id FROM {c}.s.masked",
        "CREATE TABLE {c}.s.shallow SHALLOW CLONE {c}.s.t",
    ):
        sql(text.replace("{c}", catalog))
    return catalog


@pytest.fixture
def share(admin):
    made = admin.shares.create(fresh("share"), comment="first").name
    yield made
    if made in {each.name for each in admin.shares.list_shares()}:
        admin.shares.delete(made)


@pytest.fixture
def make_recipient(admin):
    from databricks.sdk.service.sharing import AuthenticationType

    made = []

    def make(**facts):
        kind = "DATABRICKS" if "data_recipient_global_metastore_id" in facts else "TOKEN"
        made.append(admin.recipients.create(fresh("r"), AuthenticationType(kind), **facts))
        return made[-1]

    yield make
    left = {each.name for each in admin.recipients.list()}
    for name in left & {each.name for each in made}:
        admin.recipients.delete(name)


def _objects(client, share):
    found = client.shares.get(share, include_shared_data=True).objects or []
    return {each.name.partition(".")[2]: each for each in found}


def test_a_share_is_made_filled_changed_and_dropped(admin, shop, share):
    from databricks.sdk.errors import NotFound, ResourceAlreadyExists
    from databricks.sdk.service.sharing import (
        Partition,
        PartitionValue,
        PartitionValueOp,
        SharedDataObjectHistoryDataSharingStatus,
    )

    enabled = SharedDataObjectHistoryDataSharingStatus.ENABLED
    made = admin.shares.get(share)
    assert (made.name, made.comment, made.owner) == (share, "first", "admin@local")
    assert not made.objects
    with pytest.raises(ResourceAlreadyExists):
        admin.shares.create(share.upper())
    one = Partition([PartitionValue(name="p", op=PartitionValueOp.EQUAL, value="x")])
    two = Partition([PartitionValue(name="p", op=PartitionValueOp.LIKE, value="y%")])
    add_object(
        admin,
        share,
        f"{shop}.s.t",
        shared_as="Sales.Orders",
        comment="part",
        partitions=[one],
        history_data_sharing_status=enabled,
        start_version=0,
    )
    add_object(admin, share, f"{shop}.s.v", "VIEW")
    add_object(admin, share, f"{shop}.s.files", "VOLUME", string_shared_as="sales.files")
    found = _objects(admin, share)
    table = found["s.t"]
    assert (table.shared_as, table.comment, table.start_version) == ("sales.orders", "part", 0)
    assert table.history_data_sharing_status is enabled
    assert (table.status.value, table.added_by) == ("ACTIVE", "admin@local")
    assert [each.as_dict() for each in table.partitions] == [one.as_dict()]
    assert (found["s.v"].shared_as, found["s.files"].string_shared_as) == ("s.v", "sales.files")
    assert found["s.files"].shared_as is None
    change_object(admin, share, "UPDATE", f"{shop}.s.t", comment="all", partitions=[two])
    changed = _objects(admin, share)["s.t"]
    assert (changed.comment, changed.partitions, changed.shared_as) == (
        "all",
        [two],
        "sales.orders",
    )
    change_object(admin, share, "REMOVE", f"{shop}.s.v", "VIEW")
    assert set(_objects(admin, share)) == {"s.t", "s.files"}
    renamed = admin.shares.update(share, new_name=fresh("named"), comment="last")
    assert renamed.comment == "last"
    with pytest.raises(NotFound):
        admin.shares.get(share)
    admin.shares.delete(renamed.name)
    assert renamed.name not in {each.name for each in admin.shares.list_shares()}


def test_what_cannot_be_shared_is_refused_and_nothing_is_kept(admin, shop, share):
    from databricks.sdk.errors import InvalidParameterValue

    for name, kind, facts, said in (
        ("s.masked", "TABLE", {}, "row filter or column mask"),
        ("s.filtered", "TABLE", {}, "row filter or column mask"),
        ("s.over", "VIEW", {}, "row filter or column mask"),
        ("s.shallow", "TABLE", {}, "shallow clone"),
        ("s.vectors", "TABLE", {}, "with history"),
        ("s.v", "TABLE", {}, "is of type VIEW"),
        ("s.t", "TABLE", {"shared_as": "a.b.c"}, "<schema>.<name>"),
        ("s.t", "TABLE", {"shared_as": "a-b.c"}, "<schema>.<name>"),
        ("s.t", "TABLE", {"start_version": 9}, "start version"),
        ("information_schema", "SCHEMA", {}, "system object"),
    ):
        with pytest.raises(InvalidParameterValue, match=said):
            add_object(admin, share, f"{shop}.{name}", kind, **facts)
    assert _objects(admin, share) == {}


def test_names_in_a_share_are_told_apart(admin, sql, shop, share, make_catalog):
    from databricks.sdk.errors import NotFound, ResourceAlreadyExists

    other = make_catalog()
    sql(f"CREATE SCHEMA {other}.s")
    sql(f"CREATE TABLE {other}.s.t (id INT)")
    add_object(admin, share, f"{shop}.s.t", shared_as="s.x")
    for name, facts in ((f"{shop}.s.t", {}), (f"{other}.s.t", {"shared_as": "s.x"})):
        with pytest.raises(ResourceAlreadyExists):
            add_object(admin, share, name, **facts)
    add_object(admin, share, f"{other}.s.t")
    with pytest.raises(ResourceAlreadyExists):
        add_object(admin, share, f"{shop}.s", "SCHEMA")
    change_object(admin, share, "REMOVE", f"{other}.s.t")
    add_object(admin, share, f"{shop}.s", "SCHEMA")
    assert set(_objects(admin, share)) == {"s"}
    for missing in (f"{shop}.s.none", f"{other}.s.t"):
        with pytest.raises(NotFound):
            change_object(admin, share, "REMOVE", missing)


def test_a_batch_of_updates_is_applied_whole_or_not_at_all(admin, shop, share):
    from databricks.sdk.errors import InvalidParameterValue
    from databricks.sdk.service.sharing import (
        SharedDataObject,
        SharedDataObjectUpdate,
        SharedDataObjectUpdateAction,
    )

    with pytest.raises(InvalidParameterValue):
        admin.shares.update(
            share,
            comment="changed",
            updates=[
                SharedDataObjectUpdate(
                    SharedDataObjectUpdateAction.ADD, SharedDataObject(f"{shop}.s.{name}")
                )
                for name in ("t", "masked")
            ],
        )
    assert admin.shares.get(share, include_shared_data=True).comment == "first"
    assert _objects(admin, share) == {}


def test_protection_and_lost_rights_end_the_sharing_of_a_table(admin, sql, shop, share):
    add_object(admin, share, f"{shop}.s.t")
    sql(f"ALTER TABLE {shop}.s.t SET ROW FILTER {shop}.s.odd ON (id)")
    assert _objects(admin, share)["s.t"].status.value == "PERMISSION_DENIED"
    sql(f"ALTER TABLE {shop}.s.t DROP ROW FILTER")
    assert _objects(admin, share)["s.t"].status.value == "ACTIVE"
    sql(f"DROP TABLE {shop}.s.t")
    sql(f"CREATE TABLE {shop}.s.t (id INT)")
    assert _objects(admin, share)["s.t"].status.value == "PERMISSION_DENIED"


def test_recipients_of_both_kinds(admin, make_recipient):
    from databricks.sdk.errors import InvalidParameterValue, ResourceAlreadyExists
    from databricks.sdk.service.sharing import (
        AuthenticationType,
        IpAccessList,
        SecurablePropertiesKvPairs,
    )

    other = make_recipient(data_recipient_global_metastore_id=ELSEWHERE, comment="there")
    assert (other.cloud, other.region, other.comment) == ("aws", "eu-central-1", "there")
    assert (other.tokens, other.activation_url) == ([], None)
    found = admin.recipients.list(data_recipient_global_metastore_id=ELSEWHERE)
    assert [each.name for each in found] == [other.name]
    own = admin.metastores.summary().global_metastore_id
    kind = AuthenticationType.DATABRICKS
    with pytest.raises(ResourceAlreadyExists):
        admin.recipients.create(fresh("r"), kind, data_recipient_global_metastore_id=ELSEWHERE)
    for bad in (own, "aws:nowhere", None):
        with pytest.raises(InvalidParameterValue):
            admin.recipients.create(fresh("r"), kind, data_recipient_global_metastore_id=bad)

    holder = make_recipient(
        ip_access_list=IpAccessList(["10.0.0.0/8"]),
        properties_kvpairs=SecurablePropertiesKvPairs({"country": "de"}),
    )
    assert holder.activated is False
    assert holder.activation_url == holder.tokens[0].activation_url
    assert holder.properties_kvpairs.properties["country"] == "de"
    with pytest.raises(InvalidParameterValue, match="IP address"):
        admin.recipients.update(holder.name, ip_access_list=IpAccessList(["here"]))
    with pytest.raises(InvalidParameterValue, match="future"):
        admin.recipients.update(holder.name, expiration_time=1)
    later = holder.expiration_time + 1000
    changed = admin.recipients.update(
        holder.name,
        comment="new",
        expiration_time=later,
        properties_kvpairs=SecurablePropertiesKvPairs({"country": "fr"}),
    )
    assert (changed.comment, changed.expiration_time) == ("new", later)
    assert changed.properties_kvpairs.properties["country"] == "fr"
    assert changed.ip_access_list.allowed_ip_addresses == ["10.0.0.0/8"]
    renamed = admin.recipients.update(holder.name, new_name=fresh("named"))
    admin.recipients.delete(renamed.name)
    with pytest.raises(InvalidParameterValue, match="no token"):
        admin.recipients.rotate_token(other.name, 0)


def test_an_activation_link_works_once_and_a_token_can_be_rotated(admin, make_recipient):
    from databricks.sdk.errors import BadRequest, NotFound

    made = make_recipient()
    code = made.activation_url.rpartition("/")[2]
    admin.recipient_activation.get_activation_url_info(code)
    profile = admin.recipient_activation.retrieve_token(code)
    assert profile.share_credentials_version == 1
    assert profile.bearer_token
    assert profile.endpoint.startswith(admin.config.host)
    for call in (
        admin.recipient_activation.retrieve_token,
        admin.recipient_activation.get_activation_url_info,
    ):
        with pytest.raises(NotFound):
            call(code)
    known = admin.recipients.get(made.name)
    assert (known.activated, known.activation_url) == (True, None)
    assert profile.bearer_token not in str(known)
    rotated = admin.recipients.rotate_token(made.name, 3600)
    assert len(rotated.tokens) == 2
    assert rotated.tokens[0].expiration_time < rotated.tokens[1].expiration_time
    assert rotated.activation_url
    with pytest.raises(BadRequest, match="two tokens"):
        admin.recipients.rotate_token(made.name, 3600)
    assert len(admin.recipients.rotate_token(made.name, 0).tokens) == 1


def test_permissions_of_shares_and_recipients(admin, share, make_recipient):
    from databricks.sdk.errors import InvalidParameterValue, NotFound
    from databricks.sdk.service.catalog import PermissionsChange as Change
    from databricks.sdk.service.catalog import Privilege

    one, two = make_recipient(), make_recipient()
    answer = grant_share(admin, share, one.name)
    assert [each.principal for each in answer.privilege_assignments] == [one.name]
    admin.grants.update(
        "SHARE", share, changes=[Change(add=[Privilege.SELECT], principal=two.name)]
    )
    held = admin.shares.share_permissions(share).privilege_assignments
    assert {each.principal for each in held} == {one.name, two.name}
    assert {e.principal for e in admin.grants.get("SHARE", share).privilege_assignments} == {
        one.name,
        two.name,
    }
    granted = admin.recipients.share_permissions(one.name).permissions_out
    assert [each.share_name for each in granted] == [share]
    grant_share(admin, share, one.name, revoke=True)
    grant_share(admin, share, one.name, revoke=True)
    assert admin.recipients.share_permissions(one.name).permissions_out == []
    with pytest.raises(NotFound):
        grant_share(admin, share, "nobody")
    with pytest.raises(InvalidParameterValue):
        admin.grants.update(
            "SHARE", share, changes=[Change(add=[Privilege.MODIFY], principal=two.name)]
        )
    admin.recipients.delete(two.name)
    assert admin.shares.share_permissions(share).privilege_assignments == []


def test_who_may_see_and_change_shares_and_recipients(admin, sql, as_user, shop, share):
    from databricks.sdk.errors import NotFound, PermissionDenied
    from databricks.sdk.service.sharing import AuthenticationType

    name = f"{fresh('ana')}@local"
    ana, mine, token = as_user(name), fresh("share"), AuthenticationType.TOKEN
    made = admin.recipients.create(fresh("r"), token).name
    for call in (
        lambda: ana.shares.create(mine),
        lambda: ana.recipients.create(fresh("r"), token),
        lambda: ana.providers.create("p", token),
    ):
        with pytest.raises(PermissionDenied):
            call()
    for call in (
        lambda: ana.shares.get(share),
        lambda: ana.shares.update(share, comment="x"),
        lambda: ana.recipients.get(made),
        lambda: ana.providers.get("nobody"),
    ):
        with pytest.raises(NotFound):
            call()
    assert share not in {each.name for each in ana.shares.list_shares()}
    assert list(ana.recipients.list()) == []
    assert list(ana.providers.list()) == []
    sql(f"GRANT CREATE SHARE, USE SHARE, USE RECIPIENT ON METASTORE TO `{name}`")
    try:
        ana.shares.create(mine)
        # Whoever shares a table must be allowed to read it, for as long as it is shared.
        with pytest.raises(NotFound):
            add_object(ana, mine, f"{shop}.s.t")
        sql(f"GRANT USE CATALOG ON CATALOG {shop} TO `{name}`")
        sql(f"GRANT USE SCHEMA ON SCHEMA {shop}.s TO `{name}`")
        sql(f"GRANT SELECT ON TABLE {shop}.s.t TO `{name}`")
        add_object(ana, mine, f"{shop}.s.t")
        sql(f"REVOKE SELECT ON TABLE {shop}.s.t FROM `{name}`")
        assert _objects(ana, mine)["s.t"].status.value == "PERMISSION_DENIED"
        assert ana.shares.get(share).name == share
        for call in (
            lambda: ana.shares.update(share, comment="x"),
            lambda: ana.shares.delete(share),
            lambda: grant_share(ana, share, made),
            lambda: ana.recipients.delete(made),
            lambda: ana.shares.update(mine, owner="admin@local"),
        ):
            with pytest.raises(PermissionDenied):
                call()
        sql(f"GRANT SET SHARE PERMISSION ON METASTORE TO `{name}`")
        grant_share(ana, share, made)
        # Not even an administrator changes what is in somebody's share.
        with pytest.raises(PermissionDenied):
            admin.shares.update(mine, comment="x")
        admin.shares.update(mine, owner="admin@local")
        admin.shares.delete(mine)
    finally:
        sql(
            "REVOKE CREATE SHARE, USE SHARE, USE RECIPIENT, SET SHARE PERMISSION ON METASTORE"
            f" FROM `{name}`"
        )
        admin.recipients.delete(made)


def test_lists_come_in_pages(admin):
    from databricks.sdk.service.sharing import AuthenticationType

    names = sorted(admin.shares.create(fresh("page")).name for _ in range(3))
    recipients = sorted(
        admin.recipients.create(fresh("page"), AuthenticationType.TOKEN).name for _ in range(3)
    )
    try:
        for path, key, made in (
            ("shares", "shares", names),
            ("recipients", "recipients", recipients),
        ):
            found, token, pages = [], None, 0
            while token or not pages:
                query = {"max_results": 2, **({"page_token": token} if token else {})}
                answer = admin.api_client.do("GET", f"/api/2.1/unity-catalog/{path}", query=query)
                assert len(answer[key]) <= 2
                found += [each["name"] for each in answer[key]]
                token, pages = answer.get("next_page_token"), pages + 1
            assert pages >= 2
            assert [each for each in found if each in made] == made
        assert set(names) <= {each.name for each in admin.shares.list_shares(max_results=1)}
    finally:
        for name in names:
            admin.shares.delete(name)
        for name in recipients:
            admin.recipients.delete(name)


def test_kinds_that_are_not_shared_here_are_refused_by_name(admin, share):
    from databricks.sdk.errors import NotImplemented as Unserved
    from databricks.sdk.service.sharing import AuthenticationType

    for kind in ("FUNCTION", "MODEL", "NOTEBOOK_FILE", "STREAMING_TABLE"):
        with pytest.raises(Unserved, match=kind):
            add_object(admin, share, "main.default.x", kind)
    with pytest.raises(Unserved, match="OIDC_FEDERATION"):
        admin.recipients.create(fresh("r"), AuthenticationType.OIDC_FEDERATION)
    with pytest.raises(Unserved, match=r"providers\.create"):
        admin.providers.create(fresh("p"), AuthenticationType.TOKEN)
