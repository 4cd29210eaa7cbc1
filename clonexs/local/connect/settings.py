"""Session options: what a client asks for at every session, and what it may set."""

from __future__ import annotations

from typing import Any

from clonexs.local.engine.session import SqlSession
from clonexs.local.errors import LocalError

TIME_ZONE = "spark.sql.session.timeZone"
DEFAULTS = {
    TIME_ZONE: "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.session.localRelationCacheThreshold": str(64 * 1024 * 1024),
    "spark.sql.session.localRelationChunkSizeRows": str(1 << 31),
    "spark.sql.session.localRelationChunkSizeBytes": str(64 * 1024 * 1024),
    "spark.sql.session.localRelationBatchOfChunksSizeBytes": str(64 * 1024 * 1024),
    "spark.sql.session.localRelationSizeLimit": str(64 * 1024 * 1024),
    "spark.sql.execution.arrow.useLargeVarTypes": "false",
    "spark.sql.execution.arrow.pyspark.selfDestruct.enabled": "false",
    "spark.sql.execution.pandas.structHandlingMode": "legacy",
    "spark.sql.execution.pandas.inferPandasDictAsMap": "false",
    "spark.sql.execution.pandas.convertToArrowArraySafely": "false",
    "spark.sql.execution.pyspark.binaryAsBytes": "true",
    "spark.sql.execution.pythonUDF.arrow.enabled": "false",
    "spark.sql.execution.pythonUDTF.arrow.enabled": "false",
    "spark.sql.pyspark.inferNestedDictAsStruct.enabled": "false",
    "spark.sql.pyspark.legacy.inferArrayTypeFromFirstElement.enabled": "false",
    "spark.sql.pyspark.legacy.inferMapTypeFromFirstPair.enabled": "false",
    "spark.sql.pyspark.jvmStacktrace.enabled": "false",
    "spark.sql.connect.serverStacktrace.enabled": "false",
    "spark.sql.repl.eagerEval.enabled": "false",
    "spark.sql.repl.eagerEval.maxNumRows": "20",
    "spark.sql.repl.eagerEval.truncate": "20",
    "spark.sql.artifact.isolation.enabled": "false",
    # Plans are read here: a compressed one only costs time over loopback.
    "spark.connect.session.planCompression.threshold": "-1",
    "spark.connect.session.planCompression.defaultAlgorithm": "NONE",
}
# Options that would change what statements mean; only their default is accepted.
_FIXED = {"spark.sql.ansi.enabled", "spark.sql.timestampType"}


def configure(session: SqlSession, operation: Any, answer: Any) -> None:
    """Answer a request for session options.

    Args:
        session: The session.
        operation: The request's operation.
        answer: Where pairs and warnings go.

    Raises:
        LocalError: for an option that is not known, or not to be changed.
    """
    which = operation.WhichOneof("op_type")
    known = {**DEFAULTS, **session.conf}
    if which == "set":
        for pair in operation.set.pairs:
            set_one(session, pair.key, pair.value if pair.HasField("value") else "")
            answer.pairs.add(key=pair.key, value=pair.value)
    elif which == "unset":
        for key in operation.unset.keys:
            session.conf.pop(key, None)
            answer.pairs.add(key=key)
        session.applied = -1
    elif which == "get":
        for key in operation.get.keys:
            if key not in known:
                raise LocalError("SQL_CONF_NOT_FOUND", f"The SQL config `{key}` cannot be found.")
            answer.pairs.add(key=key, value=known[key])
    elif which == "get_option":
        for key in operation.get_option.keys:
            answer.pairs.add(key=key, value=known.get(key))
    elif which == "get_with_default":
        for pair in operation.get_with_default.pairs:
            default = pair.value if pair.HasField("value") else None
            answer.pairs.add(key=pair.key, value=known.get(pair.key, default))
    elif which == "get_all":
        prefix = operation.get_all.prefix
        for key, value in sorted(known.items()):
            if key.startswith(prefix):
                answer.pairs.add(key=key[len(prefix) :].lstrip("."), value=value)
    elif which == "is_modifiable":
        for key in operation.is_modifiable.keys:
            modifiable = key not in _FIXED and key.startswith("spark.sql.")
            answer.pairs.add(key=key, value=str(modifiable).lower())


def set_one(session: SqlSession, key: str, value: str) -> None:
    """Set one option of a session.

    Raises:
        LocalError: if it is not to be changed, or the value is none it can have.
    """
    if key in _FIXED and value.lower() != DEFAULTS[key].lower():
        raise LocalError(
            "CANNOT_MODIFY_CONFIG", f"`{key}` cannot be changed in the local workspace."
        )
    if key == TIME_ZONE:
        _check_zone(value)
    session.conf[key] = value
    # The engine learns of it before the session's next statement.
    session.applied = -1


def _check_zone(value: str) -> None:
    import re
    from zoneinfo import ZoneInfo

    if re.fullmatch(r"[+-]\d{2}:\d{2}", value):
        return
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError) as error:
        raise LocalError(
            "INVALID_CONF_VALUE.TIME_ZONE", f"Cannot resolve the given timezone '{value}'."
        ) from error
