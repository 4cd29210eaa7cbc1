from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from clonexs.errors import InvalidRequest, NoPermission
from clonexs.operations.base import Plan, Skip, Unit
from clonexs.widgets.app import App
from tests.unit.widgets.fakes import CopyRequest, FakeServices
from tests.unit.widgets.headless import Failure, Tab, Wire


def make_plan(request: dict[str, Any], *, exists: bool = False) -> Plan:
    units = [
        Unit(
            key=f"table:sales.t{n}",
            kind="table",
            source=f"prod.sales.t{n}",
            target=f"dev.sales.t{n}",
            action="refresh" if exists and n == 0 else "create",
            method="clone",
            size_bytes=1000 * n,
        )
        for n in range(40)
    ]
    skip = Skip(
        key="table:hr.pay",
        kind="table",
        object="prod.hr.pay",
        category="unable",
        reason="protected",
        message="a row filter protects it",
        remedy="copy as caller",
    )
    return Plan(
        operation="clone",
        request={"source_catalog": "prod", "destination_catalog": "dev", **request},
        units=tuple(units),
        skips=(skip,),
        warnings=("The target will be created",),
    )


@pytest.fixture
def services(tmp_path: Path) -> FakeServices:
    services = FakeServices(tmp_path, {"clone": CopyRequest})
    services.planner = make_plan
    return services


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def open_tab(services: FakeServices, pool: ThreadPoolExecutor) -> Any:
    def open_tab(client: str = "tab-1", **params: Any) -> Tab:
        tab = Wire(App(services, pool=pool)).tab(client)  # type: ignore[arg-type]
        tab.open("clone", **params)
        return tab

    return open_tab


def planned(tab: Tab) -> Tab:
    assert tab.call("next_step") is True
    assert tab.call("next_step") is True
    assert tab.state["step"] == "preview"
    return tab


def running(tab: Tab, services: FakeServices) -> str:
    run = tab.call("start")
    assert isinstance(run, str)
    services.jobs.move(run, status="running", started_at="2026-01-01T10:00:01+00:00")
    tab.until(lambda: tab.state["job.status"] == "running", "the run")
    return run


def steps(tab: Tab) -> dict[str, str]:
    wizard = next(tab.nodes("Wizard"))
    return {step["id"]: step.get("state", "todo") for step in wizard["p"]["steps"]}


def buttons(tab: Tab) -> dict[str, Any]:
    return {
        node["p"]["label"]: node["p"].get("on_press", {}).get("$a") for node in tab.nodes("Button")
    }


def test_the_page_opens_on_the_first_step_without_asking_anybody(open_tab: Any) -> None:
    tab = open_tab()
    assert steps(tab) == {
        "place": "current",
        "options": "todo",
        "preview": "todo",
        "execute": "todo",
    }
    assert [node["k"] for node in tab.nodes("ComboField")] == [
        "source_catalog",
        "destination_catalog",
    ]


def test_deep_links_fill_the_form(open_tab: Any) -> None:
    tab = open_tab(source="prod", dest="dev", clone_type="SHALLOW", include_schemas="sales,hr")
    assert tab.state["form.source_catalog"] == "prod"
    assert tab.state["form.destination_catalog"] == "dev"
    assert tab.state["form.include_schemas"] == ["sales", "hr"]
    assert tab.state["changed"] == dict.fromkeys(
        ["clone_type", "destination_catalog", "include_schemas", "source_catalog"], True
    )


def test_pickers_search(open_tab: Any) -> None:
    tab = open_tab()
    found = tab.call("find_options", field="source_catalog", text="RET")
    assert [option["value"] for option in found] == ["retail"]
    with pytest.raises(Failure, match="INVALID_INPUT"):
        tab.call("find_options", field="nothing")


def test_a_step_with_wrong_fields_is_not_left(open_tab: Any) -> None:
    tab = open_tab(source="prod")
    assert tab.call("next_step") is False
    assert tab.state["step"] == "place"
    assert "required" in tab.state["errors"]["destination_catalog"]
    assert steps(tab)["preview"] == "todo"


