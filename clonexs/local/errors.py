"""Errors as the platform words them: class, SQLSTATE, HTTP status and error code in one table."""

from __future__ import annotations

from typing import Any

# Error class: (SQLSTATE, HTTP status, error code of the REST API).
_CLASSES: dict[str, tuple[str, int, str]] = {
    "CATALOG_NOT_FOUND": ("42704", 404, "CATALOG_DOES_NOT_EXIST"),
    "SCHEMA_NOT_FOUND": ("42704", 404, "SCHEMA_DOES_NOT_EXIST"),
    "TABLE_OR_VIEW_NOT_FOUND": ("42P01", 404, "TABLE_DOES_NOT_EXIST"),
    "ROUTINE_NOT_FOUND": ("42883", 404, "FUNCTION_DOES_NOT_EXIST"),
    "VOLUME_NOT_FOUND": ("42704", 404, "VOLUME_DOES_NOT_EXIST"),
    "EXTERNAL_LOCATION_NOT_FOUND": ("42704", 404, "EXTERNAL_LOCATION_DOES_NOT_EXIST"),
    "STORAGE_CREDENTIAL_NOT_FOUND": ("42704", 404, "STORAGE_CREDENTIAL_DOES_NOT_EXIST"),
    "PRINCIPAL_DOES_NOT_EXIST": ("42704", 404, "PRINCIPAL_DOES_NOT_EXIST"),
    "RESOURCE_DOES_NOT_EXIST": ("42704", 404, "RESOURCE_DOES_NOT_EXIST"),
    "UNRESOLVED_COLUMN.WITH_SUGGESTION": ("42703", 400, "INVALID_PARAMETER_VALUE"),
    "CATALOG_ALREADY_EXISTS": ("42710", 409, "CATALOG_ALREADY_EXISTS"),
    "SCHEMA_ALREADY_EXISTS": ("42P06", 409, "SCHEMA_ALREADY_EXISTS"),
    "TABLE_OR_VIEW_ALREADY_EXISTS": ("42P07", 409, "TABLE_ALREADY_EXISTS"),
    "ROUTINE_ALREADY_EXISTS": ("42723", 409, "FUNCTION_ALREADY_EXISTS"),
    "VOLUME_ALREADY_EXISTS": ("42710", 409, "VOLUME_ALREADY_EXISTS"),
    "RESOURCE_ALREADY_EXISTS": ("42710", 409, "RESOURCE_ALREADY_EXISTS"),
    "SCHEMA_NOT_EMPTY": ("2BP01", 400, "INVALID_STATE"),
    "CATALOG_NOT_EMPTY": ("2BP01", 400, "INVALID_STATE"),
    "INSUFFICIENT_PERMISSIONS": ("42501", 403, "PERMISSION_DENIED"),
    "PERMISSION_DENIED": ("42501", 403, "PERMISSION_DENIED"),
    "PARSE_SYNTAX_ERROR": ("42601", 400, "BAD_REQUEST"),
    "INVALID_PARAMETER_VALUE": ("22023", 400, "INVALID_PARAMETER_VALUE"),
    "INVALID_STATE": ("55000", 400, "INVALID_STATE"),
    "UC_COMMAND_NOT_SUPPORTED": ("0AKUC", 400, "BAD_REQUEST"),
    "UNSUPPORTED_FEATURE": ("0A000", 400, "BAD_REQUEST"),
    "FEATURE_NOT_ENABLED": ("56038", 400, "FEATURE_DISABLED"),
    "MATERIALIZED_VIEW_OPERATION_NOT_ALLOWED": ("56038", 400, "FEATURE_DISABLED"),
    "STREAMING_TABLE_OPERATION_NOT_ALLOWED": ("56038", 400, "FEATURE_DISABLED"),
    "CREATE_VIEW_COLUMN_ARITY_MISMATCH": ("21S01", 400, "INVALID_PARAMETER_VALUE"),
    "RECURSIVE_VIEW": ("42K0H", 400, "INVALID_PARAMETER_VALUE"),
    "VIEW_EXCEED_MAX_NESTED_DEPTH": ("54K00", 400, "BAD_REQUEST"),
    "NOT_A_SCALAR_FUNCTION": ("42887", 400, "BAD_REQUEST"),
    "NOT_A_TABLE_FUNCTION": ("42887", 400, "BAD_REQUEST"),
    "UNRESOLVABLE_TABLE_VALUED_FUNCTION": ("42883", 404, "FUNCTION_DOES_NOT_EXIST"),
    "WRONG_NUM_ARGS": ("42605", 400, "BAD_REQUEST"),
    "DUPLICATE_ROUTINE_PARAMETER_NAMES": ("42734", 400, "INVALID_PARAMETER_VALUE"),
    "USER_DEFINED_FUNCTIONS": ("42601", 400, "INVALID_PARAMETER_VALUE"),
    "ROW_COLUMN_ACCESS_POLICIES_NOT_SUPPORTED": ("0A000", 400, "BAD_REQUEST"),
    "EXPECT_TABLE_NOT_VIEW": ("42809", 400, "BAD_REQUEST"),
    "EXPECT_VIEW_NOT_TABLE": ("42809", 400, "BAD_REQUEST"),
    "DIRECTORY_NOT_EMPTY": ("2BP01", 400, "DIRECTORY_NOT_EMPTY"),
    "MAX_NOTEBOOK_SIZE_EXCEEDED": ("54000", 400, "MAX_NOTEBOOK_SIZE_EXCEEDED"),
    "MAX_SECRET_SIZE_EXCEEDED": ("54000", 400, "MAX_SECRET_SIZE_EXCEEDED"),
    "RESOURCE_LIMIT_EXCEEDED": ("53400", 400, "RESOURCE_LIMIT_EXCEEDED"),
    "NOT_IMPLEMENTED": ("0A000", 501, "NOT_IMPLEMENTED"),
    "MALFORMED_REQUEST": ("22023", 400, "MALFORMED_REQUEST"),
    "FORBIDDEN_HOST": ("28000", 403, "PERMISSION_DENIED"),
    "FORBIDDEN_ORIGIN": ("28000", 403, "PERMISSION_DENIED"),
    "REQUEST_TOO_LARGE": ("54000", 413, "BAD_REQUEST"),
    "UNSUPPORTED_MEDIA_TYPE": ("0A000", 415, "BAD_REQUEST"),
    "UNAUTHENTICATED": ("28000", 401, "UNAUTHENTICATED"),
    "DELTA_VERSION_NOT_FOUND": ("22003", 400, "BAD_REQUEST"),
    "DELTA_CANNOT_RESTORE_TABLE_VERSION": ("22003", 400, "BAD_REQUEST"),
    "DELTA_CONCURRENT_WRITE": ("2D521", 409, "ABORTED"),
    "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES": ("23001", 400, "BAD_REQUEST"),
    "DELTA_NEW_CHECK_CONSTRAINT_VIOLATION": ("23512", 400, "BAD_REQUEST"),
    "DELTA_NOT_NULL_CONSTRAINT_VIOLATED": ("23502", 400, "BAD_REQUEST"),
    "COLUMN_ALREADY_EXISTS": ("42711", 400, "BAD_REQUEST"),
    "WRONG_COMMAND_FOR_OBJECT_TYPE": ("42809", 400, "BAD_REQUEST"),
    "CANNOT_SHALLOW_CLONE_NESTED": ("0AKUC", 400, "BAD_REQUEST"),
    "CANNOT_SHALLOW_CLONE_NON_UC_MANAGED_TABLE_AS_SOURCE_OR_TARGET": (
        "0AKUC",
        400,
        "BAD_REQUEST",
    ),
    "COLUMN_MASKS_TABLE_CLONE_SOURCE_NOT_SUPPORTED": ("0A000", 400, "BAD_REQUEST"),
    "COLUMN_MASKS_TABLE_CLONE_TARGET_NOT_SUPPORTED": ("0A000", 400, "BAD_REQUEST"),
    "ROW_LEVEL_SECURITY_TABLE_CLONE_SOURCE_NOT_SUPPORTED": ("0A000", 400, "BAD_REQUEST"),
    "ROW_LEVEL_SECURITY_TABLE_CLONE_TARGET_NOT_SUPPORTED": ("0A000", 400, "BAD_REQUEST"),
    "DELTA_CLONE_UNSUPPORTED_SOURCE": ("0AKDD", 400, "BAD_REQUEST"),
    "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION": ("42816", 400, "BAD_REQUEST"),
    "DELTA_TIMESTAMP_GREATER_THAN_COMMIT": ("42816", 400, "BAD_REQUEST"),
    "DELTA_CANNOT_RESTORE_TIMESTAMP_EARLIER": ("22003", 400, "BAD_REQUEST"),
    "DELTA_CANNOT_RESTORE_TIMESTAMP_GREATER": ("22003", 400, "BAD_REQUEST"),
    "DELTA_CONSTRAINT_ALREADY_EXISTS": ("42710", 400, "BAD_REQUEST"),
    "DELTA_CONSTRAINT_DOES_NOT_EXIST": ("42704", 400, "BAD_REQUEST"),
    "DELTA_FILE_NOT_FOUND": ("42K03", 400, "BAD_REQUEST"),
    "DELTA_TABLE_NOT_FOUND": ("42P01", 404, "TABLE_DOES_NOT_EXIST"),
    "DIVIDE_BY_ZERO": ("22012", 400, "BAD_REQUEST"),
    "CAST_INVALID_INPUT": ("22018", 400, "BAD_REQUEST"),
    "CAST_OVERFLOW": ("22003", 400, "BAD_REQUEST"),
    "ARITHMETIC_OVERFLOW": ("22003", 400, "BAD_REQUEST"),
    "NUMERIC_VALUE_OUT_OF_RANGE": ("22003", 400, "BAD_REQUEST"),
    "UNBOUND_SQL_PARAMETER": ("42P02", 400, "BAD_REQUEST"),
    "SQL_CONF_NOT_FOUND": ("42K0I", 400, "BAD_REQUEST"),
    "CANNOT_MODIFY_CONFIG": ("46110", 400, "BAD_REQUEST"),
    "INVALID_CONF_VALUE": ("22022", 400, "BAD_REQUEST"),
    "INVALID_HANDLE": ("HY000", 400, "INVALID_STATE"),
    "RESOURCE_EXHAUSTED": ("53200", 400, "RESOURCE_EXHAUSTED"),
    "TEMPORARILY_UNAVAILABLE": ("57P03", 503, "TEMPORARILY_UNAVAILABLE"),
    "ENGINE_ERROR": ("XX000", 400, "BAD_REQUEST"),
    # Not a state that passes by itself: whoever reads is told at once, and not after many tries.
    "DELTA_SHARING_PROVIDER_UNREACHABLE": ("08001", 400, "BAD_REQUEST"),
    "ENGINE_LOST": ("08006", 503, "TEMPORARILY_UNAVAILABLE"),
    "OPERATION_CANCELED": ("HY008", 499, "CANCELLED"),
    "NO_SPACE_LEFT": ("53100", 507, "IO_ERROR"),
    "INTERNAL_ERROR": ("XX000", 500, "INTERNAL_ERROR"),
}


