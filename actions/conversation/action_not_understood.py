from actions.base import BotAction, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork

NEVER_SUGGESTED = {"inform", "affirm", "deny", "correct", "out_of_scope", "complaint", "distress", "greet", "goodbye",
                   "thank", "next_step", "step_problem", "go_back", "repeat", "cancel"}  # fmt: skip
APOLOGIES = ("utter_lost", "utter_lost_again", "utter_lost_person")


class ActionNotUnderstood(BotAction):
    """Half sure: two or three topics to choose from. Lost: say so, each time in other words, with a person at hand."""

    action_name = "action_not_understood"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        if next(heard.names_said_before(), "") in ("utter_distress", "utter_after_distress"):
            say("utter_after_distress")
            return
        if heard.band == "half":
            likely = [entry["name"] for entry in heard.ranking if entry["name"] not in NEVER_SUGGESTED][:3]
            if len(likely) >= 2:
                say("utter_did_you_mean", suggest=likely)
                return
        before = 0
        for name in heard.names_said_before():
            if name not in APOLOGIES:
                break
            before += 1
        say(APOLOGIES[min(before, len(APOLOGIES) - 1)])
