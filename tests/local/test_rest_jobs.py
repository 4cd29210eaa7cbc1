"""Jobs and runs through the SDK: settings, schedules on the clock, and runs that really run."""

from __future__ import annotations

import base64
import json
import os
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from clonexs.local import lifecycle
from tests.local.conftest import eventually
from tests.local.rest import fresh, sdk

ROOT = Path(__file__).parents[2]
HOUR, DAY = 3600, 86_400


@pytest.fixture(scope="module")
def workspace(local_home):
    """A workspace of its own: its clock is moved, and its server killed."""
    yield lifecycle.ensure_started("jobs")
    lifecycle.reset("jobs")


@pytest.fixture(scope="module")
def client(workspace):
    return sdk(workspace.http_url, workspace.token)


@pytest.fixture
def user(workspace):
    def make(name):
        return sdk(workspace.http_url, lifecycle.mint_token(workspace.name, name))

    return make


@pytest.fixture
def put(client):
    """Writes a notebook or file of the tree; gives its path."""
    from databricks.sdk.service.workspace import ImportFormat, Language

    def write(text, *, kind="PYTHON", path=None):
        path = path or f"/Shared/{fresh('n')}"
        options = {"format": ImportFormat.SOURCE, "language": Language.PYTHON}
        if kind == "SQL":
            options["language"] = Language.SQL
        elif kind == "JUPYTER":
            options = {"format": ImportFormat.JUPYTER}
        elif kind == "FILE":
            options = {"format": ImportFormat.RAW}
        content = base64.b64encode(text.encode()).decode()
        client.workspace.import_(path, content=content, overwrite=True, **options)
        return path

    return write


def advance(client, seconds):
    client.api_client.do("POST", "/local/clock/advance", body={"seconds": seconds})


def notebook(path, key="main", parameters=None, **options):
    from databricks.sdk.service.jobs import NotebookTask, SubmitTask

    return SubmitTask(key, notebook_task=NotebookTask(path, base_parameters=parameters), **options)


def condition(key, left, right, *, after=(), **options):
    """A task that needs no process: it fails when one of its operands is no number."""
    from databricks.sdk.service.jobs import ConditionTask, ConditionTaskOp, TaskDependency

    return _task(
        key,
        condition_task=ConditionTask(ConditionTaskOp.GREATER_THAN, left, right),
        depends_on=[
            TaskDependency(*each) if isinstance(each, tuple) else TaskDependency(each)
            for each in after
        ]
        or None,
        **options,
    )


def _task(key, **options):
    from databricks.sdk.service.jobs import SubmitTask

    return SubmitTask(key, **options)


def job_task(task):
    from databricks.sdk.service.jobs import Task

    return Task.from_dict(task.as_dict())


def ended(client, run_id):
    """A run at its end, whatever it is."""
    from databricks.sdk.service.jobs import RunLifeCycleState as State

    def is_over():
        state = client.jobs.get_run(run_id).state.life_cycle_state
        return state in {State.TERMINATED, State.SKIPPED, State.INTERNAL_ERROR}

    eventually(is_over, 60)
    return client.jobs.get_run(run_id)


def states(run):
    return {
        each.task_key: (each.state.life_cycle_state.value, each.state.result_state.value)
        for each in run.tasks
    }


def output(client, run, key="main"):
    attempt = [each for each in run.tasks if each.task_key == key][-1]
    return client.jobs.get_run_output(attempt.run_id)


# What runs.


