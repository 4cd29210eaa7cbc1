"""What pages may ask for: a session, the jobs, choices for pickers, the mirror of their state.

Nothing here connects before a page asks for something remote, so that a page draws at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

from clonexs.errors import NoSuchObject, NotConnected
from clonexs.widgets.jobs_panel import Follower
from clonexs.widgets.options import PROVIDERS, OptionCache
from clonexs.widgets.state import Json, PageStateStore

if TYPE_CHECKING:
    from clonexs.jobs import JobRunner
    from clonexs.operations.base import Operation, RunContext
    from clonexs.operations.work import Plan
    from clonexs.session import Session
    from clonexs.widgets.page import Call
    from clonexs.workspace.client import ComputeState
    from clonexs.workspace.target import TargetRef

LOCAL_PRINCIPAL = "admin@local"
_OPTIONS = OptionCache()


class Services(Protocol):
    """The workspace and the jobs as pages see them."""

    mirror: PageStateStore
    follower: Follower

    def scope(self) -> tuple[str, str] | None:
        """Host and principal if they are known without asking anybody."""

    def place(self) -> str:
        """Name of the workspace, as ``connect`` takes it."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def request_type(self, operation: str) -> type:
        """Request dataclass of an operation."""

    def runner(self) -> JobRunner:
        """The job runner."""

    def target(self) -> TargetRef:
        """Reference to the workspace. Connects."""

    def submit(self, plan: Plan, origin: Mapping[str, Json]) -> str:
        """Start a run that carries out a plan; gives its identifier. Connects."""

    def resume(self, run_id: str, *, only_failed: bool = False) -> None:
        """Let a run go on with what is not done."""

    def read(self, operation: str, request: Mapping[str, Json], call: Call | None = None) -> Any:
        """Run a reading operation here and give its result. Connects."""

    def plan(self, operation: str, request: Mapping[str, Json], call: Call | None = None) -> Plan:
        """Plan a writing operation here. Connects, changes nothing."""

    def table_sizes(
        self, names: Sequence[str], call: Call | None = None
    ) -> Iterable[Mapping[str, int]]:
        """Bytes of tables by full name, some at a time; unreadable ones are absent. Connects."""

    def options(
        self, picker: str, values: Mapping[str, Json], *, fresh: bool = False
    ) -> list[Json]:
        """Choices of a picker, at most a minute old unless ``fresh``. Connects."""

    def compute_state(self) -> ComputeState:
        """State of the compute that runs SQL; asking does not start it. Connects."""

    def start_compute(self) -> None:
        """Start it."""

    def reconnect(self) -> None:
        """Open another session if the one there was lost. Connects."""


