"""A small workspace at a clock of its own, and receivers of what it sends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from segkit.api import Workspace
from tests.operations.making import Clock, opened
from tests.operations.receivers import Received, http_receiver
from tests.small_workspace import SmallWorkspace


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def unloaded(small: SmallWorkspace) -> SmallWorkspace:
    """Literal users whose workspace is written with whatever the test adds, and not loaded."""
    small.user("ana", country="DE", email="ana@example.org")
    small.event("ana", "app_used", at="2024-11-01 10:00")
    return small


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    """An HTTP receiver, whose address OPS_WEBHOOK holds."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with http_receiver() as received:
        monkeypatch.setenv("OPS_WEBHOOK", f"{received.url}/hooks/s3cr3t-token")
        yield received


@pytest.fixture
def notified(unloaded: SmallWorkspace, clock: Clock, receiver: Received) -> Workspace:
    """A workspace that tells a webhook of every night."""
    unloaded.settings = '[[notifications]]\nname = "ops"\nkind = "webhook"\nurl_env = "OPS_WEBHOOK"'
    unloaded.write()
    return opened(unloaded.folder, clock)
