"""Keys and kinds of units."""

from __future__ import annotations

from clonexs.names import CatalogName, FunctionName, Name, SchemaName, ViewName, VolumeName


def key_of(kind: str, name: Name) -> str:
    """Key of a unit: the kind, and the name without its catalog (whole for a catalog)."""
    parts = name.parts if isinstance(name, CatalogName) else name.parts[1:]
    return f"{kind}:{'.'.join(parts)}"


def kind_word(name: Name) -> str:
    """Kind of unit for a name."""
    match name:
        case CatalogName():
            return "catalog"
        case SchemaName():
            return "schema"
        case FunctionName():
            return "function"
        case VolumeName():
            return "volume"
        case ViewName():
            return "view"
    return "table"


def follower_key(kind: str, target: Name) -> str:
    """Key of a unit that follows another: its grants, say.

    Objects of different kinds may have the same name, so the key says which one is meant.
    """
    plain, word = key_of(kind, target), kind_word(target)
    return plain if word == "table" else f"{kind}:{word}:{plain.partition(':')[2]}"