def unsized_plan(request: dict[str, Any], tables: int = 3) -> Plan:
    units = [
        Unit(
            key=f"table:s.t{n}",
            kind="table",
            source=f"prod.s.t{n}",
            target=f"dev.s.t{n}",
            action="create",
            method="clone",
        )
        for n in range(tables)
    ]
    return Plan(operation="clone", request=request, units=tuple(units))


def size_card(tab: Tab) -> dict[str, Any]:
    return next(node["p"] for node in tab.nodes("Stat") if node["p"]["label"] == "Size")


def test_sizes_that_the_plan_does_not_know_are_read_beside_it(
    open_tab: Any, services: FakeServices
) -> None:
    services.planner = unsized_plan
    services.sizes = {"prod.s.t0": 700, "prod.s.t2": 50}
    tab = planned(open_tab(source="prod", dest="dev"))
    tab.until(lambda: size_card(tab).get("value") == 750, "the sizes")
    tab.until(lambda: size_card(tab).get("note") == "1 table of unknown size", "the end of it")
    tab.call("start")
    (plan,) = services.jobs.plans.values()
    assert plan is not None
    assert [unit.size_bytes for unit in plan.units] == [None] * 3, "the plan runs as it was made"


def test_many_tables_are_measured_only_when_asked(open_tab: Any, services: FakeServices) -> None:
    services.planner = lambda request: unsized_plan(request, 500)
    services.sizes = {f"prod.s.t{n}": 2 for n in range(500)}
    tab = planned(open_tab(source="prod", dest="dev"))
    assert "value" not in size_card(tab)
    assert buttons(tab)["Measure 500 tables"] == "measure_plan"
    tab.call("measure_plan")
    tab.until(lambda: size_card(tab).get("value") == 1000, "the sizes")


def test_errors_of_the_operation_stand_at_their_fields(
    open_tab: Any, services: FakeServices
) -> None:
    def refuse(request: dict[str, Any]) -> Plan:
        raise InvalidRequest({"source_catalog": "there is no catalog 'prd'; did you mean prod?"})

    services.planner = refuse
    tab = open_tab(source="prd", dest="dev")
    tab.call("next_step")
    assert tab.call("next_step") is False
    assert tab.state["step"] == "place"
    assert "did you mean prod" in tab.state["errors"]["source_catalog"]
    assert "is-loading" not in tab.text()


def test_the_preview_shows_the_plan(open_tab: Any) -> None:
    tab = planned(open_tab(source="prod", dest="dev"))
    assert buttons(tab)["Clone 40 objects into dev"] == "start"
    assert tab.shows("The target will be created")
    stats = {node["p"]["label"]: node["p"].get("value") for node in tab.nodes("Stat")}
    assert stats["To be created"] == 40
    assert stats["Size"] == sum(1000 * n for n in range(40))
    assert stats["Cannot be done"] == 1
    refs = {node["p"]["label"]: node["p"]["rows"] for node in tab.nodes("Table")}
    rows, total = tab.rows(refs["Objects of the plan"]["$d"], sort=["-size"], n=1)
    assert (rows[0]["object"], total) == ("dev.sales.t39", 40)
    rows, _ = tab.rows(refs["Left out of the plan"]["$d"])
    assert rows[0]["reason"] == "protected"


def test_no_row_and_no_statement_stands_in_tree_or_state(open_tab: Any) -> None:
    tab = planned(open_tab(source="prod", dest="dev"))
    assert "sales.t1" not in tab.text()


def test_a_changed_form_must_be_planned_again(open_tab: Any) -> None:
    tab = planned(open_tab(source="prod", dest="dev"))
    tab.set(form__clone_type="SHALLOW")
    tab.until(lambda: tab.shows("The form was changed"))
    assert "Clone 40 objects into dev" not in buttons(tab)
    with pytest.raises(Failure, match="CONFLICT"):
        tab.call("start")
    assert tab.call("make_plan") is True
    assert "Clone 40 objects into dev" in buttons(tab)