class LiveServices:
    """Services on a real workspace, opened at first need.

    Args:
        connect: Opens the session.
        place: Name of the workspace for people, before it is open.
    """

    def __init__(self, connect: Callable[[], Session], place: str) -> None:
        from clonexs.settings import home

        self._connect = connect
        self._place = place
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._is_lost = False
        self.mirror = PageStateStore(home() / "page_state.db")
        self.follower = Follower(self.runner)

    def session(self) -> Session:
        """The session, opened once, and once more after the workspace could not be reached."""
        with self._lock:
            if self._session is None or self._is_lost:
                self._session, self._is_lost = self._connect(), False
            return self._session

    @contextmanager
    def _reaching(self) -> Iterator[Session]:
        """The session; a workspace that is not reached by it gets another one at the next try."""
        session = self.session()
        try:
            yield session
        except Exception as error:
            self._note(error)
            raise

    def _note(self, error: Exception) -> None:
        from clonexs.workspace.explain import explain

        if explain(error).code == "NOT_CONNECTED":
            self._is_lost = True

    def scope(self) -> tuple[str, str] | None:
        """Host and principal of the open session, or what the target alone tells."""
        session = self._session
        if session is None:
            # The local workspace has one principal when none is named; others must be asked.
            is_local = self._place.partition(":")[0] == "local"
            return (self._place, LOCAL_PRINCIPAL) if is_local else None
        return _host_key(session.workspace.target), session.identity.user_name

    def place(self) -> str:
        """Label of the target."""
        return self._place

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def request_type(self, operation: str) -> type:
        """Request dataclass of an operation, imported now."""
        from clonexs.operations.base import find_operation

        return find_operation(operation).request_type

    @cached_property
    def _runner(self) -> JobRunner:
        from clonexs.jobs import open_runner
        from clonexs.workspace.ambient import runtime_version

        # Detached workers need no session to be read; threads belong to theirs.
        return self.session().runner if runtime_version() else open_runner()

    def runner(self) -> JobRunner:
        """The runner of this user."""
        return self._runner

    def target(self) -> TargetRef:
        """Reference of the open session."""
        return self.session().workspace.target

    def submit(self, plan: Plan, origin: Mapping[str, Json]) -> str:
        """Start a run that carries out a plan."""
        with self._reaching() as session:
            return session.submit(plan, origin=dict(origin)).id

    def resume(self, run_id: str, *, only_failed: bool = False) -> None:
        """Let a run go on."""
        run = self.session().jobs.get(run_id)
        if only_failed:
            run.retry_failed(wait=False)
        else:
            run.resume(wait=False)

    def read(self, operation: str, request: Mapping[str, Json], call: Call | None = None) -> Any:
        """Run a reading operation in this process."""
        with self._reaching() as session:
            declared, context = _context(session, operation, call)
            return declared.function(context, _checked(declared, request))

    def plan(self, operation: str, request: Mapping[str, Json], call: Call | None = None) -> Plan:
        """Plan in this process.

        Raises:
            NoSuchObject: if the operation has no plan.
        """
        with self._reaching() as session:
            declared, context = _context(session, operation, call)
            if declared.plan is None:
                raise NoSuchObject(f"{operation} has no plan")
            return declared.plan(context, _checked(declared, request))

    def table_sizes(
        self, names: Sequence[str], call: Call | None = None
    ) -> Iterable[Mapping[str, int]]:
        """Measure tables in this process."""
        from clonexs.names import TableName
        from clonexs.workspace.table_sizes import iter_table_sizes

        tables = [TableName(*name.split(".", 2)) for name in names]
        check = call.check_cancelled if call else lambda: None
        with self._reaching() as session:
            for found in iter_table_sizes(session.sql, tables, check=check):
                yield {name.full_name: size for name, size in found.items()}

    def options(
        self, picker: str, values: Mapping[str, Json], *, fresh: bool = False
    ) -> list[Json]:
        """Choices of a picker from the catalog, cached for sixty seconds.

        Raises:
            NoSuchObject: if nothing provides choices for ``picker``.
        """
        provider = PROVIDERS.get(picker)
        if provider is None:
            raise NoSuchObject(f"there are no choices for {picker!r}")
        with self._reaching() as session:
            key = (_host_key(session.workspace.target), session.identity.user_name, picker)
            parts = tuple(str(values.get(name, "")) for name in ("catalog", "schema"))
            return _OPTIONS.get((*key, *parts), lambda: provider(session, values), fresh=fresh)

    def compute_state(self) -> ComputeState:
        """State of the compute, by REST.

        Raises:
            NotConnected: if the local workspace was lost; only :meth:`reconnect` and what a page
                does for its user start it again, not the question how it is.
        """
        lost = self._session if self._is_lost else None
        if lost is not None and lost.workspace.target.kind == "local":
            raise NotConnected("the local workspace does not answer", hint="try again to start it")
        with self._reaching() as session:
            state = session.workspace.compute_state()
            if session.workspace.target.kind == "local":
                # Its compute has no state of its own: that it answers is the state.
                session.api.current_user.me()
            return state

    def reconnect(self) -> None:
        """Open another session if the one there was lost."""
        self.session()

    def start_compute(self) -> None:
        """Start the stopped warehouse."""
        self.session().workspace.start_compute()


def _context(session: Session, operation: str, call: Call | None) -> tuple[Operation, RunContext]:
    from clonexs.operations.base import Ledger, Progress, RunContext, find_operation

    workspace = session.workspace
    context = RunContext(
        workspace=workspace,
        progress=Progress(call.report if call else None),
        ledger=Ledger(),
        clock=workspace.clock,
        run_id="",
        is_cancelled=(lambda: call.cancelled) if call else (lambda: False),
    )
    return find_operation(operation), context


def _checked(declared: Operation, request: Mapping[str, Json]) -> Any:
    from clonexs.serde import to_request

    return to_request(declared.request_type, request)


def _host_key(target: TargetRef) -> str:
    # The local workspace changes its port at every start; its name is what stays.
    return target.label if target.kind == "local" else (target.host or target.label)


@cache
def _named(target: str | None) -> LiveServices:
    # One per target and process: all widgets share its session, its jobs and its choices.
    def connect() -> Session:
        from clonexs.session import connect as connect_session

        return connect_session(target)

    return LiveServices(connect, target or "")


def open_services(target: object = None) -> Services:
    """Services on a session, or on the workspace that ``connect`` would open for ``target``.

    Args:
        target: A session, what ``clonexs.connect`` takes, or ``None`` for the default workspace.
    """
    if target is None or isinstance(target, str):
        from clonexs.settings import default_target

        return _named(target or default_target())
    given: Any = target
    sessions = chain([given], iter(lambda: _like(given), None))
    return LiveServices(lambda: next(sessions), given.workspace.target.label)


def _like(session: Session) -> Session:
    """Another session on the workspace of one that was lost; itself where only it has the credential."""
    from clonexs.session import Session
    from clonexs.workspace.connect import open_reference

    target = session.workspace.target
    return session if target.kind == "session" else Session(open_reference(target))