class LocalError(Exception):
    """A refusal, as the platform words it.

    Args:
        error_class: The platform's error class.
        message: The text behind the class.
    """

    def __init__(self, error_class: str, message: str) -> None:
        super().__init__(message)
        self.error_class = error_class
        self.message = message
        family = error_class.split(".")[0]
        known = _CLASSES.get(error_class) or _CLASSES.get(family)
        if known is None:
            known = ("42000" if not family.startswith("DELTA_") else "KD000", 400, "BAD_REQUEST")
        self.sql_state, self.http_status, self.error_code = known

    @property
    def text(self) -> str:
        """The message as a SQL client sees it: ``[CLASS] text SQLSTATE: xxxxx``."""
        return f"[{self.error_class}] {self.message} SQLSTATE: {self.sql_state}"

    def body(self) -> dict[str, Any]:
        """The message as a REST client sees it."""
        return {"error_code": self.error_code, "message": self.message}


def not_found(kind: str, name: str) -> LocalError:
    """The refusal for an object that is not there, or that the caller may not see."""
    error_class = {
        "CATALOG": "CATALOG_NOT_FOUND",
        "SCHEMA": "SCHEMA_NOT_FOUND",
        "TABLE": "TABLE_OR_VIEW_NOT_FOUND",
        "FUNCTION": "ROUTINE_NOT_FOUND",
        "VOLUME": "VOLUME_NOT_FOUND",
        "EXTERNAL_LOCATION": "EXTERNAL_LOCATION_NOT_FOUND",
        "STORAGE_CREDENTIAL": "STORAGE_CREDENTIAL_NOT_FOUND",
    }.get(kind, "RESOURCE_DOES_NOT_EXIST")
    word = kind.replace("_", " ").capitalize()
    return LocalError(error_class, f"{word} '{name}' does not exist.")


def already_exists(kind: str, name: str) -> LocalError:
    """The refusal for a name that is taken."""
    error_class = {
        "CATALOG": "CATALOG_ALREADY_EXISTS",
        "SCHEMA": "SCHEMA_ALREADY_EXISTS",
        "TABLE": "TABLE_OR_VIEW_ALREADY_EXISTS",
        "FUNCTION": "ROUTINE_ALREADY_EXISTS",
        "VOLUME": "VOLUME_ALREADY_EXISTS",
    }.get(kind, "RESOURCE_ALREADY_EXISTS")
    return LocalError(
        error_class, f"{kind.replace('_', ' ').capitalize()} '{name}' already exists."
    )


def denied(privilege: str, kind: str, name: str) -> LocalError:
    """The refusal for a missing privilege."""
    word = kind.replace("_", " ").capitalize()
    return LocalError(
        "INSUFFICIENT_PERMISSIONS", f"User does not have {privilege} on {word} '{name}'."
    )


def syntax(message: str) -> LocalError:
    """The refusal for text that is not understood."""
    return LocalError("PARSE_SYNTAX_ERROR", message)
