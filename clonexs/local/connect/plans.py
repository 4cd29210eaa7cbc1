"""Plans that come without text: every name in them is found and authorised, the rest is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.connect.paths import readable_path
from clonexs.local.engine.client import with_relations
from clonexs.local.engine.rewrite import Scope
from clonexs.local.engine.session import SqlSession
from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    from clonexs.local.engine.engine import Engine

_MAX_PLAN = 256 * 1024 * 1024
# Kinds of relations that name nothing themselves: their inputs and expressions are looked at.
_PASSED = frozenset(
    [
        "project",
        "filter",
        "join",
        "set_op",
        "sort",
        "limit",
        "aggregate",
        "local_relation",
        "sample",
        "offset",
        "deduplicate",
        "range",
        "subquery_alias",
        "repartition",
        "to_df",
        "with_columns_renamed",
        "show_string",
        "drop",
        "tail",
        "with_columns",
        "hint",
        "unpivot",
        "to_schema",
        "repartition_by_expression",
        "html_string",
        "transpose",
        "fill_na",
        "drop_na",
        "replace",
        "summary",
        "crosstab",
        "describe",
        "cov",
        "corr",
        "approx_quantile",
        "freq_items",
        "sample_by",
        "lateral_join",
    ]
)
_PASSED_EXPRESSIONS = frozenset(
    [
        "literal",
        "unresolved_attribute",
        "unresolved_star",
        "alias",
        "cast",
        "unresolved_regex",
        "sort_order",
        "lambda_function",
        "window",
        "unresolved_extract_value",
        "update_fields",
        "unresolved_named_lambda_variable",
        "named_argument_expression",
        "subquery_expression",
    ]
)
_FILE_FORMATS = frozenset({"parquet", "csv", "json", "text"})
_TRAVEL = {"versionasof": "VERSION", "timestampasof": "TIMESTAMP"}


def unpacked(plan: Any) -> Any:
    """A plan that can be read: a compressed one is unpacked.

    Raises:
        LocalError: if it cannot be.
    """
    from pyspark.sql.connect.proto import base_pb2

    if plan.WhichOneof("op_type") != "compressed_operation":
        return plan
    import zstandard

    packed = plan.compressed_operation
    kinds = base_pb2.Plan.CompressedOperation
    made = base_pb2.Plan()
    try:
        if packed.compression_codec != base_pb2.COMPRESSION_CODEC_ZSTD:
            raise ValueError("codec")
        reader = zstandard.ZstdDecompressor().stream_reader(packed.data)
        data = reader.read(_MAX_PLAN + 1)
        if len(data) > _MAX_PLAN:
            raise ValueError("size")
        if packed.op_type == kinds.OP_TYPE_RELATION:
            made.root.ParseFromString(data)
        elif packed.op_type == kinds.OP_TYPE_COMMAND:
            made.command.ParseFromString(data)
        else:
            raise ValueError("kind")
    except Exception as error:
        raise LocalError(
            "CONNECT_INVALID_PLAN.CANNOT_PARSE", "The compressed plan cannot be read."
        ) from error
    return made


class PlanRewriter:
    """Rewrites one plan for the engine.

    Args:
        engine: The statement layer.
        session: Whose names and rights count.
        runs: Whether the plan is run now, or only asked about.
    """

    def __init__(self, engine: Engine, session: SqlSession, *, runs: bool = True) -> None:
        self._engine, self._session, self._runs = engine, session, runs
        self._scope = engine.scope(session)
        self._local: frozenset[str] = frozenset()

    def relation(self, relation: Any) -> Any:
        """A copy of a relation that the engine may run.

        Raises:
            LocalError: for what is not allowed, and for what is not understood.
        """
        from pyspark.sql.connect.proto import relations_pb2

        made = relations_pb2.Relation()
        made.CopyFrom(relation)
        self._relation(made)
        return made

    def argument(self, value: Any) -> None:
        """Refuse an argument of a text that names anything."""
        self._expression(value)

    def _relation(self, node: Any) -> None:
        kind = node.WhichOneof("rel_type")
        if kind == "sql":
            self._sql(node, node.sql.query)
        elif kind == "read":
            self._read(node)
        elif kind == "with_relations":
            self._with_relations(node)
        elif kind in _PASSED:
            if kind == "local_relation":
                self._complete(node.local_relation)
            self._inside(getattr(node, kind))
        else:
            raise _refused(f"Relations of the kind {kind}")

    def _inside(self, message: Any) -> None:
        """Look at everything below a message."""
        for field, value in message.ListFields():
            if field.message_type is None:
                continue
            options = field.message_type.GetOptions()
            if options.map_entry:
                if field.message_type.fields_by_name["value"].message_type is not None:
                    for each in value.values():
                        self._visit(each)
            elif field.is_repeated:
                for each in value:
                    self._visit(each)
            else:
                self._visit(value)

    def _visit(self, message: Any) -> None:
        name = message.DESCRIPTOR.full_name
        if name == "spark.connect.Relation":
            self._relation(message)
        elif name == "spark.connect.Expression":
            self._expression(message)
        elif name == "google.protobuf.Any":
            raise _refused("Extensions of plans")
        elif name != "spark.connect.DataType":
            self._inside(message)

    # Relations that name something.

    def _sql(self, node: Any, text: str) -> None:
        if self._local:
            made = self._engine.rewriter(self._session).query(text, self._named_scope())
        else:
            made = self._engine.rewritten(self._session, text, runs=self._runs)
        query = type(node)(sql=node.sql)
        query.sql.query = made.text
        for value in (*query.sql.args.values(), *query.sql.pos_args):
            self._inside(value)
        for value in (*query.sql.named_arguments.values(), *query.sql.pos_arguments):
            self._expression(value)
        self._replace(node, query, made.relations)

    def _read(self, node: Any) -> None:
        read = node.read
        if read.is_streaming:
            raise _refused("Streaming reads")
        if read.WhichOneof("read_type") == "named_table":
            travel = _travel(read.named_table.options)
            text = f"SELECT * FROM {read.named_table.unparsed_identifier}{travel}"
            query = type(node)()
            query.sql.query = text
            if node.HasField("common"):
                query.common.CopyFrom(node.common)
            node.CopyFrom(query)
            self._sql(node, text)
        else:
            self._files(read.data_source)

    def _files(self, source: Any) -> None:
        named = [k for k in source.options if k.lower() in {"path", "paths"}]
        if source.format.lower() not in _FILE_FORMATS or source.predicates or named:
            raise _refused(f"Reads of the format {source.format or '(none)'} by path")
        if not source.paths:
            raise _refused("Reads without a path")
        catalog, who = self._engine.catalog, self._session.principal
        source.paths[:] = [readable_path(catalog, who, each) for each in source.paths]

    def _with_relations(self, node: Any) -> None:
        outer = self._local
        for each in node.with_relations.references:
            self._relation(each)
            if each.WhichOneof("rel_type") == "subquery_alias":
                self._local |= {each.subquery_alias.alias.lower()}
        try:
            self._relation(node.with_relations.root)
        finally:
            self._local = outer

    def _complete(self, local: Any) -> None:
        # The engine wants the types of rows that carry no row.
        if local.HasField("data") and not local.HasField("schema"):
            import pyarrow as pa

            from clonexs.local.engine.types import schema_json

            local.schema = schema_json(pa.ipc.open_stream(local.data).schema)

    def _replace(self, node: Any, query: Any, relations: Any) -> None:
        made = with_relations(query, relations)
        if node.HasField("common"):
            made.common.CopyFrom(node.common)
        node.CopyFrom(made)

    def _named_scope(self) -> Scope:
        from dataclasses import replace

        return replace(self._scope, local=self._local)

    # Expressions.

    def _expression(self, node: Any) -> None:
        kind = node.WhichOneof("expr_type")
        if kind == "expression_string":
            node.expression_string.expression = self._text(node.expression_string.expression)
        elif kind == "unresolved_function":
            _check_function(node.unresolved_function.function_name)
            self._inside(node.unresolved_function)
        elif kind == "call_function":
            _check_function(node.call_function.function_name)
            self._inside(node.call_function)
        elif kind in _PASSED_EXPRESSIONS:
            self._inside(getattr(node, kind))
        elif kind is not None:
            raise _refused(f"Expressions of the kind {kind}")

    def _text(self, text: str) -> str:
        front = "SELECT "
        rewriter = self._engine.rewriter(self._session)
        made = rewriter.text(front + text, self._named_scope())
        if rewriter.relations or not made.startswith(front):
            raise _refused("Expressions that read system relations")
        return made[len(front) :]


def _travel(options: Any) -> str:
    from clonexs.local.engine.text import literal

    made = ""
    for key, value in options.items():
        word = _TRAVEL.get(key.lower())
        if word is None:
            raise _refused(f"The option {key} of a table")
        made += f" {word} AS OF {int(value) if word == 'VERSION' else literal(value)}"
    return made


# Repaired in texts, where the types of their arguments are worked out; wrong as they are.
_ONLY_IN_TEXTS = frozenset(
    [
        "bround",
        "rint",
        "weekday",
        "extract",
        "date_part",
        "datepart",
        "initcap",
        "conv",
        "elt",
        "percentile_approx",
        "approx_percentile",
        "chr",
        "char",
    ]
)


def _check_function(name: str) -> None:
    if name.lower() in _ONLY_IN_TEXTS:
        raise _refused(f"Calls of {name} outside of SQL")
    if "." in name or "`" in name:
        raise _refused(f"Calling the function {name} outside of SQL")


def _refused(what: str) -> LocalError:
    return LocalError(
        "UNSUPPORTED_FEATURE.PLAN", f"{what} are not supported by the local workspace; use SQL."
    )
