import pytest

from bot.text.distress import in_distress, is_figure_of_speech


@pytest.mark.parametrize(
    "typed",
    [
        "ابي اموت",
        "والله ابغى اموت وارتاح",
        "ابي امووت",
        "بنتحر من هالديون",
        "أفكر في الانتحار",
        "ما عاد ابغى اعيش",
        "زوجي الحين يضربني",
        "abi amoot",
        "I want to die",
        "i don't want to live",
    ],
)
def test_unmistakable_words(typed: str) -> None:
    assert in_distress(typed)


@pytest.mark.parametrize("typed", ["موت من الضحك", "بموت من الحر", "i want to die laughing"])
def test_a_figure_of_speech(typed: str) -> None:
    assert not in_distress(typed)
    assert is_figure_of_speech(typed)


@pytest.mark.parametrize(
    "typed", ["", "ابي انهي المعاملة", "كم باقي من حياتي الوظيفية", "متى تنتهي مدة الايقاف", "الوالد متوفي وعليه دين"]
)
def test_ordinary_words(typed: str) -> None:
    assert not in_distress(typed)
    assert not is_figure_of_speech(typed)
