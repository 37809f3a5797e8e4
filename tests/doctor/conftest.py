"""The same installation as for the running program; here nothing runs."""

from __future__ import annotations

from tests.app.conftest import installed as installed
from tests.app.conftest import slack as slack
