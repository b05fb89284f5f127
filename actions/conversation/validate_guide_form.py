import re

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.guides import lengths
from actions.services import identity, payments, positions
from bot.text.guide_words import parse_guide_word

STEP = "guide__step"
FINISHED = re.compile(r"تم|خلص|سدد|دفع|[اأ]رسل|حفظ|التالي|paid|done|sent|finish|next", re.IGNORECASE)
MOVES = {"next_step": 1, "affirm": 1, "go_back": -1}


class ValidateGuideForm(BotAction):
    """One step at a time: done, problem, back, stop. The place is kept in `position`, so it outlives this loop."""

    action_name = "validate_guide_form"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events:
        where = positions.position(uow, conversation=heard.conversation)
        closed = [SlotSet(STEP, True), ActiveLoop(None), SlotSet("requested_slot", None)]
        shown = [SlotSet(STEP, True), SlotSet("requested_slot", STEP)]
        if not _is_fresh(heard):
            return shown if where.guide else closed
        word = None if heard.pressed else parse_guide_word(heard.text)
        move = MOVES.get(heard.intent) if word is None else {"next": 1}.get(word)
        if word == "next" and where.step == lengths().get(where.guide or "") and not FINISHED.search(heard.text):
            return shown  # "I opened it" is not yet "I paid it": the last step stays
        if heard.pressed and where.guide and _elsewhere(heard, where) and not self._seen(uow, heard):
            return shown  # a button of a step long done, or of another guide: the step where she is now
        if move:
            walked = positions.walk(
                uow,
                conversation=heard.conversation,
                message_id=heard.message_id,
                by=move,
                length=lengths().get(where.guide or "", 0),
            )
            if walked.guide and walked.at_the_edge:
                if walked.step > 1:
                    say(f"utter_guide_{walked.guide}_done")
                    return closed
                say("utter_guide_first_step")
            if walked.guide:
                return shown
        elif word == "pause" and where.guide:
            say("utter_guide_paused", step=where.step)
            return closed
        elif word != "problem" and heard.intent not in ("repeat", "step_problem", "deny"):
            return []  # another question or wish is answered first (the form steps back), then the step comes again
        elif where.guide:
            return shown
        if payments.arrived(uow, conversation=heard.conversation):
            return [*closed, FollowupAction("action_payment_status")]
        lapsed = identity.person(uow, conversation=heard.conversation).lapsed
        say("utter_guide_lapsed" if lapsed else "utter_guide_over")
        return closed

    def _seen(self, uow: UnitOfWork, heard: Heard) -> bool:
        """The message came before and has moved the guide already."""
        return positions.walked_before(uow, message_id=heard.message_id)


def _elsewhere(heard: Heard, where: positions.PositionView) -> bool:
    """The button belongs to another step or guide; one that only goes on with what is open belongs to none."""
    guide, step = heard.entity("guide"), heard.entity("step")
    return bool(guide and guide != where.guide) or bool(step and int(step) != where.step)


def _is_fresh(heard: Heard) -> bool:
    """The message came while the guide was open and nothing has answered it yet."""
    opened_now = any(event["event"] == "active_loop" for event in heard.since_message())
    waited = heard.tracker.get_slot("requested_slot") == STEP
    return waited and not opened_now and not heard.answered_by_others("guide_form")