def test_a_notebook_runs_as_its_principal_with_parameters_spark_and_a_result(client, user, put):
    name = f"{fresh('ana')}@local"
    ana = user(name)
    ana.secrets.create_scope(scope := fresh("scope"))
    ana.secrets.put_secret(scope, "k", string_value="planted-secret-1")
    put("factor = 21\n", kind="FILE", path="/Shared/beside.py")
    put("inner = dbutils.widgets.get('n') + '!'", path="/Shared/inner")
    path = put(
        f"""# Databricks notebook source
# MAGIC %md text
# COMMAND ----------
# MAGIC %run ./inner
# COMMAND ----------
# MAGIC %sql
# MAGIC SELECT current_user() AS me, 2 AS two
# COMMAND ----------
import json
import beside
from databricks.sdk import WorkspaceClient
row = _sqldf.collect()[0]
dbutils.widgets.text("n", "default")
dbutils.widgets.text("other", "default")
secret = dbutils.secrets.get("{scope}", "k")
display(spark.range(3))
try:
    dbutils.notebook.exit(json.dumps({{
        "me": row.me, "two": row.two, "n": dbutils.widgets.get("n"), "inner": inner,
        "other": dbutils.widgets.get("other"), "product": beside.factor * row.two,
        "rest": WorkspaceClient().current_user.me().user_name, "secret": secret,
        "given": dbutils.widgets.getAll()["given"], "run": dbutils.widgets.get("run"),
    }}))
except Exception:
    raise
# COMMAND ----------
raise RuntimeError("never reached")
"""
    )
    task = notebook(
        path,
        parameters={
            "n": "7",
            "given": f"{{{{secrets/{scope}/k}}}}",
            "run": "{{job.run_id}}/{{task.name}}",
        },
    )
    waiting = ana.jobs.submit(tasks=[task], run_name="one")
    run = waiting.result(timedelta(seconds=60))
    assert (run.state.result_state.value, run.run_name, run.creator_user_name) == (
        "SUCCESS",
        "one",
        name,
    )
    assert run.status.termination_details.code.value == "SUCCESS"
    found = json.loads(output(client, run).notebook_output.result)
    assert found == {
        "me": name,
        "rest": name,
        "two": 2,
        "n": "7",
        "inner": "7!",
        "other": "default",
        "product": 42,
        "secret": "[REDACTED]",
        "given": "[REDACTED]",
        "run": f"{run.run_id}/main",
    }
    assert run.tasks[0].start_time <= run.tasks[0].end_time <= run.end_time


def test_our_own_job_notebook_runs_there(client, workspace):
    from databricks.sdk.service.workspace import ImportFormat

    text = (ROOT / "notebooks/jobs/run_operation.ipynb").read_text(encoding="utf-8")
    client.workspace.mkdirs("/Users/admin@local/jobs")
    client.workspace.import_(
        path := "/Users/admin@local/jobs/run_operation",
        content=base64.b64encode(text.encode()).decode(),
        format=ImportFormat.JUPYTER,
    )
    source, target = fresh("src"), fresh("dst")
    client.catalogs.create(source)
    client.schemas.create("s", source)
    warehouse = next(iter(client.warehouses.list())).id
    done = client.statement_execution.execute_statement(
        f"CREATE TABLE {source}.s.t AS SELECT id FROM range(5)", warehouse, wait_timeout="50s"
    )
    assert done.status.state.value == "SUCCEEDED"
    request = json.dumps({"source_catalog": source, "destination_catalog": target})
    task = notebook(path, parameters={"operation": "clone", "request": request})
    run = ended(client, client.jobs.submit(tasks=[task]).run_id)
    found = output(client, run)
    assert run.state.result_state.value == "SUCCESS", found.error_trace
    assert json.loads(found.notebook_output.result)["status"] == "succeeded"
    copied = client.statement_execution.execute_statement(
        f"SELECT count(*) FROM {target}.s.t", warehouse, wait_timeout="50s"
    )
    assert copied.result.data_array == [["5"]]


def test_scripts_and_wheels_run_with_arguments_and_tell_what_they_wrote(client, put):
    from databricks.sdk.service.compute import Environment, Library
    from databricks.sdk.service.jobs import JobEnvironment, PythonWheelTask, SparkPythonTask

    script = put("import sys\nprint('ärgs', sys.argv[1:])\n", kind="FILE", path="/Shared/s.py")
    wheel = BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(
            "tool/__init__.py", "import sys\ndef go():\n    print('wheel', sys.argv[1:])\n"
        )
        archive.writestr(
            "tool-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tool\nVersion: 1.0\n"
        )
        archive.writestr(
            "tool-1.0.dist-info/entry_points.txt", "[console_scripts]\nstart = tool:go\n"
        )
        archive.writestr("tool-1.0.dist-info/RECORD", "")
    client.volumes.create("main", "default", (volume := fresh("v")), _managed())
    path = f"/Volumes/main/default/{volume}/tool-1.0-py3-none-any.whl"
    client.files.upload(path, BytesIO(wheel.getvalue()))
    spec = Environment(dependencies=[path, "databricks-sdk>=0.1"], environment_version="2")
    run = ended(
        client,
        client.jobs.submit(
            tasks=[
                _task("script", spark_python_task=SparkPythonTask(script, parameters=["a b", "c"])),
                _task(
                    "wheel",
                    python_wheel_task=PythonWheelTask("tool", "start", named_parameters={"x": "1"}),
                    environment_key="e",
                ),
                _task(
                    "missing",
                    spark_python_task=SparkPythonTask(script),
                    libraries=[Library.from_dict({"pypi": {"package": "no-such-package==1"}})],
                ),
            ],
            environments=[JobEnvironment("e", spec)],
        ).run_id,
    )
    assert states(run) == {
        "script": ("TERMINATED", "SUCCESS"),
        "wheel": ("TERMINATED", "SUCCESS"),
        "missing": ("INTERNAL_ERROR", "FAILED"),
    }
    assert "ärgs ['a b', 'c']" in output(client, run, "script").logs
    assert "wheel ['--x=1']" in output(client, run, "wheel").logs
    missing = next(each for each in run.tasks if each.task_key == "missing")
    assert missing.status.termination_details.code.value == "LIBRARY_INSTALLATION_ERROR"
    assert "no-such-package" in missing.state.state_message


