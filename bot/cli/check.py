"""يفحص البيانات والإجابات والأسماء في ثانية أو اثنتين، دون تدريب — everything wrong with them, in one go.

    bot check

كل سطر: الملف ورقم السطر، ثم المشكلة، ثم حلها. لا شيء يُطبع غير سطر واحد حين يصح كل شيء.
Exit status 1 when anything is wrong.
"""

from __future__ import annotations

import argparse

HELP = "check data, answers and names"


def arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none: what one would leave out is what is wrong."""


def run(options: argparse.Namespace) -> int:
    from bot.training.check import check_all, counts

    found = check_all()
    for problem in found:
        print(problem)
    if found:
        print(f"\nعدد المشكلات: {len(found)}")
        return 1
    print(
        "لا مشكلة: {intents} نية، {sentences} جملة للتدريب و{held_out} للاختبار،"
        " {answers} إجابة، {guides} أدلة.".format(**counts())
    )
    return 0
