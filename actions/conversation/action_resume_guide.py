import re

from rasa_sdk.events import FollowupAction

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.conversation.action_distress import PAUSED
from actions.services import identity, payments, positions
from bot.text.normalise import normalise

GOES_ON = re.compile(r"كمل|كمال|استمر|واصل|وقفت|وقفنا|continue|resume|go on|carry on|kam+el")
SENDS = re.compile(r"[اأ]رسل|اعتمد|قدمو|send|submit", re.IGNORECASE)


class ActionResumeGuide(BotAction):
    """ "Done, what next?" while nothing is open: the guide or the form where she left it, if there is one."""

    action_name = "action_resume_guide"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None:
        where = positions.position(uow, conversation=heard.conversation)
        goes_on = bool(GOES_ON.search(normalise(heard.text)))
        said_before = next(heard.names_said_before(), "")
        if said_before == "utter_distress" and not goes_on:
            say("utter_after_distress")
        elif goes_on and where.draft.get(PAUSED):
            return [FollowupAction(where.draft[PAUSED])]  # the mark stays: the message may come again
        elif SENDS.search(heard.text):
            say("utter_request_not_sent")  # nothing is open that could be sent; a mere "all right" would sound like it
        elif where.guide:
            return [FollowupAction("guide_form")]
        elif heard.intent == "next_step" and payments.arrived(uow, conversation=heard.conversation):
            return [FollowupAction("action_payment_status")]
        elif (person := identity.person(uow, conversation=heard.conversation)).lapsed:
            say("utter_guide_lapsed")
        elif not person.verified and (goes_on or heard.intent == "next_step"):
            say("utter_continue_unverified")  # the same whether something waits for her or not
        else:
            say(f"utter_{heard.intent}" if heard.intent in ("affirm", "deny") else "utter_nothing_to_continue")
        return None
