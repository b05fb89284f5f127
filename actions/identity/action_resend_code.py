from rasa_sdk.events import FollowupAction

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import identity
from bot.text.lost_number import says_number_is_lost


class ActionResendCode(BotAction):
    """ ""The code did not come", said while nothing asks for it. An open form goes on by itself."""

    action_name = "action_resend_code"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None:
        if says_number_is_lost(heard.text):
            say("utter_number_changed")
            return None
        if next(heard.names_said_before(), "") == "utter_ask_fraud":
            say("utter_ask_fraud", more=True)  # a code given to somebody else, not one that did not come
            return None
        sent = identity.resend_code(
            uow, conversation=heard.conversation, message_id=heard.message_id, language=heard.language
        )
        if sent.state == "no_id":
            say("utter_resend_no_id")
            return None
        say(f"utter_resend_{sent.state}", seconds=sent.wait_seconds or None, minutes=sent.wait_minutes or None)
        return None if heard.tracker.active_loop_name else [FollowupAction("case_form")]