def _managed():
    from databricks.sdk.service.catalog import VolumeType

    return VolumeType.MANAGED


def test_a_failure_says_what_failed_and_is_tried_again(client, put):
    from databricks.sdk.core import DatabricksError

    path = put("print('before')\nraise ValueError('no ünits')")
    task = notebook(path, max_retries=1, min_retry_interval_millis=DAY * 1000)
    waiting = client.jobs.submit(tasks=[task])
    eventually(lambda: len(client.jobs.get_run(waiting.run_id).tasks) == 2, 60)
    tried = client.jobs.get_run(waiting.run_id)
    assert tried.state.life_cycle_state.value == "RUNNING"
    assert [each.state.life_cycle_state.value for each in tried.tasks] == [
        "TERMINATED",
        "WAITING_FOR_RETRY",
    ]
    advance(client, DAY)
    run = ended(client, waiting.run_id)
    assert [(each.attempt_number, each.state.result_state.value) for each in run.tasks] == [
        (0, "FAILED"),
        (1, "FAILED"),
    ]
    assert run.state.life_cycle_state.value == "TERMINATED"
    assert "Task main failed" in run.state.state_message
    found = output(client, run)
    assert found.error == "ValueError: no ünits"
    assert "raise ValueError" in found.error_trace
    with pytest.raises(DatabricksError, match="multiple tasks"):
        client.jobs.get_run_output(run.run_id)
    (view,) = client.jobs.export_run(run.tasks[0].run_id).views
    assert (view.type.value, view.name) == ("NOTEBOOK", path.rpartition("/")[2])
    assert "print(&#x27;before&#x27;)" in view.content
    assert '<pre class="output">before\n' in view.content


def test_sql_files_run_statement_by_statement_on_a_warehouse(client, put):
    from databricks.sdk.service.jobs import SqlTask, SqlTaskFile

    path = put(
        "CREATE OR REPLACE TABLE main.default.made AS SELECT :word AS w; -- one; two\n"
        "INSERT INTO main.default.made VALUES (':word')",
        kind="FILE",
        path="/Shared/q.sql",
    )
    warehouse = next(iter(client.warehouses.list())).id
    bad = put("SELECT 1; SELECT * FROM main.default.nowhere", kind="FILE", path="/Shared/b.sql")
    run = ended(
        client,
        client.jobs.submit(
            tasks=[
                _task(
                    "good",
                    sql_task=SqlTask(warehouse, file=SqlTaskFile(path), parameters={"word": "a'b"}),
                ),
                _task("bad", sql_task=SqlTask(warehouse, file=SqlTaskFile(bad))),
            ]
        ).run_id,
    )
    assert states(run) == {"good": ("TERMINATED", "SUCCESS"), "bad": ("TERMINATED", "FAILED")}
    rows = client.statement_execution.execute_statement(
        "SELECT w FROM main.default.made ORDER BY w", warehouse, wait_timeout="50s"
    )
    assert rows.result.data_array == [[":word"], ["a'b"]]
    assert "TABLE_OR_VIEW_NOT_FOUND" in output(client, run, "bad").error
    made = output(client, run, "good").sql_output.query_output.sql_statements
    known = client.query_history.list(filter_by=_statements([each.lookup_key for each in made]))
    assert len(known.res) == 2


