from actions.base import BotAction, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import cases, identity, positions
from bot.text.guide_words import parse_guide_word


class ActionAskGuideStep(BotAction):
    """The step where she is; after "it does not work", what helps there."""

    action_name = "action_ask_guide__step"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        where = positions.position(uow, conversation=heard.conversation)
        meant = heard.intent in ("step_problem", "deny") or parse_guide_word(heard.text) == "problem"
        stuck = meant and not heard.answered_by_others("guide_form")
        suffix = "_problem" if stuck else ""
        say(f"utter_guide_{where.guide}_{where.step}{suffix}", **self._at_hand(uow, heard, where))

    def _at_hand(self, uow: UnitOfWork, heard: Heard, where: positions.PositionView) -> dict:
        """The invoice number and the bank, where the guide is about paying and we know who it is."""
        if where.guide != "pay" or not identity.person(uow, conversation=heard.conversation).verified:
            return {}
        values = {"bank": where.bank if where.bank != "other" else None}
        if where.case_number:
            case = cases.find_case(uow, conversation=heard.conversation, number=where.case_number)
            values["invoice_number"] = case.invoice.number if case.invoice else None
        return values
