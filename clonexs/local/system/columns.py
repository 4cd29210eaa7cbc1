"""The columns of the system tables, as the platform documents them.

A column without a type is a ``string``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

_JOB_INFO = "struct<job_id:string,job_run_id:string>"
_LINEAGE_ENTITY = (
    f"entity_metadata struct<job_info:{_JOB_INFO},dashboard_id:string,legacy_dashboard_id:string,"
    "notebook_id:string,sql_query_id:string,"
    "dlt_pipeline_info:struct<dlt_pipeline_id:string,dlt_update_id:string>,"
    "genie_space_id:string,alert_id:string>, direct_access boolean"
)
_LINEAGE_EVENT = (
    "created_by, event_time timestamp, event_date date, record_id, event_id, statement_id,"
    f" {_LINEAGE_ENTITY}"
)
_LINEAGE_FRONT = (
    "account_id, metastore_id, workspace_id, entity_type, entity_id, entity_run_id,"
    " source_table_full_name, source_table_catalog, source_table_schema, source_table_name,"
    " source_path, source_type,"
)
_LINEAGE_TARGET = (
    "target_table_full_name, target_table_catalog, target_table_schema, target_table_name,"
    " target_path, target_type,"
)
_MONEY = "decimal(38,18)"
_PARAMETER = "struct<type:string,value:string>"
_RULES = "health_rules array<struct<metric:string,operator:string,value:bigint>>"
_COMPUTE = "compute array<struct<type:string,cluster_id:string,warehouse_id:string>>"
_SELECTION = "array<struct<table_catalog:string,table_schema:string,table_name:string>>"
_USED = (
    "cluster_id:string,job_id:string,warehouse_id:string,instance_pool_id:string,"
    "node_type:string,job_run_id:string,notebook_id:string,dlt_pipeline_id:string,"
    "endpoint_name:string,endpoint_id:string,dlt_update_id:string,dlt_maintenance_id:string,"
    "run_name:string,job_name:string,notebook_path:string,central_clean_room_id:string,"
    "source_region:string,destination_region:string,app_id:string,app_name:string,"
    "metastore_id:string,private_endpoint_name:string,storage_api_type:string,"
    "budget_policy_id:string,ai_runtime_pool_id:string,catalog_id:string,"
    "dbsql_statement_id:string,genie:struct<agent_id:string,channel:string,surface:string>,"
    "networking_client:string,recipient_id:string,usage_policy_id:string,"
    "database_instance_id:string"
)
_FEATURES = (
    "jobs_tier:string,sql_tier:string,dlt_tier:string,is_serverless:boolean,is_photon:boolean,"
    "serving_type:string,networking:struct<connectivity_type:string>,"
    "ai_runtime:struct<compute_type:string>,model_serving:struct<offering_type:string>,"
    "ai_gateway:struct<feature_type:string>,serverless_gpu:struct<workload_type:string>,"
    "agent_bricks:struct<problem_type:string,workload_id:string>,performance_target:string,"
    "ai_functions:struct<ai_function:string>,apps:struct<compute_size:string>,"
    "lakeflow_connect:string,lakebase:string,ai_bi_genie:string,genie:string"
)
_TABLES = {
    "access.audit": (
        "account_id, workspace_id, version, event_time timestamp, event_date date,"
        " source_ip_address, user_agent, session_id,"
        " user_identity struct<email:string,subject_name:string>, service_name, action_name,"
        " request_id, request_params map<string,string>,"
        " response struct<status_code:int,error_message:string,result:string>, audit_level,"
        " event_id, identity_metadata struct<run_by:string,run_as:string,acting_resource:string,"
        "run_by_display_name:string,run_as_display_name:string>"
    ),
    "access.table_lineage": f"{_LINEAGE_FRONT} {_LINEAGE_TARGET} {_LINEAGE_EVENT}",
    "access.column_lineage": (
        f"{_LINEAGE_FRONT} source_column_name, {_LINEAGE_TARGET} target_column_name,"
        f" {_LINEAGE_EVENT}"
    ),
    "access.workspaces_latest": (
        "account_id, workspace_id, workspace_name, workspace_url, create_time timestamp, status"
    ),
    "billing.usage": (
        "account_id, workspace_id, record_id, sku_name, cloud, usage_start_time timestamp,"
        " usage_end_time timestamp, usage_date date, custom_tags map<string,string>, usage_unit,"
        f" usage_quantity {_MONEY}, usage_metadata struct<{_USED}>,"
        " identity_metadata struct<run_as:string,created_by:string,owned_by:string,run_by:string>,"
        " record_type, ingestion_date date, billing_origin_product,"
        f" product_features struct<{_FEATURES}>, usage_type"
    ),
    "billing.list_prices": (
        "account_id, price_start_time timestamp, price_end_time timestamp, sku_name, cloud,"
        f" currency_code, usage_unit, pricing struct<default:{_MONEY},"
        f"promotional:struct<default:{_MONEY}>,effective_list:struct<default:{_MONEY}>>"
    ),
    "billing.attributed_usage": (
        "record_id, usage_metadata struct<dbsql_statement_id:string,warehouse_id:string,"
        "client_application:string>, identity_metadata struct<executed_by:string>,"
        " start_time timestamp, end_time timestamp, usage_date date, usage_unit,"
        f" active_usage_quantity {_MONEY}, granular_tags struct<query_tags:map<string,string>>,"
        " usage_record_ids array<string>, account_id, workspace_id, sku_name, cloud,"
        " billing_origin_product, custom_tags map<string,string>"
    ),
    "query.history": (
        "account_id, workspace_id, statement_id, executed_by, session_id, execution_status,"
        " compute struct<type:string,cluster_id:string,warehouse_id:string>, executed_by_user_id,"
        " statement_text, statement_type, error_message, client_application, client_driver,"
        " total_duration_ms bigint, waiting_for_compute_duration_ms bigint,"
        " waiting_at_capacity_duration_ms bigint, execution_duration_ms bigint,"
        " compilation_duration_ms bigint, total_task_duration_ms bigint,"
        " result_fetch_duration_ms bigint, start_time timestamp, end_time timestamp,"
        " update_time timestamp, read_partitions bigint, pruned_files bigint, read_files bigint,"
        " read_rows bigint, produced_rows bigint, read_bytes bigint,"
        " read_io_cache_percent tinyint, from_result_cache boolean, spilled_local_bytes bigint,"
        " written_bytes bigint, shuffle_read_bytes bigint,"
        " query_source struct<job_info:struct<job_id:string,job_run_id:string,"
        "job_task_run_id:string>,legacy_dashboard_id:string,dashboard_id:string,alert_id:string,"
        "notebook_id:string,sql_query_id:string,genie_space_id:string,"
        "pipeline_info:struct<pipeline_id:string,update_id:string>>, executed_as_user_id,"
        " executed_as, written_rows bigint, written_files bigint, cache_origin_statement_id,"
        f" query_parameters struct<named_parameters:map<string,{_PARAMETER}>,"
        f"pos_parameters:array<{_PARAMETER}>,truncated:boolean>, query_tags map<string,string>,"
        " pruned_files_bytes bigint, read_files_bytes bigint"
    ),
    "compute.clusters": (
        "account_id, workspace_id, cluster_id, cluster_name, owned_by, create_time timestamp,"
        " delete_time timestamp, driver_node_type, worker_node_type, worker_count bigint,"
        " min_autoscale_workers bigint, max_autoscale_workers bigint,"
        " auto_termination_minutes bigint, enable_elastic_disk boolean, tags map<string,string>,"
        " cluster_source, init_scripts array<string>,"
        " aws_attributes struct<instance_profile_arn:string,zone_id:string,first_on_demand:bigint,"
        "availability:string,spot_bid_price_percent:bigint,ebs_volume_type:string,"
        "ebs_volume_count:bigint,ebs_volume_size:bigint,ebs_volume_iops:bigint,"
        "ebs_volume_throughput:bigint>,"
        " azure_attributes struct<first_on_demand:bigint,availability:string,"
        "spot_bid_max_price:double>,"
        " gcp_attributes struct<use_preemptible_executors:boolean,google_service_account:string,"
        "boot_disk_size:bigint,availability:string,zone_id:string,local_ssd_count:bigint>,"
        " driver_instance_pool_id, worker_instance_pool_id, dbr_version, change_time timestamp,"
        " change_date date, data_security_mode, policy_id"
    ),
    "compute.warehouses": (
        "warehouse_id, workspace_id, account_id, warehouse_name, warehouse_type,"
        " warehouse_channel, warehouse_size, min_clusters int, max_clusters int,"
        " auto_stop_minutes int, tags map<string,string>, change_time timestamp,"
        " delete_time timestamp, created_by"
    ),
    "compute.warehouse_events": (
        "account_id, workspace_id, warehouse_id, event_type, cluster_count int,"
        " event_time timestamp"
    ),
    "compute.node_types": (
        "account_id, node_type, core_count double, memory_mb bigint, gpu_count bigint"
    ),
    "compute.node_timeline": (
        "account_id, workspace_id, cluster_id, instance_id, start_time timestamp,"
        " end_time timestamp, driver boolean, cpu_user_percent double, cpu_system_percent double,"
        " cpu_wait_percent double, mem_used_percent double, mem_swap_percent double,"
        " network_sent_bytes bigint, network_received_bytes bigint,"
        " disk_free_bytes_per_mount_point map<string,bigint>, node_type, private_ip"
    ),
    "lakeflow.jobs": (
        "account_id, workspace_id, job_id, name, creator_id, tags map<string,string>, run_as,"
        " change_time timestamp, delete_time timestamp, description,"
        " trigger struct<file_arrival:struct<url:string>,periodic:struct<interval:int,unit:string>,"
        "continuous:struct<task_retry_mode:string>,table_update:struct<table_names:array<string>>,"
        "schedule:struct<quartz_cron_expression:string,timezone_id:string>>,"
        " trigger_type, run_as_user_name, creator_user_name, paused boolean,"
        f" timeout_seconds bigint, {_RULES}, deployment struct<kind:string,"
        "metadata_file_path:string>, create_time timestamp"
    ),
    "lakeflow.job_tasks": (
        "account_id, workspace_id, job_id, task_key, depends_on_keys array<string>,"
        f" change_time timestamp, delete_time timestamp, timeout_seconds bigint, {_RULES}"
    ),
    "lakeflow.job_run_timeline": (
        "account_id, workspace_id, job_id, run_id, period_start_time timestamp,"
        " period_end_time timestamp, trigger_type, result_state, run_type, run_name,"
        " compute_ids array<string>, termination_code, job_parameters map<string,string>,"
        f" source_task_run_id, root_task_run_id, {_COMPUTE}, termination_type,"
        " setup_duration_seconds bigint, queue_duration_seconds bigint,"
        " run_duration_seconds bigint, cleanup_duration_seconds bigint,"
        " execution_duration_seconds bigint"
    ),
    "lakeflow.job_task_run_timeline": (
        "account_id, workspace_id, job_id, run_id, period_start_time timestamp,"
        " period_end_time timestamp, task_key, compute_ids array<string>, result_state,"
        f" job_run_id, parent_run_id, termination_code, {_COMPUTE}, termination_type,"
        " task_parameters map<string,string>, setup_duration_seconds bigint,"
        " cleanup_duration_seconds bigint, execution_duration_seconds bigint"
    ),
    "lakeflow.pipelines": (
        "workspace_id, pipeline_id, pipeline_type, name, created_by, run_as,"
        " tags map<string,string>, settings struct<photon:boolean,development:boolean,"
        "continuous:boolean,serverless:boolean,edition:string,channel:string>,"
        " configuration map<string,string>, change_time timestamp, delete_time timestamp,"
        " account_id, create_time timestamp"
    ),
    "lakeflow.pipeline_update_timeline": (
        "workspace_id, pipeline_id, update_id, update_type, request_id, run_as_user_name,"
        " trigger_type, trigger_details struct<job_task:struct<job_id:string,"
        "job_task_run_id:string>>, result_state, compute struct<type:string,cluster_id:string>,"
        " period_start_time timestamp, period_end_time timestamp,"
        f" refresh_selection {_SELECTION}, full_refresh_selection {_SELECTION},"
        f" reset_checkpoint_selection {_SELECTION}, account_id"
    ),
    "storage.predictive_optimization_operations_history": (
        "account_id, workspace_id, start_time timestamp, end_time timestamp, metastore_name,"
        " metastore_id, catalog_name, schema_name, table_name, table_id, operation_type,"
        " operation_id, operation_status, operation_metrics map<string,string>, usage_unit,"
        f" usage_quantity {_MONEY}"
    ),
    "storage.table_metrics_history": (
        "account_id, metastore_id, catalog_name, schema_name, table_name, table_id, table_type,"
        " table_owner, table_creation_time timestamp, table_dropped_time timestamp,"
        " snapshot_date date, active_bytes bigint, active_files bigint,"
        " predictive_optimization_enabled boolean"
    ),
}
NAMES = tuple(_TABLES)
SCHEMAS = tuple(sorted({name.partition(".")[0] for name in NAMES}))


@cache
def columns_of(name: str) -> tuple[tuple[str, str], ...]:
    """Names and types of the columns of a table, in order.

    Args:
        name: Schema and name, such as ``query.history``.
    """
    from clonexs.local.delta.schema import split

    made = []
    for each in split(_TABLES[name]):
        column, _, kind = each.partition(" ")
        made.append((column, kind or "string"))
    return tuple(made)


@cache
def arrow_of(text: str) -> Any:
    """The Arrow type of a type's text."""
    from clonexs.local.delta.schema import to_json
    from clonexs.local.engine.types import arrow_type

    return arrow_type(to_json(text))
