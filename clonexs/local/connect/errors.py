"""Refusals as a Spark Connect client reads them: a status with class, SQLSTATE and exception type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from clonexs.local.errors import LocalError

_SPARK = "org.apache.spark"
_ANALYSIS = f"{_SPARK}.sql.AnalysisException"
_PARSE = f"{_SPARK}.sql.catalyst.parser.ParseException"
_RUNTIME = f"{_SPARK}.SparkRuntimeException"
# Families of classes to the exception a client raises; the rest is an analysis error.
_TYPES = {
    "PARSE_SYNTAX_ERROR": (_PARSE, _ANALYSIS),
    "DIVIDE_BY_ZERO": ("java.lang.ArithmeticException", _RUNTIME),
    "ARITHMETIC_OVERFLOW": ("java.lang.ArithmeticException", _RUNTIME),
    "NUMERIC_VALUE_OUT_OF_RANGE": ("java.lang.ArithmeticException", _RUNTIME),
    "CAST_INVALID_INPUT": ("java.lang.NumberFormatException", _RUNTIME),
    "CAST_OVERFLOW": ("java.lang.ArithmeticException", _RUNTIME),
    "INVALID_ARRAY_INDEX": ("java.lang.ArrayIndexOutOfBoundsException", _RUNTIME),
    "NOT_IMPLEMENTED": ("java.lang.UnsupportedOperationException",),
    "SQL_CONF_NOT_FOUND": (f"{_SPARK}.SparkNoSuchElementException",),
    "INVALID_HANDLE": (f"{_SPARK}.SparkException",),
    "OPERATION_CANCELED": (f"{_SPARK}.SparkException",),
    "INTERNAL_ERROR": (f"{_SPARK}.SparkException",),
    "ENGINE_ERROR": (_RUNTIME,),
    "ENGINE_LOST": (f"{_SPARK}.SparkException",),
    "NO_SPACE_LEFT": (f"{_SPARK}.SparkException",),
    "RESOURCE_EXHAUSTED": (f"{_SPARK}.SparkException",),
    "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES": (_RUNTIME,),
    "DELTA_CONCURRENT_WRITE": (f"{_SPARK}.SparkException",),
}
_DETAILS = "grpc-status-details-bin"


def status_of(error: LocalError) -> Any:
    """The status of the wire."""
    import grpc

    from clonexs.local.faults import Refused

    codes = grpc.StatusCode
    if isinstance(error, Refused):
        known = {
            401: codes.UNAUTHENTICATED,
            403: codes.PERMISSION_DENIED,
            404: codes.NOT_FOUND,
            429: codes.RESOURCE_EXHAUSTED,
            500: codes.INTERNAL,
        }
        return known.get(error.http_status, codes.UNAVAILABLE)
    return {
        "UNAUTHENTICATED": codes.UNAUTHENTICATED,
        "INVALID_HANDLE": codes.NOT_FOUND,
    }.get(error.error_class.split(".")[0], codes.INTERNAL)


async def refuse(context: Any, error: LocalError) -> NoReturn:
    """End a call with a refusal."""
    from google.protobuf import any_pb2
    from google.rpc import error_details_pb2, status_pb2

    from clonexs.local.faults import Refused

    code = status_of(error)
    if isinstance(error, Refused):
        await context.abort(code, error.message)
    family = error.error_class.split(".")[0]
    classes = _TYPES.get(family, (_ANALYSIS,))
    info = error_details_pb2.ErrorInfo(reason=classes[0], domain=_SPARK)
    info.metadata["classes"] = json.dumps(list(classes))
    info.metadata["errorClass"] = error.error_class
    info.metadata["sqlState"] = error.sql_state
    info.metadata["messageParameters"] = "{}"
    detail = any_pb2.Any()
    detail.Pack(info)
    status = status_pb2.Status(code=code.value[0], message=error.text, details=[detail])
    await context.abort(code, error.text, ((_DETAILS, status.SerializeToString()),))
    raise AssertionError("unreachable: abort raises")
