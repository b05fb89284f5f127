import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

from bot.evaluation.compare import compare
from bot.evaluation.metrics import Pair, Read
from bot.evaluation.page import curve, page
from bot.evaluation.report import FIGURES
from tests.bot.evaluation.examples import EIGHT, heard, report

NASTY = '<script>alert("x")</script> & <b>'


def test_what_was_typed_is_shown_and_never_run(tmp_path):
    sentences = [heard("greet", ("thank", 0.9), text=NASTY, variety=NASTY)]
    made = report(tmp_path, sentences, [Pair(NASTY, ("a", "b"), ())], [Read(NASTY, NASTY, (("bank", NASTY),), ())])
    before = report(tmp_path, [heard("greet", ("greet", 0.9), text=NASTY)], [], [])
    shown = page(made, compare(before, made))
    assert "<script" not in shown
    assert "<b>" not in shown
    assert shown.count("&lt;script&gt;alert(&quot;x&quot;)") >= 5


def test_the_curve_is_a_picture_by_itself_with_a_point_for_each_filled_bin(tmp_path):
    picture = ET.fromstring(curve(report(tmp_path, EIGHT)))  # noqa: S314 - our own
    points = picture.findall("{http://www.w3.org/2000/svg}circle")
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(points) == sum(bool(one["count"]) for one in report(tmp_path, EIGHT)["calibration"]) > 3
    assert ".curve {" in (picture.findtext("{http://www.w3.org/2000/svg}style") or "")


def test_every_figure_is_there_with_what_it_was_before(tmp_path):
    before, now = report(tmp_path, EIGHT), report(tmp_path, EIGHT[:4])
    alone, compared = page(now, None), page(now, compare(before, now))
    for figure in FIGURES.values():
        assert figure.ar in alone
        assert figure.en in alone
    row = next(row for row in compared.split("<tr>") if FIGURES["first"].ar in row)
    assert re.findall(r"<bdi>([\d.+%-]+)</bdi>", row) == ["75.0%", "50.0%", "+25.0%"]
    assert "الفرق" not in alone


def test_a_change_is_coloured_by_whether_it_is_better(tmp_path):
    good = report(tmp_path, [heard("greet", ("greet", 1.0))])
    bad = report(tmp_path, [heard("greet", ("out_of_scope", 1.0))])
    worse = page(bad, compare(good, bad))
    for name in ("first", "calibration_error", "refused"):
        row = next(row for row in worse.split("<tr>") if f">{FIGURES[name].ar}<" in row)
        assert 'class="number bad"' in row, name


def test_confused_sentences_stand_under_their_intents_most_frequent_first(tmp_path):
    twice = [heard("ask_a", ("ask_b", 0.9), text=f"مرتين {number}") for number in range(2)]
    shown = page(report(tmp_path, [heard("ask_c", ("ask_d", 0.8), text="مرة"), *twice]), None)
    places = [shown.index(words) for words in ("2 × ", "مرتين 0", "مرتين 1", "1 × ", "مرة<")]
    assert places == sorted(places)
    assert "90.0%" in shown


def test_entities_that_were_missed_or_found_in_vain_are_listed(tmp_path):
    shown = page(report(tmp_path, EIGHT), None)
    row = next(row for row in shown.split("<tr>") if ">another value<" in row)
    assert "amount 400<" in row
    assert "amount 4<" in row
    assert ">exact<" not in shown


def test_nothing_is_fetched_and_everything_is_closed(tmp_path):
    shown = page(report(tmp_path, EIGHT), compare(report(tmp_path, EIGHT[:2]), report(tmp_path, EIGHT)))
    assert not re.search(r"(?:src|href)=|url\(|@import", shown)
    assert '<html lang="ar" dir="rtl">' in shown
    assert "prefers-color-scheme: dark" in shown
    assert shown.count("<svg") == shown.count("</svg>") == 2
    assert Tags().left_open(shown) == []


def test_a_report_of_nothing_but_pairs_can_be_shown(tmp_path):
    assert "—" in page(report(tmp_path, [], read=[]), None)


class Tags(HTMLParser):
    def left_open(self, text: str) -> list[str]:
        self.open: list[str] = []
        self.feed(text)
        return self.open

    def handle_starttag(self, tag: str, attributes: list) -> None:
        if tag not in ("meta", "br", "wbr"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
