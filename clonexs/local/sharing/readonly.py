"""Objects that another provider shares: they can be read and granted, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    from clonexs.local.catalog import Object


def is_shared(found: Object) -> bool:
    """Whether an object came with a share: the catalog of a share, or anything in it."""
    return "shared" in found.spec or (found.kind == "CATALOG" and "share" in found.spec)


def refuse_change(found: Object) -> None:
    """Refuse to change what another provider shares.

    Raises:
        LocalError: with the platform's class.
    """
    if "shared" in found.spec:
        raise LocalError(
            "UC_COMMAND_NOT_SUPPORTED.WITHOUT_RECOMMENDATION",
            f"`{found.full_name}` is read-only: it is shared by another provider.",
        )


def refuse_contents(found: Object) -> None:
    """Refuse to make anything in a catalog or schema that another provider shares.

    Raises:
        LocalError: with the platform's class.
    """
    if is_shared(found):
        raise LocalError(
            "UC_COMMAND_NOT_SUPPORTED.WITHOUT_RECOMMENDATION",
            f"Nothing can be created in `{found.full_name}`: it is shared by another provider.",
        )
    if found.kind == "CATALOG" and "connection" in found.spec:
        raise LocalError(
            "UC_COMMAND_NOT_SUPPORTED.WITHOUT_RECOMMENDATION",
            f"Nothing can be created in `{found.full_name}`: it is a foreign catalog.",
        )


def refuse_write(found: Object) -> None:
    """Refuse to write rows into a table that another provider shares.

    Raises:
        LocalError: with the platform's class.
    """
    if is_shared(found):
        raise LocalError(
            "UNSUPPORTED_FEATURE.TABLE_OPERATION",
            f"Table `{found.full_name}` does not support writes: it is shared by another provider.",
        )
