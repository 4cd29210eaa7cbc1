"""The change data feed of a shared table: its commits, with only what its recipient may see."""

from __future__ import annotations

from dataclasses import dataclass

from clonexs.local.catalog import Object
from clonexs.local.delta import log
from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.errors import LocalError
from clonexs.local.sharing.contents import Entry
from clonexs.local.sharing.shareable import invalid
from clonexs.local.sharing.snapshots import CDF, folder_of, partition_filter


@dataclass(frozen=True, slots=True)
class Commit:
    """One version of a table as a reader of its changes sees it.

    Attributes:
        version: The version.
        timestamp: Its moment, in milliseconds since the epoch.
        actions: ``cdc`` actions, or where there are none the files that came and went.
    """

    version: int
    timestamp: int
    actions: list[Action]


def shared_changes(
    entry: Entry, recipient: Object, first: int, last: int | None
) -> tuple[Snapshot, list[Commit]]:
    """A table at the last version, and the commits from the first one to it.

    Raises:
        LocalError: if its changes are not shared, not kept, or not so far back.
    """
    name = f"{entry.schema}.{entry.name}"
    if not entry.has_changes:
        raise invalid(f"The changes of '{name}' are not shared.")
    folder = folder_of(entry)
    newest = log.latest_version(folder)
    end = newest if last is None else last
    if first < entry.first_version:
        raise invalid(
            f"Changes of '{name}' are shared from version {entry.first_version} on, not {first}."
        )
    if not first <= end <= newest:
        raise LocalError(
            "DELTA_INVALID_CDC_RANGE",
            f"CDC range from start {first} to end {end} was invalid: the newest version is {newest}.",
        )
    whole = log.load(folder, end)
    _check_kept(log.load(folder, first), name)
    keeps = partition_filter(entry, recipient, whole)
    made = []
    for version in range(first, end + 1):
        actions = log.read_commit(folder, version)
        for action in actions:
            if "metaData" in action and _is_off(action["metaData"].get("configuration") or {}):
                raise _disabled(name)
        moment = log.commit_time(folder, version)
        made.append(Commit(version, moment, [a for a in _visible(actions) if keeps(_file(a))]))
    return whole, made


def _visible(actions: list[Action]) -> list[Action]:
    feed = [{"cdc": a["cdc"]} for a in actions if "cdc" in a]
    if feed:
        return feed
    return [
        {kind: action[kind]}
        for action in actions
        for kind in ("add", "remove")
        if kind in action and action[kind].get("dataChange", True)
    ]


def _file(action: Action) -> Action:
    made: Action = next(iter(action.values()))
    return made


def _check_kept(snapshot: Snapshot, name: str) -> None:
    if _is_off(snapshot.properties):
        raise _disabled(name)


def _is_off(properties: Action) -> bool:
    return str(properties.get(CDF, "false")).lower() != "true"


def _disabled(name: str) -> LocalError:
    return LocalError(
        "DELTA_MISSING_CHANGE_DATA",
        f"The change data feed of '{name}' was not on in all of these versions.",
    )
