"""كم يفهم النموذج من جمل لم يُدرَّب عليها — how well the trained model understands the held-out sentences.

    bot evaluate
    bot evaluate --against build/evaluation/before.json    what changed since that report, not since the last run
    bot evaluate --json > report.json

Reads tests/nlu, prints a summary and writes build/evaluation/report.html (to read) and report.json (everything); the
report that was there is kept as previous.json, and what changed since is shown. Takes half a minute.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.evaluation.compare import Change, Changes

HELP = "measure the model on the held-out sentences"
_SHOWN = 10
"""How many sentences and confused pairs the terminal shows; all are in the page."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, metavar="PATH", help="another model than the current one")
    parser.add_argument("--against", type=Path, metavar="PATH", help="compare with this report.json")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where reports lie (build/evaluation without)")
    parser.add_argument("--held-out", type=Path, metavar="DIR", help="other sentences (tests/nlu without)")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="write the reliability curve there too")
    parser.add_argument("--json", action="store_true", help="print the report, nothing else")


def run(options: argparse.Namespace) -> int:
    from bot.evaluation.measure import EvaluationError
    from bot.project import ROOT
    from bot.training.model import is_current, model_path

    if not options.model and not is_current():
        print("النموذج غير موجود أو قديم. للتدريب: make train\nNo current model. Run: make train", file=sys.stderr)
        return 1
    try:
        _evaluate(options, options.model or model_path(), options.out or ROOT / "build" / "evaluation")
    except EvaluationError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _evaluate(options: argparse.Namespace, model: Path, out: Path) -> None:
    from dataclasses import asdict

    from bot.evaluation.compare import compare
    from bot.evaluation.measure import HELD_OUT, EvaluationError, measure, open_model, read
    from bot.evaluation.page import curve, page
    from bot.evaluation.report import PAGE, REPORT, describe, keep, load, writable

    if not model.is_file():
        raise EvaluationError(f"لا نموذج في {model} | no model there")
    started = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - started:4.0f} ث/s  {words}", file=sys.stderr, flush=True)

    folder = options.held_out or HELD_OUT
    held_out = read(folder)
    earlier = options.against or (out / REPORT if (out / REPORT).exists() else None)
    before = load(earlier) if earlier else None
    for folder_of in (out, *([options.plot.parent] if options.plot else [])):
        writable(folder_of)
    say("تحميل النموذج، نحو 20 ثانية | loading the model, about 20 seconds")
    parser = open_model(model)
    measured = measure(parser, held_out, lambda done, of: say(f"{done} من {of} جملة | {done} of {of} sentences"))
    report = describe(measured, model, folder)
    changes = compare(before, report) if before else None
    report["changes"] = asdict(changes) if changes else None
    keep(out, report, page(report, changes))
    if options.plot:
        options.plot.write_text(curve(report), encoding="utf-8")
    if options.json:
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        _summary(report, changes)
        print(f"\nالتقرير | the report: {out / PAGE}")


def _summary(report: dict[str, Any], changes: Changes | None) -> None:
    from bot.evaluation.report import FIGURES

    print()
    for name, figure in FIGURES.items():
        before = f"{_share(changes.figures[name])} → " if changes else ""
        print(f"{before}{_share(report['figures'][name])}  {figure.ar} | {figure.en}")
    print("\nالثقة | bands:")
    for band, of in report["bands"].items():
        print(f"  {band}: {of['count']}، الصحيح أولًا | right first: {of['right']}")
    if report["confused"]:
        print("\nأكثر ما يلتبس | most confused:")
    for pair in report["confused"][:_SHOWN]:
        print(f"  {len(pair['sentences'])} × {pair['wanted']} → {pair['said']}")
    if changes:
        _changed("صارت خطأ | became wrong", changes.became_wrong)
        _changed("صارت صحيحة | became right", changes.became_right)


def _changed(title: str, changed: list[Change]) -> None:
    print(f"\n{title}: {len(changed)}")
    for one in changed[:_SHOWN]:
        print(f"  {one.text}\n    {_names(one.wanted)}: {_names(one.before)} → {_names(one.now)}")


def _names(names: list[str]) -> str:
    return ", ".join(names) or "—"


def _share(share: float | None) -> str:
    return "     —" if share is None else f"{share:6.1%}"
