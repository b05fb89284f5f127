"""The components of config.yml, trained on a handful of sentences and read back from disk, without the rest of Rasa."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.bands import ConfidenceBands
from bot.nlu.classifier import IntentClassifier
from bot.nlu.encoder import SentenceEncoder
from bot.nlu.entities import SpacyEntityExtractor
from bot.nlu.tokenizer import ArabicTokenizer

READERS = (ArabicTokenizer, SentenceEncoder)
"""What a classifier needs before it."""

SENTENCES = {
    "pay_invoice": [
        "ابي ادفع الفاتورة",
        "ابغى اسدد الحين",
        "بدفع المبلغ اليوم",
        "خلني اسدد فاتورتي",
        "i want to pay now",
    ],
    "ask_travel": [
        "اقدر اسافر وانا موقوف؟",
        "هل يمنعني الايقاف من السفر",
        "يوقفوني في المطار؟",
        "السفر ممنوع مع الايقاف؟",
        "can i travel",
    ],
    "greet": ["السلام عليكم", "هلا والله", "صباح الخير", "مرحبا", "hello"],
    "distress": ["ابي انتحر", "ما عاد ابغى اعيش", "ودي اموت", "بموت", "i want to die"],
}


class Parts:
    """Makes components as Rasa does: of their default configuration, with a place for what they learn."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "storage").mkdir(exist_ok=True)
        self.storage = LocalModelStorage(folder / "storage")
        self.context = ExecutionContext(GraphSchema({}), node_name="node")

    def create(self, component: Any, place: str = "made") -> Any:
        return component.create(component.get_default_config(), self.storage, Resource(place), self.context)

    def load(self, component: Any, place: str = "made") -> Any:
        return component.load(component.get_default_config(), self.storage, Resource(place), self.context)

    def train(self, component: Any, sentences: dict[str, list[str]] = SENTENCES, place: str = "made") -> Any:
        data = TrainingData([Message.build(text, intent) for intent, texts in sentences.items() for text in texts])
        for reader in READERS:
            data = self.create(reader).process_training_data(data)
        made = self.create(component, place)
        made.train(data)
        return made

    def read(self, *texts: str) -> list[Message]:
        """As a classifier gets them."""
        messages = [Message({TEXT: text}) for text in texts]
        for reader in READERS:
            messages = self.create(reader).process(messages)
        return messages


class Pipeline:
    def __init__(self, folder: Path, sentences: dict[str, list[str]] = SENTENCES) -> None:
        parts = Parts(folder)
        parts.train(IntentClassifier, sentences)
        self._components = [
            *(parts.create(component) for component in (*READERS, SpacyEntityExtractor)),
            parts.load(IntentClassifier),
            parts.create(ConfidenceBands),
        ]

    def parse(self, text: str) -> dict[str, Any]:
        messages = [Message({TEXT: text})]
        for component in self._components:
            messages = component.process(messages)
        return messages[0].as_dict(only_output_properties=True)