def test_a_denied_plan_says_what_to_grant(open_tab: Any, services: FakeServices) -> None:
    def deny(request: dict[str, Any]) -> Plan:
        raise NoPermission(
            "USE CATALOG on prod is missing", hint="GRANT USE CATALOG ON CATALOG `prod` TO `ana`"
        )

    services.planner = deny
    tab = open_tab(source="prod", dest="dev")
    tab.call("next_step")
    assert tab.call("next_step") is False
    assert tab.state["step"] == "preview"
    assert tab.shows("You lack a privilege")
    assert next(tab.nodes("Copy"))["p"]
    assert tab.shows("GRANT USE CATALOG ON CATALOG `prod`")


def test_planning_can_be_stopped(open_tab: Any, services: FakeServices) -> None:
    def endless(request: dict[str, Any]) -> Plan:
        while True:
            services.call.check_cancelled()

    services.planner = endless
    tab = open_tab(source="prod", dest="dev")
    tab.call("next_step")
    asked = tab.send("call", inst=tab.inst, action="next_step", args={})
    tab.until(lambda: "Stop" in buttons(tab), "the plan under way")
    tab.call("stop_planning")
    assert tab.answer(asked)["value"] is False
    tab.until(lambda: tab.shows("stopped at your request"), "the preview")
    services.planner = make_plan
    assert tab.call("make_plan") is True


def test_what_exists_changes_only_after_its_name_was_typed(
    open_tab: Any, services: FakeServices
) -> None:
    services.planner = lambda request: make_plan(request, exists=True)
    tab = planned(open_tab(source="prod", dest="dev"))
    assert buttons(tab)["Clone 40 objects into dev"] == "ask_start"
    confirm = next(tab.nodes("Confirm"))["p"]
    assert confirm["typed"] == "dev"
    assert confirm["lost"] == ["dev.sales.t0"]
    tab.call("ask_start")
    assert tab.state["confirm.open"] is True
    with pytest.raises(Failure, match="type dev to confirm"):
        tab.call("start", typed="prod")
    assert services.jobs.runs == {}
    tab.call("start", typed="dev")
    assert len(services.jobs.runs) == 1


def test_the_plan_that_was_shown_is_the_plan_that_runs(
    open_tab: Any, services: FakeServices
) -> None:
    tab = planned(open_tab(source="prod", dest="dev"))
    run = running(tab, services)
    assert services.jobs.plans[run] == make_plan(
        {"source_catalog": "prod", "destination_catalog": "dev"}
    )
    assert services.jobs.runs[run].origin == {"page": "clone", "trigger": "manual"}
    assert tab.state["step"] == "execute"
    with pytest.raises(Failure, match="CONFLICT"):
        tab.call("reset")


def test_a_live_run_is_followed(open_tab: Any, services: FakeServices) -> None:
    tab = planned(open_tab(source="prod", dest="dev"))
    run = running(tab, services)
    services.jobs.move(
        run,
        {"kind": "stage", "name": "tables", "total": 40},
        {"kind": "progress", "done": 10, "total": 40, "rate": 2.0},
        {"kind": "log", "level": "info", "object": "dev.sales.t1", "message": "cloned"},
        progress={"stage": "tables", "done": 10, "total": 40, "current": ["sales.t2"]},
    )
    tab.until(lambda: bool(tab.state["job.progress"].get("done")), "progress")
    assert tab.state["job.stages"][0]["done"] == 10
    assert tab.state["job.log"][-1]["message"] == "cloned"
    tab.call("cancel_run")
    assert ("cancel", run) in services.jobs.asked


def test_a_new_kernel_and_a_second_tab_find_the_live_run(
    open_tab: Any, services: FakeServices
) -> None:
    run = running(planned(open_tab(source="prod", dest="dev")), services)
    for client, params in (("tab-1", {"source": "prod", "dest": "dev"}), ("tab-2", {})):
        again = open_tab(client, **params)
        again.until(lambda tab=again: tab.state.get("job.id") == run, "the run")
        assert again.state["step"] == "execute"


