"""What somebody says in the middle of a guide: done with this step, stuck at it, or away for a while."""

from __future__ import annotations

import re
from typing import Literal

from bot.text.clean import clean
from bot.text.normalise import normalise
from bot.text.questions import asks

LONGEST = 8
"""Words; a longer message says more than where she is in the guide."""

_STUCK = re.compile(
    r"\b(?:ما|مو|مب|لا|لم|مش)\s?(?:لقي|لاقي|اشوف|طلع|يطلع|تطلع|يفتح|تفتح|فتح|اشتغل|يشتغل|تشتغل|ضبط|زبط|يقبل|قبل|عرف|نجح|تنجح|قدر|اقدر)\w*"
    r"|\bمالقي\w*|\bعلق\w*|\bخطا\b|\bوين القايمه|\bمنتهي\w*"
    r"|\b(?:can ?t|cant|cannot|don ?t|dont|doesn ?t|doesnt|not|no)\b.*\b(?:see|find|found|open|opening|work|working|there|load|menu|valid)\b"
    r"|\b(?:error|stuck|failed|fails|expired)\b"
)
_AWAY = re.compile(
    r"\b(?:ب?اروح|بروح|برجع|ارجع لك|ارجعلك|راجع لك|اكمل بعدين|نكمل بعدين|بعدين اكمل|خلها بعدين|مشغول\w*|اصلي)\b"
    r"|\b(?:brb|later|come back|back soon|wait a|give me|one moment|busy now)\b"
)
_DONE = re.compile(
    r"^(?:(?:خلاص|ايوه|اي|نعم|تمام|طيب|ok|okay|yes|yep) )*"
    r"(?:تم|تمت|لقيت\w*|وجدت\w*|دخلت\w*|فتحت\w*|سويت\w*|خلصت\w*|كتبت\w*|ضغطت\w*|اخترت\w*|عملت\w*|رجعت كمل|كمل|كملي|التالي|اللي بعده|اللي بعدها"
    r"|done|did it|found it|found|i m in|im in|logged in|i m logged in|im logged in|i did|i opened it|opened|next|finished|ready)\b"
)


def parse_guide_word(text: str) -> Literal["next", "problem", "pause"] | None:
    """None for questions, for longer messages, and for whatever is none of the three."""
    plain = clean(text).lower().replace("'", " ").replace("’", " ")
    words = normalise(plain)
    if not words or len(words.split()) > LONGEST or "؟" in text or "?" in text:
        return None
    for pattern, meaning in ((_STUCK, "problem"), (_AWAY, "pause"), (_DONE, "next")):
        if meaning != "problem" and asks(text):  # "can't see it" has a question's word in it and asks nothing
            return None
        if pattern.search(words) or pattern.search(plain):  # normalising shortens doubled letters: see, see
            return meaning
    return None
