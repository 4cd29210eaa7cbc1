"""Who may start what, who may come in, and what a kernel may see."""

from __future__ import annotations

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from clonexs.errors import InvalidRequest
from clonexs.web import serve
from clonexs.web.auth import FAILURES_PER_MINUTE, OneTimeCodes, TokenDoor
from clonexs.web.environment import kernel_environment
from clonexs.web.guard import Guard, content_policy, hosts_of, script_hash
from clonexs.web.options import WebOptions

LONG = "t" * 32


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def refused(**options: object) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as caught:
        WebOptions(**options).check()  # type: ignore[arg-type]
    return caught.value.errors


def test_a_server_that_others_can_reach_needs_a_token_and_https() -> None:
    assert set(refused(host="0.0.0.0")) == {"token", "secure"}
    assert set(refused(host="10.0.0.5", token="short", secure=True)) == {"token"}
    WebOptions(host="10.0.0.5", token=LONG, secure=True).check()


def test_the_local_workspace_is_never_shared() -> None:
    assert set(refused(shared=True, token=LONG, secure=True, target="local:west")) == {"target"}
    assert set(refused(shared=True, token=LONG, secure=True)) == {"target"}
    WebOptions(shared=True, token=LONG, secure=True, target="prod").check()


def test_every_wrong_option_is_named_at_once() -> None:
    assert set(refused(port=70000, frontend="stock")) == {"port", "frontend"}
    with pytest.raises(InvalidRequest) as caught:
        serve(colour="red", prot=1)
    assert set(caught.value.errors) == {"colour", "prot"}


def test_a_code_opens_the_door_once_and_for_a_minute() -> None:
    clock = Clock()
    codes = OneTimeCodes(60, clock)
    first, second = codes.issue(), codes.issue()
    assert codes.redeem(first)
    assert not codes.redeem(first)
    assert not codes.redeem("")
    assert not codes.redeem("grün")
    clock.now += 61
    assert not codes.redeem(second)


def test_guesses_of_the_token_are_limited() -> None:
    clock = Clock()
    door = TokenDoor(LONG, clock)
    for _ in range(FAILURES_PER_MINUTE):
        assert not door.admits("wrong")
    assert door.is_blocked
    assert not door.admits(LONG)
    clock.now += 61
    assert door.admits(LONG)
    assert not TokenDoor("").admits("")


def ask(method: str = "GET", **headers: str) -> HTTPServerRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    line = RequestStartLine(method, "/", "HTTP/1.1")
    return HTTPServerRequest(headers=HTTPHeaders(named), start_line=line)


def test_the_guard_knows_exact_hosts_and_origins() -> None:
    guard = Guard(lambda: hosts_of(("app.example.org",), 8866))

    def status(request: HTTPServerRequest) -> int:
        refusal = guard.refusal(request)
        return refusal[0] if refusal else 200

    here = "127.0.0.1:8866"
    assert status(ask(Host=here)) == 200
    assert status(ask(Host="app.example.org")) == 200
    for stranger in ("evil.example:8866", "127.0.0.1:8867", "127.0.0.1"):
        assert status(ask(Host=stranger)) == 421
    assert status(ask("POST", Host=here)) == 403
    assert status(ask("POST", Host=here, Origin=f"http://{here}")) == 200
    for origin in ("null", f"https://{here}", "http://localhost:8866", "http://evil.example"):
        assert status(ask("POST", Host=here, Origin=origin)) == 403
    assert status(ask(Host=here, Upgrade="websocket")) == 403
    assert status(ask(Host=here, Upgrade="websocket", Origin=f"http://{here}")) == 200
    assert status(ask(Host=here, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")) == 403
    assert status(ask(Host=here, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")) == 200


def test_the_policy_names_nobody_else() -> None:
    policy = content_policy(script_hash("1"))
    assert "http:" not in policy
    assert "https:" not in policy
    assert "*" not in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]


FULL = {
    "PATH": "/bin",
    "HOME": "/users/ana",
    "LC_ALL": "C",
    "AWS_SECRET_ACCESS_KEY": "planted-1",
    "DATABRICKS_TOKEN": "planted-2",
    "ARM_CLIENT_SECRET": "planted-3",
    "GITHUB_TOKEN": "planted-4",
    "IPYTHONDIR": "/users/ana/.ipython",
}


def test_a_kernel_sees_the_allow_list_only() -> None:
    seen = kernel_environment(FULL, shared=False, private="/p", home="/state", target="prod")
    assert seen["PATH"] == "/bin"
    assert seen["IPYTHONDIR"] == "/p"
    assert seen["CLONEXS_TARGET"] == "prod"
    assert seen["CLONEXS_HOME"] == "/state"
    assert seen["DATABRICKS_TOKEN"] == "planted-2"
    assert "planted-1" not in seen.values()
    assert "planted-4" not in seen.values()


def test_a_shared_kernel_sees_no_credential_at_all() -> None:
    seen = kernel_environment(FULL, shared=True, private="/p", home="/state", target="prod")
    assert not [value for value in seen.values() if value.startswith("planted")]
    assert seen["CLONEXS_MODE"] == "shared"
