"""``system.access.audit``: every statement and every request, with what it did."""

from __future__ import annotations

import json

from clonexs.local.system.bounds import where
from clonexs.local.system.build import Ask, Made, day, moment
from clonexs.local.system.identity import account_id, workspace_id

_ACCOUNT_LEVEL = {"unityCatalog"}


def audit(ask: Ask) -> Made:
    """The audit log, oldest first."""
    from clonexs.local.system.activity import Activity

    condition, values = where(
        ask.asked,
        texts={"service_name": "service", "action_name": "action"},
        moments={"event_time": "at"},
        days={"event_date": "at"},
    )
    rows = ask.server.service(Activity).store.select(
        "SELECT at, event_id, principal, service, action, params, status, error, address, agent,"
        f" session_id, request_id FROM audit WHERE {condition} ORDER BY at, seq",
        values,
    )
    who = [row[2] for row in rows]
    return Made(
        len(rows),
        {
            "account_id": account_id(ask.server),
            "workspace_id": lambda: [
                "0" if row[3] in _ACCOUNT_LEVEL else workspace_id(ask.server) for row in rows
            ],
            "version": "2.0",
            "event_time": lambda: [moment(row[0]) for row in rows],
            "event_date": lambda: [day(row[0]) for row in rows],
            "source_ip_address": [row[8] for row in rows],
            "user_agent": [row[9] for row in rows],
            "session_id": [row[10] for row in rows],
            "user_identity": lambda: [{"email": each, "subject_name": None} for each in who],
            "service_name": [row[3] for row in rows],
            "action_name": [row[4] for row in rows],
            "request_id": [row[11] for row in rows],
            "request_params": lambda: [list(json.loads(row[5]).items()) for row in rows],
            "response": lambda: [
                {"status_code": row[6], "error_message": row[7], "result": None} for row in rows
            ],
            "audit_level": lambda: [
                "ACCOUNT_LEVEL" if row[3] in _ACCOUNT_LEVEL else "WORKSPACE_LEVEL" for row in rows
            ],
            "event_id": [row[1] for row in rows],
            "identity_metadata": lambda: [
                {
                    "run_by": each,
                    "run_as": each,
                    "acting_resource": None,
                    "run_by_display_name": None,
                    "run_as_display_name": None,
                }
                for each in who
            ],
        },
    )
