from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from databricks.sdk.errors import NotFound, PermissionDenied
from databricks.sdk.service import catalog as uc

from clonexs.aspects import find_aspect
from clonexs.aspects.clustering import ClusteringState
from clonexs.errors import OutcomeUnknown, StatementFailed
from clonexs.names import CatalogName, FunctionName, SchemaName, TableName, ViewName, VolumeName
from clonexs.workspace.client import Identity
from clonexs.workspace.gateway import SqlGateway
from clonexs.workspace.inventory import Argument, Unknown, read_inventory, securable_type
from clonexs.workspace.recording import RecordingBackend

CATALOG = CatalogName("prod")
ORDERS = TableName("prod", "sales", "orders")


class Counted:
    """A service of the REST client whose calls are counted together."""

    def __init__(self, calls: list[tuple[object, ...]], **answers: Any) -> None:
        self._calls, self._answers = calls, answers
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        answer = self._answers[name]

        def call(*arguments: object, **named: object) -> Any:
            with self._lock:
                self._calls.append((name, *arguments))
            return answer(*arguments) if callable(answer) else answer

        return call


def orders() -> uc.TableInfo:
    return uc.TableInfo(
        catalog_name="prod",
        schema_name="sales",
        name="orders",
        table_type=uc.TableType.MANAGED,
        data_source_format=uc.DataSourceFormat.DELTA,
        owner="ana",
        comment="",
        properties={"a": "1", "clusteringColumns": '[["id"],["a b"]]'},
        columns=[
            uc.ColumnInfo(name="mail", type_text="string", position=1, comment="x "),
            uc.ColumnInfo(
                name="id",
                type_text="bigint",
                position=0,
                nullable=False,
                type_json='{"name":"id","type":"long","nullable":false,"metadata":'
                '{"delta.identity.start":1,"delta.identity.step":2,"CURRENT_DEFAULT":"0"}}',
                mask=uc.ColumnMask(
                    function_name="prod.sec.hide",
                    using_arguments=[
                        uc.PolicyFunctionArgument(column="mail"),
                        uc.PolicyFunctionArgument(constant="US"),
                    ],
                ),
            ),
        ],
        row_filter=uc.TableRowFilter(function_name="prod.sec.only", input_column_names=["id"]),
    )


def view() -> uc.TableInfo:
    return uc.TableInfo(
        catalog_name="prod",
        schema_name="sales",
        name="v",
        table_type=uc.TableType.VIEW,
        owner="ana",
        view_definition="SELECT 1",
    )


def make_workspace(
    *,
    owner: str = "me",
    metastore_owner: str = "root",
    answers: tuple[tuple[str, Any], ...] = (),
    grants: Any = None,
    schemas: tuple[str, ...] = ("sales", "empty", "information_schema"),
    table_get: Any = None,
) -> Any:
    calls: list[tuple[object, ...]] = []
    function = uc.FunctionInfo(
        catalog_name="prod",
        schema_name="sales",
        name="f",
        full_data_type="string",
        routine_body=uc.FunctionInfoRoutineBody.SQL,
        routine_definition="x",
        is_deterministic=True,
        sql_data_access=uc.FunctionInfoSqlDataAccess.CONTAINS_SQL,
        input_params=uc.FunctionParameterInfos(
            parameters=[
                uc.FunctionParameterInfo(
                    name="b",
                    type_text="int",
                    type_name=uc.ColumnTypeName.INT,
                    position=1,
                    parameter_default="1",
                ),
                uc.FunctionParameterInfo(
                    name="a", type_text="string", type_name=uc.ColumnTypeName.STRING, position=0
                ),
            ]
        ),
    )
    volume = uc.VolumeInfo(
        catalog_name="prod", schema_name="sales", name="files", volume_type=uc.VolumeType.MANAGED
    )
    api = SimpleNamespace(
        catalogs=Counted(
            calls,
            get=uc.CatalogInfo(
                name="prod", owner=owner, catalog_type=uc.CatalogType.MANAGED_CATALOG
            ),
        ),
        schemas=Counted(
            calls, list=[uc.SchemaInfo(catalog_name="prod", name=name) for name in schemas]
        ),
        tables=Counted(
            calls,
            list=lambda _, schema: [view(), orders()] if schema == "sales" else [],
            get=table_get,
        ),
        functions=Counted(calls, list=lambda _, schema: [function] if schema == "sales" else []),
        volumes=Counted(calls, list=lambda _, schema: [volume] if schema == "sales" else []),
        grants=Counted(calls, get=grants),
        metastores=Counted(calls, summary=SimpleNamespace(owner=metastore_owner)),
    )
    backend = RecordingBackend(answers)
    return SimpleNamespace(
        api=api,
        calls=calls,
        backend=backend,
        sql=SqlGateway(backend),
        identity=Identity(user_name="Me", groups=("admins", "Root")),
    )


