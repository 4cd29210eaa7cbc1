"""The open sharing protocol by plain HTTP: what the holder of a recipient's token can read."""

from __future__ import annotations

import io
import json
import urllib.request
from urllib.error import HTTPError

import pytest

from tests.local.rest import fresh
from tests.local.sharing_support import add_object, grant_share

DELTA = {"delta-sharing-capabilities": "responseformat=delta;readerfeatures=deletionvectors"}


class Reader:
    """The holder of a profile."""

    def __init__(self, profile):
        self.endpoint, self.token = profile.endpoint, profile.bearer_token

    def __call__(self, path, body=None, token=None, method=None, **headers):
        """Status, version and text of an answer."""
        data = None if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {token or self.token}", **headers}
        if data is not None:
            sent["Content-Type"] = "application/json"
        return fetched(self.endpoint + path, data, sent, method)

    def items(self, path):
        """Names of a list, page by page."""
        names, token = [], ""
        while token is not None:
            status, _, text = self(
                f"{path}?maxResults=1" + (f"&pageToken={token}" if token else "")
            )
            assert status == 200, text
            page = json.loads(text)
            assert len(page["items"]) <= 1
            names += [each["name"] for each in page["items"]]
            token = page.get("nextPageToken")
        return names

    def lines(self, path, body=None, **headers):
        """Lines of an answer."""
        status, _, text = self(path, body, **headers)
        assert status == 200, text
        return [json.loads(line) for line in text.splitlines()]

    def rows(self, path, body=None):
        """Rows of the files that a query links to, with the values of their partitions."""
        import pyarrow.parquet as pq

        made = []
        for line in self.lines(path, body or {}):
            for kind in {"file", "add", "cdf", "remove"} & set(line):
                status, _, data = fetched(line[kind]["url"], binary=True)
                assert status == 200
                found = pq.read_table(io.BytesIO(data)).to_pylist()
                made += [{**row, **line[kind]["partitionValues"]} for row in found]
        return sorted(made, key=lambda row: row["id"])


