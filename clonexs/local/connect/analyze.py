"""Questions about plans: types, explanations, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.connect.plans import unpacked
from clonexs.local.engine.failures import engine_error
from clonexs.local.engine.session import SqlSession
from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    from clonexs.local.connect.execute import Executor
    from clonexs.local.engine.engine import Engine

_SPARK_VERSION = "4.0.0"
_WITH_PLAN = ("schema", "explain", "tree_string")


class Analyzer:
    """Answers AnalyzePlan; used in worker threads.

    Args:
        engine: The statement layer.
        executor: Rewrites plans.
    """

    def __init__(self, engine: Engine, executor: Executor) -> None:
        self._engine, self._executor = engine, executor

    def answer(self, session: SqlSession, request: Any) -> Any:
        """The answer to a request.

        Raises:
            LocalError: for what is not supported, and as the engine refuses it.
        """
        from pyspark.sql.connect.proto import base_pb2

        which = request.WhichOneof("analyze")
        made = base_pb2.AnalyzePlanResponse()
        if which == "spark_version":
            made.spark_version.version = _SPARK_VERSION
        elif which == "is_local":
            root = unpacked(request.is_local.plan).root
            made.is_local.is_local = root.WhichOneof("rel_type") == "local_relation"
        elif which == "is_streaming":
            made.is_streaming.is_streaming = False
        elif which in {"ddl_parse", "json_to_ddl"}:
            made = self._ask(session, request)
        elif which in _WITH_PLAN:
            made = self._about_plan(session, request, which)
        else:
            raise LocalError(
                "UNSUPPORTED_FEATURE.PLAN",
                f"The question {which} is not supported by the local workspace.",
            )
        return made

    def _about_plan(self, session: SqlSession, request: Any, which: str) -> Any:
        from pyspark.sql.connect.proto import base_pb2

        from clonexs.local.connect.execute import own_rows
        from clonexs.local.engine.types import spark_type

        root = unpacked(getattr(request, which).plan).root
        rows = own_rows(root) if which == "schema" else None
        if rows is not None:
            import pyarrow as pa

            made = base_pb2.AnalyzePlanResponse()
            made.schema.schema.CopyFrom(spark_type(pa.struct(list(rows.schema))))
            return made
        asked = base_pb2.AnalyzePlanRequest()
        asked.CopyFrom(request)
        plan = base_pb2.Plan(root=self._executor.relation(session, root, runs=False))
        getattr(asked, which).plan.CopyFrom(plan)
        return self._ask(session, asked)

    def asked(self, session: SqlSession, request: Any) -> Any:
        """The question about the types of a SQL text, as the engine is asked it.

        Raises:
            LocalError: if the text is refused.
        """
        from pyspark.sql.connect.proto import base_pb2

        made = base_pb2.AnalyzePlanRequest()
        root = self._executor.relation(session, request.schema.plan.root, runs=False)
        made.schema.plan.root.CopyFrom(root)
        _address(made, session)
        return made

    def _ask(self, session: SqlSession, request: Any) -> Any:
        import grpc
        from pyspark.sql.connect.proto import base_pb2

        asked = base_pb2.AnalyzePlanRequest()
        asked.CopyFrom(request)
        asked.ClearField("client_observed_server_side_session_id")
        _address(asked, session)
        self._engine.prepare(session)
        try:
            made = self._engine.client.stub().AnalyzePlan(asked)
        except grpc.RpcError as error:
            raise self._engine.named(engine_error(error)) from error
        if made.HasField("explain"):
            made.explain.explain_string = self._engine.plain(made.explain.explain_string)
        if made.HasField("tree_string"):
            made.tree_string.tree_string = self._engine.plain(made.tree_string.tree_string)
        return made


def _address(asked: Any, session: SqlSession) -> None:
    asked.session_id = session.id
    asked.user_context.Clear()
    asked.user_context.user_id = session.principal.name
