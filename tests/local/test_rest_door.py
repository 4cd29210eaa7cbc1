"""Who is let in, how refusals look, and what is not served."""

from __future__ import annotations

import json

import pytest

from tests.local.rest import plain, sdk

LIST = "/api/2.1/unity-catalog/catalogs"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def bearer(server):
    return {"Authorization": f"Bearer {server.token}"}


def test_the_address_of_the_configuration_needs_no_token(server):
    answer = plain(server.http_url, "GET", "/.well-known/databricks-config")
    assert answer.status == 200
    assert int(answer.body["workspace_id"]) > 0


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer wrong", "Basic YTpi"])
def test_a_request_without_a_valid_token_is_unauthenticated(server, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = plain(server.http_url, "GET", LIST, headers=headers)
    assert answer.status == 401
    assert answer.body["error_code"] == "UNAUTHENTICATED"
    assert "catalogs" not in answer.body


def test_the_sdk_raises_its_own_class_for_a_wrong_token(server):
    from databricks.sdk.errors import Unauthenticated

    with pytest.raises(Unauthenticated):
        sdk(server.http_url, "local-wrong").current_user.me()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "localhost:1"])
def test_another_host_name_is_refused_even_with_a_token(server, bearer, host):
    answer = plain(server.http_url, "GET", LIST, headers={**bearer, "Host": host})
    assert answer.status == 403
    assert answer.body["error_code"] == "PERMISSION_DENIED"


def test_localhost_is_served_too(server, bearer):
    port = server.http_url.rpartition(":")[2]
    answer = plain(server.http_url, "GET", LIST, headers={**bearer, "Host": f"localhost:{port}"})
    assert answer.status == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_requests_of_other_sites_are_refused(server, bearer, origin):
    answer = plain(server.http_url, "GET", LIST, headers={**bearer, "Origin": origin})
    assert answer.status == 403
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_no_answer_carries_a_cors_header(server, bearer):
    answer = plain(server.http_url, "GET", LIST, headers={**bearer, "Origin": server.http_url})
    assert answer.status == 200
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"]
)
def test_what_a_form_can_send_is_refused(server, bearer, kind):
    body = json.dumps({"name": "by_a_form"}).encode()
    answer = plain(
        server.http_url, "POST", LIST, body=body, headers={**bearer, "Content-Type": kind}
    )
    assert answer.status == 415
    listed = plain(server.http_url, "GET", LIST, headers=bearer).body["catalogs"]
    assert "by_a_form" not in [each["name"] for each in listed]


def test_a_body_that_is_too_large_is_refused(server, bearer):
    body = b'{"name": "' + b"x" * (33 * 1024 * 1024) + b'"}'
    try:
        answer = plain(server.http_url, "POST", LIST, body=body, headers={**bearer, **JSON})
    except OSError:
        return  # the server closed the connection while the body was still on its way
    assert answer.status == 413


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{not json", "MALFORMED_REQUEST"),
        (b"[1, 2]", "MALFORMED_REQUEST"),
        (b'"text"', "MALFORMED_REQUEST"),
        (b"\xff\xfe", "MALFORMED_REQUEST"),
        (b"[" * 100_000, "MALFORMED_REQUEST"),
        (b'{"name": 7}', "MALFORMED_REQUEST"),
        (b'{"name": "a", "properties": {"k": 1}}', "MALFORMED_REQUEST"),
        (b'{"name": "a", "nonsense": 1}', "INVALID_PARAMETER_VALUE"),
        (b"{}", "INVALID_PARAMETER_VALUE"),
        (b"", "INVALID_PARAMETER_VALUE"),
    ],
)
def test_a_body_that_is_not_understood_is_refused_with_its_field(server, bearer, body, code):
    answer = plain(server.http_url, "POST", LIST, body=body, headers={**bearer, **JSON})
    assert answer.status == 400
    assert answer.body["error_code"] == code
    if b"nonsense" in body:
        assert "nonsense" in answer.body["message"]


def test_a_refusal_has_the_platforms_shape(server, bearer):
    answer = plain(server.http_url, "GET", f"{LIST}/nowhere", headers=bearer)
    assert answer.status == 404
    assert answer.body["error_code"] == "CATALOG_DOES_NOT_EXIST"
    assert answer.body["message"] == "Catalog 'nowhere' does not exist."
    info, request = answer.body["details"]
    assert info["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"
    assert info["reason"] == "CATALOG_DOES_NOT_EXIST"
    assert info["domain"] == "unity-catalog.databricks.com"
    assert request["@type"] == "type.googleapis.com/google.rpc.RequestInfo"
    assert request["request_id"]


def test_the_sdk_reads_the_details_of_a_refusal(admin):
    from databricks.sdk.errors import NotFound

    with pytest.raises(NotFound) as caught:
        admin.catalogs.get("nowhere")
    assert caught.value.error_code == "CATALOG_DOES_NOT_EXIST"
    assert caught.value.get_error_details().error_info.reason == "CATALOG_DOES_NOT_EXIST"


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/api/2.1/unity-catalog/tables", "tables.create"),
        ("GET", "/api/2.1/unity-catalog/tables/a.b.c/monitor", "quality_monitors.get"),
        (
            "GET",
            "/api/2.1/unity-catalog/artifact-allowlists/INIT_SCRIPT",
            "artifact_allowlists.get",
        ),
        (
            "POST",
            "/api/2.0/unity-catalog/temporary-table-credentials",
            "temporary_table_credentials.generate_temporary_table_credentials",
        ),
        ("GET", "/api/2.0/never/heard/of", "GET /api/2.0/never/heard/of"),
        ("PUT", "/api/2.1/unity-catalog/catalogs/main", "PUT /api/2.1/unity-catalog/catalogs/main"),
    ],
)
def test_what_is_not_served_says_so_by_name(server, bearer, method, path, name):
    headers = {**bearer, **JSON}
    answer = plain(server.http_url, method, path, body=b"{}", headers=headers)
    assert answer.status == 501
    assert answer.body["error_code"] == "NOT_IMPLEMENTED"
    assert name in answer.body["message"]
    assert plain(server.http_url, method, path, body=b"{}", headers=JSON).status == 401


def test_the_sdk_raises_its_own_class_for_what_is_not_served(admin):
    from databricks.sdk.errors import NotImplemented as NotServed

    with pytest.raises(NotServed, match=r"quality_monitors\.get"):
        admin.quality_monitors.get("main.default.t")


@pytest.mark.parametrize("query", ["max_results=-1", "max_results=x", "page_token=%%%"])
def test_pages_that_cannot_be_are_refused(server, bearer, query):
    answer = plain(server.http_url, "GET", f"{LIST}?{query}", headers=bearer)
    assert answer.status == 400
    assert answer.body["error_code"] == "INVALID_PARAMETER_VALUE"
