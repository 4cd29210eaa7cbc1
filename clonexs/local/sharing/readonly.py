"""Objects that can be read and granted, and nothing else: what another provider shares, and ``system``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    from clonexs.local.catalog import Object

_SYSTEM_KINDS = frozenset({"CATALOG", "SCHEMA", "TABLE", "FUNCTION", "VOLUME"})


def is_shared(found: Object) -> bool:
    """Whether an object came with a share: the catalog of a share, or anything in it."""
    return "shared" in found.spec or (found.kind == "CATALOG" and "share" in found.spec)


def is_system(found: Object) -> bool:
    """Whether an object is the catalog ``system`` or in it, or an ``information_schema`` or in one."""
    if found.kind not in _SYSTEM_KINDS:
        return False
    return found.parts[0] == "system" or found.schema == "information_schema"


def _unsupported(message: str) -> LocalError:
    return LocalError("UC_COMMAND_NOT_SUPPORTED.WITHOUT_RECOMMENDATION", message)


def _refuse_system(found: Object) -> None:
    if is_system(found):
        raise _unsupported(
            f"`{found.full_name}` is a system object: it can be read and granted, and nothing else."
        )


def refuse_change(found: Object) -> None:
    """Refuse to change what another provider shares, and system objects.

    Raises:
        LocalError: with the platform's class.
    """
    _refuse_system(found)
    if "shared" in found.spec:
        raise _unsupported(f"`{found.full_name}` is read-only: it is shared by another provider.")


def refuse_contents(found: Object) -> None:
    """Refuse to make anything in a catalog or schema that another provider shares, or in ``system``.

    Raises:
        LocalError: with the platform's class.
    """
    _refuse_system(found)
    if is_shared(found):
        raise _unsupported(
            f"Nothing can be created in `{found.full_name}`: it is shared by another provider."
        )
    if found.kind == "CATALOG" and "connection" in found.spec:
        raise _unsupported(
            f"Nothing can be created in `{found.full_name}`: it is a foreign catalog."
        )


def refuse_write(found: Object) -> None:
    """Refuse to write rows into a table that another provider shares, or a system table.

    Raises:
        LocalError: with the platform's class.
    """
    _refuse_system(found)
    if is_shared(found):
        raise LocalError(
            "UNSUPPORTED_FEATURE.TABLE_OPERATION",
            f"Table `{found.full_name}` does not support writes: it is shared by another provider.",
        )
