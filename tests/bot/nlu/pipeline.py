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


class Pipeline:
    def __init__(self, folder: Path) -> None:
        (folder / "storage").mkdir()
        self.storage = LocalModelStorage(folder / "storage")
        self.resource = Resource("classifier")
        self.context = ExecutionContext(GraphSchema({}), node_name="node")
        data = TrainingData([Message.build(text, intent) for intent, texts in SENTENCES.items() for text in texts])
        self.before = [self._create(ArabicTokenizer), self._create(SentenceEncoder)]
        for component in self.before:
            data = component.process_training_data(data)
        self._create(IntentClassifier).train(data)
        self.after = [
            self._create(SpacyEntityExtractor),
            self.load(),
            self._create(ConfidenceBands),
        ]

    def load(self) -> IntentClassifier:
        return IntentClassifier.load({}, self.storage, self.resource, self.context)

    def parse(self, text: str) -> dict[str, Any]:
        messages = [Message({TEXT: text})]
        for component in (*self.before, *self.after):
            messages = component.process(messages)
        return messages[0].as_dict(only_output_properties=True)

    def _create(self, component: Any) -> Any:
        return component.create(component.get_default_config(), self.storage, self.resource, self.context)
