"""One explanation for every failure, whichever family it comes from."""

from __future__ import annotations

import re

from clonexs.errors import ClonexsError, Explanation, InvalidRequest, StatementFailed
from clonexs.names import quote, split_name

# Error class of a statement, or error code of a REST request, to (our code, hint, retryable).
_BY_CLASS: dict[str, tuple[str, str | None, bool]] = {
    "TABLE_OR_VIEW_NOT_FOUND": ("NO_SUCH_OBJECT", "check the name, and that you may see it", False),
    "SCHEMA_NOT_FOUND": ("NO_SUCH_OBJECT", "check the name, and that you may see it", False),
    "NO_SUCH_CATALOG_EXCEPTION": (
        "NO_SUCH_OBJECT",
        "check the name, and that you may see it",
        False,
    ),
    "CATALOG_NOT_FOUND": ("NO_SUCH_OBJECT", "check the name, and that you may see it", False),
    "ROUTINE_NOT_FOUND": ("NO_SUCH_OBJECT", "check the name, and that you may see it", False),
    "CATALOG_DOES_NOT_EXIST": ("NO_SUCH_OBJECT", "check the name, and that you may see it", False),
    "SCHEMA_DOES_NOT_EXIST": ("NO_SUCH_OBJECT", "check the name, and that you may see it", False),
    "TABLE_DOES_NOT_EXIST": ("NO_SUCH_OBJECT", "check the name, and that you may see it", False),
    "RESOURCE_DOES_NOT_EXIST": ("NO_SUCH_OBJECT", "check the name, and that you may see it", False),
    "NOT_FOUND": ("NO_SUCH_OBJECT", "check the name, and that you may see it", False),
    "INSUFFICIENT_PERMISSIONS": ("NO_PERMISSION", None, False),
    "PERMISSION_DENIED": ("NO_PERMISSION", None, False),
    "UNAUTHENTICATED": ("NOT_CONNECTED", "sign in again", False),
    "DELTA_VERSION_NOT_FOUND": ("TIME_TRAVEL_GONE", "choose a version that is still kept", False),
    "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION": (
        "TIME_TRAVEL_GONE",
        "choose a later moment",
        False,
    ),
    "QUERY_EXECUTION_TIMEOUT_EXCEEDED": ("TIMED_OUT", None, True),
    "TEMPORARILY_UNAVAILABLE": ("NO_COMPUTE", "try again in a moment", True),
    "RESOURCE_EXHAUSTED": ("NO_COMPUTE", "try again in a moment", True),
    "NO_SPACE_LEFT": ("DISK_FULL", "make room there, then resume or retry the run", True),
    "UC_COMMAND_NOT_SUPPORTED": ("UNSUPPORTED", None, False),
    "FEATURE_NOT_ENABLED": ("UNSUPPORTED", None, False),
}
_CONCURRENT_STATE = "2D521"
_PRIVILEGE = re.compile(
    r"(?P<privilege>[A-Z][A-Z_ ]+[A-Z]) (?:privilege )?on (?P<kind>[A-Za-z ]+?) ['\"`]?(?P<name>[^'\"]+?)['\"]?(?:[.,;]?\s|[.]?$)"
)
_SECRETS = re.compile(
    r"(?i)(bearer\s+)[A-Za-z0-9._~+/=-]+|dapi[0-9a-f]{8,}(?:-\d+)?|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9._-]+"
)


