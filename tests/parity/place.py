"""One workspace that the suite runs against, local or real: asked in the same way, by the SDK alone."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.sql import StatementResponse

RUNS = Path(__file__).with_name("real_runs.txt")
_HOST, _TOKEN = "CLONEXS_PARITY_HOST", "CLONEXS_PARITY_TOKEN"
_WAREHOUSE, _CATALOG = "CLONEXS_PARITY_WAREHOUSE", "CLONEXS_PARITY_CATALOG"
VARIABLES = (_HOST, _TOKEN, _WAREHOUSE, _CATALOG)
_CLASS = re.compile(r"\[([A-Z][A-Z0-9_.]*)\]")
_DEADLINE_S = 600.0


@dataclass
class Place:
    """A workspace, a warehouse of it, and a schema that is this run's own."""

    client: WorkspaceClient
    warehouse_id: str
    schema: str

    @property
    def catalog(self) -> str:
        """The catalog the schema is in."""
        return self.schema.split(".", maxsplit=1)[0]

    def statement(
        self, text: str, parameters: Mapping[str, str] | None = None
    ) -> StatementResponse:
        """The end of a statement, whatever it is; ``{s}`` stands for the schema."""
        from databricks.sdk.service.sql import StatementParameterListItem, StatementState

        given = [
            StatementParameterListItem(name, value=v) for name, v in (parameters or {}).items()
        ]
        found = self.client.statement_execution.execute_statement(
            statement=text.replace("{s}", self.schema),
            warehouse_id=self.warehouse_id,
            parameters=given or None,
            wait_timeout="50s",
        )
        deadline = time.monotonic() + _DEADLINE_S
        while found.status.state in {StatementState.PENDING, StatementState.RUNNING}:
            assert time.monotonic() < deadline, f"it did not end: {text}"
            time.sleep(0.5)
            found = self.client.statement_execution.get_statement(found.statement_id)
        return found

    def rows(self, text: str, parameters: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """Rows of a statement as the API words values: text, or ``None``."""
        found = self.statement(text, parameters)
        assert found.status.error is None, found.status.error
        if found.manifest is None or not found.manifest.schema.columns:
            return []
        names = [column.name for column in found.manifest.schema.columns]
        data = (found.result and found.result.data_array) or []
        return [dict(zip(names, row, strict=True)) for row in data]

    def row(self, text: str, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The only row of a statement."""
        (found,) = self.rows(text, parameters)
        return found

    def refused(self, text: str) -> str:
        """Error class of a statement that must not pass."""
        found = self.statement(text)
        assert found.status.error is not None, f"it passed: {text}"
        named = _CLASS.search(found.status.error.message or "")
        assert named is not None, found.status.error
        return named.group(1)


def missing_variables() -> list[str]:
    """Variables that would name a real workspace and are not set."""
    return [name for name in VARIABLES if not os.environ.get(name)]


def real_place(schema: str) -> Place:
    """The real workspace that the environment names, with a schema of that name."""
    from databricks.sdk import WorkspaceClient

    client = WorkspaceClient(host=os.environ[_HOST], token=os.environ[_TOKEN], auth_type="pat")
    return Place(client, os.environ[_WAREHOUSE], f"{os.environ[_CATALOG]}.{schema}")


def real_runs() -> list[str]:
    """Lines about runs against a real workspace that were recorded."""
    lines = RUNS.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def told(has_run: bool) -> str:
    """What is true about this suite and real workspaces."""
    if has_run:
        return (
            "parity: this run asks the real workspace that the environment names, and the local one"
        )
    recorded = real_runs()
    history = (
        f"last recorded run against one: {recorded[0]}"
        if recorded
        else (
            "no run against one was ever recorded: what is asserted here comes from documentation"
        )
    )
    return (
        "parity: only the local workspace is asked; no real one is named by "
        f"{', '.join(missing_variables())}; {history}"
    )
