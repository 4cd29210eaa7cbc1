"""Runs of ``clone`` whose worker dies at a place, and what must be true once they were resumed."""

from __future__ import annotations

import io
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from clonexs.operations.cloning.clone.steps import is_statement, text_of
from clonexs.operations.work import Plan, Unit
from clonexs.session import Session
from tests.local.clone_state import state_of
from tests.local.clone_support import PROTECTED, SOURCE, InProcess, execute, fresh
from tests.local.conftest import eventually

# A place, and the hooks that stand for it.
HOOKS: Mapping[str, Sequence[str]] = {
    "before_intent": ("before_running",),
    "after_intent": ("after_running", "before_change"),
    "inside_statement": ("inside_statement",),
    "before_ledger": ("before_done",),
    "in_verify": ("in_verify", "before_result"),
}
SHARES = {"at_20_percent": 0.2, "at_50_percent": 0.5, "at_80_percent": 0.8}
PLACES = (*SHARES, *HOOKS)
LATENCY_MS = 25.0
_RUN_S = 240.0

MODES: Mapping[str, Mapping[str, Any]] = {
    "deep": {},
    "shallow": {"clone_type": "SHALLOW", "accept": ("unsupported",)},
    "refresh": {},
    "replace": {"existing_tables": "replace"},
}
_ONTO_EXISTING = frozenset({"refresh", "replace"})
# What happened to a copy before it is brought up to date.
_DRIFT = (
    "DELETE FROM {t}.sales.orders WHERE id < 10",
    "ALTER TABLE {t}.sales.orders UNSET TAGS ('pii')",
    "REVOKE SELECT ON TABLE {t}.sales.orders FROM `account users`",
    "COMMENT ON TABLE {t}.ref.region IS 'another'",
    "CREATE OR REPLACE VIEW {t}.sales.a_top AS SELECT 1 AS id",
    "DROP FUNCTION {t}.sales.total",
)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """How a worker dies: all of it follows from the place and the seed."""

    place: str
    seed: int
    mode: str
    width: int
    luck: random.Random = field(repr=False, compare=False)

    @classmethod
    def of(cls, place: str, seed: int) -> Scenario:
        """The scenario of a place and a seed."""
        luck = random.Random(f"{place} {seed}")
        return cls(
            place=place,
            seed=seed,
            mode=tuple(MODES)[seed % len(MODES)],
            width=luck.choice((1, 2, 4, 8)),
            luck=luck,
        )

    def hook(self, units: Sequence[Unit]) -> dict[str, str]:
        """Variables that make the worker die there."""
        hook = self.luck.choice(HOOKS[self.place])
        if hook == "in_verify":
            return {"KILL_AT": hook, "AFTER_MS": str(self.luck.choice((0, 20, 80, 200)))}
        if hook == "before_result":
            return {"KILL_AT": hook}
        unit = self.luck.choice([each for each in units if each.detail.get("steps")])
        made = {"KILL_AT": f"{hook} {unit.key}"}
        if hook == "inside_statement":
            steps = len(unit.detail["steps"])
            made |= {
                "NTH": str(self.luck.randint(1, steps)),
                "AFTER_MS": str(self.luck.choice((1, 5, 20, 60))),
            }
        return made


def make_source(cx: Session) -> str:
    """A catalog with something of everything."""
    name = fresh("whole")
    execute(cx, *SOURCE, *PROTECTED, c=name)
    execute(
        cx,
        "ALTER TABLE {c}.sales.orders OWNER TO `admins`",
        "GRANT EXECUTE ON FUNCTION {c}.ref.twice TO `account users`",
        c=name,
    )
    for number in range(4):
        path = f"/Volumes/{name}/ref/files/part {number % 2}/file {number}.bin"
        cx.api.files.upload(path, io.BytesIO(bytes([number]) * 3000), overwrite=True)
    return name


