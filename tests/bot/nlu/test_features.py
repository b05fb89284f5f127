from bot.nlu.features import Features, blocks, concepts


def test_dialects_and_languages_meet_in_concepts() -> None:
    assert "salary" in concepts(["راتبي"])
    assert "salary" in concepts(["معاش"])
    assert "salary" in concepts(["salary"])
    assert "invoice" in concepts(["والفاتوره"])


def test_a_number_is_only_as_long_as_it_is() -> None:
    assert blocks(["1058529940"]) == blocks(["2000000000"])


def test_nothing_is_seen_in_a_message_without_words() -> None:
    assert not any(blocks(["؟", "😀"]).values())


def test_a_row_is_the_same_from_the_matrix_and_alone() -> None:
    sentences = [["ابي", "ادفع"], ["ابي", "اسافر"], ["السلام", "عليكم"]]
    features = Features.learn(sentences)
    places, values = features.row(sentences[1])
    dense = features.matrix(sentences).toarray()[1]
    assert sorted(dense[places]) == sorted(values)
    assert (dense != 0).sum() == len(places)
