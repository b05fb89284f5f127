import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import encoder
from bot.nlu.encoder import SentenceEncoder
from bot.nlu.sums import AlteredFile
from bot.nlu.tokenizer import ArabicTokenizer
from tests.bot.nlu.checks import dense_featurizers
from tests.bot.nlu.pipeline import Parts


@pytest.mark.parametrize("component", [SentenceEncoder], ids=lambda component: component.__name__)
@pytest.mark.parametrize("check", dense_featurizers.CHECKS, ids=lambda check: check.__name__)
def test_keeps_what_every_dense_featurizer_promises(check: Callable, component: type, parts: Parts) -> None:
    check(component, parts)


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The encoder's files elsewhere, not read yet."""
    folder = tmp_path / "encoder"
    shutil.copytree(encoder.FOLDER, folder, ignore=shutil.ignore_patterns("training"))
    monkeypatch.setattr(encoder, "FOLDER", folder)
    for read in (encoder._tokenizer, encoder._session):
        read.cache_clear()
    yield folder
    for read in (encoder._tokenizer, encoder._session):
        read.cache_clear()


@pytest.mark.parametrize("name", ["encoder.onnx", "tokenizer.json"])
@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_a_file_of_it_altered_by_one_byte_is_refused(copied: Path, parts: Parts, name: str, share: float) -> None:
    content = bytearray((copied / name).read_bytes())
    content[int(share * (len(content) - 1))] ^= 1
    (copied / name).write_bytes(content)
    with pytest.raises(AlteredFile, match=name):
        parts.load(SentenceEncoder)


@pytest.mark.parametrize("name", ["encoder.onnx", "tokenizer.json", "SHA256SUMS"])
def test_a_missing_file_of_it_is_refused(copied: Path, parts: Parts, name: str) -> None:
    (copied / name).unlink()
    with pytest.raises(AlteredFile):
        parts.load(SentenceEncoder)


def test_another_encoder_trains_again(copied: Path) -> None:
    before = SentenceEncoder.fingerprint_addon({})
    sums = copied / "SHA256SUMS"
    sums.write_text(sums.read_text().replace("a", "b"))
    assert SentenceEncoder.fingerprint_addon({}) != before


def test_is_shown_what_it_was_tuned_on(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """`readable` makes the sentences that it is tuned on; in training and of a message it reads the same."""
    read: list[str] = []

    def encode(sentence: str) -> np.ndarray:
        read.append(sentence)
        return np.ones(encoder.WIDTH)

    component = parts.create(SentenceEncoder)
    monkeypatch.setattr(encoder, "encode", encode)
    for text in ("كم الرسوم؟", "abi arfa3 al3aqd", "راتبي٤٥٠٠ ريال، وبس!", "😀 شكرا"):
        messages = parts.create(ArabicTokenizer).process([Message({TEXT: text})])
        component.process(messages)
        component.process_training_data(TrainingData(messages))
        assert read == [encoder.readable(text)] * 2
        read.clear()
