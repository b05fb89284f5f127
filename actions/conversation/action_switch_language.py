from rasa_sdk.events import SlotSet

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork

ENGLISH = ("english", "انجليزي", "إنجليزي", "انقليزي", "إنقليزي", "انجلش", "انقلش", "engl", "inglizi")
ARABIC = ("arabic", "عربي", "العربية", "العربيه", "arabi")


class ActionSwitchLanguage(BotAction):
    """Fix the language she names; without a name, the other one."""

    action_name = "action_switch_language"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events:
        text = heard.text.lower()
        wanted = heard.entity("language") if heard.pressed else None
        if wanted is None:
            english, arabic = (any(word in text for word in words) for words in (ENGLISH, ARABIC))
            wanted = "en" if english and not arabic else "ar" if arabic and not english else None
        wanted = wanted or ("ar" if heard.language == "en" else "en")
        say("utter_switch_language", language=wanted)
        return [SlotSet("language_wanted", wanted)]
