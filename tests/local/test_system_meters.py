"""System tables of what is metered: warehouses, jobs, storage; on a clock that is moved."""

from __future__ import annotations

import base64
import json
import os
import signal
from decimal import Decimal

import pytest

from clonexs.local import lifecycle
from clonexs.local.paths import Folder
from tests.local.conftest import eventually, spark_session, stop_quietly
from tests.local.rest import fresh, sdk
from tests.local.running import Sql

HOUR, DAY = 3600, 86_400


@pytest.fixture(scope="module")
def workspace(local_home):
    """A workspace of its own: its clock is moved."""
    yield lifecycle.ensure_started("meters")
    lifecycle.reset("meters")


@pytest.fixture(scope="module")
def client(workspace):
    return sdk(workspace.http_url, workspace.token)


@pytest.fixture(scope="module")
def sql(workspace):
    session = spark_session(workspace.grpc_port, workspace.token)
    yield Sql(session)
    stop_quietly(session)


def advance(client, seconds):
    return client.api_client.do("POST", "/local/clock/advance", body={"seconds": seconds})["now"]


def rows(sql, query):
    return [tuple(row.values()) for row in sql(query)]


def cost_of(sql, condition):
    """Quantity and cost, as a page about cost computes them."""
    return rows(
        sql,
        "SELECT round(sum(u.usage_quantity), 3), round(sum(u.usage_quantity * coalesce("
        "p.pricing.effective_list.`default`, p.pricing.`default`)), 3), min(p.currency_code)"
        " FROM system.billing.usage u LEFT JOIN system.billing.list_prices p ON p.cloud = u.cloud"
        " AND p.sku_name = u.sku_name AND p.usage_unit = u.usage_unit"
        " AND u.usage_start_time >= p.price_start_time"
        f" AND (p.price_end_time IS NULL OR u.usage_start_time < p.price_end_time) WHERE {condition}",
    )[0]


def test_warehouses_are_metered_while_they_run(sql, client):
    from databricks.sdk.service.sql import EndpointTagPair, EndpointTags

    tags = EndpointTags([EndpointTagPair("team", "blue")])
    made = client.warehouses.create(
        name=fresh("w"), cluster_size="Small", auto_stop_mins=120, tags=tags
    ).result()
    started = client.statement_execution.execute_statement("SELECT 1", made.id, wait_timeout="50s")
    advance(client, 3 * HOUR)
    assert client.warehouses.get(made.id).state.value == "STOPPED"
    client.warehouses.edit(made.id, name=made.name, cluster_size="Medium", auto_stop_mins=0)
    client.warehouses.start(made.id).result()
    advance(client, HOUR)
    client.warehouses.stop(made.id).result()
    events = rows(
        sql,
        "SELECT event_type, cluster_count FROM system.compute.warehouse_events"
        f" WHERE warehouse_id = '{made.id}' ORDER BY event_time",
    )
    assert events == [("STARTING", 0), ("RUNNING", 1), ("STOPPING", 1), ("STOPPED", 0)] * 2
    sizes = rows(
        sql,
        "SELECT warehouse_size, warehouse_type, auto_stop_minutes, delete_time, tags['team']"
        f" FROM system.compute.warehouses WHERE warehouse_id = '{made.id}' ORDER BY change_time",
    )
    assert sizes == [
        ("SMALL", "SERVERLESS", 120, None, "blue"),
        ("MEDIUM", "SERVERLESS", 0, None, "blue"),
    ]
    # Two hours of 12 DBU until it stopped by itself, one of 24, at 0.70; clients take a moment.
    quantity, cost, currency = cost_of(sql, f"usage_metadata.warehouse_id = '{made.id}'")
    assert 48 <= quantity < Decimal("48.5")
    assert abs(cost - quantity * Decimal("0.7")) < Decimal("0.01")
    assert currency == "USD"
    found = rows(
        sql,
        "SELECT DISTINCT record_type, usage_unit, usage_type, billing_origin_product, sku_name,"
        " custom_tags['team'], custom_tags['clonexs_simulated'], product_features.is_serverless"
        f" FROM system.billing.usage WHERE usage_metadata.warehouse_id = '{made.id}'",
    )
    sku = "PREMIUM_SERVERLESS_SQL_COMPUTE_LOCAL"
    assert found == [("ORIGINAL", "DBU", "COMPUTE_TIME", "SQL", sku, "blue", "true", True)]
    parts = rows(
        sql,
        "SELECT usage_metadata.dbsql_statement_id, active_usage_quantity > 0, size(usage_record_ids)"
        f" FROM system.billing.attributed_usage WHERE usage_metadata.warehouse_id = '{made.id}'",
    )
    assert parts == [(started.statement_id, True, 1)]
    client.warehouses.delete(made.id)
    gone = sql.values(
        "SELECT delete_time IS NOT NULL FROM system.compute.warehouses"
        f" WHERE warehouse_id = '{made.id}' ORDER BY change_time"
    )
    assert gone == [False, False, True]