def _statements(ids):
    from databricks.sdk.service.sql import QueryFilter

    return QueryFilter(statement_ids=ids)


# What comes next.


def test_tasks_wait_for_one_another_and_are_left_out_as_their_condition_says(client):
    from databricks.sdk.service.jobs import RunIf

    tasks = [
        condition("yes", "2", "1"),
        condition("then", "2", "1", after=[("yes", "true")]),
        condition("else", "2", "1", after=[("yes", "false")]),
        condition("after_else", "2", "1", after=["else"]),
        condition("bad", "x", "1"),
        condition("after_bad", "2", "1", after=["bad"]),
        condition("anyway", "2", "1", after=["bad", "then"], run_if=RunIf.ALL_DONE),
        condition("some", "2", "1", after=["bad", "then"], run_if=RunIf.AT_LEAST_ONE_SUCCESS),
        condition("none", "2", "1", after=["bad", "then"], run_if=RunIf.NONE_FAILED),
        condition("mend", "2", "1", after=["then"], run_if=RunIf.AT_LEAST_ONE_FAILED),
        condition("alarm", "2", "1", after=["bad"], run_if=RunIf.ALL_FAILED),
        condition("value", "{{job.run_id}}", "{{tasks.yes.run_id}}", after=["yes"]),
    ]
    run = ended(client, client.jobs.submit(tasks=tasks).run_id)
    done, left = ("TERMINATED", "SUCCESS"), ("SKIPPED", "EXCLUDED")
    assert states(run) == {
        "yes": done,
        "then": done,
        "else": left,
        "after_else": left,
        "bad": ("INTERNAL_ERROR", "FAILED"),
        "after_bad": ("SKIPPED", "UPSTREAM_FAILED"),
        "anyway": done,
        "some": done,
        "none": ("SKIPPED", "UPSTREAM_FAILED"),
        "mend": left,
        "alarm": done,
        "value": done,
    }
    assert (run.state.life_cycle_state.value, run.state.result_state.value) == (
        "INTERNAL_ERROR",
        "FAILED",
    )
    tolerant = [tasks[4], tasks[10]]
    run = ended(client, client.jobs.submit(tasks=tolerant).run_id)
    assert run.state.result_state.value == "SUCCESS_WITH_FAILURES"


def test_task_values_and_other_jobs_lead_to_what_comes_next(client, put):
    from databricks.sdk.service.jobs import JobParameterDefinition, RunJobTask, TaskDependency

    sets = put("dbutils.jobs.taskValues.set('n', 5)\ndbutils.jobs.taskValues.set('d', {'a': [1]})")
    gets = put(
        "dbutils.notebook.exit(str(dbutils.jobs.taskValues.get('sets', 'd')['a'][0]"
        " + int(dbutils.widgets.get('n'))) + dbutils.widgets.get('p'))"
    )
    inner = client.jobs.create(
        name=fresh("inner"),
        parameters=[JobParameterDefinition("size", "1")],
        tasks=[job_task(condition("big", "{{job.parameters.size}}", "4"))],
    ).job_id
    after = [TaskDependency("sets")]
    job = client.jobs.create(
        name=fresh("outer"),
        parameters=[JobParameterDefinition("p", "default")],
        tasks=[
            job_task(notebook(sets, "sets")),
            job_task(
                notebook(
                    gets, "gets", {"n": "{{tasks.sets.values.n}}", "p": "base"}, depends_on=after
                )
            ),
            job_task(
                _task(
                    "other",
                    run_job_task=RunJobTask(
                        inner, job_parameters={"size": "{{tasks.sets.values.n}}"}
                    ),
                    depends_on=after,
                )
            ),
        ],
    ).job_id
    run = ended(client, client.jobs.run_now(job, job_parameters={"p": "!"}).run_id)
    assert set(states(run).values()) == {("TERMINATED", "SUCCESS")}
    assert output(client, run, "gets").notebook_output.result == "6!"
    child = client.jobs.get_run(output(client, run, "other").run_job_output.run_id)
    assert child.trigger.value == "RUN_JOB_TASK"
    assert child.tasks[0].condition_task.outcome == "true"
    assert [(each.name, each.value, each.default) for each in run.job_parameters] == [
        ("p", "!", "default")
    ]
    assert output(client, run, "sets").notebook_output.result is None


