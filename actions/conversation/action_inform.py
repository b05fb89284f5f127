from rasa_sdk.events import FollowupAction

from actions.base import BotAction, Events, Heard, Say
from actions.case.views import say_case
from actions.case_db.unit_of_work import UnitOfWork
from actions.payment.garnishment_words import SMALLEST_SALARY, say_split
from actions.services import cases, identity, positions
from bot.text.amounts import parse_amount

PERSONAL = ("national_id", "case_number", "invoice_number", "request_number")
ABOUT_SALARY = ("utter_ask_salary_garnishment", "utter_garnishment_amount")


class ActionInform(BotAction):
    """A bare value that nothing asked for: take it for what it can only be."""

    action_name = "action_inform"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None:
        if not identity.person(uow, conversation=heard.conversation).verified:
            return self._of_a_stranger(uow, heard, say)
        if heard.entity("national_id"):
            say("utter_already_verified")
            return None
        if heard.entity("request_number"):
            return [FollowupAction("action_track_requests")]
        bank = heard.entity("bank")
        if bank and positions.position(uow, conversation=heard.conversation).guide == "pay":
            positions.remember(uow, conversation=heard.conversation, bank=bank)
            say("utter_bank_changed", bank=bank)
            return None
        case = self._case(uow, heard)
        if case is None:
            self._amount_or_nothing(heard, say)
        else:
            positions.remember(uow, conversation=heard.conversation, case_number=case.number)
            say_case(say, case)
        return None

    def _of_a_stranger(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None:
        code = heard.entity("code") and identity.code_pending(uow, conversation=heard.conversation)
        if code or any(heard.entity(kind) for kind in PERSONAL):
            return [FollowupAction("case_form")]
        self._amount_or_nothing(heard, say)
        return None

    def _case(self, uow: UnitOfWork, heard: Heard) -> cases.CaseView | None:
        """By its number, its invoice's, or its place; a number that is nobody's or somebody else's raises NotFound."""
        number, ordinal = heard.entity("case_number"), heard.entity("ordinal")
        if heard.entity("invoice_number"):
            mine = cases.my_cases(uow, conversation=heard.conversation)
            of_invoice = [c for c in mine if c.invoice and c.invoice.number == heard.entity("invoice_number")]
            number = of_invoice[0].number if of_invoice else "0"
        if number:
            return cases.find_case(uow, conversation=heard.conversation, number=number)
        if ordinal and int(ordinal) <= len(cases.my_cases(uow, conversation=heard.conversation)):
            return cases.find_case(uow, conversation=heard.conversation, ordinal=int(ordinal))
        return None

    def _amount_or_nothing(self, heard: Heard, say: Say) -> None:
        amount = parse_amount(heard.text)
        about_salary = next(heard.names_said_before(), "") in ABOUT_SALARY
        if about_salary and amount is not None and amount >= SMALLEST_SALARY:
            say_split(say, amount, heard.text)
        else:
            say("utter_inform" if any(letter.isdigit() for letter in heard.text) else "utter_lost")
