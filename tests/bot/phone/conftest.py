from __future__ import annotations

import pytest
from sanic import Sanic


@pytest.fixture(autouse=True)
def several_servers_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sanic rewrites its own methods at each start, and expects one start unless told otherwise."""
    monkeypatch.setattr(Sanic, "test_mode", True)