def test_one_pass_has_three_lists_for_each_schema_and_three_statements() -> None:
    workspace = make_workspace(schemas=("sales", "a", "b", "c", "information_schema"))

    read_inventory(workspace, CATALOG)

    assert len(workspace.calls) == 2 + 3 * 4
    assert len(workspace.backend.statements) == 3


def test_only_what_is_wanted_is_asked_for() -> None:
    workspace = make_workspace()

    found = read_inventory(workspace, CATALOG, schemas=["SALES", "nowhere"], want={"tables"})

    assert sorted(str(call[0]) for call in workspace.calls) == ["get", "list", "list"]
    assert workspace.backend.statements == []
    assert list(found.schemas) == [SchemaName("prod", "sales")]
    assert found.grants_visibility == "unread"
    for unread in (found.tags_of(CATALOG), found.grants_of(CATALOG), found.constraints_of(ORDERS)):
        assert isinstance(unread, Unknown)


def test_facts_of_tables_views_functions_and_volumes() -> None:
    found = read_inventory(make_workspace(), CATALOG)

    table = found.tables[ORDERS]
    assert [(c.name, c.nullable, c.comment) for c in table.columns] == [
        ("id", False, None),
        ("mail", True, "x "),
    ]
    assert table.columns[0].default == "0"
    assert table.columns[0].identity == (
        "GENERATED ALWAYS AS IDENTITY (START WITH 1 INCREMENT BY 2)"
    )
    assert table.columns[0].mask is not None
    assert table.columns[0].mask.using == (Argument(column="mail"), Argument(constant="US"))
    assert table.row_filter is not None
    assert table.row_filter.arguments == (Argument(column="id"),)
    assert (table.table_type, table.format, table.is_protected) == ("MANAGED", "DELTA", True)
    function = found.functions[FunctionName("prod", "sales", "f")]
    assert [(p.name, p.default) for p in function.parameters] == [("a", None), ("b", "1")]
    assert (function.body, function.sql_data_access) == ("SQL", "CONTAINS_SQL")
    assert found.volumes[VolumeName("prod", "sales", "files")].volume_type == "MANAGED"
    assert [type(name).__name__ for name in found.objects()] == [
        "CatalogName",
        "SchemaName",
        "SchemaName",
        "TableName",
        "ViewName",
        "FunctionName",
        "VolumeName",
    ]
    assert (
        found.find(ViewName("prod", "sales", "v")) is found.tables[TableName("prod", "sales", "v")]
    )
    clustering = find_aspect("clustering").read(found, [ORDERS])[ORDERS]
    assert clustering == ClusteringState(columns=("id", "a b"))


def test_tags_belong_to_objects_and_columns() -> None:
    rows = [
        {"kind": kind, "s": s, "o": o, "c": c, "tag_name": "k", "tag_value": value}
        for kind, s, o, c, value in (
            ("CATALOG", "", "", "", "v"),
            ("TABLE", "sales", "v", "", None),
            ("COLUMN", "sales", "orders", "Id", "x"),
            ("VOLUME", "sales", "files", "", "y"),
        )
    ]

    found = read_inventory(make_workspace(answers=(("catalog_tags", rows),)), CATALOG)

    assert found.tags_of(CATALOG) == {"k": "v"}
    assert found.tags_of(ViewName("prod", "sales", "v")) == {"k": ""}
    assert found.column_tags_of(ORDERS) == {"Id": {"k": "x"}}
    assert found.tags_of(VolumeName("prod", "sales", "files")) == {"k": "y"}
    assert found.tags_of(ORDERS) == {}


def test_keys_with_several_columns_find_their_parents() -> None:
    def row(kind: str, name: str, table: str, a: str, i: int = 0, j: int | None = 0, s: str = "s"):  # type: ignore[no-untyped-def]
        return {
            "kind": kind, "cs": "s", "cn": name, "s": s, "o": table, "a": a, "i": i, "j": j,
        }  # fmt: skip

    rows = [
        row("KEY", "fk", "child", "FOREIGN KEY"),
        row("KEY", "pk", "parent", "PRIMARY KEY"),
        row("COLUMN", "pk", "parent", "a", 1, None),
        row("COLUMN", "pk", "parent", "b", 2, None),
        row("COLUMN", "fk", "child", "y", 2, 1),
        row("COLUMN", "fk", "child", "x", 1, 2),
        row("REFERENCE", "fk", "s", "pk", s="prod"),
    ]
    workspace = make_workspace(
        schemas=("s",), answers=(("table_constraints", rows),), table_get=NotFound
    )

    found = read_inventory(workspace, CATALOG)

    (key,) = found.constraints_of(TableName("prod", "s", "child"))  # type: ignore[misc]
    assert (key.columns, key.parent, key.parent_columns) == (
        ("x", "y"),
        TableName("prod", "s", "parent"),
        ("b", "a"),
    )
    assert key.rely is None


