"""What must not be kept, logged or echoed: found by its form, replaced by its name (`⟨national_id⟩`).

Errs on the side of hiding: a number that only looks like an ID goes too. Dates, times and our own opaque ids stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bot.text.secrets import GAP, find_secrets, iban_length, is_card
from bot.text.visible import visible


@dataclass(frozen=True)
class Personal:
    name: str
    start: int
    end: int
    digits: str


_CODE = r"(?:رمز\w*|الرمز|كوو?د\w*|تحقق|\bcode\b|\botp\b|\bpin\b|\b(?:el|al)?-?ramz\w*|\bkood\b|کوڈ|कोड|কোড)"
_MONEY = re.compile(r"ريال|راتب|مبلغ|[أا]لف|آلاف|دين|قسط|riyal|\bsar\b|salary|amount|\bk\b", re.IGNORECASE)

CODE_WORD = re.compile(_CODE, re.IGNORECASE)

_FORMS = re.compile(
    r"(?P<keep>(?<![\w-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![\w-])|(?<!\w)(?=[0-9]*[a-f])[0-9a-f]{32}(?!\w)"
    r"|(?<!\d)(?:1[34]|19|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\2(?:[012]?\d|3[01])(?!\d)"
    r"(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?"
    r"|(?<!\d)(?:[012]?\d|3[01])([-/.])(?:0?[1-9]|1[0-2])\3(?:1[34]|19|20)\d\d(?!\d))"
    r"|(?P<email>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    rf"|(?P<iban>(?<![A-Za-z0-9])[A-Za-z]{{2}}{GAP}\d{GAP}\d(?:{GAP}[A-Za-z0-9]){{11,30}}(?![A-Za-z0-9]))"
    rf"|(?P<number>(?<!\d)\+?\d(?:{GAP}\d){{6,}}(?!\d))",
    re.IGNORECASE,
)
_CODE_NEAR = re.compile(
    rf"{_CODE}\D{{0,30}}(?<!\d)(?P<after>\d(?:{GAP}\d){{3,5}})(?!\d)|(?<!\d)(?P<before>\d(?:{GAP}\d){{3,5}})(?!\d)\D{{0,15}}{_CODE}",
    re.IGNORECASE,
)
_CODE_ALONE = re.compile(rf"\W*(?P<alone>\d(?:{GAP}\d){{3,5}})\W*")
_SIX_DIGITS = re.compile(r"(?<!\d)\d{6}(?!\d)")
_FEW_WORDS = 5

_NUMBERS = {
    "mobile": re.compile(r"(?:(?:00)?9660?|0)?5\d{8}"),
    "national_id": re.compile(r"[12]\d{8,10}"),  # also with a digit too many or too few
    "case_number": re.compile(r"[48]\d{9}"),
    "invoice_number": re.compile(r"70\d{10}"),
    "request_number": re.compile(r"\d{8}"),
}
_PUBLIC_LINE = re.compile(r"9200\d{5}")


def mask(text: str) -> str:
    """`هويتي ١٠٥٨٥٢٩٩٤٠` → `هويتي ⟨national_id⟩`; everything else stays as typed."""
    kept, end = [], 0
    for found in find_personal(text):
        kept += [text[end : found.start], f"⟨{found.name}⟩"]
        end = found.end
    return "".join([*kept, text[end:]])


def find_personal(text: str) -> list[Personal]:
    """In order, none overlapping; `digits` is the number as 0-9 without what stands between."""
    seen, found, end = visible(text), [], 0
    for start, stop, name in _spans(seen.text):
        if start >= end:
            found.append(Personal(name, *seen.span(start, stop), re.sub(r"\D", "", seen.text[start:stop])))
            end = stop
    return found


def mask_any(value: Any) -> Any:
    """The same through lists and objects of JSON; a whole number that must go becomes its mask."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: mask_any(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask_any(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        masked = mask(f"={value}=") if abs(value) >= 10**6 else ""
        return masked.strip("=") if "⟨" in masked else value
    return value


def _spans(text: str) -> list[tuple[int, int, str]]:
    spans: list[tuple[int, int, str]] = []
    for secret in find_secrets(text):
        start, end = secret.start, secret.end
        if secret.kind == "iban":
            if length := iban_length(text[start:end]):
                spans.append((start, start + length, "iban"))
        elif secret.kind != "card" or _name(re.sub(r"\D", "", text[start:end])) != "mobile":
            spans.append((start, end, "code" if secret.kind == "bank_code" else secret.kind))
    for match in _FORMS.finditer(text):
        name = match.lastgroup or ""
        if name == "iban":
            if length := iban_length(match.group()):
                spans.append((match.start(), match.start() + length, name))
        elif name == "number":
            spans += _numbers(match)
        elif name != "keep":
            spans.append((*match.span(name), name))
    for match in _CODE_NEAR.finditer(text):
        spans.append((*match.span(match.lastgroup or 0), "code"))
    if alone := _CODE_ALONE.fullmatch(text):
        spans.append((*alone.span("alone"), "code"))
    elif len(text.split()) <= _FEW_WORDS and not _MONEY.search(text):
        spans += [(*match.span(), "code") for match in _SIX_DIGITS.finditer(text)]
    return sorted(spans, key=lambda span: (span[0], -span[1]))


def _numbers(run: re.Match[str]) -> list[tuple[int, int, str]]:
    """A run of digits is one number typed in groups, or several numbers side by side."""
    groups = list(re.finditer(r"\d+", run.group()))
    digits = "".join(group.group() for group in groups)
    name = _name(digits)
    if name and (len(groups) == 1 or name != "request_number"):
        return [(*run.span(), name)]
    offset = run.start()
    named = [(offset + group.start(), offset + group.end(), _name(group.group())) for group in groups]
    if any(name for *_, name in named):
        return [(start, end, name) for start, end, name in named if name]
    hidden = len(digits) > 8 and not _PUBLIC_LINE.fullmatch(digits)
    return [(*run.span(), "number")] if hidden else []


def _name(digits: str) -> str | None:
    if is_card(digits):
        return "card"
    return next((name for name, form in _NUMBERS.items() if form.fullmatch(digits)), None)
