"""A Slack on loopback that the real slack_sdk and slack_bolt talk to: Web API, Socket Mode, HTTP mode, and people.

with FakeSlack(channels=("C1",)) as slack:
    WebClient(slack.token, base_url=slack.api_url, retry_handlers=[])
"""

from __future__ import annotations

from .deliveries import Envelope
from .faults import Kind
from .modals import View
from .people import Person, Seen
from .server import FakeSlack
from .serving import Call, Violation
from .signed import Answer, RequestUrl
from .socket_mode import Connection
from .web_server import HOST

__all__ = [
    "HOST", "Answer", "Call", "Connection", "Envelope", "FakeSlack", "Kind", "Person", "RequestUrl", "Seen", "View",
    "Violation",
]  # fmt: skip
