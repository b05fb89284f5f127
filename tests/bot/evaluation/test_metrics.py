import pytest

from bot.evaluation.metrics import (
    Accuracy,
    Bin,
    Caught,
    OfBand,
    OfIntent,
    OfKind,
    accuracy,
    by_band,
    by_intent,
    by_kind,
    by_variety,
    calibration,
    calibration_error,
    confusions,
    in_scope,
    macro_f1,
    out_of_scope,
)
from tests.bot.evaluation.examples import EIGHT, PAIRS, READ, heard


def test_what_is_equally_right_is_right_first_and_among_three():
    assert accuracy(EIGHT) == Accuracy(8, 4 / 8, 5 / 8)
    assert accuracy(in_scope(EIGHT)) == Accuracy(5, 3 / 5, 4 / 5)


def test_the_fourth_of_the_ranking_is_not_among_three():
    assert accuracy([heard("greet", ("a", 0.4), ("b", 0.3), ("c", 0.2), ("greet", 0.1))]).three == 0


def test_a_share_of_nothing_is_not_zero():
    assert accuracy([]) == Accuracy(0, None, None)
    assert by_kind([]) == {}
    assert calibration_error(calibration([])) is None
    assert out_of_scope([]).strict == Caught(None, None)


def test_each_variety_has_its_own_accuracy():
    assert by_variety(EIGHT) == {"msa": Accuracy(2, 1 / 2, 2 / 2), "najdi": Accuracy(6, 3 / 6, 3 / 6)}


def test_an_equally_right_sentence_counts_for_the_intent_that_was_said():
    assert by_intent(EIGHT) == {
        "greet": OfIntent(4, 2 / 3, 2 / 4, pytest.approx(4 / 7)),
        "thank": OfIntent(1, 1 / 3, 1.0, 2 / 4),
        "out_of_scope": OfIntent(3, 1 / 2, 1 / 3, 2 / 5),
    }


def test_intents_without_sentences_are_shown_and_weigh_nothing():
    intents = by_intent([heard("greet", ("greet", 0.9)), heard("greet", ("thank", 0.9))])
    assert intents["thank"] == OfIntent(0, 0.0, None, 0.0)
    assert macro_f1(intents) == pytest.approx(2 / 3)


def test_each_intent_weighs_the_same():
    assert macro_f1(by_intent(EIGHT)) == pytest.approx((4 / 7 + 1 / 2 + 2 / 5) / 3)


def test_bands_tell_how_many_are_right_and_how_many_are_offered():
    assert by_band(EIGHT) == {"sure": OfBand(6, 3, 4), "half": OfBand(1, 1, 1), "lost": OfBand(1, 0, 0)}


def test_ten_bins_of_stated_confidence():
    bins = calibration([*EIGHT, heard("greet", ("greet", 1.0)), heard("greet")])
    assert [one.count for one in bins] == [1, 1, 0, 0, 1, 0, 1, 2, 1, 3]
    assert bins[2] == Bin(0.2, 0.3, 0, None, None)
    assert bins[9] == Bin(0.9, 1.0, 3, pytest.approx((0.95 + 0.92 + 1) / 3), pytest.approx(2 / 3))


def test_the_calibration_error_weighs_bins_by_their_messages():
    apart = 2 * 0.435 + 0.15 + 2 * 0.225 + 0.65 + 0.55 + 0.15
    assert calibration_error(calibration(EIGHT)) == pytest.approx(apart / 8)


def test_out_of_scope_is_caught_strictly_or_also_by_asking_back():
    found = out_of_scope(EIGHT)
    assert found.count == 3
    assert found.strict == Caught(precision=2 / 3, recall=2 / 3)
    assert found.lenient == Caught(precision=2 / 4, recall=2 / 3)


def test_asking_back_catches_only_in_the_lenient_figure():
    found = out_of_scope([heard("out_of_scope", ("greet", 0.4), band="half")])
    assert (found.strict.recall, found.lenient.recall) == (0, 1)


def test_a_real_question_is_refused_when_lost_or_surely_taken_for_none():
    assert out_of_scope(EIGHT).refused == 1 / 5
    half = heard("greet", ("out_of_scope", 0.4), band="half")
    lost = heard("greet", ("greet", 0.1), band="lost")
    assert out_of_scope([half, lost]).refused == 1 / 2


def test_the_most_frequent_confusion_comes_first_and_in_it_the_surest_sentence():
    unsure, sure = heard("thank", ("greet", 0.3)), heard("thank", ("greet", 0.9))
    found = confusions([*EIGHT, unsure, sure])
    assert [(one.wanted, one.said, len(one.sentences)) for one in found] == [
        ("thank", "greet", 2),
        ("greet", "out_of_scope", 1),
        ("greet", "thank", 1),
        ("out_of_scope", "greet", 1),
        ("out_of_scope", "thank", 1),
    ]
    assert found[0].sentences == (sure, unsure)


def test_a_pair_is_heard_as_both_in_any_order():
    assert [pair.right for pair in PAIRS] == [True, False]


def test_an_entity_is_right_by_kind_and_value_each_as_often_as_it_is_there():
    assert [read.right for read in READ] == [True, False, False, False]
    assert by_kind(READ) == {"bank": OfKind(3, 2 / 3, 2 / 3), "amount": OfKind(2, 1 / 2, 1 / 2)}
    assert (READ[1].missed, READ[1].extra) == ([("amount", "400")], [("amount", "4")])
