"""SQL tasks: the statements of a file, one after the other, on a warehouse."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from clonexs.local.catalog import Principal
from clonexs.local.runs.handles import Ended, broken, failed
from clonexs.local.runs.records import CANCELED, Output
from clonexs.local.services.statement_runs import Run, Runs
from clonexs.local.services.warehouse_pool import Warehouse

if TYPE_CHECKING:
    from clonexs.local.server import Server


def statements_of(text: str) -> list[str]:
    """The statements of a text, separated by semicolons outside of quotes and comments."""
    from sqlglot.dialects.databricks import Databricks
    from sqlglot.tokens import TokenType

    made, start = [], 0
    for token in Databricks().tokenize(text):
        if token.token_type == TokenType.SEMICOLON:
            made.append(text[start : token.start])
            start = token.end + 1
    made.append(text[start:])
    return [each.strip() for each in made if _has_words(each)]


def _has_words(text: str) -> bool:
    from sqlglot.dialects.databricks import Databricks

    return bool(Databricks().tokenize(text))


class SqlFile:
    """The statements of a file at work.

    Args:
        server: The server.
        who: The principal that they run as.
        warehouse: Where they run.
        statements: Their texts.
        parameters: Values of ``:name``.
        changed: Called when the last one has ended.
        source: What they belong to.
    """

    def __init__(
        self,
        server: Server,
        who: Principal,
        warehouse: Warehouse,
        statements: list[str],
        parameters: Mapping[str, str],
        changed: Callable[[], None],
        source: dict[str, str],
    ) -> None:
        self._runs = server.service(Runs)
        self._who, self._warehouse, self._changed = who, warehouse, changed
        self._statements, self._parameters = statements, parameters
        self._source = source
        self._ended: Ended | None = None
        self._running: Run | None = None
        self._is_stopped = False
        self._lock = threading.Lock()
        threading.Thread(target=self._work, name="sql-task", daemon=True).start()

    def poll(self) -> Ended | None:
        """How it ended; ``None`` while it goes on."""
        return self._ended

    def stop(self) -> None:
        """End the statement that runs, and begin no other."""
        with self._lock:
            self._is_stopped = True
            running = self._running
        if running is not None:
            running.cancellation.request()

    def _work(self) -> None:
        output = Output()
        try:
            self._ended = self._all(output)
        except Exception as error:  # noqa: BLE001  # whatever failed, the task has an end
            self._ended = broken("INTERNAL_ERROR", f"{type(error).__name__}: {error}")
        self._changed()

    def _all(self, output: Output) -> Ended:
        for text in self._statements:
            run = self._run(text)
            with self._lock:
                if self._is_stopped:
                    return Ended(result=CANCELED, code="USER_CANCELED", output=output)
                self._running = run
            output.statements.append(run.id)
            self._runs.start(run)
            run.ended.result()
            if run.state != "SUCCEEDED":
                message = (run.error or {}).get("message") or f"The statement was {run.state}."
                return failed(message, output=output)
        return Ended(output=output)

    def _run(self, text: str) -> Run:
        from sqlglot.dialects.databricks import Databricks

        tokens = Databricks().tokenize(text)
        used = {
            second.text
            for first, second in itertools.pairwise(tokens)
            if first.text == ":" and first.end + 1 == second.start
        }
        return Run(
            who=self._who,
            text=text,
            warehouse=self._warehouse,
            source=self._source,
            parameters=[
                {"name": name, "value": value}
                for name, value in self._parameters.items()
                if name in used
            ],
            form="JSON_ARRAY",
            links=True,
        )
