"""The same installation as for the running program; here nothing runs."""

from __future__ import annotations

from tests.app.conftest import installed as installed
from tests.app.conftest import slack as slack
from tests.edges.conftest import box as box
from tests.edges.conftest import dovecot as dovecot
