from rasa_sdk.events import FollowupAction

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import identity, payments, positions


class ActionResumeGuide(BotAction):
    """ "Done, what next?" while nothing is open: the guide where she left it, if there is one."""

    action_name = "action_resume_guide"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None:
        if next(heard.names_said_before(), "") == "utter_distress":
            say("utter_after_distress")
            return None
        if positions.position(uow, conversation=heard.conversation).guide:
            return [FollowupAction("guide_form")]
        if heard.intent == "next_step" and payments.arrived(uow, conversation=heard.conversation):
            return [FollowupAction("action_payment_status")]
        if identity.person(uow, conversation=heard.conversation).lapsed:
            say("utter_guide_lapsed")
        else:
            say(f"utter_{heard.intent}" if heard.intent in ("affirm", "deny") else "utter_nothing_to_continue")
        return None
