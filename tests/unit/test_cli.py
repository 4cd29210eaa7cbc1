"""The command line without a workspace: what it lists, how it reads options, how it ends."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from clonexs.cli import run as run_module
from clonexs.cli.root import COMMANDS, root
from clonexs.cli.root import run as clonexs
from clonexs.cli.run import command_of
from clonexs.errors import NoPermission
from clonexs.jobs import RunStatus
from clonexs.operations._index import OPERATIONS
from clonexs.operations.base import Plan, Skip, Unit, find_operation
from clonexs.operations.declarations import declared_operations
from clonexs.operations.reference import operation_text
from clonexs.widgets.code_forms import cli_code
from clonexs.widgets.forms import FormModel
from tests.unit import sample_operation

HEAVY = ("databricks.sdk", "pyspark", "pyarrow", "pandas", "grpc", "sqlglot", "voila", "sqlite3")


class FakeRunner:
    """A runner whose run rests at once, or after it was interrupted."""

    def __init__(self, status: RunStatus, events: list[dict[str, Any]], interrupts: int) -> None:
        self._status, self._events, self._interrupts = status, events, interrupts
        self.cancelled = 0

    def status(self, run_id: str) -> RunStatus:
        if self._interrupts:
            self._interrupts -= 1
            raise KeyboardInterrupt
        return self._status

    def events(self, run_id: str, since: int = 0) -> list[dict[str, Any]]:
        return self._events

    def cancel(self, run_id: str) -> None:
        self.cancelled += 1


class FakeRun:
    id = "0123abc"
    status = "queued"


class FakeSession:
    """A session that keeps what it is asked, and whose runs end as the test says."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.targets: list[str | None] = []
        self.units: tuple[Unit, ...] = ()
        self.skips: tuple[Skip, ...] = ()
        self.failure: Exception | None = None
        self.ends_as("succeeded")

    def ends_as(
        self,
        status: str,
        events: list[dict[str, Any]] | None = None,
        interrupts: int = 0,
        **more: Any,
    ) -> None:
        row = RunStatus(
            id="0123abc", operation="x", title="Sample", request={}, status=status, created_at=""
        )
        self.runner = FakeRunner(replace(row, **more), events or [], interrupts)

    def plan(self, operation: str, request: Mapping[str, Any]) -> Plan:
        if self.failure:
            raise self.failure
        self.requests.append(dict(request))
        return Plan(operation=operation, request={}, units=self.units, skips=self.skips)

    def submit(self, plan: Plan, *, origin: Mapping[str, Any]) -> FakeRun:
        assert origin == {"trigger": "cli"}
        return FakeRun()


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> FakeSession:
    made = FakeSession()

    @contextmanager
    def connected(target: str | None) -> Iterator[FakeSession]:
        made.targets.append(target)
        yield made

    monkeypatch.setattr(run_module, "connected", connected)
    return made


@pytest.fixture
def sample(tmp_path: Path) -> str:
    return sample_operation.write(tmp_path)[0]


