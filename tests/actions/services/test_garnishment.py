from __future__ import annotations

from decimal import Decimal

import pytest

from actions.services.errors import BadValue
from actions.services.garnishment import Garnishment, split


def test_a_third_is_taken_and_two_thirds_stay() -> None:
    assert split(Decimal(9000)) == Garnishment(
        salary=Decimal(9000), taken=Decimal(2970), left=Decimal(6030), alimony=Decimal(4500), pension=Decimal(2250)
    )


@pytest.mark.parametrize("salary", ["1", "99.99", "3333", "4999.75", "1000000"])
def test_what_is_taken_and_what_is_left_make_the_salary(salary: str) -> None:
    parts = split(Decimal(salary))
    assert parts.taken + parts.left == Decimal(salary)
    assert parts.taken > 0


def test_riyals_are_whole_unless_the_salary_is_tiny() -> None:
    assert split(Decimal(9999)).taken == Decimal(3300)
    assert split(Decimal(10)).taken == Decimal("3.30")


@pytest.mark.parametrize("salary", ["0", "-1", "1000000.01", "1e12", "NaN", "Infinity"])
def test_an_impossible_salary_is_refused(salary: str) -> None:
    with pytest.raises(BadValue) as refused:
        split(Decimal(salary))
    assert refused.value.reason == "amount"
