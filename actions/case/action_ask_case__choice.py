from actions.base import BotAction, Heard, Say
from actions.case.views import say_lines
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import cases

GOALS = {
    "invoice_form": "request_invoice",
    "pay_form": "pay_invoice",
    "lift_form": "request_lift",
    "grace_form": "request_installment",
}
"""What each form that chooses a case is for."""


class ActionAskCaseChoice(BotAction):
    """Which of several cases? One line with a button each."""

    action_name = "action_ask_case__choice"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        goal = GOALS[heard.tracker.active_loop_name]
        choices = cases.eligible(uow, conversation=heard.conversation, goal=goal)
        say("utter_ask_case__choice")
        say_lines(say, choices, cases.my_cases(uow, conversation=heard.conversation))
