"""How sure: what each band promises, and that out of scope is a decision of its own."""

import pytest
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.bands import BAND, ConfidenceBands

CONFIG = {"sure": 0.6, "half": 0.3, "out_of_scope": 0.4, "ranking_length": 3}


def judged(text: str, *chances: tuple[str, float]) -> Message:
    ranking = [{"name": name, "confidence": chance} for name, chance in chances]
    message = Message({TEXT: text, INTENT_RANKING_KEY: ranking, INTENT: ranking[0] if ranking else None})
    [message] = ConfidenceBands(CONFIG).process([message])
    return message


@pytest.mark.parametrize(("chance", "band"), [(0.6, "sure"), (0.59, "half"), (0.3, "half"), (0.29, "lost")])
def test_a_question_is_judged_by_its_own_chance(chance, band):
    message = judged("اقدر اسافر", ("ask_travel", chance), ("ask_buy_car", 0.1))
    assert message.get(BAND) == band
    assert message.get(INTENT)["name"] == ("ask_travel" if band == "sure" else "nlu_fallback")


def test_out_of_scope_is_said_from_its_own_measure_on_though_below_that_of_a_question():
    message = judged("كم مخالفة ساهر", ("out_of_scope", 0.4), ("ask_fees", 0.35))
    assert (message.get(BAND), message.get(INTENT)["name"]) == ("sure", "out_of_scope")


@pytest.mark.parametrize(("real", "band"), [(0.33, "half"), (0.2, "lost")])
def test_not_likely_enough_out_of_scope_leaves_the_band_to_the_likeliest_question(real, band):
    message = judged("المخالفة تمنع الرفع", ("out_of_scope", 0.39), ("ask_fees", real))
    assert (message.get(BAND), message.get(INTENT)["name"]) == (band, "nlu_fallback")


def test_a_likely_question_is_answered_however_likely_out_of_scope_comes_second():
    message = judged("اقدر اسافر", ("ask_travel", 0.6), ("out_of_scope", 0.4))
    assert (message.get(BAND), message.get(INTENT)["name"]) == ("sure", "ask_travel")


def test_the_ranking_keeps_the_real_intents_and_no_more_than_it_may():
    message = judged("؟", ("out_of_scope", 0.3), ("ask_fees", 0.2), ("ask_travel", 0.1), ("greet", 0.1))
    assert [rank["name"] for rank in message.get(INTENT_RANKING_KEY)] == ["out_of_scope", "ask_fees", "ask_travel"]


def test_plain_words_of_distress_are_sure_whatever_was_thought():
    message = judged("ابي انتحر", ("ask_travel", 0.9), ("distress", 0.01))
    assert (message.get(BAND), message.get(INTENT)["name"]) == ("sure", "distress")


def test_a_figure_of_speech_is_no_distress():
    message = judged("بموت من الضحك", ("distress", 0.9), ("thank", 0.05))
    assert message.get(INTENT)["name"] == "nlu_fallback"
    assert "distress" not in [rank["name"] for rank in message.get(INTENT_RANKING_KEY)]


def test_a_message_without_any_word_is_lost():
    assert judged("🙂").get(BAND) == "lost"