def test_a_repair_runs_what_failed_again_and_keeps_what_was_done(client, put):
    path = put("raise ValueError('broken')")
    job = client.jobs.create(
        name=fresh("repair"),
        tasks=[
            job_task(condition("first", "2", "1")),
            job_task(
                notebook(
                    path, "second", depends_on=condition("x", "1", "1", after=["first"]).depends_on
                )
            ),
            job_task(condition("third", "2", "1", after=["second"])),
        ],
    ).job_id
    run = ended(client, client.jobs.run_now(job).run_id)
    assert states(run)["third"] == ("SKIPPED", "UPSTREAM_FAILED")
    put("dbutils.notebook.exit(dbutils.widgets.get('mended'))", path=path)
    client.jobs.repair_run(
        run.run_id, rerun_all_failed_tasks=True, notebook_params={"mended": "yes"}
    )
    again = ended(client, run.run_id)
    assert again.state.result_state.value == "SUCCESS"
    assert output(client, again, "second").notebook_output.result == "yes"
    assert [each.task_key for each in again.tasks] == [
        "first",
        "second",
        "third",
        "second",
        "third",
    ]
    history = client.jobs.get_run(run.run_id, include_history=True).repair_history
    assert [each.type.value for each in history] == ["ORIGINAL", "REPAIR"]
    assert len(history[1].task_run_ids) == 2


# Time.


def test_cancel_and_timeouts_end_the_processes_of_a_run(client, put, tmp_path):
    marker = tmp_path / "pids"
    path = put(
        "import os, subprocess\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(marker)!r}, 'a').write(f'{{os.getpid()}} {{child.pid}} ')\n"
        "child.wait()"
    )
    slow = client.jobs.submit(tasks=[notebook(path, timeout_seconds=HOUR)]).run_id
    stopped = client.jobs.submit(
        tasks=[notebook(path), condition("after", "2", "1", after=["main"])]
    ).run_id
    eventually(lambda: marker.exists() and len(marker.read_text().split()) == 4, 60)
    client.jobs.cancel_run(stopped)
    run = ended(client, stopped)
    assert run.state.result_state.value == "CANCELED"
    assert run.state.user_cancelled_or_timedout
    assert states(run) == dict.fromkeys(("main", "after"), ("TERMINATED", "CANCELED"))
    assert client.jobs.get_run(slow).state.life_cycle_state.value == "RUNNING"
    advance(client, HOUR + 1)
    run = ended(client, slow)
    assert states(run) == {"main": ("TERMINATED", "TIMEDOUT")}
    assert run.state.result_state.value == "FAILED"
    eventually(lambda: not any(_is_alive(int(each)) for each in marker.read_text().split()))


def _is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_schedule_fires_on_the_clock_unless_it_is_paused(client):
    from databricks.sdk.service.jobs import CronSchedule, JobSettings, PauseStatus

    cron = CronSchedule("0 0 6 * * ?", "America/New_York", PauseStatus.UNPAUSED)
    task = job_task(condition("c", "2", "1"))
    fires = client.jobs.create(name=fresh("daily"), tasks=[task], schedule=cron).job_id
    paused = CronSchedule("0 0 * * * ?", "UTC", PauseStatus.PAUSED)
    waits = client.jobs.create(name=fresh("paused"), tasks=[task], schedule=paused).job_id

    def runs(job):
        return list(client.jobs.list_runs(job_id=job, completed_only=True))

    advance(client, DAY)
    eventually(lambda: len(runs(fires)) == 1)
    (run,) = runs(fires)
    assert (run.trigger.value, run.run_type.value) == ("PERIODIC", "JOB_RUN")
    assert run.schedule.quartz_cron_expression == "0 0 6 * * ?"
    client.jobs.update(fires, new_settings=JobSettings(schedule=_paused(cron)))
    unpaused = CronSchedule("0 0 * * * ?", "UTC", PauseStatus.UNPAUSED)
    assert not runs(waits)
    client.jobs.update(waits, new_settings=JobSettings(schedule=unpaused))
    advance(client, 2 * DAY)
    eventually(lambda: len(runs(waits)) == 1)
    assert len(runs(fires)) == 1
    client.jobs.delete(waits)
    client.jobs.delete(fires)


def _paused(cron):
    from databricks.sdk.service.jobs import CronSchedule, PauseStatus

    return CronSchedule(cron.quartz_cron_expression, cron.timezone_id, PauseStatus.PAUSED)