RESULT = {
    "units": [
        {"key": "table:sales.t0", "kind": "table", "state": "failed", "target": "dev.sales.t0",
         "error": {"code": "NO_PERMISSION", "message": "denied", "hint": "GRANT"}},
        {"key": "table:sales.t1", "kind": "table", "state": "done", "target": "dev.sales.t1"},
    ],
    "verification": [
        {"object": "dev.sales.t1", "kind": "table", "level": "content", "state": "equal"},
        {"object": "dev.sales.t2", "kind": "table", "level": "content", "state": "differs",
         "differences": ["row count 10, source has 11"]},
    ],
    "skips": [],
    "warnings": ["one thing"],
}  # fmt: skip


def test_a_result_says_what_failed_and_what_differs(open_tab: Any, services: FakeServices) -> None:
    tab = planned(open_tab(source="prod", dest="dev"))
    run = running(tab, services)
    services.jobs.move(run, status="partial", result=RESULT, counts={"created": 38, "failed": 1})
    tab.until(lambda: tab.shows("Done in part"), "the result")
    assert tab.shows("1 object failed")
    assert tab.shows("1 difference found")
    tables = [node["p"] for node in tab.nodes("Table") if isinstance(node["p"]["rows"], dict)]
    refs = {each["label"]: each["rows"]["$d"] for each in tables}
    failures, _ = tab.rows(refs["Objects that failed or were blocked"])
    assert [(row["object"], row["code"]) for row in failures] == [("dev.sales.t0", "NO_PERMISSION")]
    proof, _ = tab.rows(refs["Proof: source and copy compared"])
    assert [row["state"] for row in proof] == ["differs", "equal"]
    saved = tab.call("export", what="proof", form="csv")
    assert "row count 10" in saved["text"]
    tab.call("retry_failed")
    assert ("retry_failed", run) in services.jobs.asked
    tab.until(lambda: tab.state["job.status"] == "running", "the retry")


def test_start_over_forgets(open_tab: Any, services: FakeServices) -> None:
    tab = planned(open_tab(source="prod", dest="dev"))
    tab.set(form__note="planted")
    tab.call("reset")
    assert tab.state["step"] == "place"
    assert tab.state["form.note"] == ""
    assert steps(tab)["preview"] == "todo"


def test_a_plan_survives_the_kernel(open_tab: Any, services: FakeServices) -> None:
    first = planned(open_tab(source="prod", dest="dev"))
    services.planner = lambda request: pytest.fail("nobody asked for a plan")
    assert first.call("code", language="python")
    again = open_tab(source="prod", dest="dev")
    again.until(lambda: again.state["step"] == "preview", "the preview")
    assert "Clone 40 objects into dev" in buttons(again)


def test_code_to_take_away(open_tab: Any) -> None:
    tab = open_tab(source="prod", dest="it's dev", max_parallel="8")
    python = tab.call("code", language="python")
    assert "cx.clone(\n    source_catalog='prod',\n    destination_catalog=\"it's dev\"," in python
    assert "clone_type" not in python
    assert "--destination-catalog 'it'\"'\"'s dev'" in tab.call("code", language="cli")
    assert '"operation": "clone"' in tab.call("code", language="job")


def test_options_are_found_by_search(open_tab: Any) -> None:
    tab = open_tab(source="prod", dest="dev")
    tab.call("next_step")
    assert tab.shows("Filters")
    tab.set(options__search="statements")
    tab.until(lambda: not tab.shows("Only these schemas"))
    assert [node["k"] for node in tab.nodes("NumberField")] == ["max_parallel"]
    tab.set(options__search="zzz")
    tab.until(lambda: tab.shows("No option matches"))


def test_a_run_under_way_is_shown_in_place_of_one_that_ended(
    open_tab: Any, services: FakeServices
) -> None:
    tab = planned(open_tab(source="prod", dest="dev"))
    old = running(tab, services)
    services.jobs.move(old, status="succeeded")
    tab.until(lambda: tab.state["job.status"] == "succeeded", "its end")
    new = services.jobs.submit("clone", {}, services.target(), origin={"page": "clone"})
    other = open_tab("tab-2", source="prod", dest="dev")
    other.until(lambda: other.state["job.id"] == new, "the run under way")
