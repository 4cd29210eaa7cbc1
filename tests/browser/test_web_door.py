"""The door of a real server, by plain HTTP: codes, cookies, hosts, origins, policies, kernels."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.web_app import Server, kernels_of, serving, until

UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("home"), "--linger-s", "0.2") as found:
        yield found


def xsrf_of(server: Server, cookie: str) -> tuple[str, str]:
    """The token of a page, and the cookies that go with it."""
    page = server.ask("/", Cookie=cookie)
    token = re.search(r'"xsrf": ?"([^"]+)"', page.text)
    assert token
    cookies = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
    return token[1], f"{cookie}; {cookies}"


def attach(server: Server, cookie: str) -> dict[str, str]:
    token, cookies = xsrf_of(server, cookie)
    answer = server.ask(
        "/api/attach", "POST", b"{}", Cookie=cookies, Origin=server.base, X_XSRFToken=token
    )
    assert answer.status == 200, answer.text
    found: dict[str, str] = answer.json()
    return found


def test_the_printed_code_becomes_a_cookie_once(server: Server) -> None:
    # By the command that prints another address of the app that runs.
    printed = subprocess.run(
        [sys.executable, "-m", "clonexs.web", "--address"],
        env={**os.environ, "CLONEXS_HOME": str(server.home)},
        capture_output=True,
        text=True,
        check=True,
    )
    path = printed.stdout.strip().removeprefix(server.base)
    first = server.ask(path)
    assert first.status == 303
    assert "code" not in first.headers["Location"]
    assert first.headers["Referrer-Policy"] == "no-referrer"
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    again = server.ask(path)
    assert again.status == 401
    assert "Set-Cookie" not in again.headers or "clonexs-session-" not in again.cookies
    assert "fresh address" in again.text


def test_the_other_parameters_of_a_deep_link_survive_the_exchange(server: Server) -> None:
    code = server.new_address().split("code=")[1]
    answer = server.ask(f"/clone?source=a%26b&code={code}&schemas=x&schemas=y")
    assert answer.headers["Location"] == "/clone?source=a%26b&schemas=x&schemas=y"


@pytest.mark.parametrize("path", ["/", "/clone", "/voila/render/operations/clone.ipynb"])
def test_nobody_sees_a_page_without_the_cookie(server: Server, path: str) -> None:
    answer = server.ask(path)
    assert answer.status == 401
    assert "sh-boot" not in answer.text


@pytest.mark.parametrize(
    "path", ["/api/kernels", "/api/jobs", "/api/contents", "/api/anything", "/api/sessions"]
)
def test_questions_need_the_cookie_and_most_do_not_exist(server: Server, path: str) -> None:
    assert server.ask(path).status == 401
    if path != "/api/jobs":
        assert server.ask(path, Cookie=server.cookie()).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/voila/files/overview/dashboard.ipynb",
        "/voila/api/contents/overview",
        "/voila/tree",
        "/voila/render/jobs/run_operation.ipynb",
        "/voila/render/../../pyproject.toml",
        "/static/manifest.json",
        "/static/..%2fkit.py",
    ],
)
def test_nothing_but_pages_and_known_files_is_served(server: Server, path: str) -> None:
    assert server.ask(path, Cookie=server.cookie()).status == 404


def test_a_forged_cookie_is_nobody(server: Server) -> None:
    name, value = server.cookie().split("=", 1)
    assert server.ask("/", Cookie=f"{name}={value[:-4]}abcd").status == 401
    assert server.ask("/", Cookie=f"{name}=guess").status == 401


def test_every_answer_carries_the_policy(server: Server) -> None:
    cookie = server.cookie()
    page = server.ask("/", Cookie=cookie)
    style = re.findall(r'href="(/static/[^"]+\.css)"', page.text)[0]
    for answer in (page, server.ask(style), server.ask("/nowhere", Cookie=cookie), server.ask("/")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-eval" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "//" not in re.sub(r"http://www.w3.org/2000/svg", "", page.text.split("<body>")[0])


def test_files_are_kept_by_content_and_sent_small(server: Server) -> None:
    page = server.ask("/", Cookie=server.cookie())
    script = re.findall(r'src="(/static/[^"]+\.js)"', page.text)[0]
    answer = server.ask(script, Accept_Encoding="gzip")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.body) < 80_000
    assert server.ask(script.replace(".js", "0.js")).status == 404


def test_other_names_and_other_sites_are_refused(server: Server) -> None:
    cookie = server.cookie()
    assert server.ask("/", Host="evil.example", Cookie=cookie).status == 421
    assert server.ask("/", Host="localhost:1", Cookie=cookie).status == 421
    token, cookies = xsrf_of(server, cookie)
    for origin in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        answer = server.ask(
            "/api/attach", "POST", b"{}", Cookie=cookies, X_XSRFToken=token, **origin
        )
        assert answer.status == 403
    forged = server.ask("/api/attach", "POST", b"{}", Cookie=cookies, Origin=server.base)
    assert forged.status == 403


def test_a_kernel_belongs_to_the_session_that_got_it(server: Server) -> None:
    mine, other = server.cookie(), server.cookie()
    kernel = attach(server, mine)
    path = f"/api/kernels/{kernel['id']}/channels?session_id=test"
    opened = {**UPGRADE, "Origin": server.base}
    assert server.ask(path, Cookie=other, **opened).status == 404
    assert server.ask(path, **opened).status == 403
    assert server.ask(path, Cookie=mine, **UPGRADE).status == 403
    foreign = {**opened, "Origin": "http://evil.example"}
    assert server.ask(path, Cookie=mine, **foreign).status == 403
    assert server.ask(path, Cookie=mine, **opened).status == 101


def test_two_tabs_get_one_kernel_and_it_goes_after_them(server: Server) -> None:
    cookie = server.cookie()
    first, second = attach(server, cookie), attach(server, cookie)
    assert first == second
    assert attach(server, server.cookie())["id"] != first["id"]
    # No socket was opened: nobody looks, so both kernels go, and one waits in the pool.
    until(lambda: len(kernels_of(server)) == 1, "one kernel in the pool")


def test_a_socket_to_a_kernel_that_was_just_killed_is_refused_at_once(server: Server) -> None:
    cookie = server.cookie()
    kernel = attach(server, cookie)["id"]
    for process in kernels_of(server):
        os.kill(process, signal.SIGKILL)
    # Whether the server has noticed the death or not: nobody waits for the dead.
    # A question that is not answered within half a minute fails; for a kernel one waits a whole.
    opened = {**UPGRADE, "Origin": server.base}
    path = f"/api/kernels/{kernel}/channels?session_id=x"
    assert server.ask(path, Cookie=cookie, **opened).status == 404
    assert attach(server, cookie)["id"] != kernel


def test_a_kernel_holds_no_foreign_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted-secret")
    with serving(tmp_path) as server:
        kernel = until(lambda: kernels_of(server), "a kernel")[0]
        environment = Path(f"/proc/{kernel}/environ")
        until(lambda: b"CLONEXS_HOME" in environment.read_bytes(), "the kernel's environment")
        assert b"planted-secret" not in environment.read_bytes()
        # Only its owner may read what lets one in.
        assert (next(tmp_path.glob("web-*.json")).stat().st_mode & 0o777) == 0o600
        kernels = kernels_of(server)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in kernels), "no kernel left")
    assert list(tmp_path.glob("web-*.json")) == []


def test_only_the_owner_gets_a_new_address(server: Server) -> None:
    assert server.ask("/api/address", "POST", b"", Origin=server.base).status == 403
    wrong = server.ask("/api/address", "POST", b"", Origin=server.base, X_Clonexs_Owner="guess")
    assert wrong.status == 403


def test_signing_out_ends_the_session(server: Server) -> None:
    cookie = server.cookie()
    token, cookies = xsrf_of(server, cookie)
    done = server.ask(
        "/api/signout", "POST", b"{}", Cookie=cookies, Origin=server.base, X_XSRFToken=token
    )
    assert done.status == 200
    assert server.ask("/", Cookie=cookie).status == 401
