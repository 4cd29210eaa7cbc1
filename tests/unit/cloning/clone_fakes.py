"""Catalogs made by hand, and a workspace that answers from memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from clonexs.names import CatalogName, FunctionName, Name, SchemaName, TableName, VolumeName
from clonexs.operations.base import Ledger, Plan, Progress, RunContext
from clonexs.operations.cloning.clone.plan import plan_of
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.cloning.clone.validate import check_request
from clonexs.operations.ledger import MemoryStore
from clonexs.workspace.capabilities import capabilities_of
from clonexs.workspace.client import Identity
from clonexs.workspace.clock import FakeClock
from clonexs.workspace.gateway import SqlGateway
from clonexs.workspace.inventory import (
    CatalogFacts,
    Column,
    Constraint,
    Function,
    Inventory,
    Mask,
    RowFilter,
    SchemaFacts,
    Table,
    Volume,
)
from clonexs.workspace.recording import RecordingBackend

ME = "me@x"


def table(name: str, **facts: Any) -> Table:
    """A managed Delta table ``schema.table`` of ``prod``."""
    schema, _, own = name.partition(".")
    made: dict[str, Any] = {
        "name": TableName("prod", schema, own),
        "table_type": "MANAGED",
        "format": "DELTA",
        "owner": ME,
        "columns": (Column(name="id", type_text="bigint"), Column(name="v", type_text="string")),
        **facts,
    }
    return Table(**made)


def view(name: str, sql: str, **facts: Any) -> Table:
    """A view ``schema.view`` of ``prod``."""
    return table(name, table_type="VIEW", format="", view_definition=sql, **facts)


def protected(name: str, *, mask: str = "", rows: str = "") -> Table:
    """A table whose column ``v`` is masked, or whose rows are filtered, by ``schema.function``."""

    def function(text: str) -> FunctionName:
        return FunctionName("prod", *text.split("."))

    columns = (
        Column(name="id", type_text="bigint"),
        Column(name="v", type_text="string", mask=Mask(function=function(mask)) if mask else None),
    )
    rule = RowFilter(function=function(rows)) if rows else None
    return table(name, columns=columns, row_filter=rule)


def function(name: str, body: str = "1", **facts: Any) -> Function:
    """A SQL function ``schema.function`` of ``prod``."""
    made: dict[str, Any] = {
        "name": FunctionName("prod", *name.split(".")),
        "owner": ME,
        "return_type": "int",
        "definition": body,
        **facts,
    }
    return Function(**made)


def volume(name: str, **facts: Any) -> Volume:
    """A volume ``schema.volume`` of ``prod``."""
    made: dict[str, Any] = {"volume_type": "MANAGED", "owner": ME, **facts}
    return Volume(name=VolumeName("prod", *name.split(".")), **made)


def inventory(
    *objects: Table | Function | Volume,
    tags: Mapping[Name, Mapping[str, str]] | None = None,
    grants: Mapping[Name, Mapping[str, frozenset[str]]] | None = None,
    constraints: Mapping[TableName, tuple[Constraint, ...]] | None = None,
    properties: Mapping[str, str] | None = None,
) -> Inventory:
    """The catalog ``prod`` with these objects; their schemas come along."""
    catalog = CatalogName("prod")
    schemas = {
        SchemaName("prod", each.name.schema): SchemaFacts(
            name=SchemaName("prod", each.name.schema), owner=ME
        )
        for each in sorted(objects, key=lambda each: each.name.schema)
    }
    return Inventory(
        catalog=CatalogFacts(
            name=catalog, kind="MANAGED_CATALOG", owner=ME, properties=properties or {}
        ),
        schemas=schemas,
        tables={o.name: o for o in objects if isinstance(o, Table)},
        functions={o.name: o for o in objects if isinstance(o, Function)},
        volumes={o.name: o for o in objects if isinstance(o, Volume)},
        tags=tags or {},
        column_tags={},
        grants=grants or {},
        constraints=constraints or {},
        grants_visibility="full",
    )


def copied(source: Inventory, catalog: str = "dev") -> Inventory:
    """The same catalog under another name, as a clone would have left it."""
    name = CatalogName(catalog)

    def moved(each: Any) -> Any:
        return each.in_catalog(catalog)

    return replace(
        source,
        catalog=replace(source.catalog, name=name),
        schemas={
            name.schema(s.schema): replace(f, name=name.schema(s.schema))
            for s, f in source.schemas.items()
        },
        tables={moved(n): replace(f, name=moved(n)) for n, f in source.tables.items()},
        functions={moved(n): replace(f, name=moved(n)) for n, f in source.functions.items()},
        volumes={moved(n): replace(f, name=moved(n)) for n, f in source.volumes.items()},
        tags={},
        grants={},
        constraints={},
    )


class Api:
    """REST from memory: remembers what was asked to change."""

    def __init__(self, refuse_owner: bool = False) -> None:
        self.changed: list[tuple[str, str, Any]] = []
        self.metastores = SimpleNamespace(
            summary=lambda: SimpleNamespace(owner=ME, metastore_id="m", name="m")
        )
        self.grants = SimpleNamespace(update=self._grants)
        self.tables = SimpleNamespace(update=self._owner)
        self.schemas = self.catalogs = self.functions = self.volumes = self.tables
        self._refuse_owner = refuse_owner

    def _grants(self, kind: str, name: str, changes: Sequence[Any]) -> None:
        self.changed.append(("grants", name, [change.as_dict() for change in changes]))

    def _owner(self, name: str, **body: Any) -> None:
        from databricks.sdk.errors import PermissionDenied

        if self._refuse_owner:
            raise PermissionDenied(
                "only metastore admins may give it away", error_code="PERMISSION_DENIED"
            )
        self.changed.append(("owner", name, body))


def context(
    backend: RecordingBackend | None = None, *, api: Api | None = None, plan: Plan | None = None
) -> RunContext:
    """A run on a workspace that answers from memory."""
    clock = FakeClock()
    workspace: Any = SimpleNamespace(
        sql=SqlGateway(backend or RecordingBackend()),
        api=api or Api(),
        identity=Identity(user_name=ME),
        capabilities=capabilities_of("local", "spark_connect"),
        clock=clock,
    )
    return RunContext(
        workspace=workspace,
        progress=Progress(),
        ledger=Ledger(MemoryStore()),
        clock=clock,
        run_id="run",
        plan=plan,
    )


def request(**options: Any) -> CloneRequest:
    """A request from ``prod`` to ``dev``."""
    return CloneRequest(source_catalog="prod", destination_catalog="dev", **options)


def planned(source: Inventory, there: Inventory | None = None, **options: Any) -> Plan:
    """The plan of a request."""
    asked = request(**options)
    check_request(asked)
    return plan_of(context(), asked, source, there)
