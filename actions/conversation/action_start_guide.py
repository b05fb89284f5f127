from rasa_sdk.events import FollowupAction

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.guides import lengths
from actions.services import cases, positions
from actions.services.errors import NothingToPay, ServiceError, Unavailable


class ActionStartGuide(BotAction):
    """A guide as such, for anybody; it names no case and needs no identity."""

    action_name = "action_start_guide"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None:
        guide = heard.entity("guide") or ""
        if guide not in lengths():
            say("utter_nothing_to_continue")
            return None
        if guide == "pay" and self._all_is_paid(uow, heard):
            say("utter_error_nothing_to_pay")
            return None
        positions.set_step(uow, conversation=heard.conversation, guide=guide, step=1)
        return [FollowupAction("guide_form")]

    def _all_is_paid(self, uow: UnitOfWork, heard: Heard) -> bool:
        """Nobody is led to pay a second time."""
        try:
            cases.eligible(uow, conversation=heard.conversation, goal="pay_invoice")
        except NothingToPay:
            return True
        except Unavailable:
            raise
        except ServiceError:
            pass  # not verified, or no case of a court: the steps as such
        return False
