"""The language of a message, when it says enough to tell. Arabic in Latin letters (Arabizi) is Arabic."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache
from typing import Literal

import yaml

from bot.project import DATA
from bot.text.clean import clean
from bot.text.normalise import normalise

Language = Literal["ar", "en", "other"]

_SENTENCE = 3
"""Words; one or two are a button, a name or a value, unless they ask, greet or ask for help."""

_SCRIPTS = {
    "DEVANAGARI": "hi", "BENGALI": "bn", "TAMIL": "ta", "TELUGU": "te", "MALAYALAM": "ml", "SINHALA": "si",
    "GURMUKHI": "pa", "ETHIOPIC": "am", "CYRILLIC": "ru", "CJK": "zh", "HANGUL": "ko", "HIRAGANA": "ja", "THAI": "th",
    "MYANMAR": "my", "GREEK": "el",
}  # fmt: skip

# Letters of Urdu and Persian that nobody types by slip on an Arabic keyboard; words that Arabic does not have.
_URDU_LETTERS = re.compile("[ٹڈڑںےھہۓ]")
_ARABIC_SCRIPT_WORDS = {
    "ur": "ہے ہیں کیا میں نہیں کے کی کو سے کا مجھے میری میرا آپ ہوں گی گا کیسے اور پر بھی تھا کب کتنے کر",
    "fa": "است هست نیست چطور چگونه را میخواهم می خواهم آیا برای این شما کنم شده چرا",
    "ps": "زه څه څنګه دی کوم زما نه شم",
}
_LATIN_WORDS = {
    "en": """
        a an and any am are arabic as at be been before but by can cant case check court day days debt did do
        does doesnt done dont english exit far fee for from get give go had has have hello help her him his how
        i if in into is it its jail just last let lift lifted long lost make many me money month months much
        must my need new next no not now of off ok on only open or our out paid passport pay payment person
        please previous receipt request salary second send she should show sir speak start status step still
        stop stopped suspended suspension talk tell thank thanks that the their them then there they this time
        to today under up want was we what when where which who whose why will with without work would wrong yes
        you your service services account bank car license court invoice travel number code question complaint
        again back cancel everything delete forget free human agent employee documents papers procedure appeal
        loan instalments installments installment family wife children prison iqama kafeel agency government
        ministry weather football joke hi bye goodbye good morning evening""",
    "ar": """
        ana enta enti inta inti howa hiya ehna e7na 7na ma mo mu mish mesh msh mafi mafe maku abi abgha abga
        ab8a ab3'a abghi a7taj wesh wsh esh eish aish ish shno shnu sho shlon kaif kef keef kayf leh lesh laish
        leeh lish wain wen ween fain fen feen mata meta kam cam hal el al il ala 3ala 3alay 3alaya fi fe fel bel
        lel min mn men m3 ma3 ma3i 3an 3ani wa w aw ya yalla wallah walla wala wla inno enno elli elly illi ely
        hatha hatha hathi hada hadi haza thalatha sayyara sayara safar asafer asafr rateb ratbi ratebi ragam
        raqam raqm rqm fatora fatoora fatorah fatoura dayn den debun mablagh madri adri a3rif a3raf agdar aqdar
        a8dar gadr mumkin momkin mmkn law lo lw sama7t samaht samht shukran shokran mashkoor tayeb tayyeb zain
        zen kwayes tamam inshallah insha alhamdulillah salam salamu alaikum alaykum marhaba mar7aba hala ahlan
        ahlain sabah masa eqaf iqaf e8af i8af eeqaf i8aaf eiqaf khadamat 5adamat al5admat khadmat khedmat
        5admati khadamati mawgoof maw8oof mowagaf mawqoof arfa3 erfa3 yerfa3 raf3 adfa3 dafa3t asadded sadad
        asadid tawakalna absher najiz nafath hawiya hawyti iqamati akhoy abuy ommi zawji zojti 3ayali awladi
        allah akhi ukhti bas bs lazem lazim lssa lessa baqi bagi khalas khalast 5alas alheen al7een el7een al2an
        bokra bukra ams elyom alyom ba3d ba3ad gabl qabl kul kol shay shi haja haga""",
    "tl": """
        ang ng mga ako ko mo siya sila kami ito iyan po opo ba hindi paano kailan bakit saan magkano kung sa ay
        na para lang pwede puwede gusto kailangan yung nga naman wala meron salamat tulong serbisyo sahod bayad
        magbayad""",
    "id": """
        saya aku anda kamu tidak bisa apa bagaimana kapan kenapa mengapa berapa dimana mana yang untuk dengan
        dari ini itu dan atau sudah belum mau ingin harus tolong layanan gaji bayar membayar terima kasih adalah
        di ke""",
    "ur": """
        mera meri mere mujhe aap kya kyun kaise kab kahan kitna kitne hai hain nahi nahin hoga hogi karna karo
        kar raha rahi chahiye ho gaya gayi ki ka ke ko se aur paisa tankhwah band bhai
        kyu kyon karu karun karoon karein batao batayein hua hui nhi hy mein kuch koi abhi khulegi khulega""",
    "fr": """
        je tu il elle nous vous est sont le la les un une des du mon ma mes ne pas que qui comment quand
        pourquoi combien où pour avec dans et ou bonjour merci services salaire payer mes""",
    "es": """
        yo el los las una unos mi mis no que como cuando porque cuanto donde para con por hola gracias es son
        puedo pagar quiero""",
    "tr": "ben sen bu ne nasıl neden kaç için ve bir mi mı değil var yok hizmet ödeme maaş istiyorum merhaba benim",
}  # fmt: skip
_KNOWN = {code: frozenset(words.split()) for code, words in _LATIN_WORDS.items()}
_KNOWN_ARABIC_SCRIPT = {code: frozenset(words.split()) for code, words in _ARABIC_SCRIPT_WORDS.items()}
# A digit that stands for a letter, inside or before a word: 3ala, a7taj, ba3d. Not 2nd, 4g, mp3, 500k.
_ARABIZI_DIGIT = re.compile(
    r"\b(?!\d+(?:k|m|st|nd|rd|th|am|pm|sar|g|x|h|d|mb|gb)\b)(?:[235-9]'?[a-z]{2,}|[a-z]+[235-9]'?[a-z]+|[a-z]{2,}[379])\w*",
    re.I,
)
_ARTICLE_APART = re.compile(r"\b(?:el|al|il)\b")
_ARABIZI_ARTICLE = re.compile(r"\b(?:el|al|il)[- ]?(?=[a-z23579])", re.I)

_LATIN_WORD = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?")
_WORD_OF_LETTERS = re.compile(r"\b[^\W\d_]{2,}\b")
_ENGLISH_ENDING = re.compile(r"'(?:s|m|re|ll|ve|d)$")

_BANK = re.compile(r"\b(?:(?:ب|ل)?(?:ال)?(?:بنك|مصرف)|bank)\b")
_ASKS = {
    "ar": "كيف وش ايش ليش ليه متي كم وين فين هل اقدر ابي ابغي ابغا اريد احتاج ما مافهمت كيفك ساعدني ساعدوني مساعده",
    "en": "how what when where why who which can is are do does help please i my hello",
}
_ASKING = {language: frozenset(words.split()) for language, words in _ASKS.items()}
_GREETING = {
    "ar": re.compile(r"^(?:ال)?سلام عليكم|^وعليكم السلام|^(?:صباح|مساء) ال|^(?:مرحبا|اهلا|هلا والله|يا هلا)\b"),
    "en": re.compile(r"^(?:hello|hi there|hey there|good (?:morning|evening|afternoon|day)|thank you|thanks)\b"),
}


def detect(text: str) -> Language | None:
    """The language of a full sentence; None for digits, a name, a button, an emoji, which change no language."""
    code = _language(text)
    return code if code in ("ar", "en", None) else "other"  # type: ignore[return-value]


def other_language(text: str) -> str | None:
    """The code (ur, hi, bn, tl, id, …) of a sentence that is neither Arabic nor English."""
    code = _language(text)
    return None if code in ("ar", "en", "unknown") else code


def first_language(text: str) -> Literal["ar", "en"] | None:
    """For the very first message, where even one word decides. None for Arabizi and for numbers."""
    scripts = {_script(character) for character in clean(text) if character.isalpha()}
    if "ARABIC" in scripts:
        return "ar"
    return "en" if scripts == {"LATIN"} and _WORD_OF_LETTERS.search(text) and not is_arabizi(text) else None


def is_arabizi(text: str) -> bool:
    """Arabic in Latin letters, also when it is too short to be a sentence."""
    hits = _latin_hits(text.lower())
    return hits["ar"] > hits["en"] and not re.search("[\u0621-\u064a]", text)


def _language(text: str) -> str | None:
    text = clean(text)
    letters = Counter(_script(character) for character in text if character.isalpha())
    if not letters or _without_bank(text) in _bank_names():
        return None
    script = letters.most_common(1)[0][0]
    # An Arabic sentence with a word or two of Latin in it is Arabic, in letters as in speech.
    if script == "LATIN" and letters["ARABIC"] * 2 >= letters["LATIN"]:
        script = "ARABIC"
    if script == "ARABIC":
        return _arabic_script(text)
    if script == "LATIN":
        return _latin(text)
    return _SCRIPTS.get(script, "unknown") if letters[script] >= 3 else None


@cache
def _bank_names() -> frozenset[str]:
    banks = yaml.safe_load((DATA / "reference" / "banks.yml").read_text(encoding="utf-8"))
    names = (name for bank in banks for name in (bank["ar"], bank["en"], *bank["aliases"]))
    return frozenset(filter(None, map(_without_bank, names)))


def _without_bank(text: str) -> str:
    return _BANK.sub(" ", normalise(text)).strip()


def _script(character: str) -> str:
    return unicodedata.name(character, "?").split(" ", 1)[0].split("-", 1)[0]


def _arabic_script(text: str) -> str | None:
    words = re.findall(r"[^\W\d_]+", text)
    hits = {code: sum(word in known for word in words) for code, known in _KNOWN_ARABIC_SCRIPT.items()}
    code = max(hits, key=hits.__getitem__)
    if hits[code] >= 2 or len(_URDU_LETTERS.findall(text)) >= 2:
        return code if hits[code] else "ur"
    plain = normalise(text)
    return "ar" if _is_sentence(plain, "ar") else None


def _latin(text: str) -> str | None:
    lower = text.lower()
    hits = _latin_hits(lower)
    words = len(_LATIN_WORD.findall(lower))
    best = max(hits.values())
    if best == 0:
        foreign = any(character.isalpha() and not character.isascii() for character in lower)
        return "unknown" if foreign and words >= _SENTENCE else None
    code = next(code for code in hits if hits[code] == best)
    if code not in ("ar", "en") and (best < 2 or words < _SENTENCE):
        code = "ar" if hits["ar"] else "en"
        if not hits[code]:
            return None
    if code == "ar" and words > 1 and best - len(_ARTICLE_APART.findall(lower)) >= 2:
        return code  # `al rajhi` is a name: its article would count twice
    return code if code not in ("ar", "en") or _is_sentence(lower, code) else None


def _latin_hits(lower: str) -> dict[str, int]:
    """How many words of each language; English and Arabic stand first, and so win a draw."""
    lower = lower.replace("’", "'")
    words = [_ENGLISH_ENDING.sub("", word).replace("n't", "nt") for word in _LATIN_WORD.findall(lower)]
    hits = {code: sum(word in known for word in words) for code, known in _KNOWN.items()}
    hits["ar"] += 2 * len(_ARABIZI_DIGIT.findall(lower)) + len(_ARABIZI_ARTICLE.findall(lower))
    return hits


def _is_sentence(plain: str, language: str) -> bool:
    words = re.findall(r"[^\W\d_][^\W_]*", plain)
    if _GREETING[language].search(plain):
        return True
    if len(words) >= _SENTENCE:
        return True
    return len(words) == _SENTENCE - 1 and any(word in _ASKING[language] for word in words)
