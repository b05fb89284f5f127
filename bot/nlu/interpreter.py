"""The NLU of a trained model by itself: no dialogue, no tracker, no domain actions."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE
from rasa.engine.graph import ExecutionContext
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY

from bot.nlu.bands import BAND
from bot.training.archive import refuse_altered

_LEADING = re.compile(r"[/\s]*")


class Interpreter:
    def __init__(self, model: Path) -> None:
        refuse_altered(model)
        self._folder = tempfile.TemporaryDirectory(prefix="bot-parse-")
        storage, metadata = LocalModelStorage.from_model_archive(Path(self._folder.name), model)
        schema = metadata.predict_schema.minimal_graph_schema([metadata.nlu_target])
        self._target: str = metadata.nlu_target
        self._runner = DaskGraphRunner.create(schema, storage, ExecutionContext(schema, metadata.model_id))

    def parse(self, text: str) -> dict[str, Any]:
        """As `bot parse` prints it: the intents of the catalogue, never Rasa's own.

        A leading `/` is left out, since Rasa would take the rest for an intent.
        """
        skipped = _LEADING.match(text).end()  # type: ignore[union-attr]  # it matches everything
        [message] = self._runner.run({PLACEHOLDER_MESSAGE: [UserMessage(text[skipped:])]}, [self._target])[self._target]
        ranking = [
            {"name": rank[INTENT_NAME_KEY], "confidence": rank[PREDICTED_CONFIDENCE_KEY]}
            for rank in message.get(INTENT_RANKING_KEY) or []
        ]
        band = message.get(BAND)
        return {
            "text": text,
            "intent": None if band == "lost" or not ranking else ranking[0]["name"],
            "band": band,
            "confidence": ranking[0]["confidence"] if ranking else 0.0,
            "ranking": ranking,
            "entities": [_public(found, skipped) for found in message.get(ENTITIES) or []],
        }


def _public(found: dict[str, Any], skipped: int) -> dict[str, Any]:
    place = {"start": found["start"] + skipped, "end": found["end"] + skipped}
    return {"entity": found["entity"], "value": found["value"], **place}
