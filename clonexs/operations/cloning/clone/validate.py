"""Checks a request before anything is read: every field that is wrong, at once."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase

from clonexs.errors import InvalidRequest
from clonexs.names import name_problem
from clonexs.operations.cloning.clone.request import DEFAULT_EXCLUDED, CloneRequest

ACCEPTABLE = (
    "protected",
    "unsupported",
    "pipeline",
    "unreadable",
    "nested_shallow",
    "external_shallow",
    "out_of_scope",
    "kind_conflict",
    "cycle",
    "too_large",
    "time_travel",
    "owner",
    "definition",
)
_GLOB = re.compile(r"[*?\[]")


def check_request(request: CloneRequest) -> None:
    """Check what can be checked without asking the workspace.

    Raises:
        InvalidRequest: naming every field that is wrong.
    """
    errors: dict[str, str] = {}
    source = request.source_catalog.strip().lower()
    for field in ("source_catalog", "destination_catalog"):
        if problem := name_problem(getattr(request, field)):
            errors[field] = f"{getattr(request, field)!r} {problem}"
    if "destination_catalog" not in errors and request.destination_catalog.lower() == source:
        errors["destination_catalog"] = "must be another catalog than the source"
    for field in ("include_tables_regex", "exclude_tables_regex"):
        try:
            re.compile(getattr(request, field))
        except re.error as error:
            errors[field] = f"is not a regular expression: {error}"
    errors |= _schema_lists(request)
    errors |= _points_in_time(request)
    errors |= _locations(request)
    for entry in request.exclude_tables:
        if not entry or entry.count(".") > 1:
            errors["exclude_tables"] = f"{entry!r} is neither table nor schema.table"
    if unknown := [reason for reason in request.accept if reason not in ACCEPTABLE]:
        errors["accept"] = f"{_unknown(unknown[0], ACCEPTABLE)}; known: {', '.join(ACCEPTABLE)}"
    if errors:
        raise InvalidRequest(errors, operation="clone")


def _schema_lists(request: CloneRequest) -> dict[str, str]:
    if request.exclude_schemas == DEFAULT_EXCLUDED:
        return {}  # nobody asked for these: naming one of them in include_schemas wins
    both = {s.lower() for s in request.include_schemas} & {
        s.lower() for s in request.exclude_schemas
    }
    if not both:
        return {}
    return {"include_schemas": f"{sorted(both)[0]!r} is also in exclude_schemas"}


def _points_in_time(request: CloneRequest) -> dict[str, str]:
    if not request.as_of_timestamp:
        return {}
    errors = {}
    if request.consistent_point != "off":
        errors["consistent_point"] = "cannot go together with as_of_timestamp"
    try:
        moment = moment_of(request.as_of_timestamp)
    except ValueError:
        errors["as_of_timestamp"] = (
            f"{request.as_of_timestamp!r} is not a moment such as 2026-01-31T10:00:00Z"
        )
        return errors
    if moment.tzinfo is None:
        errors["as_of_timestamp"] = "needs a time zone, such as Z for UTC"
    return errors


def moment_of(text: str) -> dt.datetime:
    """The moment that ISO 8601 text names.

    Raises:
        ValueError: if it names none.
    """
    return dt.datetime.fromisoformat(text.strip())


def _locations(request: CloneRequest) -> dict[str, str]:
    errors = {}
    for field, paths in (
        ("catalog_location", [request.catalog_location] if request.catalog_location else []),
        ("schema_locations", list(request.schema_locations.values())),
        (
            "external_location_map",
            [*request.external_location_map, *request.external_location_map.values()],
        ),
    ):
        if bad := [path for path in paths if not re.match(r"^[A-Za-z][\w+.-]*:/|^/", path)]:
            errors[field] = f"{bad[0]!r} is not the address of a storage location"
    return errors


def check_names(
    request: CloneRequest, catalogs: Collection[str], schemas: Collection[str] | None
) -> None:
    """Check names against what the workspace holds.

    Args:
        request: The request.
        catalogs: Catalogs that the caller sees.
        schemas: Schemas of the source; ``None`` when they are not known yet.

    Raises:
        InvalidRequest: with the nearest names.
    """
    if request.source_catalog.lower() not in {name.lower() for name in catalogs}:
        text = _unknown(request.source_catalog, catalogs, "there is no catalog")
        raise InvalidRequest({"source_catalog": text}, operation="clone")
    if schemas is None:
        return
    missing = [
        pattern
        for pattern in request.include_schemas
        if not any(matches(pattern, schema) for schema in schemas)
    ]
    if missing:
        text = _unknown(missing[0], schemas, f"{request.source_catalog} has no schema")
        raise InvalidRequest({"include_schemas": text}, operation="clone")


def matches(pattern: str, name: str) -> bool:
    """Whether a name fits a pattern of the kind that shells use."""
    return fnmatchcase(name.lower(), pattern.lower())


def plain_names(patterns: Collection[str]) -> set[str] | None:
    """The names in a list without patterns; ``None`` when there is a pattern in it, or nothing."""
    if not patterns or any(_GLOB.search(pattern) for pattern in patterns):
        return None
    return {pattern.lower() for pattern in patterns}


def _unknown(name: str, known: Collection[str] | Mapping[str, object], said: str = "") -> str:
    near = difflib.get_close_matches(
        name.lower(), [each.lower() for each in known], n=3, cutoff=0.5
    )
    text = f"{said} {name!r}".strip() if said else f"{name!r} is not known"
    return text + (f"; did you mean {', '.join(near)}?" if near else "")