def test_help_lists_every_command_and_imports_nothing_heavy() -> None:
    code = f"""
import sys
from clonexs.cli.root import run
run(["--help"])
loaded = [name for name in {HEAVY!r} if name in sys.modules]
assert not loaded, loaded
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name, command in COMMANDS.items():
        assert f"{name} " in done.stdout
        assert command.summary in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_tells_its_options(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert clonexs([name, "--help"]) == 0
    assert "usage: clonexs " in capfd.readouterr().out.lower()


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_a_command_with_all_its_fields(name: str) -> None:
    shown = CliRunner().invoke(root, ["run", name, "--help"]).output
    for each in FormModel.of(find_operation(name).request_type).fields:
        assert f"--{each.name.replace('_', '-')} " in shown


def test_a_field_added_to_a_request_shows_everywhere(tmp_path: Path) -> None:
    line = '    brand_new: int = field(default=7, metadata=doc("Quite new", min=1, max=9))\n'
    before, after = tmp_path / "before", tmp_path / "after"
    shown = {}
    for folder, extra in ((before, ""), (after, line)):
        folder.mkdir()
        name, module = sample_operation.write(folder, extra)
        helped = CliRunner().invoke(command_of(find_operation(name)), ["--help"]).output
        document = operation_text(declared_operations(folder, root=folder)[0])
        form = {f.name: (f.help, f.default) for f in FormModel.of(module.SampleRequest).fields}
        shown[folder] = helped, document, form
    helped, document, form = shown[before]
    assert "brand-new" not in helped
    assert "brand_new" not in document
    assert "brand_new" not in form
    helped, document, form = shown[after]
    assert " ".join(helped.split()).count("--brand-new NUMBER Quite new [1 to 9; default: 7]") == 1
    assert "| `brand_new` | whole number | `7` | Quite new (1 to 9) |" in document
    assert form["brand_new"] == ("Quite new", 7)


REQUESTS: list[dict[str, Any]] = [
    {"source_catalog": "retail"},
    {"source_catalog": "a b'c\"$x", "mode": "exact", "width": 16, "ratio": 0.25},
    {"source_catalog": "--json", "copy_tags": False},
    {"source_catalog": "-", "copy_tags": True},
    {"source_catalog": "ünïcode\nand a line", "schemas": ["a", "b,c"]},
    {"source_catalog": "x", "labels": {"k": "v=w", "with space": ""}, "rules": [{"a": 1}]},
    {"source_catalog": "x", "password": "hunter2", "schemas": []},
]


@pytest.mark.parametrize("request_data", REQUESTS)
def test_the_text_that_pages_give_away_is_the_same_run(
    request_data: dict[str, Any], session: FakeSession, sample: str
) -> None:
    text = cli_code("NAME", request_data, target="local:west").replace("NAME", sample)
    # What a shell would make of it: at most one pipe, printf on its left.
    words = shlex.split(text)
    assert "clonexs" in words
    at = words.index("clonexs")
    stdin = words[2] if at else None
    done = CliRunner().invoke(root, words[at + 1 :], input=stdin, standalone_mode=False)
    assert done.exception is None
    made = FormModel.of(find_operation(sample).request_type).request_type
    from clonexs.serde import to_request

    assert to_request(made, session.requests[0]) == to_request(made, request_data)
    assert session.targets == ["local:west"]


def test_options_of_every_kind(session: FakeSession, sample: str) -> None:
    line = (
        "--source-catalog retail --mode exact --schemas a --schemas b --labels k=v --labels e= "
        "--rules '[{\"a\": 1}]' --ratio 0.5 --width=3 --no-copy-tags"
    )
    assert clonexs(["run", sample, *shlex.split(line)]) == 0
    assert session.requests == [
        {
            "source_catalog": "retail",
            "mode": "exact",
            "schemas": ["a", "b"],
            "labels": {"k": "v", "e": ""},
            "rules": [{"a": 1}],
            "ratio": "0.5",
            "width": "3",
            "copy_tags": False,
        }
    ]


@pytest.mark.parametrize(
    ("words", "means"),
    [("--copy-tags", True), ("--copy-tags true", True), ("--copy-tags=false", False)],
)
def test_a_truth_value_stands_alone_or_is_told(
    words: str, means: bool, session: FakeSession, sample: str
) -> None:
    assert clonexs(["run", sample, "--source-catalog", "r", *words.split()]) == 0
    assert session.requests[0]["copy_tags"] in (means, str(means).lower())


def test_options_win_over_the_request_of_a_file(
    session: FakeSession, sample: str, tmp_path: Path
) -> None:
    file = tmp_path / "request.json"
    file.write_text(json.dumps({"source_catalog": "old", "width": 2, "password": "p"}))
    assert clonexs(["run", sample, "--request", str(file), "--source-catalog", "new"]) == 0
    assert session.requests == [{"source_catalog": "new", "width": 2, "password": "p"}]


def test_everything_wrong_is_named_at_once_before_anything_is_connected(
    session: FakeSession, sample: str, capfd: pytest.CaptureFixture[str]
) -> None:
    line = "--mode best --width 99 --ratio much --labels plain --rules { --sorce-catalog x lonely"
    assert clonexs(["run", sample, *line.split()]) == 2
    told = capfd.readouterr()
    assert told.out == ""
    for problem in (
        "--source-catalog: is required",
        "--mode: ",
        "--width: must be at most 16, is 99",
        "--ratio: expected",
        "--labels: takes KEY=VALUE, is 'plain'",
        "--rules: is not JSON",
        "--sorce-catalog: is not an option; did you mean source_catalog?",
        "'lonely' stands alone",
    ):
        assert problem in told.err
    assert session.targets == []


def test_a_secret_has_no_option(sample: str, capfd: pytest.CaptureFixture[str]) -> None:
    clonexs(["run", sample, "--help"])
    told = " ".join(capfd.readouterr().out.split())
    assert "--password" not in told
    assert "By --request - only, since others can read a command line: password A secret" in told


@pytest.mark.parametrize(
    ("text", "problem"),
    [("[1]", "must be a JSON object"), ("{", "is not JSON"), (None, "cannot be read")],
)
def test_a_request_that_cannot_be_read(
    text: str | None, problem: str, tmp_path: Path, sample: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "request.json"
    if text is not None:
        file.write_text(text)
    assert clonexs(["run", sample, "--request", str(file)]) == 2
    assert f"--request: {problem}" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        ("succeeded", None, 0),
        ("failed", {"code": "INTERNAL", "message": "broke"}, 1),
        ("interrupted", None, 1),
        ("partial", None, 3),
        ("failed", {"code": "NO_PERMISSION", "message": "no", "hint": "GRANT it"}, 4),
        ("waiting_credentials", None, 4),
        ("cancelled", None, 5),
    ],
)
def test_the_exit_code_says_how_it_ended(
    status: str,
    error: dict[str, Any] | None,
    code: int,
    session: FakeSession,
    sample: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    session.ends_as(status, error=error, counts={"done": 2}, result={"tables": 2})
    arguments = ["run", sample, "--source-catalog", "r"]
    assert clonexs(arguments) == code
    told = capfd.readouterr().out
    assert f"Sample: {status} (2 done)" in told
    assert "tables: 2" in told
    assert all(text in told for text in (error or {}).values())
    assert clonexs([*arguments, "--json"]) == code
    assert json.loads(capfd.readouterr().out) == {
        "operation": "x",
        "run_id": "0123abc",
        "status": status,
        "counts": {"done": 2},
        "result": {"tables": 2},
        "error": error,
    }


def test_what_failed_and_what_was_left_out_is_listed(
    session: FakeSession, sample: str, capfd: pytest.CaptureFixture[str]
) -> None:
    session.skips = (
        Skip(
            key="table:s.t",
            kind="table",
            object="retail.s.t",
            category="unable",
            reason="protected",
            message="has a row filter",
            remedy="copy it as yourself",
        ),
    )
    events = [
        {"kind": "unit", "key": "table:s.a", "state": "failed", "error": {"message": "full"}},
        {"kind": "unit", "key": "table:s.b", "state": "failed", "error": {"message": "late"}},
        {"kind": "unit", "key": "table:s.b", "state": "done", "error": None},
    ]
    session.ends_as("partial", events)
    assert clonexs(["run", sample, "--source-catalog", "r"]) == 3
    told = capfd.readouterr().out
    assert "table:s.a: full" in told
    assert "table:s.b" not in told
    assert "table retail.s.t: has a row filter; copy it as yourself" in told


def test_a_denied_plan_is_explained_with_the_grant(
    session: FakeSession, sample: str, capfd: pytest.CaptureFixture[str]
) -> None:
    session.failure = NoPermission("no SELECT on r", hint="GRANT SELECT ON CATALOG `r` TO `me`")
    assert clonexs(["run", sample, "--source-catalog", "r", "--json"]) == 4
    told = capfd.readouterr()
    assert "NO_PERMISSION: no SELECT on r\n  hint: GRANT SELECT" in told.err
    assert json.loads(told.out)["error"]["hint"].startswith("GRANT SELECT")


def test_a_traceback_is_shown_only_when_asked_for(
    session: FakeSession, sample: str, capfd: pytest.CaptureFixture[str]
) -> None:
    session.failure = RuntimeError("odd, with dapi0123456789abcdef inside")
    assert clonexs(["run", sample, "--source-catalog", "r"]) == 1
    told = capfd.readouterr().err
    assert "INTERNAL: odd, with *** inside" in told
    assert "Traceback" not in told
    assert "clonexs --debug" in told
    assert clonexs(["--debug", "run", sample, "--source-catalog", "r"]) == 1
    told = capfd.readouterr().err
    assert "Traceback" in told
    assert "dapi0123" not in told


def test_the_first_interrupt_cancels_and_the_second_lets_go(
    session: FakeSession, sample: str, capfd: pytest.CaptureFixture[str]
) -> None:
    session.ends_as("cancelled", interrupts=1)
    assert clonexs(["run", sample, "--source-catalog", "r"]) == 5
    assert session.runner.cancelled == 1
    session.ends_as("running", interrupts=2)
    assert clonexs(["run", sample, "--source-catalog", "r"]) == 130
    assert session.runner.cancelled == 1
    assert "clonexs jobs show 0123abc" in capfd.readouterr().err


def test_detached_prints_the_id_alone_and_a_dry_run_the_plan(
    session: FakeSession, sample: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert clonexs(["run", sample, "--source-catalog", "r", "--detach"]) == 0
    assert capfd.readouterr().out == "0123abc\n"
    session.units = (
        Unit(key="t", kind="table", source="", target="r.s.t", action="create", method="ddl"),
    )
    assert clonexs(["run", sample, "--source-catalog", "r", "--dry-run"]) == 0
    told = capfd.readouterr().out
    assert "1 to create" in told
    assert "create   table      r.s.t" in told


def test_what_cannot_be_done_with_a_read_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert clonexs(["run", "dashboard", "--detach", "--dry-run"]) == 2
    told = capfd.readouterr().err
    assert "--detach: dashboard only reads" in told
    assert "--dry-run: dashboard only reads" in told


def test_an_unknown_operation_names_the_nearest(capfd: pytest.CaptureFixture[str]) -> None:
    assert clonexs(["run", "dashbord"]) == 2
    assert "did you mean dashboard?" in capfd.readouterr().err


def test_a_field_may_not_take_the_name_of_an_option_of_every_run(tmp_path: Path) -> None:
    line = '    target: str = field(default="", metadata=doc("Clashes"))\n'
    name, _ = sample_operation.write(tmp_path, line)
    with pytest.raises(ValueError, match="--target: rename"):
        command_of(find_operation(name))


def test_pages_are_listed_and_their_notebooks_checked(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert clonexs(["pages", "list", "--json"]) == 0
    listed = {page["slug"] for page in json.loads(capfd.readouterr().out)}
    assert {"clone", "dashboard"} <= listed
    assert clonexs(["pages", "check"]) == 0
    assert clonexs(["pages", "check", "--dir", str(tmp_path)]) == 1
    assert clonexs(["pages", "write", "--dir", str(tmp_path)]) == 0
    assert clonexs(["pages", "check", "--dir", str(tmp_path)]) == 0
    assert (tmp_path / "operations/clone.ipynb").exists()
    (tmp_path / "operations/clone.ipynb").write_text("{}")
    capfd.readouterr()
    assert clonexs(["pages", "check", "--dir", str(tmp_path)]) == 1
    assert "stale: clone.ipynb" in capfd.readouterr().out
