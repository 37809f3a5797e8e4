"""What Slack, or whatever answers in its place, says when it gives no socket or opens no dialog."""

from __future__ import annotations

import re
from typing import Any

from bot.errors import AmendsError, Refused, Retriable

_TRANSIENT = ("internal_error", "fatal_error", "request_timeout", "service_unavailable", "ratelimited")
_OPEN = "apps.connections.open"
_CODE = re.compile(r"[a-z0-9_]+")
_PATIENCE = 30.0  # seconds, where 429 names none


def code_of(problem: Exception) -> str:
    """What Slack calls it; "" where it was not Slack that answered."""
    response: Any = getattr(problem, "response", None)
    code = response.get("error", "") if hasattr(response, "get") else ""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def not_opened(problem: Exception) -> AmendsError:
    """Of a socket's address: refused for good, or not given this time."""
    response: Any = getattr(problem, "response", None)
    status, code = getattr(response, "status_code", 0), code_of(problem)
    where = f"Slack {_OPEN}"
    if status == 429 or code == "ratelimited":
        headers = getattr(response, "headers", None) or {}
        wait = str(headers.get("Retry-After") or headers.get("retry-after") or "")
        return Retriable(
            "Slack asks for patience.", where=where, retry_after=float(wait) if wait.isdigit() else _PATIENCE
        )
    if code and status < 500 and code not in _TRANSIENT:
        advice = "Check the app token (xapp-…, scope connections:write), and that Socket Mode is on."
        return Refused(f"Slack refuses: {code}.", where=where, advice=advice)
    return Retriable(f"Slack did not answer as it should: {code or status or type(problem).__name__}.", where=where)
