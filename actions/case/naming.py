"""Which of her cases somebody means: by the mark of a button under it, by number, by place, by its sum, by its
creditor, by being the larger one."""

from __future__ import annotations

import re

from actions.base import Heard
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import cases
from actions.services.cases import CaseView
from actions.services.errors import NotFound
from bot.text.amounts import parse_amount
from bot.text.normalise import normalise
from bot.text.ordinals import parse_ordinal

SMALLER = re.compile(r"صغير|صغري|اصغر|الاقل|اقل مبلغ|small|smallest|less|cheap")
LARGER = re.compile(r"كبير|كبري|اكبر|الاكثر|اعلي مبلغ|big|bigger|biggest|large")
GOVERNMENT = re.compile(r"حكوم|بلدي|امانه|government|municipal")
COMMON = {"شركه", "مؤسسه", "موسسه", "بنك", "مصرف", "عبدالله", "محمد", "company", "bank", "للتجاره", "التجاريه"}
"""Words of a creditor's name that tell nobody apart."""


def named_case(uow: UnitOfWork, heard: Heard) -> CaseView | None:
    """Of whoever is verified here. A number that is not hers names nothing."""
    if marked := heard.entity("of_case"):
        mine = cases.my_cases(uow, conversation=heard.conversation)
        return next((case for case in mine if cases.mark(case.number) == marked), None)
    number = heard.entity("case_number")
    ordinal = heard.entity("ordinal") or parse_ordinal(heard.text)
    try:
        if number or ordinal:
            return cases.find_case(
                uow, conversation=heard.conversation, number=number, ordinal=None if number else int(ordinal or 0)
            )
    except NotFound:
        return None
    mine = cases.my_cases(uow, conversation=heard.conversation)
    return described(heard.text, mine) if len(mine) > 1 else None


def described(text: str, mine: list[CaseView]) -> CaseView | None:
    """The one case that the words fit; None when they fit none or several."""
    words = normalise(text)
    open_debts = [case for case in mine if case.remaining]
    amount = parse_amount(text)
    if amount is not None:
        return _only([case for case in open_debts if amount in (case.remaining, case.claim, int(case.remaining or 0))])
    if GOVERNMENT.search(words):
        return _only([case for case in mine if case.kind == "government"])
    if len(open_debts) > 1 and SMALLER.search(words) and not LARGER.search(words):
        return min(open_debts, key=lambda case: case.remaining or 0)
    if len(open_debts) > 1 and LARGER.search(words) and not SMALLER.search(words):
        return max(open_debts, key=lambda case: case.remaining or 0)
    said = {_bare(word) for word in words.split()}
    return _only([case for case in mine if said & {_bare(word) for word in _telling(case)}])


def _telling(case: CaseView) -> list[str]:
    name = normalise(case.creditor or case.body or "")
    return [word for word in name.split() if len(_bare(word)) > 3 and word not in COMMON]


def _bare(word: str) -> str:
    return re.sub(r"^(?:و|ف)?(?:ب|ل)?(?:ال|لل)(?=\w{3})", "", word)


def _only(found: list[CaseView]) -> CaseView | None:
    return found[0] if len(found) == 1 else None