class Cloning:
    """Clones of one source, disturbed and undisturbed.

    Args:
        cx: The session.
        source: The catalog that is cloned.
    """

    def __init__(self, cx: Session, source: str) -> None:
        self.cx, self.source = cx, source
        self._undisturbed: dict[str, tuple[dict[str, Any], Any]] = {}
        self._made: list[str] = []

    def target(self, mode: str) -> str:
        """The name of a copy to be; in some modes one that is there and out of date."""
        name = fresh("copy")
        self._made.append(name)
        if mode in _ONTO_EXISTING:
            InProcess(self.cx, **self._request(name, "deep"), verify="none").run()
            execute(self.cx, *_DRIFT, t=name)
            self.cx.api.files.delete(f"/Volumes/{name}/ref/files/part 1/file 3.bin")
        return name

    def plan(self, target: str, mode: str, **options: Any) -> Plan:
        """A plan for it."""
        return self.cx.plan_clone(**self._request(target, mode), **options)

    def undisturbed(self, mode: str) -> tuple[dict[str, Any], Any]:
        """State and result of a run that nothing happened to."""
        if mode not in self._undisturbed:
            target = self.target(mode)
            run = self.cx.submit(self.plan(target, mode)).wait(check=False)
            assert run.status == "succeeded", (run.state.error, run.result)
            self._undisturbed[mode] = state_of(self.cx, target), run.result
        return self._undisturbed[mode]

    def close(self) -> None:
        """Drop every copy."""
        for name in self._made:
            execute(self.cx, "DROP CATALOG IF EXISTS {c} CASCADE", c=name)

    def _request(self, target: str, mode: str) -> dict[str, Any]:
        return {
            "source_catalog": self.source,
            "destination_catalog": target,
            "protected_tables": "copy_as_caller",
            **MODES[mode],
        }


@dataclass(frozen=True, kw_only=True)
class Killed:
    """A run whose worker is dead.

    Attributes:
        run: The run.
        plan: Its plan.
        done: Keys of the units recorded as done.
        began: When the run was submitted.
        at: When its end was noticed.
        requests: Requests that the server had counted by then, by method.
    """

    run: Any
    plan: Plan
    done: frozenset[str]
    began: float
    at: float
    requests: Counter[str]

    @classmethod
    def of(cls, cx: Session, plan: Plan, run: Any, began: float) -> Killed:
        """What the records say of a run that stopped just now."""
        return cls(
            run=run,
            plan=plan,
            done=frozenset(done_units(cx, run)),
            began=began,
            at=time.time(),
            requests=requests(cx),
        )


def killed(cx: Session, plan: Plan, variables: Mapping[str, str]) -> Killed:
    """Run a plan with a worker that dies where the variables say."""
    began = time.time()
    # What is to die in the middle of something must not have ended by then.
    with hooked(variables), latency(cx, LATENCY_MS if "AFTER_MS" in variables else 0):
        run = cx.submit(plan)
        return _dead(cx, plan, run, began)


def killed_at_share(cx: Session, plan: Plan, share: float, delay: float) -> Killed:
    """Run a plan and kill its worker when so much of it is done."""
    began = time.time()
    with latency(cx, LATENCY_MS):
        run = cx.submit(plan)
        wanted = max(1, round(share * len(plan.units)))
        eventually(lambda: len(done_units(cx, run)) >= wanted, _RUN_S)
        time.sleep(delay)
        os.kill(cx.runner.store.get(run.id)["pid"], signal.SIGKILL)
        return _dead(cx, plan, run, began)


def _dead(cx: Session, plan: Plan, run: Any, began: float) -> Killed:
    eventually(lambda: cx.runner.status(run.id).status not in {"queued", "running"}, _RUN_S)
    assert cx.runner.status(run.id).status == "interrupted"
    return Killed.of(cx, plan, run, began)


@contextmanager
def hooked(variables: Mapping[str, str]) -> Iterator[None]:
    """Workers that start meanwhile find these variables of the tests."""
    named = {f"CLONEXS_TEST_{name}": value for name, value in variables.items()}
    os.environ.update(named)
    try:
        yield
    finally:
        for name in named:
            os.environ.pop(name, None)


