"""One turn as messages: what is joined, what is split, and how choices are shown. Lengths of WhatsApp, where none are
given."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
import regex

from bot.answers import LANGUAGES, Answers, Person
from bot.channels.base import Choice, Limits, Piece
from bot.channels.pieces import Words, as_text, numbered, pieces, units, words
from bot.training.check_answers import PERSONS, example_values

WHATSAPP = Limits(
    text=4096,
    buttons=3,
    button_title=20,
    buttons_text=1024,
    rows=10,
    row_title=24,
    row_description=72,
    list_text=4096,
)
PLAIN = Limits(text=4096)
WORDS = Words("عرض", "الاختيارات", "للاختيار يُكتب الرقم:")
MARKS = "\u2066\u2067\u2068\u2069"


def body(text: str | None, *titles: str) -> dict[str, Any]:
    return {"text": text, "buttons": [{"title": title, "payload": f"id of {title}"} for title in titles]}


def made(*bodies: Mapping[str, Any], limits: Limits = WHATSAPP) -> list[Piece]:
    return pieces(bodies, limits, WORDS, "ar")


def texts(*bodies: Mapping[str, Any], limits: Limits = WHATSAPP) -> list[str]:
    return [piece.text for piece in made(*bodies, limits=limits)]


def split(text: str, longest: int) -> list[str]:
    return texts(body(text), limits=Limits(text=longest))


def shown(piece: Piece) -> list[str]:
    return [choice.title for choice in piece.choices]


def balanced(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter in MARKS[:3]) - (letter == MARKS[3])
        if depth < 0:
            return False
    return depth == 0


# what is joined


def test_texts_of_a_turn_are_one_message_and_a_question_with_choices_ends_it() -> None:
    said = made(body("أولًا"), body("ثانيًا"), body("أتابع؟", "نعم", "لا"), body("ثالثًا"), body("رابعًا"))
    assert said == [
        Piece("buttons", "أولًا\n\nثانيًا\n\nأتابع؟", (Choice("id of نعم", "نعم"), Choice("id of لا", "لا"))),
        Piece("text", "ثالثًا\n\nرابعًا"),
    ]


@pytest.mark.parametrize("nothing", ["", None, "  \n\t\u00a0 "])
def test_an_empty_text_is_no_message(nothing: str | None) -> None:
    assert made(body(nothing)) == []
    assert texts(body("أ"), body(nothing), body("ب")) == ["أ\n\nب"]
    assert made() == []
    assert made({}) == []


def test_what_is_no_text_and_no_choice_changes_nothing() -> None:
    assert made({"text": "مرحبًا", "buttons": None, "custom": {"card": {"kind": "case"}}}) == [Piece("text", "مرحبًا")]


def test_choices_without_a_text_go_under_what_was_said_before_them() -> None:
    assert [(piece.text, shown(piece)) for piece in made(body("أتابع؟"), body("", "نعم"))] == [("أتابع؟", ["نعم"])]


def test_nothing_stands_above_choices_is_never_so() -> None:
    first, second = made(body("", "نعم", "لا"), body(" ", *"0123456789"))
    assert (first.kind, first.text, second.kind, second.text) == ("buttons", WORDS.section, "list", WORDS.section)


def test_every_message_bears_its_language() -> None:
    said = pieces([body("a", "b"), body("c"), body("", *map(str, range(20)))], WHATSAPP, WORDS, "en")
    assert {piece.language for piece in said} == {"en"}
    assert {piece.language for piece in as_text(said[0], WORDS, WHATSAPP)} == {"en"}


def test_a_list_says_how_it_opens_and_what_it_holds() -> None:
    (piece,) = made(body("اختر", *"1234"))
    assert (piece.opens, piece.heading) == (WORDS.open_list, WORDS.section)


def test_lines_of_one_series_are_one_message() -> None:
    cases = [body(f"القضية {n}: شركة", f"القضية {n}") for n in (1, 2, 3, 12)]
    (said,) = made(body("عدد قضاياك: 4"), *cases, body("أي قضية؟"))[:-1]
    assert (said.kind, shown(said)) == ("list", ["القضية 1", "القضية 2", "القضية 3", "القضية 12"])
    assert said.text == "عدد قضاياك: 4\n\n" + "\n\n".join(case["text"] for case in cases)


def test_a_series_longer_than_a_list_goes_on_in_the_next_message() -> None:
    said = made(*(body(f"سطر {n}", f"القضية {n}") for n in range(1, 13)))
    assert [(piece.kind, len(piece.choices)) for piece in said] == [("list", 10), ("buttons", 2)]


@pytest.mark.parametrize("titles", [("المزيد", "المزيد"), ("السداد", "قضاياي"), ("القضية 1", "السداد")])
def test_choices_of_different_answers_stay_with_their_answers(titles: tuple[str, str]) -> None:
    assert [piece.text for piece in made(body("أ", titles[0]), body("ب", titles[1]))] == ["أ", "ب"]


def test_the_words_after_a_series_stay_after_it() -> None:
    assert texts(body("سطر", "القضية 1"), body("أي قضية؟")) == ["سطر", "أي قضية؟"]


# how choices are shown


@pytest.mark.parametrize(
    ("titles", "kind"),
    [
        (["نعم"], "buttons"),
        (["1", "2", "3"], "buttons"),
        (["1", "2", "3", "4"], "list"),
        (list("0123456789"), "list"),
        ([*"0123456789", "10"], "text"),
        (["ع" * 20], "buttons"),
        (["ع" * 21], "list"),
        (["ع" * 24], "list"),
        (["👍" * 10], "buttons"),
        (["👍" * 10 + "!"], "list"),
        (["👍" * 12], "list"),
        (["👍" * 12 + "!"], "text"),
        (["بَنْكٌ" * 3], "buttons"),
        (["بَنْكٌ" * 3 + "بَن"], "list"),
        (["ع" * 25], "text"),
        (["نعم", ""], "text"),
    ],
)
def test_buttons_else_a_list_else_numbers(titles: list[str], kind: str) -> None:
    (piece,) = made(body("اختر", *titles))
    assert piece.kind == kind
    assert shown(piece) == ([] if kind == "text" else titles)


def test_each_choice_comes_back_as_its_offer() -> None:
    (piece,) = made({"text": "?", "buttons": [{"title": "نعم", "payload": "A"}, {"title": "لا", "payload": "B"}]})
    assert piece.choices == (Choice("A", "نعم"), Choice("B", "لا"))


@pytest.mark.parametrize(
    ("limits", "kind"),
    [
        (PLAIN, "text"),
        (Limits(text=99, rows=3, row_title=9, list_text=99), "list"),
        (Limits(text=99, buttons=3, button_title=9, buttons_text=99), "buttons"),
    ],
)
def test_a_channel_shows_what_it_has(limits: Limits, kind: str) -> None:
    assert [piece.kind for piece in made(body("اختر", "نعم", "لا"), limits=limits)] == [kind]


def test_no_buttons_are_no_choices() -> None:
    assert made({"text": "أ", "buttons": []}) == [Piece("text", "أ")]


def test_the_same_offer_twice_is_shown_once() -> None:
    assert shown(made(body("اختر", "نعم", "نعم", "لا"))[0]) == ["نعم", "لا"]


def test_one_title_for_two_offers_is_told_apart_by_numbers() -> None:
    twice = [{"title": "نعم", "payload": "A"}, {"title": "نعم", "payload": "B"}]
    assert texts({"text": "اختر", "buttons": twice}) == [f"اختر\n\n{WORDS.numbered}\n1. نعم\n2. نعم"]


def test_one_offer_under_two_titles_is_told_apart_by_numbers() -> None:
    twice = [{"title": "نعم", "payload": "A"}, {"title": "أكيد", "payload": "A"}]
    assert [piece.kind for piece in made({"text": "اختر", "buttons": twice})] == ["text"]


def test_marks_and_line_ends_in_a_title_do_not_count() -> None:
    assert shown(made(body("اختر", "القضية \u206612\u2069\nالآن "))[0]) == ["القضية 12 الآن"]


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("البنك السعودي للاستثمار والتنمية", "البنك السعودي للاستثمار…"),
        ("مهلة للسداد، أو تقسيط المبلغ", "مهلة للسداد، أو تقسيط…"),
        ("مهلة لسداد كل الفواتير، أو تقسيط المبلغ", "مهلة لسداد كل الفواتير…"),
        ("Another bank in the Kingdom", "Another bank in the…"),
        ("مَصْرِفُ الرَّاجِحِيِّ الأَوَّلُ", "مَصْرِفُ الرَّاجِحِيِّ…"),
        ("ادفع 👨‍👩‍👧‍👦👨‍👩‍👧‍👦 الآن حالًا", "ادفع…"),
    ],
)
def test_a_title_too_long_for_a_row_ends_at_a_word_and_stands_whole_below(title: str, short: str) -> None:
    (piece,) = made(body("اختر", title))
    assert (piece.kind, piece.choices) == ("list", (Choice(f"id of {title}", short, title),))


@pytest.mark.parametrize(
    "titles",
    [
        ["المملكة" * 4],
        ["المملكة" * 4 + " العربية"],
        ["كلمة " * 15 + "كلمة"],
        ["مراجعة الجهة في الرياض اليوم", "مراجعة الجهة في الرياض غدًا"],
        ["، " + "المملكة" * 4],
    ],
    ids=["one long word", "a long first word", "longer than the description", "alike when shortened", "only a comma"],
)
def test_what_cannot_be_shortened_is_written_out_with_numbers(titles: list[str]) -> None:
    lines = "\n".join(f"{number}. {title}" for number, title in enumerate(titles, 1))
    assert texts(body("اختر", *titles)) == [f"اختر\n\n{WORDS.numbered}\n{lines}"]


def test_a_title_of_72_still_has_room_in_the_description_and_73_has_not() -> None:
    assert [piece.kind for piece in made(body("اختر", "كلمة " * 14 + "كل"))] == ["list"]
    assert [piece.kind for piece in made(body("اختر", "كلمة " * 14 + "كلم"))] == ["text"]


# numbers


def test_numbered_choices_come_under_the_texts_before_them() -> None:
    assert texts(body("أولًا"), body("اختر", "نعم", "لا"), body("شكرًا"), limits=PLAIN) == [
        f"أولًا\n\nاختر\n\n{WORDS.numbered}\n1. نعم\n2. لا",
        "شكرًا",
    ]


def test_numbers_without_a_text() -> None:
    assert texts(body("", "نعم"), limits=PLAIN) == [f"{WORDS.numbered}\n1. نعم"]


def test_numbers_run_on_through_the_turn_so_that_each_means_one_choice() -> None:
    long = ["ع" * 30, "غ" * 30]
    turn = [body("أ", *long), body("ب", "زر"), body("ج", "ف" * 30)]
    said = made(*turn)
    assert [piece.text.splitlines()[-1] for piece in said] == [f"2. {long[1]}", "ب", f"3. {'ف' * 30}"]
    assert numbered(turn, said) == [f"id of {long[0]}", f"id of {long[1]}", f"id of {'ف' * 30}"]


def test_a_long_numbered_text_is_split_like_any_other() -> None:
    titles = [f"الاختيار {n}" for n in range(1, 9)]
    lines = [WORDS.numbered, *(f"{n}. {title}" for n, title in enumerate(titles, 1))]
    assert texts(body("س" * 60, *titles), limits=Limits(text=150)) == ["س" * 60, "\n".join(lines)]
    parts = texts(body("س" * 60, *titles), limits=Limits(text=100))
    assert "\n".join(parts).replace("\n\n", "\n").splitlines() == ["س" * 60, *lines]


def test_a_form_that_was_refused_as_plain_text() -> None:
    (buttons,) = made(body("أتابع؟", "نعم", "لا"))
    assert as_text(buttons, WORDS, WHATSAPP) == [Piece("text", f"أتابع؟\n\n{WORDS.numbered}\n1. نعم\n2. لا")]


def test_choices_that_begin_with_a_number_are_not_numbered() -> None:
    """Of "3. 12 months" nobody could tell what a typed 3 means."""
    bodies = [body("كم شهرًا؟", "3 أشهر", "6 أشهر", "12 شهرًا")]
    (piece,) = pieces(bodies, Limits(text=700), WORDS, "ar")
    assert piece.text == "كم شهرًا؟\n\n• 3 أشهر\n• 6 أشهر\n• 12 شهرًا"
    assert numbered(bodies, [piece]) == []


def test_a_refused_list_says_its_titles_whole() -> None:
    title = "البنك السعودي للاستثمار والتنمية"
    (refused,) = made(body("اختر", title, "غيره"))
    assert as_text(refused, WORDS, WHATSAPP)[0].text.splitlines()[-2:] == [f"1. {title}", "2. غيره"]


def test_a_refused_form_is_split_where_it_must_be() -> None:
    (refused,) = made(body("س" * 4096, *(f"الاختيار {n}" for n in range(10))))
    first, second = as_text(refused, WORDS, WHATSAPP)
    assert (first.text, first.kind, second.kind) == ("س" * 4096, "text", "text")
    assert second.text.count("الاختيار ") == 10


def test_a_refused_text_is_the_same_text() -> None:
    assert as_text(Piece("text", "أ"), WORDS, WHATSAPP) == [Piece("text", "أ")]


# a long text above choices


def test_a_text_too_long_for_buttons_stands_above_a_list() -> None:
    (piece,) = made(body("س" * 500 + "\n\n" + "ص" * 600, "نعم", "لا"))
    assert (piece.kind, shown(piece)) == ("list", ["نعم", "لا"])


def test_of_as_many_messages_those_with_buttons_are_better() -> None:
    first, second = made(body("س" * 3800), body("ص" * 600, "نعم", "لا"))
    assert (first, second.kind, second.text) == (Piece("text", "س" * 3800), "buttons", "ص" * 600)


def test_without_a_list_the_beginning_goes_before_and_as_much_as_fits_stays_above() -> None:
    limits = Limits(text=100, buttons=2, button_title=20, buttons_text=50)
    first, second, third = "س" * 30, "ص" * 30, "ض" * 15
    before, last = made(body(f"{first}\n\n{second}\n\n{third}", "نعم"), limits=limits)
    assert (before, last.kind, last.text) == (Piece("text", first), "buttons", f"{second}\n\n{third}")


@pytest.mark.parametrize(
    ("text", "above"),
    [
        ("س" * 30 + "\n\n" + "ص" * 20 + "\n" + "ض" * 40, "ض" * 40),
        ("س" * 30 + ". " + "ص" * 20 + "؟ " + "ض" * 15, "ص" * 20 + "؟ " + "ض" * 15),
        ("س" * 30 + " " + "ص" * 30, "ص" * 30),
        ("س" * 60, "س" * 50),
        ("ب" + "َ" * 60, "َ" * 50),
        ("س" * 40 + ". " + "ص" * 35 + "؟\n\nالمصدر: أ", "ص" * 35 + "؟\n\nالمصدر: أ"),
    ],
    ids=["line", "sentence", "word", "letters", "marks", "source"],
)
def test_one_paragraph_above_buttons_is_broken_at_the_next_best_place(text: str, above: str) -> None:
    limits = Limits(text=100, buttons=2, button_title=20, buttons_text=50)
    before, last = made(body(text, "نعم"), limits=limits)
    assert last.text == above
    assert "".join(text.split()) == "".join((before.text + last.text).split())


@pytest.mark.parametrize(
    ("words_above", "kinds"), [(900, ["text", "text", "buttons"]), (1100, ["text", "text", "list"])]
)
def test_a_turn_longer_than_any_message_ends_with_its_choices(words_above: int, kinds: list[str]) -> None:
    said = made(body("\n\n".join(["س" * 2000] * 4 + ["ص" * words_above])), body("", "نعم", "لا"))
    assert [piece.kind for piece in said] == kinds
    assert said[-1].text == "ص" * words_above


# long texts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a b", ["a b"]),
        ("سطر أول\n\nسطر ثان\n\nسطر ثالث", ["سطر أول\n\nسطر ثان", "سطر ثالث"]),
        ("فقرة. هنا\n\nفقرة ثانية.\nسطر ثان", ["فقرة. هنا", "فقرة ثانية.\nسطر ثان"]),
        ("السطر الأول.\nالسطر الثاني", ["السطر الأول.", "السطر الثاني"]),
        ("قال نعم؟ وقال لا أيضًا", ["قال نعم؟", "وقال لا أيضًا"]),
        ("قال نعم… وقال لا أيضًا", ["قال نعم…", "وقال لا أيضًا"]),
        ("قال نعم؛ وقال لا أيضًا", ["قال نعم؛", "وقال لا أيضًا"]),
        ("قال «نعم!» وقال لا أيضًا", ["قال «نعم!»", "وقال لا أيضًا"]),
        ("بقي 23.40 من المبلغ كله", ["بقي 23.40 من المبلغ", "كله"]),
        ("هذا كلام دون أي علامة فيه", ["هذا كلام دون أي", "علامة فيه"]),
        ("a" * 45, ["a" * 20, "a" * 20, "a" * 5]),
        ("رابط " + "a" * 30, ["رابط " + "a" * 15, "a" * 15]),
        ("قصير\n\nثم فقرة طويلة لا تكفيها رسالة", ["قصير\n\nثم فقرة طويلة", "لا تكفيها رسالة"]),
        ("بقي عليك الآن 12\u00a0345\u00a0678 فقط", ["بقي عليك الآن", "12\u00a0345\u00a0678 فقط"]),
    ],
)
def test_a_text_is_broken_at_the_best_place_there_is(text: str, parts: list[str]) -> None:
    assert split(text, 20) == parts


def test_a_text_of_exactly_the_limit_is_one_message() -> None:
    assert split("ع" * 4096, 4096) == ["ع" * 4096]
    assert [len(part) for part in split("ع" * 4097, 4096)] == [4096, 1]
    assert [len(part) for part in split("👍" * 2049, 4096)] == [2048, 1]


@pytest.mark.parametrize("gap", ["\n", "\n\n", "\r\n\r\n"])
def test_a_source_stays_with_what_it_proves(gap: str) -> None:
    last = f"والرسوم لا تؤخذ عند الرفع.{gap}المصدر: وزارة العدل، 2024"
    assert split(f"يُرفع الإيقاف بعد السداد. {last}", 70) == ["يُرفع الإيقاف بعد السداد.", last]
    assert split(f"One sentence of it. Two.{gap}Source: Najiz", 34)[1] == f"Two.{gap}Source: Najiz"
    paragraphs = split(f"فقرة أولى هنا\n\nفقرة ثانية هنا{gap}المصدر: ناجز", 40)
    assert paragraphs == ["فقرة أولى هنا", f"فقرة ثانية هنا{gap}المصدر: ناجز"]


def test_a_source_stands_alone_before_a_sentence_is_torn() -> None:
    sentence = "هذه جملة واحدة طويلة تملأ الرسالة وحدها."
    for longest in (units(sentence), units(sentence) + 12):
        assert split(f"{sentence}\nالمصدر: وزارة العدل", longest) == [sentence, "المصدر: وزارة العدل"]


@pytest.mark.parametrize("letter", ["بَّ", "👍🏽", "👨‍👩‍👧", "🇸🇦", "é", "هـٰ", "☝️"])
def test_a_word_without_end_is_never_broken_inside_a_letter(letter: str) -> None:
    for longest in range(units(letter), 3 * units(letter) + 1):
        parts = split(letter * 9, longest)
        assert "".join(parts) == letter * 9
        assert all(
            units(part) <= longest and not regex.match(r"\p{M}|\u200d|\p{Emoji_Modifier}", part) for part in parts
        )
        assert [found for part in parts for found in regex.findall(r"\X", part)] == regex.findall(r"\X", letter * 9)


def test_more_marks_than_a_message_holds_are_not_lost() -> None:
    assert split("ب" + "َ" * 30, 10) == ["ب" + "َ" * 9, "َ" * 10, "َ" * 10, "َ"]


def test_half_a_pair_does_not_stop_the_rest() -> None:
    assert split("a\ud83d " + "b" * 19, 20) == ["a\ud83d", "b" * 19]


def test_a_break_never_falls_inside_an_isolate() -> None:
    amount = "\u206623,400.00 SAR\u2069"
    assert split(f"بقي عليك {amount} ريال", 20) == ["بقي عليك", f"{amount} ريال"]
    assert split(f"aaaaaaaaaa{amount}", 20) == ["aaaaaaaaaa", amount]
    assert split("aaaaaaaaaa\u2066bbbbbbbbb\u2069", 20) == ["aaaaaaaaaa", "\u2066bbbbbbbbb\u2069"]
    assert (
        split("\u2067قال \u2066a. b\u2069 لهم\u2069 ثم. مضى وحده", 20)[0] == "\u2067قال \u2066a. b\u2069 لهم\u2069 ثم."
    )


def test_an_isolate_that_no_message_holds_loses_its_marks_and_no_word() -> None:
    parts = split("\u2066one two \u2067ثلاثة\u2069 four five six\u2069 وسبعة", 20)
    assert all(map(balanced, parts)) and "\u2067ثلاثة\u2069" in " ".join(parts)
    assert " ".join(parts).translate(dict.fromkeys(map(ord, MARKS))).split() == [
        "one",
        "two",
        "ثلاثة",
        "four",
        "five",
        "six",
        "وسبعة",
    ]


def test_an_isolate_above_buttons_counts_against_the_room_there() -> None:
    limits = Limits(text=100, buttons=2, button_title=20, buttons_text=30)
    said = made(body("\u2066" + "a b " * 12 + "\u2069 نعم؟", "نعم"), limits=limits)
    assert all(balanced(piece.text) for piece in said) and units(said[-1].text) <= 30


def test_marks_that_belong_to_nothing_do_not_stop_the_splitting() -> None:
    assert "".join(split("\u2066" * 30 + "a b c d" + "\u2069" * 3, 20)).count("\u2066") >= 20
    assert split("\u2069" + "a " * 15, 20)[0] == "\u2069" + ("a " * 10)[:-1]


# anything at all

LETTERS = [*"ابتثجحخدرزسشصطعغفقكلمنهوي", *"abcdefgh", "بَ", "لَّ", "é", "👍", "👍🏽", "👨‍👩‍👧", "🇸🇦", "7", "٣"]
ENDS = ["", "", "", ".", "؟", "!", "؛", "…", "،", ".»"]
GAPS = [" "] * 12 + ["\n", "\n\n", "\n \n", "  ", "\r\n", "\nالمصدر: ناجز "]


def a_word(pick: random.Random) -> str:
    word = "".join(pick.choices(LETTERS, k=pick.choice([1, 2, 3, 5, 8, 60])))
    marks = pick.choice(["", "", "", "", "\u2066\u2069", "\u2067\u2069", "\u2068\u2069"])
    if marks:
        word = marks[0] + word + pick.choice(["", " 12 ", f" \u2066{word}\u2069"]) + marks[1]
    return word + pick.choice(ENDS)


def a_text(pick: random.Random) -> str:
    return "".join(a_word(pick) + pick.choice(GAPS) for _ in range(pick.choice([0, 1, 3, 10, 40])))


def a_title(pick: random.Random) -> str:
    title = " ".join("".join(pick.choices(LETTERS, k=pick.randint(1, 9))) for _ in range(pick.choice([1, 1, 2, 3, 6])))
    return f"ع{title}" if title[0].isdigit() else title


def a_turn(pick: random.Random) -> list[dict[str, Any]]:
    turn = []
    for answer in range(pick.randint(0, 5)):
        titles = [a_title(pick) for _ in range(pick.choice([0, 0, 1, 2, 3, 4, 10, 11]))]
        buttons = [{"title": title, "payload": f"{answer}/{n}"} for n, title in enumerate(titles)]
        turn.append({"text": a_text(pick), "buttons": buttons})
    return turn


def some_limits(pick: random.Random) -> Limits:
    text = pick.choice([30, 60, 200, 4096])
    buttons = pick.choice([{}, {"buttons": 3, "button_title": 20, "buttons_text": max(20, text // 4)}])
    rows = {"rows": 10, "row_title": 24, "row_description": 72, "list_text": pick.choice([text, max(20, text // 2)])}
    return Limits(text=text, **buttons, **pick.choice([{}, rows]))


def letters(text: str) -> list[str]:
    return [letter for letter in regex.findall(r"\X", text) if not letter.isspace() and letter not in MARKS]


@pytest.mark.parametrize("seed", range(400))
def test_every_turn_is_said_whole_in_order_and_within_the_limits(seed: int) -> None:
    pick = random.Random(seed)  # noqa: S311 - the same turns every time
    turn, limits = a_turn(pick), some_limits(pick)
    said = made(*turn, limits=limits)

    for piece in said:
        assert piece.text.strip() == piece.text != ""
        assert balanced(piece.text)
        most = {"text": limits.text, "buttons": limits.buttons_text, "list": limits.list_text}[piece.kind]
        assert units(piece.text) <= most
        titles, ids = shown(piece), [choice.id for choice in piece.choices]
        assert len(set(titles)) == len(titles) and len(set(ids)) == len(ids)
        assert bool(titles) == (piece.kind != "text")
        if piece.kind == "buttons":
            assert len(titles) <= limits.buttons
            assert all(
                units(choice.title) <= limits.button_title and not choice.description for choice in piece.choices
            )
        if piece.kind == "list":
            assert len(titles) <= limits.rows
            for choice in piece.choices:
                assert units(choice.title) <= limits.row_title and units(choice.description) <= limits.row_description
                assert not choice.description or choice.description.startswith(choice.title.rstrip("…"))

    by_number = numbered(turn, said)
    pressed = [choice.id for piece in said for choice in piece.choices]
    offered = [button["payload"] for each in turn for button in each["buttons"]]
    assert sorted(pressed + by_number) == sorted(offered)
    assert [given for given in offered if given in set(pressed)] == pressed

    whole, number, something = "", 0, False
    for each in turn:
        whole += each["text"] + "\n"
        something = something or bool(each["text"].strip())
        if not each["buttons"]:
            continue
        if each["buttons"][0]["payload"] in by_number:
            whole += WORDS.numbered + "\n"
            for button in each["buttons"]:
                number += 1
                whole += f"{number}. {button['title']}\n"
        elif not something:
            whole += WORDS.section + "\n"
        something = False
    assert [letter for piece in said for letter in letters(piece.text)] == letters(whole)


@pytest.mark.parametrize("seed", range(100))
def test_no_two_texts_in_a_row_would_have_fitted_into_one_message(seed: int) -> None:
    pick = random.Random(seed)  # noqa: S311 - the same turns every time
    longest = pick.choice([40, 100, 400])
    text = "\n\n".join(a_text(pick) for _ in range(4))
    parts = split(text, longest)
    gap = max(map(units, re.findall(r"\s+", text)), default=0)
    assert all(units(first) + gap + units(second) > longest for first, second in pairwise(parts))


def test_a_very_long_text_takes_no_time() -> None:
    """A second for each of these would be felt by everybody else who waits for the sender."""
    for text in ("كلمة " * 20_000, "ع" * 60_000, " \n" * 20_000 + "a", "\u2066" * 5_000 + "a " * 5_000, "a. " * 20_000):
        started = time.perf_counter()
        split(text, 4096)
        assert time.perf_counter() - started < 5


# the answers that there are


@pytest.fixture(scope="module")
def answers() -> Answers:
    return Answers()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_fits_whatsapp_as_it_is(answers: Answers, language: str) -> None:
    said = 0
    for name, answer in answers.answers.items():
        values: dict[str, str] = {}
        for variant in answer.variants[language]:
            values |= example_values(answers, variant)
        values["place"] = "12"
        for person in (Person(), *PERSONS.values()):
            for more in (False, True):
                if more and not answers.choose(name, language, "whatsapp", lambda who=person: who).more:
                    continue
                body = answers.render(name, language, "whatsapp", lambda who=person: who, values, more)
                buttons = body["buttons"]
                kind = "text" if not buttons else "buttons" if len(buttons) <= 3 else "list"
                offers = tuple(Choice(button["payload"], button["title"]) for button in buttons)
                (piece,) = pieces([body], WHATSAPP, words(answers.labels, language), language)
                assert (piece.kind, piece.text, piece.choices) == (kind, body["text"], offers), name
                said += 1
    assert said > len(answers.answers)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_channel_fit_whatsapp(answers: Answers, language: str) -> None:
    said = words(answers.labels, language)
    assert 0 < units(said.open_list) <= 20
    assert 0 < units(said.section) <= 24
    assert said.numbered.endswith(":")