def test_clusters_and_the_machine_while_they_run(sql, client):
    from databricks.sdk.service.compute import AutoScale

    common = {"spark_version": "16.4.x-scala2.12", "node_type_id": "local.small"}
    made = client.clusters.create(
        cluster_name="one", num_workers=2, custom_tags={"team": "blue"}, **common
    ).result()
    client.clusters.edit(
        made.cluster_id,
        cluster_name="two",
        autoscale=AutoScale(max_workers=8, min_workers=1),
        **common,
    )
    advance(client, 120)
    advance(client, 120)
    busy = rows(
        sql,
        "SELECT driver, node_type, min(cpu_user_percent + cpu_system_percent) >= 0,"
        " max(mem_used_percent) <= 100, count(*) > 0 FROM system.compute.node_timeline"
        f" WHERE cluster_id = '{made.cluster_id}' GROUP BY 1, 2",
    )
    assert busy == [(True, "local.small", True, True, True)]
    client.clusters.permanent_delete(made.cluster_id)
    told = rows(
        sql,
        "SELECT cluster_name, worker_count, max_autoscale_workers, tags['team'], owned_by,"
        " delete_time IS NULL, create_time <= change_time FROM system.compute.clusters"
        f" WHERE cluster_id = '{made.cluster_id}' ORDER BY change_time",
    )
    assert told == [
        ("one", 2, None, "blue", "admin@local", True, True),
        ("two", None, 8, None, "admin@local", True, True),
        ("two", None, 8, None, "admin@local", False, True),
    ]
    listed = {each.node_type_id for each in client.clusters.list_node_types().node_types}
    assert set(sql.values("SELECT node_type FROM system.compute.node_types")) == listed


def test_rows_of_usage_never_change_and_an_hour_is_told_when_it_is_over(sql, client):
    query = (
        "SELECT record_id, usage_start_time, usage_end_time, usage_quantity"
        " FROM system.billing.usage WHERE billing_origin_product = 'SQL'"
    )
    before = set(rows(sql, query))
    assert all(0 < (end - start).total_seconds() <= HOUR for _, start, end, _ in before)
    assert len({each[0] for each in before}) == len(before)
    advance(client, HOUR)
    after = set(rows(sql, query))
    assert before < after


def test_a_new_price_counts_from_its_day(sql, client):
    path = Folder.named("meters").root / "list_prices.json"
    assert len(sql("SELECT * FROM system.billing.list_prices")) == 5
    prices = json.loads(path.read_text(encoding="utf-8"))
    now = advance(client, 0)
    from datetime import UTC, datetime, timedelta

    border = (datetime.fromtimestamp(now, UTC) + timedelta(days=1)).date()
    entry = next(p for p in prices if p["sku_name"] == "PREMIUM_SERVERLESS_SQL_COMPUTE_LOCAL")
    entry["ends"] = str(border)
    prices.append(entry | {"price": "7", "starts": str(border), "ends": None})
    path.write_text(json.dumps(prices), encoding="utf-8")
    advance(client, 2 * DAY)
    condition = "billing_origin_product = 'SQL' AND usage_date = '{}'"
    for day, price in ((border - timedelta(days=1), "0.7"), (border, "7")):
        quantity, cost, _ = cost_of(sql, condition.format(day))
        assert quantity > 0
        assert abs(cost - quantity * Decimal(price)) < Decimal("0.01")
    path.write_text("not a list", encoding="utf-8")
    assert sql.refused("SELECT * FROM system.billing.list_prices") == "INVALID_STATE"
    path.unlink()
    assert sql.values("SELECT count(*) FROM system.billing.list_prices") == [5]


