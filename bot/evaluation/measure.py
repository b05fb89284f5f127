"""The sentences that were held out, and what a trained model hears in them."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bot.evaluation.metrics import Entity, Heard, Pair, Read
from bot.project import ROOT
from bot.text.questions import pieces
from bot.training.archive import AlteredModel
from bot.training.check_intents import held_out_shape, is_of_entities
from bot.training.check_shape import unreadable
from bot.training.located import File, Files, mapping
from bot.training.model import quiet_environment

HELD_OUT = ROOT / "tests" / "nlu"
_EVERY = 100
"""Sentences from one word of progress to the next."""

Progress = Callable[[int, int], None]
"""Is told how many sentences of how many are done."""


class EvaluationError(Exception):
    """Why nothing can be measured, for the person who asked."""


class Parser(Protocol):
    def parse(self, text: str) -> dict[str, Any]:
        """As bot.nlu.interpreter.Interpreter does."""


@dataclass(frozen=True)
class HeldOut:
    """The items of the files as they stand there; `intents` of a sentence: its file's, then those of `also`."""

    sentences: list[dict[str, Any]]
    pairs: list[dict[str, Any]]
    entities: list[dict[str, Any]]

    def __len__(self) -> int:
        return len(self.sentences) + len(self.pairs) + len(self.entities)


@dataclass(frozen=True)
class Measured:
    sentences: list[Heard]
    pairs: list[Pair]
    entities: list[Read]


def read(folder: Path) -> HeldOut:
    files = Files(ROOT)
    held = [files[path] for path in sorted(folder.rglob("*.yml"))]
    problems = list(unreadable(held)) or list(held_out_shape(held))
    if problems:
        raise EvaluationError("\n".join(map(str, problems)))
    found = HeldOut(
        list(_sentences(held)),
        [pair for file in held for pair in mapping(file.data).get("pairs") or []],
        [sentence for file in held if is_of_entities(file) for sentence in file.data["sentences"]],
    )
    if not len(found):
        raise EvaluationError(f"لا جمل للاختبار في {folder} | no held-out sentences there")
    return found


def _sentences(files: Iterable[File]) -> Iterator[dict[str, Any]]:
    for file in files:
        if "intent" in mapping(file.data):
            for item in file.data["sentences"]:
                yield {**item, "intents": (file.data["intent"], *item.get("also", []))}


def open_model(path: Path) -> Parser:
    """Loading takes some 20 seconds, most of them Rasa's own."""
    quiet_environment()
    from bot.nlu.interpreter import Interpreter

    try:
        return Interpreter(path)
    except AlteredModel as error:
        raise EvaluationError(str(error)) from error
    except (tarfile.TarError, OSError) as error:
        raise EvaluationError(f"ليس نموذجًا: {path} | not a model ({error})") from error


def measure(parser: Parser, held_out: HeldOut, progress: Progress) -> Measured:
    done = 0

    def counted(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        nonlocal done
        for item in items:
            yield item
            done += 1
            if done % _EVERY == 0 or done == len(held_out):
                progress(done, len(held_out))

    return Measured(
        [_heard(parser, item) for item in counted(held_out.sentences)],
        [_pair(parser, item) for item in counted(held_out.pairs)],
        [_entities(parser, item) for item in counted(held_out.entities)],
    )


def _heard(parser: Parser, item: dict[str, Any]) -> Heard:
    parsed = parser.parse(item["text"])
    ranking = tuple((rank["name"], rank["confidence"]) for rank in parsed["ranking"])
    return Heard(item["text"], item["variety"], item["intents"], ranking, parsed["band"])


def _pair(parser: Parser, item: dict[str, Any]) -> Pair:
    """Parted and taken as bot.turn does with what is typed."""
    from bot.turn import QUESTIONS, WISHES  # with it comes much that reading the sentences does not need

    parsed = [parser.parse(piece) for piece in pieces(item["text"])]
    asked = [one["intent"] for one in parsed if one["band"] == "sure" and one["intent"] in QUESTIONS | WISHES]
    if len(set(asked)) > 1:
        heard = sorted(asked, key=lambda intent: intent in WISHES)[:2]
    else:
        whole = parser.parse(item["text"])
        heard = [whole["intent"]] if whole["intent"] else []
    return Pair(item["text"], tuple(item["intents"]), tuple(heard))


def _entities(parser: Parser, item: dict[str, Any]) -> Read:
    return Read(
        item["text"],
        item["variety"],
        tuple(map(_entity, item["entities"])),
        tuple(map(_entity, parser.parse(item["text"])["entities"])),
    )


def _entity(found: dict[str, Any]) -> Entity:
    """YAML reads an unquoted date as a date, and an ordinal is found as a number."""
    return found["entity"], str(found["value"])
