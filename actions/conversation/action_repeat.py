from rasa_sdk.events import FollowupAction

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork

SHOWS = ("action_show_cases", "action_choose_case", "action_payment_status", "action_track_requests",
         "action_issue_invoice", "action_ask_salary_garnishment")  # fmt: skip
"""Actions that only show, or return what stands when they run again."""


class ActionRepeat(BotAction):
    """Say it again. What was personal is not kept in words, so the action that showed it runs once more."""

    action_name = "action_repeat"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None:
        spoken = False
        for event in reversed(heard.tracker.events):
            if event["event"] == "user" and not spoken:
                spoken = True
            elif spoken and event["event"] == "action" and event.get("name") in SHOWS:
                return [FollowupAction(event["name"])]
            elif spoken and event["event"] == "bot":
                metadata = event.get("metadata") or {}
                if metadata.get("utter_action") in ("utter_did_you_mean", "utter_intro"):
                    continue  # its buttons would be missing; what was said before it is meant
                if metadata.get("utter_action") and not metadata.get("personal"):
                    say(metadata["utter_action"])
                    return None
        say("utter_nothing_to_repeat")
        return None