def test_jobs_and_what_their_statements_belong_to(sql, client):
    from databricks.sdk.service.jobs import CronSchedule, Source, SqlTask, SqlTaskFile, Task
    from databricks.sdk.service.workspace import ImportFormat

    name = fresh("t")
    sql(f"CREATE TABLE main.default.{name} (a INT)")
    sql(f"INSERT INTO main.default.{name} VALUES (1)")
    text = f"CREATE TABLE main.default.{name}_2 AS SELECT a FROM main.default.{name}"
    path = f"/Shared/{name}.sql"
    content = base64.b64encode(text.encode()).decode()
    client.workspace.import_(path, content=content, format=ImportFormat.RAW)
    warehouse = next(iter(client.warehouses.list())).id
    file = SqlTaskFile(path, source=Source.WORKSPACE)
    task = Task("only", sql_task=SqlTask(warehouse_id=warehouse, file=file))
    job = client.jobs.create(name=name, tasks=[task], tags={"k": "v"}, timeout_seconds=77)
    run = client.jobs.run_now(job.job_id).result()
    schedule = CronSchedule("0 0 3 * * ?", "UTC")
    client.jobs.reset(job.job_id, _settings(name, schedule))
    client.jobs.delete(job.job_id)
    changes = rows(
        sql,
        "SELECT name, tags['k'], timeout_seconds, trigger.schedule.quartz_cron_expression,"
        " trigger_type, delete_time IS NULL, creator_user_name FROM system.lakeflow.jobs"
        f" WHERE job_id = '{job.job_id}' ORDER BY change_time",
    )
    assert changes == [
        (name, "v", 77, None, None, True, "admin@local"),
        (name, None, 0, "0 0 3 * * ?", "CRON", True, "admin@local"),
        (name, None, 0, "0 0 3 * * ?", "CRON", False, "admin@local"),
    ]
    tasks = rows(
        sql,
        "SELECT task_key, delete_time IS NULL FROM system.lakeflow.job_tasks"
        f" WHERE job_id = '{job.job_id}' ORDER BY change_time",
    )
    assert tasks == [("only", True), ("only", False)]
    for table, key in (("job_run_timeline", "run_id"), ("job_task_run_timeline", "job_run_id")):
        told = rows(
            sql,
            "SELECT result_state, termination_code, compute_ids[0], period_start_time <="
            f" period_end_time FROM system.lakeflow.{table} WHERE {key} = '{run.run_id}'",
        )
        assert (table, told) == (table, [("SUCCEEDED", "SUCCESS", warehouse, True)])
    entity = rows(
        sql,
        "SELECT entity_type, entity_id, entity_run_id, entity_metadata.job_info.job_id,"
        " source_table_name FROM system.access.table_lineage"
        f" WHERE target_table_full_name = 'main.default.{name}_2'",
    )
    assert entity == [("JOB", str(job.job_id), str(run.run_id), str(job.job_id), name)]
    source = sql.values(
        "SELECT query_source.job_info.job_run_id FROM system.query.history"
        f" WHERE statement_text = '{text}'"
    )
    assert source == [str(run.run_id)]


def _settings(name, schedule):
    from databricks.sdk.service.jobs import JobSettings

    return JobSettings(name=name, schedule=schedule, tasks=[])


