"""Hands a statement over to a warehouse exactly once, also when the answer gets lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.errors import ClonexsError, NoCompute, NotConnected, OutcomeUnknown, StatementFailed
from clonexs.workspace.backend import UNREACHABLE, told
from clonexs.workspace.clock import Clock

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.sql import QueryInfo, StatementResponse

TAG_KEY = "clonexs"
_BUSY_S = 300.0
_SKEW_S = 300
_LOOKS_S = (0.3, 1.0, 3.0)
_PAGE = 100


class Submission:
    """Sends statements to one warehouse.

    The SDK sends a request again when its connection breaks, which for a statement means that it may
    run twice. Here a request is sent once; what became of it is then read from the history.

    Args:
        client: Client of the workspace.
        warehouse_id: The warehouse.
        clock: Source of time and sleep.
    """

    def __init__(self, client: WorkspaceClient, warehouse_id: str, clock: Clock) -> None:
        self._client = client
        self._once: WorkspaceClient | None = None
        self._warehouse_id = warehouse_id
        self._clock = clock

    def send(self, *, tag: str, may_repeat: bool, **request: Any) -> StatementResponse:
        """Send a statement and give the first answer.

        Args:
            tag: Unique text by which the history finds it.
            may_repeat: Whether it only reads.
            **request: What else the SDK's method takes.

        Raises:
            NotConnected: if it was never sent, or the credential is refused.
            NoCompute: if the warehouse is not there.
            StatementFailed: if the request is refused.
            OutcomeUnknown: if it is not known whether it was taken.
        """
        from databricks.sdk.errors.base import DatabricksError
        from databricks.sdk.service.sql import QueryTag

        deadline = self._clock.monotonic() + _BUSY_S
        while True:
            try:
                return self._client_that_sends_once().statement_execution.execute_statement(
                    warehouse_id=self._warehouse_id,
                    query_tags=[QueryTag(key=TAG_KEY, value=tag)],
                    **request,
                )
            except TimeoutError as error:
                wait_s = _busy_for(error)
                if wait_s is None:
                    return self._after_loss(error, tag, may_repeat=may_repeat, request=request)
                if self._clock.monotonic() + wait_s > deadline:
                    raise NoCompute("the workspace is too busy", hint="try again later") from error
                self._clock.sleep(wait_s)
            except DatabricksError as error:
                raise refusal(error) from error

    def find(self, tag: str) -> QueryInfo | None:
        """The statement with a tag, in the history of the last minutes."""
        from databricks.sdk.service.sql import QueryFilter, TimeRange

        since_ms = int((self._clock.now().timestamp() - _SKEW_S) * 1000)
        found = self._client.query_history.list(
            filter_by=QueryFilter(
                warehouse_ids=[self._warehouse_id],
                query_start_time_range=TimeRange(start_time_ms=since_ms),
            ),
            max_results=_PAGE,
        )
        for each in found.res or []:
            if any(t.key == TAG_KEY and t.value == tag for t in each.query_tags or []):
                return each
        return None

    def _after_loss(
        self, error: TimeoutError, tag: str, *, may_repeat: bool, request: dict[str, Any]
    ) -> StatementResponse:
        if _was_never_sent(error):
            raise NotConnected("the workspace cannot be reached", details=_cause(error)) from error
        unknown = OutcomeUnknown(
            "the connection was lost; whether the statement took effect is not known",
            error_class=UNREACHABLE,
        )
        if may_repeat:
            raise unknown from error
        found = self._looked_up(tag)
        if found is None or found.query_id is None:
            raise unknown from error
        if found.status is not None and found.status.value == "FAILED":
            error_class, sql_state, message = told(found.error_message or "the statement failed")
            raise StatementFailed(
                message,
                error_class=error_class,
                sql_state=sql_state,
                statement_id=found.query_id,
            ) from error
        return self._client.statement_execution.get_statement(found.query_id)

    def _looked_up(self, tag: str) -> QueryInfo | None:
        from databricks.sdk.errors.base import DatabricksError

        for wait_s in _LOOKS_S:
            self._clock.sleep(wait_s)
            try:
                if found := self.find(tag):
                    return found
            except (DatabricksError, TimeoutError):
                return None
        return None

    def _client_that_sends_once(self) -> WorkspaceClient:
        if self._once is None:
            from databricks.sdk import WorkspaceClient

            config = self._client.config.copy()  # type: ignore[no-untyped-call]  # the SDK's own
            # The SDK waits a second before it sends again: by then its time is over.
            config.retry_timeout_seconds = 1
            self._once = WorkspaceClient(config=config)
        return self._once


def refusal(error: Exception) -> ClonexsError:
    """What a failed request means."""
    from databricks.sdk.errors import (
        InvalidParameterValue,
        NotFound,
        PermissionDenied,
        TemporarilyUnavailable,
        Unauthenticated,
    )

    text = str(error)
    if isinstance(error, Unauthenticated):
        return NotConnected("the workspace does not accept the credential", details=text)
    if isinstance(error, TimeoutError):
        return NotConnected("the workspace cannot be reached", details=_cause(error))
    if isinstance(error, NotFound | InvalidParameterValue) and "warehouse" in text.lower():
        return NoCompute(text, hint="choose another SQL warehouse")
    if isinstance(error, TemporarilyUnavailable):
        return NoCompute(text, hint="try again in a moment")
    code = getattr(error, "error_code", None)
    if isinstance(error, PermissionDenied):
        code = "PERMISSION_DENIED"
    return StatementFailed(text, error_class=code if isinstance(code, str) else None)


def _busy_for(error: TimeoutError) -> float | None:
    """Seconds after which a workspace that is too busy wants to be asked again."""
    seconds = getattr(error.__cause__, "retry_after_secs", None)
    return max(float(seconds), 1.0) if seconds is not None else None


def _was_never_sent(error: TimeoutError) -> bool:
    from requests.exceptions import ConnectionError as Broken
    from requests.exceptions import ConnectTimeout
    from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

    cause = error.__cause__
    if isinstance(cause, ConnectTimeout):
        return True
    if not isinstance(cause, Broken):
        return False
    reason = getattr(cause.args[0] if cause.args else None, "reason", None)
    return isinstance(reason, NewConnectionError | NameResolutionError | ConnectTimeoutError)


def _cause(error: BaseException) -> str:
    return type(error.__cause__ or error).__name__