@contextmanager
def latency(cx: Session, milliseconds: float) -> Iterator[None]:
    """Every request and statement takes longer."""
    cx.api.api_client.do("PUT", "/local/faults", body={"latency_ms": milliseconds})
    try:
        yield
    finally:
        cx.api.api_client.do("PUT", "/local/faults", body={"latency_ms": 0})


@contextmanager
def faults(cx: Session, *rules: Mapping[str, Any]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """A plan of faults; gives what tells how often each was met."""
    cx.api.api_client.do("PUT", "/local/faults", body={"faults": list(rules)})

    def met() -> list[dict[str, Any]]:
        told: Any = cx.api.api_client.do("GET", "/local/faults")
        found: list[dict[str, Any]] = told["faults"]
        return found

    try:
        yield met
    finally:
        cx.api.api_client.do("PUT", "/local/faults", body={"faults": []})


# What the records say.


def done_units(cx: Session, run: Any) -> set[str]:
    """Keys of the units recorded as done."""
    return {unit["key"] for unit in cx.runner.store.units(run.id) if unit["state"] == "done"}


def statements(cx: Session, since: float) -> list[dict[str, Any]]:
    """The server's own record of statements that began after a moment."""
    query = {"since": repr(since), "limit": 10000}
    answer: Any = cx.api.api_client.do("GET", "/local/statements", query=query)
    found: list[dict[str, Any]] = answer["statements"]
    return found


def requests(cx: Session) -> Counter[str]:
    """How many requests of each method the server has counted."""
    answer: Any = cx.api.api_client.do("GET", "/local/counters")
    return Counter(answer["totals"]["by_name"])


def writes_of(units: Sequence[Unit]) -> tuple[Counter[str], Counter[str]]:
    """Statements that the units consist of, and requests by their method."""
    steps = [step for unit in units for step in unit.detail.get("steps", ())]
    texts = Counter(text_of(step) for step in steps if is_statement(step))
    methods = Counter(_method(step) for step in steps if not is_statement(step))
    return texts, methods


def _method(step: Mapping[str, Any]) -> str:
    return "grants.update" if step["method"] == "grants.update" else _UPDATES[step["object"][0]]


_UPDATES = {
    "CatalogName": "catalogs.update",
    "SchemaName": "schemas.update",
    "TableName": "tables.update",
    "ViewName": "tables.update",
    "FunctionName": "functions.update",
    "VolumeName": "volumes.update",
}


# What must be true.


def check_nothing_twice(cx: Session, dead: Killed) -> None:
    """No unit that was recorded as done was carried out again, by the server's own record."""
    done = [unit for unit in dead.plan.units if unit.key in dead.done]
    others = [unit for unit in dead.plan.units if unit.key not in dead.done]
    texts, _ = writes_of(done)
    log = statements(cx, dead.began)
    again = [each["text"] for each in log if each["started_at"] > dead.at and each["text"] in texts]
    assert again == [], "what was done was done again"
    ran = Counter(each["text"] for each in log if each["status"] == "FINISHED")
    assert {text: ran[text] for text in texts} == dict(texts), "each was carried out once"
    _, left = writes_of(others)
    since = requests(cx) - dead.requests
    for method in {"grants.update", *_UPDATES.values()}:
        assert since[method] <= left[method], f"{method} was sent again"
    # Of a table that is replaced, only the one that was in work may be dropped and made again.
    kept, _ = writes_of([unit for unit in others if unit.action != "replace"])
    copies = [text for text in kept if " CLONE " in text and ran[text] != 1]
    assert copies == [], "a copy that was there was made again"


def check_events(events: Sequence[Mapping[str, Any]]) -> None:
    """``done`` never falls: neither the number in a stage nor a unit that was done."""
    assert [each["seq"] for each in events] == list(range(1, len(events) + 1))
    reached: dict[str, int] = {}
    done: set[str] = set()
    for event in events:
        if event["kind"] == "progress":
            assert event["done"] >= reached.get(event["stage"], 0), event
            assert event["done"] <= event["total"], event
            reached[event["stage"]] = event["done"]
        elif event["kind"] == "unit":
            assert event["key"] not in done, "a unit that was done changed its state"
            if event["state"] == "done":
                done.add(event["key"])