def test_a_job_runs_as_often_at_a_time_as_it_may(client, put):
    from databricks.sdk.service.jobs import QueueSettings

    path = put("import time\ntime.sleep(600)")
    job = client.jobs.create(name=fresh("once"), tasks=[job_task(notebook(path))]).job_id
    first = client.jobs.run_now(job, idempotency_token=(token := fresh("token"))).run_id
    assert client.jobs.run_now(job, idempotency_token=token).run_id == first
    skipped = client.jobs.get_run(client.jobs.run_now(job).run_id)
    assert skipped.state.life_cycle_state.value == "SKIPPED"
    assert skipped.status.termination_details.code.value == "MAX_CONCURRENT_RUNS_EXCEEDED"
    queued = client.jobs.run_now(job, queue=QueueSettings(enabled=True)).run_id
    assert client.jobs.get_run(queued).state.life_cycle_state.value == "QUEUED"
    active = {each.run_id for each in client.jobs.list_runs(job_id=job, active_only=True)}
    assert active == {first, queued}
    client.jobs.cancel_all_runs(all_queued_runs=True)
    assert ended(client, queued).state.result_state.value == "CANCELED"
    queued = client.jobs.run_now(job, queue=QueueSettings(enabled=True)).run_id
    client.jobs.cancel_run(first)
    ended(client, first)
    eventually(
        lambda: client.jobs.get_run(queued).state.life_cycle_state.value in {"PENDING", "RUNNING"}
    )
    client.jobs.cancel_all_runs(job_id=job)
    assert ended(client, queued).state.result_state.value == "CANCELED"
    queued = client.jobs.run_now(job).run_id
    client.jobs.delete(job)
    assert ended(client, queued).state.result_state.value == "CANCELED"


# Settings.


def test_settings_come_back_as_they_were_given_and_are_changed_in_part(client):
    from databricks.sdk.errors import DatabricksError
    from databricks.sdk.service.jobs import (
        CronSchedule,
        JobEmailNotifications,
        JobSettings,
        PauseStatus,
    )

    given = {
        "name": 'it\'s <b>"all"</b> ünïcødé',
        "tags": {"created_by": "clonexs"},
        "email_notifications": {"on_failure": ["a@b.c"]},
        "timeout_seconds": 7200,
        "max_concurrent_runs": 2,
        "queue": {"enabled": True},
        "tasks": [
            {"task_key": "a", "notebook_task": {"notebook_path": "/a"}, "max_retries": 2},
            {
                "task_key": "b",
                "depends_on": [{"task_key": "a"}],
                "pipeline_task": {"pipeline_id": "p"},
                "job_cluster_key": "k",
            },
        ],
        "job_clusters": [{"job_cluster_key": "k", "new_cluster": {"num_workers": 1}}],
        "parameters": [{"name": "p", "default": "1"}],
    }
    raw = client.api_client.do("POST", "/api/2.2/jobs/create", body=given)
    job = client.jobs.get(raw["job_id"])
    assert (job.creator_user_name, job.run_as_user_name) == ("admin@local", "admin@local")
    found = job.settings.as_dict()
    for name in ("name", "tags", "email_notifications", "queue", "job_clusters", "parameters"):
        assert found[name] == given[name]
    assert [each["task_key"] for each in found["tasks"]] == ["a", "b"]
    client.jobs.update(
        job.job_id,
        new_settings=JobSettings.from_dict(
            {
                "timeout_seconds": 60,
                "tasks": [{"task_key": "a", "notebook_task": {"notebook_path": "/new"}}],
            }
        ),
        fields_to_remove=["tags", "tasks/b", "email_notifications"],
    )
    changed = client.jobs.get(job.job_id).settings
    assert (changed.timeout_seconds, changed.tags) == (60, None)
    assert changed.email_notifications == JobEmailNotifications()
    assert [each.notebook_task.notebook_path for each in changed.tasks] == ["/new"]
    assert changed.tasks[0].max_retries is None
    assert changed.max_concurrent_runs == 2
    cron = CronSchedule("0 0 6 * * ?", "UTC", PauseStatus.PAUSED)
    client.jobs.reset(job.job_id, JobSettings(name="reset", schedule=cron))
    assert not client.jobs.get(job.job_id).settings.tasks
    client.jobs.delete(job.job_id)
    with pytest.raises(DatabricksError, match="does not exist") as caught:
        client.jobs.get(job.job_id)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_lists_are_paged_and_long_jobs_come_in_pieces(client):
    prefix = fresh("paged")
    made = [client.jobs.create(name=f"{prefix}_{number}").job_id for number in range(3)]
    same = [client.jobs.create(name=prefix.upper()).job_id]
    page = client.api_client.do("GET", "/api/2.2/jobs/list", query={"limit": 2})
    assert len(page["jobs"]) == 2
    assert page["has_more"]
    listed = [each.job_id for each in client.jobs.list(limit=2)]
    assert set(made) < set(listed)
    assert len(set(listed)) == len(listed)
    assert [each.job_id for each in client.jobs.list(name=prefix)] == same
    tasks = [job_task(condition(f"t{number}", "2", "1")) for number in range(230)]
    long = client.jobs.create(name=f"{prefix}_long", tasks=tasks).job_id
    assert len(client.jobs.get(long).settings.tasks) == 230
    (found,) = (each for each in client.jobs.list(expand_tasks=True) if each.job_id == long)
    assert len(found.settings.tasks) == 230
    (found,) = (each for each in client.jobs.list() if each.job_id == long)
    assert not found.settings.tasks
    run = ended(client, client.jobs.run_now(long).run_id)
    assert len(run.tasks) == 230
    runs = [client.jobs.submit(tasks=[condition("c", "2", "1")]).run_id for _ in range(3)]
    listed = [each.run_id for each in client.jobs.list_runs(limit=2)]
    assert set(runs) < set(listed)
    assert len(set(listed)) == len(listed)
    for each in (*made, *same, long):
        client.jobs.delete(each)
    client.jobs.delete_run(ended(client, runs[0]).run_id)
    assert runs[0] not in {each.run_id for each in client.jobs.list_runs()}