def explain(error: BaseException) -> Explanation:
    """Say what went wrong, to which object, and what to do: the same on page, log and shell."""
    if isinstance(error, InvalidRequest):
        return Explanation(
            code=error.code, message=error.message, object=error.object, fields=dict(error.errors)
        )
    if isinstance(error, StatementFailed):
        return _of_statement(error)
    if isinstance(error, ClonexsError):
        return Explanation(
            code=error.code,
            message=redacted(error.message),
            object=error.object,
            hint=error.hint,
            retryable=error.retryable,
            details=redacted(error.details) if error.details else None,
        )
    code = getattr(error, "error_code", None)
    if isinstance(code, str):
        return _of_rest(error, code)
    if _is_unreachable(error):
        return Explanation(
            code="NOT_CONNECTED",
            message="the workspace cannot be reached",
            hint="check that it runs and that this machine reaches it, then try again",
            retryable=True,
            details=redacted(str(error)),
        )
    if isinstance(error, OSError) and error.errno is not None:
        where = f": {error.filename}" if error.filename else ""
        return Explanation(code="IO_ERROR", message=f"{error.strerror or error}{where}")
    return Explanation(code="INTERNAL", message=redacted(str(error) or type(error).__name__))


def _is_unreachable(error: BaseException) -> bool:
    """Whether a REST request found nobody: the SDK gives up with the plain classes of its transport."""
    names = {
        each.__name__ for each in type(error).__mro__ if each.__module__ == "requests.exceptions"
    }
    return isinstance(error, (TimeoutError, ConnectionError)) or bool(
        names & {"ConnectionError", "Timeout"}
    )


def redacted(text: str) -> str:
    """Text without anything that looks like a credential."""
    return _SECRETS.sub(lambda m: f"{m.group(1) or ''}***", text)


def grant_hint(privilege: str, kind: str, name: str, principal: str = "<you>") -> str:
    """The GRANT that would give a missing privilege."""
    full = ".".join(quote(part) for part in split_name(name))
    return f"GRANT {privilege} ON {kind.upper()} {full} TO {quote(principal)}"


def _of_statement(error: StatementFailed) -> Explanation:
    family = (error.error_class or "").split(".")[0]
    code, hint, retryable = _BY_CLASS.get(family, (error.code, None, error.retryable))
    if error.sql_state == _CONCURRENT_STATE:
        code, hint, retryable = "CONFLICT", "somebody else wrote at the same time: try again", True
    return Explanation(
        code=code,
        message=redacted(error.message),
        object=error.object,
        hint=error.hint or _missing_grant(code, error.message) or hint,
        retryable=retryable,
        statement=redacted(error.statement) if error.statement else None,
        details=f"[{error.error_class}]" if error.error_class else None,
    )


def _of_rest(error: BaseException, code: str) -> Explanation:
    text = redacted(str(error))
    known = _BY_CLASS.get(_class_of(error)) or _BY_CLASS.get(code)
    if known is None:
        by_status: dict[str, tuple[str, str | None, bool]] = {
            "NotFound": ("NO_SUCH_OBJECT", "check the name, and that you may see it", False),
            "Unauthenticated": ("NOT_CONNECTED", "sign in again", False),
            "PermissionDenied": ("NO_PERMISSION", None, False),
            "TooManyRequests": ("NO_COMPUTE", "try again in a moment", True),
            "NotImplemented": ("UNSUPPORTED", None, False),
        }
        known = by_status.get(type(error).__name__, (code, None, False))
    ours, hint, retryable = known
    return Explanation(
        code=ours,
        message=text,
        hint=_missing_grant(ours, text) or hint,
        retryable=retryable,
        details=code,
    )


def _class_of(error: BaseException) -> str:
    """The error class that a REST refusal carries beside its code, if it does."""
    told = getattr(error, "get_error_details", None)
    info = told().error_info if callable(told) else None
    metadata = getattr(info, "metadata", None) or {}
    return str(metadata.get("error_class", "")).split(".")[0]


def _missing_grant(code: str, text: str) -> str | None:
    if code != "NO_PERMISSION":
        return None
    found = _PRIVILEGE.search(text)
    if found is None:
        return "ask the owner of the object for the privilege"
    try:
        return grant_hint(
            found["privilege"].strip(), found["kind"].strip(), found["name"].strip("`'\" ")
        )
    except ClonexsError:
        return "ask the owner of the object for the privilege"
