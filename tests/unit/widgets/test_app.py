from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from clonexs.errors import InvalidRequest, NoSuchObject
from clonexs.widgets import app as app_module
from clonexs.widgets import contract
from clonexs.widgets.app import App
from clonexs.widgets.page import Call, Page, TableSource, action, table
from clonexs.widgets.pages.spec import PageSpec
from clonexs.widgets.state import PageStateStore, params_hash
from tests.unit.widgets.headless import Failure, Tab, Wire

SPEC = PageSpec(slug="probe", title="Probe", portal="main", group="Test", icon="flask", summary="-")


class ProbePage(Page):
    spec = SPEC
    kind = "report"
    gate = threading.Event()

    def __init__(self, services: Any, params: Any) -> None:
        super().__init__(services, params)
        self.state["count"] = 0
        self.words: list[str] = []
        self.log: list[int] = []

    def tree(self) -> Any:
        return contract.Page(children=[contract.Text(word) for word in self.words])

    def on_open(self) -> None:
        self.words.append("opened")

    def set_value(self, path: str, value: Any) -> None:
        if path != "name":
            return super().set_value(path, value)
        self.state.absorb(path, value)
        self.words.append(str(value))
        return None

    def saved(self) -> dict[str, Any]:
        return {"words": list(self.words)}

    def restore(self, saved: Any) -> None:
        self.words = [*saved["words"], "restored"]

    @action
    def add(self, amount: int = 1) -> int:
        with self.lock:
            self.state["count"] = int(self.state.get("count") or 0) + amount
            self.log.append(amount)
            return int(self.state["count"])

    @action
    def wait(self, call: Call) -> str:
        call.report({"stage": "waiting"})
        while not self.gate.wait(0.01):
            call.check_cancelled()
        return "done"

    @action
    def fail(self, how: str) -> None:
        if how == "planned":
            raise NoSuchObject("no such table", object="a.b.c", hint="look again")
        if how == "field":
            raise InvalidRequest({"name": "is wrong"})
        raise ZeroDivisionError("a secret detail")

    @action
    def big(self) -> str:
        return "x" * 100_000

    def not_an_action(self) -> str:
        return "never"

    @table("rows")
    def rows(self) -> TableSource:
        return TableSource([{"n": n, "name": f"row {n}"} for n in range(500)], ("n", "name"))


class FakeServices:
    def __init__(self, mirror: PageStateStore) -> None:
        self.mirror = mirror

    def scope(self) -> tuple[str, str]:
        return "host", "me"


@pytest.fixture
def services(tmp_path: Any) -> FakeServices:
    return FakeServices(PageStateStore(tmp_path / "state.db"))