@pytest.mark.parametrize(
    ("settings", "code", "match"),
    [
        (
            {"tasks": [{"task_key": "a b", "notebook_task": {"notebook_path": "/a"}}]},
            "",
            "task key",
        ),
        ({"tasks": [{"task_key": "a"}]}, "", "exactly one kind"),
        ({"tasks": [{"task_key": "a", "notebook_task": {"notebook_path": "a"}}]}, "", "absolute"),
        ({"schedule": {"quartz_cron_expression": "0 0 6 * *", "timezone_id": "UTC"}}, "", "quartz"),
        ({"schedule": {"quartz_cron_expression": "0 0 6 * * ?", "timezone_id": "Nix"}}, "", "zone"),
        ({"max_concurrent_runs": 1001}, "", "max_concurrent_runs"),
        ({"nme": "x"}, "", "Unknown field: nme"),
        ({"tasks": "x"}, "MALFORMED_REQUEST", "tasks"),
        ({"continuous": {"pause_status": "UNPAUSED"}}, "NOT_IMPLEMENTED", "continuous"),
        ({"run_as": {"user_name": "nobody@nowhere"}}, "PRINCIPAL_DOES_NOT_EXIST", "nobody"),
    ],
)
def test_settings_that_cannot_run_are_refused(client, settings, code, match):
    from databricks.sdk.core import DatabricksError

    with pytest.raises(DatabricksError, match=match) as caught:
        client.api_client.do("POST", "/api/2.2/jobs/create", body={"name": "x", **settings})
    assert caught.value.error_code == (code or "INVALID_PARAMETER_VALUE")


def test_what_does_not_run_here_fails_and_says_so(client):
    from databricks.sdk.service.jobs import PipelineTask, SparkJarTask

    run = ended(
        client,
        client.jobs.submit(
            tasks=[
                _task("jar", spark_jar_task=SparkJarTask(main_class_name="X")),
                _task("pipeline", pipeline_task=PipelineTask("p")),
                notebook("/Shared/no such notebook"),
            ]
        ).run_id,
    )
    assert set(states(run).values()) == {("INTERNAL_ERROR", "FAILED")}
    codes = {each.task_key: each.status.termination_details.code.value for each in run.tasks}
    assert codes["jar"] == "FEATURE_DISABLED"
    assert codes["main"] == "RESOURCE_NOT_FOUND"
    assert "does not run tasks of kind spark_jar_task" in run.tasks[0].state.state_message


# Rights.


