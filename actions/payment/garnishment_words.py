from decimal import Decimal

from actions.base import Say
from actions.services import garnishment


def say_split(say: Say, salary: Decimal) -> None:
    """Raises BadValue("amount") for a salary that cannot be one."""
    parts = garnishment.split(salary)
    say("utter_garnishment_amount", salary=parts.salary, taken=parts.taken, left=parts.left, alimony=parts.alimony,
        pension=parts.pension)  # fmt: skip