@pytest.fixture
def make_app(services: FakeServices, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(app_module, "make_page", lambda slug, params, s: ProbePage(s, params))
    pools: list[ThreadPoolExecutor] = []

    def make() -> Wire:
        pools.append(ThreadPoolExecutor(4))
        return Wire(App(services, pool=pools[-1]))  # type: ignore[arg-type]

    ProbePage.gate.clear()
    yield make
    ProbePage.gate.set()
    for pool in pools:
        pool.shutdown()


@pytest.fixture
def tab(make_app: Any) -> Tab:
    tab = make_app().tab()
    tab.open("probe")
    return tab


def test_a_page_opens_and_loads_after_first_paint(make_app: Any) -> None:
    tab = make_app().tab()
    answer = tab.open("probe")
    assert answer["tree"] == {"c": "Page"}
    assert answer["state"] == {"count": 0}
    tab.until(lambda: tab.shows("opened"))


def test_nothing_is_pushed_before_the_tab_knows_the_page(make_app: Any) -> None:
    wire = make_app()
    tab, answer = wire.tab(), wire.app._answer

    def slow_answer(message: Any, client: Any, kind: str, **content: Any) -> None:
        if kind == "page":
            instance = wire.app._instances[content["inst"]]

            def change() -> None:
                with instance.page.lock:
                    instance.page.state["count"] = 7
                instance.changed()

            # A run that is followed tells its news just now.
            news = threading.Thread(target=change)
            news.start()
            news.join(0.2)
        answer(message, client, kind, **content)

    wire.app._answer = slow_answer
    tab.open("probe")
    tab.until(lambda: tab.state["count"] == 7, "the news")
    kinds = [each["t"] for each in tab.heard if each.get("inst") == tab.inst]
    assert kinds.index("page") < kinds.index("state")


def test_an_action_answers_and_pushes_only_what_changed(tab: Tab) -> None:
    tab.until(lambda: tab.shows("opened"))
    trees = tab.trees
    assert tab.call("add", amount=3) == 3
    assert tab.state["count"] == 3
    assert tab.trees == trees, "a bound value needs no new tree"


def test_a_call_is_performed_at_most_once(tab: Tab) -> None:
    first = tab.send("call", id="same", inst=tab.inst, action="add", args={})
    tab.answer(first)
    tab.send("call", id="same", inst=tab.inst, action="add", args={})
    tab.until(lambda: len(tab._answers["same"]) == 2, "the replayed answer")
    assert tab.answer("same")["value"] == 1
    assert tab.call("add") == 2


def test_calls_of_one_page_run_in_order(tab: Tab) -> None:
    asked = [tab.send("call", inst=tab.inst, action="add", args={"amount": n}) for n in range(50)]
    for identity in asked:
        tab.answer(identity)
    page = next(iter(tab.wire.app._instances.values())).page
    assert page.log == list(range(50))  # type: ignore[attr-defined]


def test_cancel_reaches_a_running_call(tab: Tab) -> None:
    identity = tab.send("call", inst=tab.inst, action="wait", args={})
    tab.until(lambda: any(m["t"] == "progress" for m in tab.heard), "progress")
    tab.send("cancel", inst=tab.inst, call=identity)
    with pytest.raises(Failure, match="CANCELLED"):
        tab.answer(identity)


@pytest.mark.parametrize(
    ("action_name", "args", "field"),
    [
        ("not_an_action", {}, "action"),
        ("tree", {}, "action"),
        ("__init__", {}, "action"),
        ("add", {"amuont": 1}, "amuont"),
        ("fail", {}, "action"),
    ],
)
def test_only_declared_actions_and_arguments(
    tab: Tab, action_name: str, args: dict[str, Any], field: str
) -> None:
    with pytest.raises(Failure, match="INVALID_INPUT") as failure:
        tab.call(action_name, **args)
    assert field in failure.value.error["fields"]


def test_errors_explain_and_carry_no_traceback(tab: Tab) -> None:
    with pytest.raises(Failure) as failure:
        tab.call("fail", how="planned")
    error = failure.value.error
    assert error["code"] == "NO_SUCH_OBJECT"
    assert error["object"] == "a.b.c"
    assert error["hint"] == "look again"
    with pytest.raises(Failure) as failure:
        tab.call("fail", how="unexpected")
    assert failure.value.error["code"] == "INTERNAL"
    assert "Traceback" not in str(tab.heard)


def test_large_answers_travel_as_gzip(tab: Tab) -> None:
    assert tab.call("big") == "x" * 100_000


def test_tables_answer_windows(tab: Tab) -> None:
    rows, total = tab.rows("rows@1", off=10, n=2)
    assert rows == [{"n": 10, "name": "row 10"}, {"n": 11, "name": "row 11"}]
    assert total == 500
    rows, total = tab.rows("rows", sort=[{"col": "n", "dir": "desc"}], filter="row 49", n=1)
    assert rows == [{"n": 499, "name": "row 499"}]
    assert total == 11
    with pytest.raises(Failure, match="INVALID_INPUT"):
        tab.rows("secrets")


def test_a_host_without_binary_buffers_gets_text(make_app: Any) -> None:
    tab = make_app().tab(bin=False)
    tab.open("probe")
    assert tab.rows("rows", n=1)[0] == [{"n": 0, "name": "row 0"}]
    assert tab.call("big") == "x" * 100_000
    assert not any(buffers for pairs in tab._answers.values() for _, buffers in pairs if not _)


def test_values_of_the_user_are_taken_when_declared(tab: Tab) -> None:
    tab.set(name="Ana")
    tab.until(lambda: tab.shows("Ana"))
    identity = tab.send("set", inst=tab.inst, kv={"password": "x"})
    with pytest.raises(Failure, match="INVALID_INPUT"):
        tab.answer(identity)


def test_a_refresh_finds_the_same_page(tab: Tab) -> None:
    tab.call("add", amount=7)
    again = Tab(tab.wire, tab.client)
    tab.wire.tabs = [again]
    assert again.open("probe")["inst"] == tab.inst
    assert again.state["count"] == 7


def test_another_tab_has_a_page_of_its_own(tab: Tab) -> None:
    other = tab.wire.tab("tab-2")
    other.open("probe")
    assert other.inst != tab.inst
    with pytest.raises(Failure, match="another tab"):
        other.answer(other.send("call", inst=tab.inst, action="add", args={}))


def test_a_new_kernel_restores_from_the_mirror(make_app: Any) -> None:
    first = make_app().tab()
    first.open("probe")
    first.set(name="Ana")
    first.call("add")
    kept = first.wire.app.services.mirror
    first.until(
        lambda: "Ana" in str(kept.load(("host", "me"), "probe", params_hash({}))), "the mirror"
    )
    second = make_app().tab()  # another app on the same mirror: a kernel that was killed
    second.open("probe")
    assert second.shows("Ana")
    assert second.shows("restored")


def test_the_boot_page_belongs_to_the_first_tab(make_app: Any) -> None:
    wire = make_app()
    boot = wire.app.boot("probe", {"x": 1}, shell=False)
    assert boot["tree"]["c"] == "Page"
    tab = wire.tab()
    assert tab.open("probe", x=1)["inst"] == boot["inst"]
    assert wire.tab("tab-2").open("probe", x=1)["inst"] != boot["inst"]


def test_unknown_messages_are_ignored(tab: Tab, caplog: pytest.LogCaptureFixture) -> None:
    tab.send("dance")
    assert "unknown type 'dance'" in caplog.text
    assert tab.ask("ping")["t"] == "pong"