def fetched(url, data=None, headers=None, method=None, *, binary=False):
    """Status, version of the table, and content of what an address gives."""
    request = urllib.request.Request(url, data, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            content = answer.read()
            version = answer.headers.get("Delta-Table-Version")
            return answer.status, version, content if binary else content.decode()
    except HTTPError as error:
        with error:
            return error.code, None, error.read().decode()


@pytest.fixture(scope="module")
def shop(admin, spark):
    """A share with a partitioned table, one with deletion vectors, and a view."""
    catalog, share = fresh("shop"), fresh("share")
    for text in (
        "CREATE CATALOG {c}",
        "CREATE SCHEMA {c}.s",
        "CREATE TABLE {c}.s.t (id INT COMMENT 'key', name STRING, p STRING) PARTITIONED BY (p)"
        " TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true', 'team' = 'x')",
        "INSERT INTO {c}.s.t VALUES (1, 'a', 'x'), (2, 'b', 'y')",
        "INSERT INTO {c}.s.t VALUES (3, 'c', 'x')",
        "CREATE TABLE {c}.s.bare (id INT)",
        "INSERT INTO {c}.s.bare VALUES (1)",
        "CREATE TABLE {c}.s.vectors (id INT) TBLPROPERTIES"
        " ('delta.enableDeletionVectors' = 'true')",
        "INSERT INTO {c}.s.vectors VALUES (1), (2), (3)",
        "DELETE FROM {c}.s.vectors WHERE id = 2",
        "CREATE VIEW {c}.s.v AS SELECT id, upper(name) AS up FROM {c}.s.t",
        f"CREATE SHARE {share}",
        f"ALTER SHARE {share} ADD TABLE {{c}}.s.t",
        f"ALTER SHARE {share} ADD TABLE {{c}}.s.bare WITHOUT HISTORY",
        f"ALTER SHARE {share} ADD TABLE {{c}}.s.vectors AS more.vectors",
        f"ALTER SHARE {share} ADD VIEW {{c}}.s.v",
    ):
        spark.sql(text.replace("{c}", catalog)).collect()
    yield catalog, share
    admin.shares.delete(share)
    admin.catalogs.delete(catalog, force=True)


@pytest.fixture
def read(admin, shop):
    """A fresh recipient that may read the share."""
    from databricks.sdk.service.sharing import AuthenticationType

    made = admin.recipients.create(fresh("bob"), AuthenticationType.TOKEN)
    grant_share(admin, shop[1], made.name)
    code = made.activation_url.rpartition("/")[2]
    reader = Reader(admin.recipient_activation.retrieve_token(code))
    reader.name = made.name
    yield reader
    admin.recipients.delete(made.name)


@pytest.fixture
def tables(shop):
    return f"/shares/{shop[1]}/schemas/s/tables"


def test_shares_schemas_and_tables_are_listed_by_pages(read, shop, tables):
    share = shop[1]
    assert read.items("/shares") == [share]
    assert json.loads(read(f"/shares/{share}")[2])["share"]["name"] == share
    assert read.items(f"/shares/{share}/schemas") == ["more", "s"]
    assert read.items(tables) == ["bare", "t", "v"]
    assert read.items(f"/shares/{share}/all-tables") == ["vectors", "bare", "t", "v"]


def test_metadata_tells_how_to_read_and_nothing_more(read, tables):
    assert read(f"{tables}/t/version")[:2] == (200, "2")
    assert read(f"{tables}/t", method="HEAD")[:2] == (200, "2")
    assert read(f"{tables}/t/version?startingTimestamp=2020-01-01T00:00:00Z")[1] == "0"
    protocol, metadata = read.lines(f"{tables}/t/metadata")
    assert protocol == {"protocol": {"minReaderVersion": 1}}
    about = metadata["metaData"]
    assert (about["partitionColumns"], about["configuration"]) == (["p"], {})
    fields = json.loads(about["schemaString"])["fields"]
    assert [each["name"] for each in fields] == ["id", "name", "p"]
    assert fields[0]["metadata"] == {"comment": "key"}


def test_rows_are_read_by_signed_links(read, tables):
    query = f"{tables}/t/query"
    assert [row["name"] for row in read.rows(query)] == ["a", "b", "c"]
    assert [row["id"] for row in read.rows(query, {"version": 1})] == [1, 2]
    assert [row["id"] for row in read.rows(query, {"predicateHints": ["p = 'y'"]})] == [2]
    tree = {
        "op": "equal",
        "children": [{"op": "column", "name": "p"}, {"op": "literal", "value": "y"}],
    }
    assert [r["id"] for r in read.rows(query, {"jsonPredicateHints": json.dumps(tree)})] == [2]
    assert len(read.rows(query, {"predicateHints": ["name > 'b'", "no sense ("]})) == 3
    assert len(read.lines(query, {"limitHint": 1})) == 3
    assert [row["up"] for row in read.rows(f"{tables}/v/query")] == ["A", "B", "C"]


def test_changes_are_read_where_history_is_shared(read, tables):
    changed = read.lines(f"{tables}/t/changes?startingVersion=1&endingVersion=2")
    versions = [each["add"]["version"] for each in changed if "add" in each]
    assert versions == [1, 1, 2]
    for path in (
        f"{tables}/bare/changes?startingVersion=0",
        f"{tables}/t/changes?startingVersion=9",
        f"{tables}/t/changes?startingVersion=0&endingVersion=9",
        f"{tables}/t/changes",
        f"{tables}/v/changes?startingVersion=0",
    ):
        assert read(path)[0] == 400, path


def test_tables_with_deletion_vectors_are_told_to_clients_that_know_them(read, shop):
    path = f"/shares/{shop[1]}/schemas/more/tables/vectors/query"
    assert read(path, {})[0] == 400
    protocol, metadata, *files = read.lines(path, {}, **DELTA)
    assert protocol["protocol"]["deltaProtocol"]["readerFeatures"] == ["deletionVectors"]
    assert metadata["metaData"]["deltaMetadata"]["partitionColumns"] == []
    (one,) = files
    add = one["file"]["deltaSingleAction"]["add"]
    assert add["deletionVector"]["storageType"] == "p"
    for url in (add["path"], add["deletionVector"]["pathOrInlineDv"]):
        status, _, data = fetched(url, headers={"Range": "bytes=0-3"}, binary=True)
        assert (status, len(data)) == (206, 4)


def test_what_is_not_shared_is_refused(admin, read, shop, tables, sql):
    assert read("/shares", token="local-nobody")[0] == 401
    assert read("/shares", token=admin.config.token)[0] == 401
    assert fetched(f"{read.endpoint}/shares")[0] == 401
    wrong = read.endpoint.rpartition("/")[0] + "/00000000-0000-0000-0000-000000000000/shares"
    assert fetched(wrong, headers={"Authorization": f"Bearer {read.token}"})[0] == 404
    for path in ("/shares/none", f"{tables}/none/metadata", f"/shares/{shop[1]}/schemas/no/tables"):
        status, _, text = read(path)
        assert (status, set(json.loads(text))) == (404, {"errorCode", "message"}), path
    assert read(f"{tables}/bare/query", {"version": 0})[0] == 400
    assert read(f"{tables}/t/query", {"version": 99})[0] == 400
    assert read(f"{tables}/t/query", {"limitHint": "many"})[0] == 400
    # A recipient's token opens nothing but what is shared with it.
    request = {"Authorization": f"Bearer {read.token}"}
    assert fetched(f"{admin.config.host}/api/2.1/unity-catalog/catalogs", headers=request)[0] == 401


def test_links_are_signed_and_end_with_the_grant(admin, read, shop, tables):
    url = read.lines(f"{tables}/t/query", {})[2]["file"]["url"]
    front, _, signature = url.rpartition("=")
    assert fetched(url, binary=True)[0] == 200
    for forged in (f"{front}={'A' * len(signature)}", front, url.replace("/files/", "/files/A")):
        assert fetched(forged)[0] == 403
    grant_share(admin, shop[1], read.name, revoke=True)
    assert fetched(url)[0] == 403
    assert read.items("/shares") == []
    assert read(f"{tables}/t/metadata")[0] == 404


def test_a_token_that_was_rotated_or_is_used_from_elsewhere_is_refused(admin, read):
    from databricks.sdk.service.sharing import IpAccessList

    admin.recipients.update(read.name, ip_access_list=IpAccessList(["10.0.0.0/8"]))
    assert read("/shares")[0] == 403
    admin.recipients.update(read.name, ip_access_list=IpAccessList(["127.0.0.0/8"]))
    assert read("/shares")[0] == 200
    made = admin.recipients.rotate_token(read.name, 3600)
    profile = admin.recipient_activation.retrieve_token(made.activation_url.rpartition("/")[2])
    assert [Reader(profile)("/shares")[0], read("/shares")[0]] == [200, 200]
    made = admin.recipients.rotate_token(read.name, 0)
    assert [Reader(profile)("/shares")[0], read("/shares")[0]] == [401, 401]


def test_partitions_of_a_share_hold_on_every_way_of_reading(admin, read, shop):
    from databricks.sdk.service.sharing import (
        Partition,
        PartitionValue,
        PartitionValueOp,
        SharedDataObjectHistoryDataSharingStatus,
    )

    part = admin.shares.create(fresh("part")).name
    value = PartitionValue(name="p", op=PartitionValueOp.EQUAL, value="x")
    add_object(
        admin,
        part,
        f"{shop[0]}.s.t",
        partitions=[Partition([value])],
        history_data_sharing_status=SharedDataObjectHistoryDataSharingStatus.ENABLED,
        start_version=0,
    )
    grant_share(admin, part, read.name)
    table = f"/shares/{part}/schemas/s/tables/t"
    try:
        assert [row["id"] for row in read.rows(f"{table}/query")] == [1, 3]
        assert [row["id"] for row in read.rows(f"{table}/query", {"version": 1})] == [1]
        changed = read.lines(f"{table}/changes?startingVersion=1")
        assert {each["add"]["partitionValues"]["p"] for each in changed if "add" in each} == {"x"}
        about = read.lines(f"{table}/metadata")[1]["metaData"]
        assert about["numFiles"] == 2
    finally:
        admin.shares.delete(part)
