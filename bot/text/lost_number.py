"""`هذا مو رقمي`, `the sim is gone`: words that say the mobile no longer belongs to the one who writes."""

from __future__ import annotations

import re

from bot.text.normalise import normalise

# Numbers of other things, and a handset that is merely old.
_OTHER = re.compile(
    r"\b(?:و|ب)?(?:ال)?رقم\w* (?:ال|لل)?(?:قضي|قضا|فاتور|طلب|هوي|ايبان|حساب|اقام|قرار|معامل|"
    r"تذكر|بطاق|مرجع|سند|عقد|لوح|سجل|صك|سداد|جواز)\w*"
    r"|\b(?:جوال|موبايل|تلفون) قديم\b"
    r"|\b(?:case|invoice|request|id|iqama|order|reference|account|ticket|iban|card|passport|plate|bill) (?:number|no)\b"
)
_THING = r"\b(?:و|ب)?(?:ال|هال)?(?:رقم|جوال|شريح|موبايل|هاتف|تلفون)\w*"
_NOT = r"(?:مو|مب|مهو|مهوب|مهب|ماهو|ما هو|مش|ليس|ليست|مي)"
_MINE = r"(?:رقم(?:ي| جوالي| موبايلي)|جوالي|شريحتي|موبايلي|هاتفي|تلفوني)\b"
_GONE = (
    r"(?<!ما )(?<!لم )(?<!مو )(?<!مب )(?<!لا )\b"
    r"(?:تغير|غيرت|متغير|ضاع|ضايع|ضيعت|فقدت|انسرق|مسروق|انقطع|مقطوع|انفصل|فصل|مفصول|لغيت|الغيت|ملغي|انلغ)\w*"
)
_NO_MORE = r"(?:ما ?عاد|ما) (?:هو |هي |صار )?(?:مع|معي|معاي)"
_SOMEONE = r"(?:مع|عند) (?:اخو|اخي|اختي|خوي|زوج|ولد|امي|ابو|بنت|شخص|واحد|احد|غيري|طليق|كفيل|الكفيل)\w*"
_BETWEEN = r"(?:(?!\S*(?:رمز|كود|رسال|قضي|فاتور))\S+ ){0,4}"

_PHONE = r"\b(?:numbers?|sim|mobile|phone|cell)\b"
_FEW = r"(?:(?!(?:not|never|t|no|code|message|sms|case|invoice)\b)\w+ ){0,4}"

_LOST = re.compile(
    rf"\b{_NOT} (?:هذا |هو )?{_MINE}"
    rf"|{_THING} {_BETWEEN}(?:{_GONE}|(?<!مو )(?:ال)?قديم\w*|{_NOT} (?:مع\w*|عندي|لي|حقي|تبعي)\b|{_NO_MORE}"
    rf"|ما ?عاد (?:عندي|لي|يشتغل|املك\w*|استخدم\w*|استعمل\w*)|لغيري|{_SOMEONE})"
    rf"|(?:{_GONE}|{_NO_MORE}|ما ?عاد (?:عندي|املك|استخدم|استعمل)) (?:مني |عندي |والله |خلاص |نفس |هذا )?{_THING}"
    rf"|\b(?:not|isn t|isnt) my (?:phone |mobile |sim |old )?{_PHONE}"
    rf"|\bold (?:phone |mobile |sim )?{_PHONE}"
    rf"|{_PHONE} {_FEW}(?:changed|lost|stolen|disconnected|cancelled|old\b)"
    rf"|{_PHONE} (?:\w+ ){{0,2}}(?:not mine|no longer|not with me)\b"
    rf"|(?<!not )(?<!t )(?<!never )\b(?:changed|lost) (?:my|the|that|this) (?:phone |mobile |old )?{_PHONE}"
    rf"|\b(?:don t|dont|do not|no longer) (?:have|own|use) (?:access to )?"
    rf"(?:(?:my|the|that|this|old|phone|mobile) )+{_PHONE}"
)


def says_number_is_lost(text: str) -> bool:
    """Another code would go to a stranger. That no code came says nothing about whose number it is."""
    return bool(_LOST.search(_OTHER.sub("|", normalise(text))))