def test_a_parent_in_another_catalog_and_rely_are_asked_of_the_table() -> None:
    rows = [
        {"kind": "KEY", "cs": "sales", "cn": "fk", "s": "sales", "o": "orders", "a": "FOREIGN KEY",
         "i": 0, "j": 0},
        {"kind": "REFERENCE", "cs": "sales", "cn": "fk", "s": "other", "o": "x", "a": "pk", "i": 0,
         "j": 0},
    ]  # fmt: skip
    told = uc.TableInfo(
        table_constraints=[
            uc.TableConstraint(
                foreign_key_constraint=uc.ForeignKeyConstraint(
                    name="fk",
                    child_columns=["id"],
                    parent_table="other.x.y",
                    parent_columns=["k"],
                    rely=True,
                )
            )
        ]
    )
    workspace = make_workspace(answers=(("table_constraints", rows),), table_get=told)

    (key,) = read_inventory(workspace, CATALOG).constraints_of(ORDERS)  # type: ignore[misc]

    assert (key.parent, key.rely) == (TableName("other", "x", "y"), True)


def test_an_owner_s_grants_take_one_statement() -> None:
    rows = [
        {"kind": "TABLE", "s": "sales", "o": "orders", "grantee": "data team",
         "privilege_type": "SELECT"},
        {"kind": "CATALOG", "s": "", "o": "", "grantee": "ana", "privilege_type": "USE CATALOG"},
        {"kind": "FUNCTION", "s": "sales", "o": "f", "grantee": "ana", "privilege_type": "EXECUTE"},
    ]  # fmt: skip
    workspace = make_workspace(answers=(("table_privileges", rows),))

    found = read_inventory(workspace, CATALOG)

    assert found.grants_visibility == "full"
    assert found.grants_of(ORDERS) == {"data team": frozenset({"SELECT"})}
    assert found.grants_of(CATALOG) == {"ana": frozenset({"USE_CATALOG"})}
    assert found.grants_of(FunctionName("prod", "sales", "f")) == {"ana": frozenset({"EXECUTE"})}
    assert found.grants_of(VolumeName("prod", "sales", "files")) == {}


@pytest.mark.parametrize(
    ("owner", "metastore_owner"), [("ME", "x"), ("root", "x"), ("ana", "root")]
)
def test_owner_by_name_or_group_and_metastore_admin_see_all_grants(
    owner: str, metastore_owner: str
) -> None:
    workspace = make_workspace(owner=owner, metastore_owner=metastore_owner, grants=KeyError)

    assert read_inventory(workspace, CATALOG).grants_visibility == "full"


def test_anybody_else_asks_each_object_and_what_is_refused_is_unknown() -> None:
    pages = {
        ("CATALOG", "prod"): uc.GetPermissionsResponse(privilege_assignments=[]),
        ("TABLE", "prod.sales.orders"): uc.GetPermissionsResponse(
            privilege_assignments=[
                uc.PrivilegeAssignment(principal="bo", privileges=[uc.Privilege.SELECT])
            ]
        ),
    }

    def answer(kind: str, name: str) -> uc.GetPermissionsResponse:
        if name == "prod.sales.v":
            raise PermissionDenied("not yours")
        return pages.get((kind, name), uc.GetPermissionsResponse())

    workspace = make_workspace(owner="ana", metastore_owner="x", grants=answer)

    found = read_inventory(workspace, CATALOG)

    asked = sorted(str(call[2]) for call in workspace.calls if call[0] == "get" and len(call) == 3)
    assert asked == sorted(name.full_name for name in found.objects())
    assert found.grants_visibility == "partial"
    assert found.grants_of(ORDERS) == {"bo": frozenset({"SELECT"})}
    refused = found.grants_of(TableName("prod", "sales", "v"))
    assert isinstance(refused, Unknown)
    assert "not yours" in refused.reason


def test_a_refused_statement_is_unknown_and_a_lost_session_an_error() -> None:
    refused = make_workspace(answers=(("catalog_tags", StatementFailed("no SELECT")),))
    found = read_inventory(refused, CATALOG)
    tags = find_aspect("tags").read(found, [ORDERS])[ORDERS]
    assert isinstance(tags, Unknown)
    assert "no SELECT" in tags.reason
    assert found.constraints_of(ORDERS) == ()

    gone = make_workspace(answers=(("catalog_tags", OutcomeUnknown("gone")),))
    with pytest.raises(OutcomeUnknown):
        read_inventory(gone, CATALOG)


def test_a_list_that_fails_is_an_error() -> None:
    workspace = make_workspace()

    def refuse(*_: object) -> None:
        raise PermissionDenied("no")

    workspace.api.volumes = Counted(workspace.calls, list=refuse)

    with pytest.raises(PermissionDenied):
        read_inventory(workspace, CATALOG)


def test_views_are_tables_to_the_grants_interface() -> None:
    assert securable_type(ViewName("c", "s", "v")) == "TABLE"
    assert securable_type(FunctionName("c", "s", "f")) == "FUNCTION"


def test_unknown_equals_nothing() -> None:
    unknown = Unknown("x")

    assert unknown != unknown
    assert unknown != Unknown("x")
