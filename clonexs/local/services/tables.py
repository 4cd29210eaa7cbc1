"""``tables`` of the SDK: tables and views."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError
from clonexs.local.services.routing import ANYONE, UC, Api, Call, owns, sees
from clonexs.local.services.table_info import summary_of, table_info
from clonexs.local.statements.catalogs import set_owner

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import (
        ListTablesResponse,
        ListTableSummariesResponse,
        TableExistsResponse,
        TableInfo,
    )

api = Api()
routes = api.routes

_ALL = f"{UC}/tables"
_ONE = f"{_ALL}/{{full_name}}"
_SUMMARIES = 10_000


@api.get(_ALL, sdk="tables.list", rule=ANYONE)
def list_tables(call: Call) -> ListTablesResponse:
    """Tables and views of a schema, without keys and dependencies."""
    from databricks.sdk.service.catalog import ListTablesResponse

    catalog = call.named("CATALOG", call.needed("catalog_name"))
    schema = call.named("SCHEMA", f"{catalog.name}.{call.needed('schema_name')}")
    found, token = call.page(call.listed("TABLE", schema.full_name), lambda each: each[0].name)
    has_columns = not call.flag("omit_columns")
    made = [table_info(call, *each, has_columns=has_columns) for each in found]
    for each in made:
        if call.flag("omit_properties"):
            each.properties = None
        if call.flag("omit_username"):
            each.owner = each.created_by = each.updated_by = None
    return ListTablesResponse(tables=made, next_page_token=token)


@api.get(f"{UC}/table-summaries", sdk="tables.list_summaries", rule=ANYONE)
def list_summaries(call: Call) -> ListTableSummariesResponse:
    """Names and types of all tables and views of a catalog."""
    from databricks.sdk.service.catalog import ListTableSummariesResponse

    catalog = call.named("CATALOG", call.needed("catalog_name"))
    schemas = _like(call.query("schema_name_pattern"))
    tables = _like(call.query("table_name_pattern"))

    def matching() -> Iterator[Object]:
        for schema in call.server.catalog.objects("SCHEMA", catalog.name):
            if schemas.fullmatch(schema.name):
                for each, _ in call.listed("TABLE", schema.full_name):
                    if tables.fullmatch(each.name):
                        yield each

    # Tables come sorted by the parts of their names, which no name's own character comes before.
    found, token = call.page(matching(), lambda each: "\0".join(each.parts), cap=_SUMMARIES)
    return ListTableSummariesResponse(
        tables=[summary_of(each) for each in found], next_page_token=token
    )


@api.get(_ONE, sdk="tables.get", rule=sees("TABLE", "full_name"))
def get_table(call: Call) -> TableInfo:
    """One table or view, with keys and what it depends on."""
    return table_info(call, call.found, call.browse_only, in_full=True)


@api.get(f"{_ONE}/exists", sdk="tables.exists", rule=ANYONE)
def table_exists(call: Call) -> TableExistsResponse:
    """Whether there is a table that the caller may know of."""
    from databricks.sdk.service.catalog import TableExistsResponse

    try:
        call.named("TABLE", call.path("full_name"))
    except LocalError as error:
        if error.http_status != 404:
            raise
        return TableExistsResponse(table_exists=False)
    return TableExistsResponse(table_exists=True)


@api.patch(_ONE, sdk="tables.update", rule=owns("TABLE", "full_name"))
def update_table(call: Call) -> None:
    """Give a table or view to another principal."""
    from databricks.sdk.service.catalog import TablesAPI

    owner = call.arguments(TablesAPI.update).get("owner")
    if owner is not None:
        set_owner(call.context, call.found, owner)


@api.delete(_ONE, sdk="tables.delete", rule=owns("TABLE", "full_name"))
def delete_table(call: Call) -> None:
    """Drop a table or view."""
    from clonexs.local.statements.tables import drop
    from clonexs.local.statements.views import remove_view

    (remove_view if call.found.is_expanded else drop)(call.context, call.found)


def _like(pattern: str | None) -> re.Pattern[str]:
    # ``%`` any text, ``_`` one character, and a backslash takes the meaning from either.
    if not pattern:
        return re.compile(".*", re.DOTALL)
    parts = []
    for found in re.finditer(r"\\(.)|(.)", pattern.lower(), re.DOTALL):
        char = found.group(2)
        parts.append({"%": ".*", "_": "."}.get(char) or re.escape(char or found.group(1)))
    return re.compile("".join(parts), re.DOTALL)
