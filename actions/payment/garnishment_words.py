import re
from decimal import Decimal

from actions.base import Say
from actions.services import garnishment

SMALLEST_SALARY = 100
"""Below this a number is a share (33 %), a count, or thousands left unsaid."""
ALIMONY = re.compile(r"نفق|alimony|nafaqa", re.IGNORECASE)
PENSION = re.compile(r"معاش|تقاعد|pension|retire", re.IGNORECASE)


def say_split(say: Say, salary: Decimal, said: str = "") -> None:
    """For an ordinary debt, or for the kind that the words name. Raises BadValue("amount") for what is no salary."""
    parts = garnishment.split(salary)
    if ALIMONY.search(said):
        say("utter_garnishment_alimony", salary=parts.salary, alimony=parts.alimony, taken=parts.taken)
    elif PENSION.search(said):
        say("utter_garnishment_pension", salary=parts.salary, pension=parts.pension)
    else:
        say("utter_garnishment_amount", salary=parts.salary, taken=parts.taken, left=parts.left, alimony=parts.alimony,
            pension=parts.pension)  # fmt: skip
