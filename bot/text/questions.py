"""One message, several questions."""

from __future__ import annotations

import re

from bot.text.normalise import normalise

_MOST = 3
_WORDS_OF_A_QUESTION = 2
_SHORT = 5
"""Messages of fewer words hold one question, whatever stands in them, unless a mark parts them."""

_ASKS = (
    r"(?:هل|ماذا|كم|متى|متي|وش|ايش|إيش|أيش|شنو|شو|كيف|ليش|ليه|لماذا|وين|فين|أين|اين|مين|من\s+اللي|أقدر|اقدر|يقدر|ممكن|يصير|لازم"
    r"|ابي\s+اعرف|ابغى\s+اعرف|أبغى\s+أعرف)"
)
_ENGLISH_ASKS = r"(?:how|what|when|where|why|who|which|can|is|are|do|does|will|should)"
_WISHES = r"(?:ابي|أبي|ابغى|أبغى|ابغا|ودي|بغيت|اريد|أريد|قدموا|قدم\s+لي|ارفعوا|اصدروا|أصدروا|حولني|حولوني|i\s+want)"
_MARK = re.compile(r"(?<=[؟?])[\s؟?!.،,]*|\n+")
_AND_ASKS = re.compile(
    rf"(?:[،,؛;.]\s*|\s)(?=و\s?(?:{_ASKS}|{_WISHES})\b)|[،,;.]?\s(?=and\s+{_ENGLISH_ASKS}\b)", re.IGNORECASE
)
_LEADING_AND = re.compile(rf"^(?:و\s?(?=(?:{_ASKS}|{_WISHES})\b)|and\s+)", re.IGNORECASE)
_ASKS_ITSELF = re.compile(rf"[؟?]|\bو?(?:{_ASKS}|{_ENGLISH_ASKS})\b", re.IGNORECASE)
_WISHES_ITSELF = re.compile(rf"^و?{_WISHES}\b", re.IGNORECASE)
# `وش شروطها`, `كيف طريقته`: asks on about the question before it.
_POINTS_BACK = re.compile(r"(?:^|\s)(?!ال)\S+(?:ها|ه|هم)$")
_ASKS_NOTHING = re.compile(r"(?:ابي|ابغي) اعرف$|بالضبط$")
# `كيف الحال وكيف اموركم`: one greeting, not two questions.
_GREETS = re.compile(r"كيف (?:ال)?حال|كيفك|شلونك|وش اخبار|وش علوم|how are you")


def pieces(text: str) -> list[str]:
    """One to three parts, in order, each as typed; a part too small to be a question stays with its neighbour."""
    if not _MARK.search(text.strip(" ؟?!.\n")) and len(normalise(text).split()) < _SHORT:
        return [text]
    parts: list[str] = []
    for sentence in _MARK.split(text):
        for part in _AND_ASKS.split(sentence):
            if part := part.strip():
                _add(parts, part)
    parts = [_LEADING_AND.sub("", part) if place else part for place, part in enumerate(parts)]
    if len(parts) < 2:
        return [text]
    return [*parts[: _MOST - 1], " ".join(parts[_MOST - 1 :])] if len(parts) > _MOST else parts


def asks(text: str) -> bool:
    """Whether a message is a question by its mark or its words."""
    return bool(_ASKS_ITSELF.search(text))


def _add(parts: list[str], part: str) -> None:
    """A new part, or the rest of the one before it: only what asks or wishes for something stands alone."""
    stands = parts and _stands_alone(parts[-1]) and _stands_alone(part)
    if parts and not stands:
        parts[-1] = f"{parts[-1]} {part}"
    else:
        parts.append(part)


def _stands_alone(part: str) -> bool:
    words = normalise(part)
    count = len(words.split())
    points_back = count <= 3 and _POINTS_BACK.search(part.strip(" ؟?.!،,"))
    speaks = _ASKS_ITSELF.search(part) or _WISHES_ITSELF.search(part)
    empty = _GREETS.search(words) or _ASKS_NOTHING.search(words)
    return count >= _WORDS_OF_A_QUESTION and bool(speaks) and not empty and not points_back
