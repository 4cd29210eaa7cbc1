"""Writing to a table through a copy of its log.

The engine refuses to write tables whose protocol it does not fully know (clustering, identity,
change feed), checks CHECK constraints on INSERT only, and commits by itself. A copy of the log in a
folder beside the files, with links to them, is a table that it can change; what came of it is
checked, and becomes one commit of the real table.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from clonexs.local.delta import log
from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.delta.protocol import engine_metadata, engine_protocol, merged_protocol
from clonexs.local.delta.transfer import vector_file
from clonexs.local.errors import LocalError

PREFIX = "_staging-"


@dataclass(slots=True)
class Change:
    """What the engine did: what it says about it, and the files that came and went."""

    info: Action
    adds: list[Action]
    removes: list[Action]


class Shadow:
    """A table's copy for one statement.

    Args:
        snapshot: The table at its newest version; its lock is held.
        with_files: Whether the statement looks at the rows that are there.
    """

    def __init__(self, snapshot: Snapshot, *, with_files: bool) -> None:
        self.table = snapshot.path
        self.path = snapshot.path / f"{PREFIX}{uuid.uuid4()}"
        try:
            self._write(snapshot, with_files=with_files)
        except BaseException:
            self.remove()
            raise

    def _write(self, snapshot: Snapshot, *, with_files: bool) -> None:
        metadata = engine_metadata(snapshot.metadata)
        protocol = engine_protocol(metadata)
        if "deletionVectors" in snapshot.protocol.get("readerFeatures", ()):
            # Files may have vectors although new ones are not asked for any more.
            with_vectors = {**metadata["configuration"], "delta.enableDeletionVectors": "true"}
            protocol = merged_protocol(
                protocol, engine_protocol({**metadata, "configuration": with_vectors})
            )
        adds = list(snapshot.files.values()) if with_files else []
        for add in adds:
            self._link(unquote(add["path"]))
            if (add.get("deletionVector") or {}).get("storageType") == "u":
                self._link(vector_file(add["deletionVector"]))
        log.write_commit(
            self.path,
            0,
            [{"protocol": protocol}, {"metaData": metadata}, *({"add": add} for add in adds)],
        )

    def change(self) -> Change | None:
        """What the statement did; ``None`` when it changed nothing."""
        newest = log.latest_version(self.path)
        if newest == 0:
            return None
        made = Change({}, [], [])
        for action in log.read_commit(self.path, newest):
            made.info.update(action.get("commitInfo", {}))
            if "add" in action:
                made.adds.append(action["add"])
            elif "remove" in action:
                made.removes.append(action["remove"])
        return made

    def take(self, change: Change) -> list[Path]:
        """Move the new files into the table; give their places."""
        moved = []
        for add in change.adds:
            names = [unquote(add["path"])]
            if (add.get("deletionVector") or {}).get("storageType") == "u":
                names.append(vector_file(add["deletionVector"]))
            for name in names:
                target = self.table / name
                if not target.exists() and (self.path / name).exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    (self.path / name).replace(target)
                    moved.append(target)
        return moved

    def remove(self) -> None:
        """Take the copy away."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _link(self, name: str) -> None:
        target = self.path / name
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(self.table / name, target)
        except FileNotFoundError as error:
            raise LocalError(
                "DELTA_FILE_NOT_FOUND",
                f"The data file `{self.table / name}` is not there any more.",
            ) from error
        except OSError:
            shutil.copyfile(self.table / name, target)


def with_high_water_marks(metadata: Action, marks: dict[str, int]) -> Action:
    """A ``metaData`` action that remembers the last identity values that were handed out."""
    made: Action = json.loads(json.dumps(metadata))
    schema: dict[str, Any] = json.loads(made["schemaString"])
    for each in schema["fields"]:
        if each["name"] in marks:
            each["metadata"]["delta.identity.highWaterMark"] = marks[each["name"]]
    made["schemaString"] = json.dumps(schema)
    return made
