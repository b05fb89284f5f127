from rasa_sdk.events import FollowupAction

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.conversation.action_resume_guide import GOES_ON

NEVER_SUGGESTED = {"inform", "affirm", "deny", "correct", "out_of_scope", "complaint", "distress", "worried", "greet",
                   "goodbye", "thank", "next_step", "step_problem", "go_back", "repeat", "cancel"}  # fmt: skip
APOLOGIES = ("utter_lost", "utter_lost_again", "utter_lost_person")


class ActionNotUnderstood(BotAction):
    """Half sure: two or three topics to choose from. Lost: say so, each time in other words, with a person at hand."""

    action_name = "action_not_understood"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None:
        if next(heard.names_said_before(), "") in ("utter_distress", "utter_after_distress"):
            if GOES_ON.search(heard.text):
                return [FollowupAction("action_resume_guide")]
            say("utter_after_distress")
            return None
        if next(heard.names_said_before(), "") == "utter_ask_fraud":
            say("utter_ask_fraud", more=True)
            return None
        if heard.band == "half":
            likely = [entry["name"] for entry in heard.ranking if entry["name"] not in NEVER_SUGGESTED][:3]
            if len(likely) >= 2:
                say("utter_did_you_mean", suggest=likely)
                return None
        before = 0
        for name in heard.names_said_before():
            if name not in APOLOGIES:
                break
            before += 1
        say(APOLOGIES[min(before, len(APOLOGIES) - 1)])
        return None