def test_each_level_on_a_job_allows_what_it_says(client, user):
    from databricks.sdk.errors import PermissionDenied
    from databricks.sdk.service.jobs import (
        JobAccessControlRequest,
        JobPermissionLevel,
        JobRunAs,
        JobSettings,
    )

    name = f"{fresh('bob')}@local"
    bob = user(name)
    job = client.jobs.create(
        name=fresh("guarded"), tasks=[job_task(condition("c", "2", "1"))]
    ).job_id
    calls = {
        "view": lambda: bob.jobs.get(job),
        "run": lambda: bob.jobs.run_now(job),
        "manage": lambda: bob.jobs.update(job, new_settings=JobSettings(description="d")),
    }

    def allowed():
        made = []
        for word, call in calls.items():
            try:
                call()
            except PermissionDenied:
                continue
            made.append(word)
        return made

    def give(level):
        entry = JobAccessControlRequest(user_name=name, permission_level=level)
        client.jobs.update_permissions(str(job), access_control_list=[entry])

    assert allowed() == []
    assert job not in {each.job_id for each in bob.jobs.list()}
    give(JobPermissionLevel.CAN_VIEW)
    assert allowed() == ["view"]
    assert job in {each.job_id for each in bob.jobs.list()}
    give(JobPermissionLevel.CAN_MANAGE_RUN)
    assert allowed() == ["view", "run"]
    (run,) = bob.jobs.list_runs(job_id=job)
    assert run.creator_user_name == name
    give(JobPermissionLevel.CAN_MANAGE)
    assert allowed() == ["view", "run", "manage"]
    mine = bob.jobs.create(name="mine").job_id
    with pytest.raises(PermissionDenied):
        bob.jobs.update(mine, new_settings=JobSettings(run_as=JobRunAs(user_name="admin@local")))
    only = JobAccessControlRequest(
        user_name=name, permission_level=JobPermissionLevel.CAN_MANAGE_RUN
    )
    client.jobs.set_permissions(str(job), access_control_list=[only])
    assert allowed() == ["view", "run"]
    shown = client.jobs.get_permissions(str(job)).access_control_list
    given = {
        (each.user_name or each.group_name, level.permission_level.value)
        for each in shown
        for level in each.all_permissions
    }
    assert given == {
        (name, "CAN_MANAGE_RUN"),
        ("admin@local", "IS_OWNER"),
        ("admins", "CAN_MANAGE"),
    }
    levels = client.jobs.get_permission_levels(str(job)).permission_levels
    assert [each.permission_level.value for each in levels] == [
        "IS_OWNER",
        "CAN_MANAGE",
        "CAN_MANAGE_RUN",
        "CAN_VIEW",
    ]


# The end of the server.


def test_a_killed_server_takes_its_runs_along_and_finds_them_again(
    client, put, tmp_path, workspace
):
    """The last test of this module: its server is another one afterwards."""
    marker = tmp_path / "pids"
    path = put(
        f"import os, time\nopen({str(marker)!r}, 'a').write(f'{{os.getpid()}} ')\ntime.sleep(600)"
    )
    lost = client.jobs.submit(
        tasks=[notebook(path), condition("after", "2", "1", after=["main"])]
    ).run_id
    retried = client.jobs.submit(tasks=[notebook(path, max_retries=1)]).run_id
    job = client.jobs.create(name=fresh("kept"), tasks=[job_task(condition("c", "2", "1"))]).job_id
    eventually(lambda: marker.exists() and len(marker.read_text().split()) == 2, 60)
    pids = [int(each) for each in marker.read_text().split()]
    marker.unlink()
    os.kill(workspace.pid, 9)
    eventually(lambda: not any(map(_is_alive, [*pids, workspace.pid])))
    again = lifecycle.ensure_started("jobs")
    found = sdk(again.http_url, again.token)
    run = ended(found, lost)
    assert states(run) == {
        "main": ("INTERNAL_ERROR", "FAILED"),
        "after": ("SKIPPED", "UPSTREAM_FAILED"),
    }
    assert "ended while" in run.tasks[0].state.state_message
    eventually(marker.exists, 60)
    states_now = [
        (each.attempt_number, each.state.life_cycle_state.value)
        for each in found.jobs.get_run(retried).tasks
    ]
    assert states_now == [(0, "INTERNAL_ERROR"), (1, "RUNNING")]
    assert found.jobs.get(job).settings.name
    found.jobs.cancel_run(retried)
    assert ended(found, retried).state.result_state.value == "CANCELED"
