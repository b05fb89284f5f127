from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.bot.nlu.checks")

from bot.nlu import vectors  # noqa: E402
from tests.bot.nlu.pipeline import Parts, Pipeline  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def kept_vectors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A training here leaves the vectors of the real one alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "FILE", tmp_path_factory.mktemp("vectors") / "vectors.npz")
        yield


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    return Pipeline(tmp_path_factory.mktemp("pipeline"))


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Parts:
    """Nothing is remembered of another test's trainings."""
    monkeypatch.setattr(vectors, "FILE", tmp_path / "vectors.npz")
    return Parts(tmp_path)
