"""All that was measured as one object of JSON, which the page shows and a later run is compared with."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bot.evaluation import metrics
from bot.evaluation.measure import EvaluationError, Measured
from bot.evaluation.metrics import Confusion, Heard, Pair, Read
from bot.training.model import data_hash

REPORT, PREVIOUS, PAGE = "report.json", "previous.json", "report.html"


@dataclass(frozen=True)
class Figure:
    ar: str
    en: str
    higher_is_better: bool = True


FIGURES = {
    "first": Figure("الصحيح أولًا", "right first"),
    "three": Figure("الصحيح بين الثلاثة الأولى", "right among the first three"),
    "first_in_scope": Figure("الصحيح أولًا، دون ما خارج النطاق", "right first, in scope"),
    "three_in_scope": Figure("الصحيح بين الثلاثة، دون ما خارج النطاق", "right among three, in scope"),
    "macro_f1": Figure("متوسط F1 للنيات", "macro F1"),
    "sure_right": Figure("الصحيح مما أُجيب بثقة", "right at band sure"),
    "calibration_error": Figure("خطأ المعايرة", "expected calibration error", False),
    "out_of_scope_recall": Figure("خارج النطاق: ما لم يُجب بثقة كسؤال", "out of scope: recall"),
    "out_of_scope_precision": Figure("وكم مما استُوقف خارج النطاق فعلًا", "out of scope: precision"),
    "out_of_scope_strict_recall": Figure("خارج النطاق: ما رُدّ صراحة", "out of scope, refused outright: recall"),
    "out_of_scope_strict_precision": Figure("وكم مما رُدّ خارج النطاق فعلًا", "refused outright: precision"),
    "refused": Figure("أسئلة حقيقية رُدّت", "real questions refused", False),
    "pairs": Figure("رسائل بطلبين فُهم كلاهما", "pairs heard as both"),
    "entities": Figure("جمل كل قيمها صحيحة", "sentences with all entities exact"),
}
"""Each is a share from 0 to 1, or None where there was nothing to measure."""


def describe(measured: Measured, model: Path, held_out: Path) -> dict[str, Any]:
    heard, in_scope = measured.sentences, metrics.in_scope(measured.sentences)
    intents, bands, bins = metrics.by_intent(heard), metrics.by_band(heard), metrics.calibration(heard)
    all_of_them, real = metrics.accuracy(heard), metrics.accuracy(in_scope)
    outside = metrics.out_of_scope(heard)
    figures = {
        "first": all_of_them.first,
        "three": all_of_them.three,
        "first_in_scope": real.first,
        "three_in_scope": real.three,
        "macro_f1": metrics.macro_f1(intents),
        "sure_right": metrics.share(bands["sure"].right, bands["sure"].count),
        "calibration_error": metrics.calibration_error(bins),
        "out_of_scope_recall": outside.lenient.recall,
        "out_of_scope_precision": outside.lenient.precision,
        "out_of_scope_strict_recall": outside.strict.recall,
        "out_of_scope_strict_precision": outside.strict.precision,
        "refused": outside.refused,
        "pairs": metrics.share(sum(pair.right for pair in measured.pairs), len(measured.pairs)),
        "entities": metrics.share(sum(read.right for read in measured.entities), len(measured.entities)),
    }
    return {
        "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "model": {"name": model.name, "sha256": hashlib.sha256(model.read_bytes()).hexdigest()},
        "data_hash": data_hash(),  # also of the code that finds entities, which is no part of the model
        "held_out": {
            "folder": str(held_out),
            "sentences": len(heard),
            "in_scope": len(in_scope),
            "out_of_scope": outside.count,
            "pairs": len(measured.pairs),
            "entity_sentences": len(measured.entities),
        },
        "figures": figures,
        "varieties": _plain(metrics.by_variety(heard)),
        "intents": _plain(intents),
        "bands": _plain(bands),
        "calibration": [asdict(one) for one in bins],
        "entities": _plain(metrics.by_kind(measured.entities)),
        "confused": [_confusion(confusion) for confusion in metrics.confusions(heard)],
        "refused": [_sentence(one) for one in heard if metrics.is_refused(one)],
        "sentences": [_sentence(one) for one in heard],
        "pairs": [_pair(pair) for pair in measured.pairs],
        "entity_sentences": [_read(read) for read in measured.entities],
    }


def _plain(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: asdict(value) for name, value in figures.items()}


def _confusion(confusion: Confusion) -> dict[str, Any]:
    sentences = [_sentence(one) for one in confusion.sentences]
    return {"wanted": confusion.wanted, "said": confusion.said, "sentences": sentences}


def _sentence(one: Heard) -> dict[str, Any]:
    return {
        "text": one.text,
        "variety": one.variety,
        "wanted": list(one.intents),
        "said": [one.said] if one.said else [],
        "right": one.right,
        "confidence": one.confidence,
        "band": one.band,
        "ranking": [list(rank) for rank in one.ranking],
    }


def _pair(pair: Pair) -> dict[str, Any]:
    return {"text": pair.text, "wanted": list(pair.intents), "said": list(pair.heard), "right": pair.right}


def _read(read: Read) -> dict[str, Any]:
    return {
        "text": read.text,
        "variety": read.variety,
        "wanted": [" ".join(entity) for entity in read.wanted],
        "said": [" ".join(entity) for entity in read.found],
        "right": read.right,
        "missed": [" ".join(entity) for entity in read.missed],
        "extra": [" ".join(entity) for entity in read.extra],
    }


def load(path: Path) -> dict[str, Any]:
    """An earlier report."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EvaluationError(f"لا تقرير يُقرأ في {path} | no report can be read there ({error})") from error
    if not isinstance(found, dict) or not {"figures", "sentences", "pairs", "entity_sentences"} <= set(found):
        raise EvaluationError(f"ليس تقرير قياس: {path} | not a report of bot evaluate")
    return found


def writable(folder: Path) -> None:
    """Makes it; raises before anything is measured in vain."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EvaluationError(f"لا يُكتب في {folder} | cannot be written to ({error.strerror})") from error


def keep(folder: Path, report: dict[str, Any], page: str) -> None:
    """The report that was there becomes the previous one."""
    if (folder / REPORT).exists():
        (folder / REPORT).replace(folder / PREVIOUS)
    # moved there whole: what is cut off would be no report to compare with
    made = folder / f"new-{os.getpid()}.json"
    made.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    made.replace(folder / REPORT)
    (folder / PAGE).write_text(page, encoding="utf-8")