def test_storage_is_measured_and_charged_by_the_day(sql, client):
    name = f"main.default.{fresh('t')}"
    sql(f"CREATE TABLE {name} AS SELECT id, repeat('x', 100) AS s FROM range(1000)")
    detail = sql(f"DESCRIBE DETAIL {name}")[0]
    sizes = (
        "SELECT active_bytes, active_files, table_type, predictive_optimization_enabled"
        " FROM system.storage.table_metrics_history WHERE concat_ws('.', catalog_name, schema_name,"
        f" table_name) = '{name}' ORDER BY snapshot_date"
    )
    expected = (detail["sizeInBytes"], detail["numFiles"], "MANAGED", False)
    assert rows(sql, sizes) == [expected]
    assert rows(sql, sizes) == [expected]
    query = (
        "SELECT count(*) > 0 FROM system.billing.usage WHERE usage_type = 'STORAGE_SPACE'"
        " AND usage_metadata.catalog_id = 'main' AND usage_unit = 'GB-month' AND usage_quantity > 0"
    )
    advance(client, DAY)
    eventually(lambda: sql.values(query) == [True])


def test_predictive_optimization_does_what_it_tells(sql, client):
    catalog = fresh("po")
    sql(f"CREATE CATALOG {catalog}")
    sql(f"CREATE TABLE {catalog}.default.t (a INT)")
    sql(f"CREATE TABLE {catalog}.default.off (a INT)")
    for index in range(5):
        for name in ("t", "off"):
            sql(f"INSERT INTO {catalog}.default.{name} VALUES ({index})")
    client.api_client.do(
        "PATCH",
        f"/api/2.1/unity-catalog/catalogs/{catalog}",
        body={"enable_predictive_optimization": "ENABLE"},
    )
    sql(f"ALTER TABLE {catalog}.default.off DISABLE PREDICTIVE OPTIMIZATION")
    advance(client, 2 * HOUR)
    query = (
        "SELECT table_name, operation_type, operation_status, usage_unit, operation_metrics"
        "['number_of_compacted_files'] FROM system.storage."
        f"predictive_optimization_operations_history WHERE catalog_name = '{catalog}'"
        " ORDER BY start_time"
    )
    eventually(lambda: len(sql(query)) == 2)
    assert rows(sql, query) == [
        ("t", "COMPACTION", "SUCCESSFUL", "ESTIMATED_DBU", "5"),
        ("t", "ANALYZE", "SUCCESSFUL", "ESTIMATED_DBU", None),
    ]
    history = sql(f"DESCRIBE HISTORY {catalog}.default.t")
    assert history[0]["operation"] == "OPTIMIZE"
    assert sql(f"DESCRIBE DETAIL {catalog}.default.t")[0]["numFiles"] == 1
    assert sql(f"DESCRIBE DETAIL {catalog}.default.off")[0]["numFiles"] == 5
    assert sorted(sql.values(f"SELECT a FROM {catalog}.default.t")) == [0, 1, 2, 3, 4]


def test_it_outlives_a_server_that_is_killed(own_workspace):
    first = lifecycle.ensure_started(own_workspace)
    session = spark_session(first.grpc_port, first.token)
    told = Sql(session)
    told("CREATE TABLE main.default.a AS SELECT 1 AS x")
    told("CREATE TABLE main.default.b AS SELECT x AS y FROM main.default.a")
    queries = {
        "system.access.column_lineage": "target_column_name = 'y'",
        "system.access.audit": "action_name = 'createTable'",
        "system.query.history": "statement_type = 'CREATE'",
        "system.compute.warehouse_events": "event_type = 'RUNNING'",
    }
    texts = [
        f"SELECT count(*) FROM {name} WHERE {condition}" for name, condition in queries.items()
    ]
    before = [told.values(text)[0] for text in texts]
    assert before == [1, 2, 2, 1]
    os.kill(first.pid, signal.SIGKILL)
    stop_quietly(session)
    second = lifecycle.ensure_started(own_workspace)
    session = spark_session(second.grpc_port, second.token)
    told = Sql(session)
    assert [told.values(text)[0] for text in texts] == [1, 2, 2, 2]
    events = told.values(
        "SELECT event_type FROM system.compute.warehouse_events ORDER BY event_time, event_type DESC"
    )
    assert events.count("STOPPED") == 1
    stop_quietly(session)
