"""What may be taken from a salary, as arithmetic: a third at most for debts (told as 33 and 67 per cent), half for
alimony, a quarter of a pension. The circuit decides; this is an estimate."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from actions.services.errors import BadValue

TAKEN, ALIMONY, PENSION = Decimal("0.33"), Decimal("0.50"), Decimal("0.25")
LARGEST = Decimal(1_000_000)
SMALL = Decimal(100)
"""Below this a whole riyal is too coarse."""


@dataclass(frozen=True)
class Garnishment:
    """Riyals a month. `taken` + `left` is `salary`; `alimony` and `pension` are what may be taken in those cases."""

    salary: Decimal
    taken: Decimal
    left: Decimal
    alimony: Decimal
    pension: Decimal


def split(salary: Decimal) -> Garnishment:
    if not salary.is_finite() or not 0 < salary <= LARGEST:
        raise BadValue("amount")
    unit = Decimal("0.01") if salary < SMALL else Decimal(1)

    def part(share: Decimal) -> Decimal:
        return (salary * share).quantize(unit, ROUND_HALF_UP)

    taken = part(TAKEN)
    return Garnishment(salary, taken, salary - taken, part(ALIMONY), part(PENSION))
