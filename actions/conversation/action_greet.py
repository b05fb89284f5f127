from actions.base import BotAction, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from bot.text.normalise import normalise


class ActionGreet(BotAction):
    """A greeting of peace is returned."""

    action_name = "action_greet"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        words = normalise(heard.text)
        say("utter_greet_salam" if "سلام" in words or "salam" in words else "utter_greet")
