from actions.base import BotAction, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import handoff
from bot.text.mask import mask

TURNS_KEPT = 20


class ActionHandOver(BotAction):
    """To a person: a reference number, the topic, what was said (masked), and when somebody is there."""

    action_name = "action_hand_over"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        done = handoff.hand_over(
            uow,
            conversation=heard.conversation,
            message_id=heard.message_id,
            topic=self._topic(heard),
            transcript=self._transcript(heard),
        )
        say("utter_hand_over_open" if done.open_now else "utter_hand_over_closed",
            reference=done.reference, opens_at=done.opens_at)  # fmt: skip

    def _topic(self, heard: Heard) -> str:
        """The last intent that was about something."""
        for event in reversed(heard.tracker.events):
            if event["event"] == "user":
                name = (event.get("parse_data") or {}).get("intent", {}).get("name") or ""
                if name not in ("human_handoff", "complaint", "nlu_fallback", "inform", "affirm", "deny", ""):
                    return name
        return heard.intent

    def _transcript(self, heard: Heard) -> list[dict]:
        said = []
        for event in heard.tracker.events:
            if event["event"] == "user":
                said.append({"who": "citizen", "text": mask(event.get("text") or "")})
            elif event["event"] == "bot":
                said.append({"who": "bot", "text": (event.get("metadata") or {}).get("utter_action") or ""})
        return said[-TURNS_KEPT:]
