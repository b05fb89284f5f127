from actions.base import BotAction, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import notices
from bot.text.questions import asks

RESUME = ("رجع", "شغل", "فعل", "ارسل لي", "أرسل لي", "ابغى", "أبغى", "ابي", "أبي", "resume", "turn on", "start",
          "enable")  # fmt: skip
STOP = ("لا ", "وقف", "أوقف", "اوقف", "بدون", "ما ابي", "ما أبي", "ما ابغى", "الغ", "ألغ", "stop", "off", "don't",
        "no ")  # fmt: skip


class ActionNoticeSettings(BotAction):
    """Turn reminders off or on; what she must know (paid, lifted, granted) is told all the same."""

    action_name = "action_notice_settings"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        text = f"{heard.text.lower()} "
        if heard.pressed and heard.entity("notices"):
            on = heard.entity("notices") == "on"
        elif asks(text) or not any(word in text for word in (*STOP, *RESUME)):
            say("utter_notice_settings")  # asked about, not asked for
            return
        else:
            on = not any(word in text for word in STOP)
        notices.set_notices(uow, conversation=heard.conversation, message_id=heard.message_id, on=on)
        say("utter_notices_on" if on else "utter_notices_off")
