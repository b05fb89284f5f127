from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scenarios.runner import Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The agent and the action server, once for all scenarios; `make test` has trained the model before."""
    made = Stage(tmp_path_factory.mktemp("stage"))
    yield made
    made.close()
