"""The base of every form: who is it, which case, what else; then the submitting action.

What has been answered lives in the case database (verification, `position`), never in slots, so a form can be left,
interrupted by a question, or forgotten by Rasa's session, and goes on where it stood. A slot only says that an
answer was taken. Rasa asks the question that `requested_slot` names (`utter_ask_…`, `action_ask_…`).
"""

from __future__ import annotations

from abc import abstractmethod

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import BotAction, Events, Heard, Say
from actions.case.naming import named_case
from actions.case_db.unit_of_work import UnitOfWork
from actions.replies import answer_to
from actions.services import cases, identity, positions
from actions.services.cases import CaseView
from actions.services.errors import ServiceError, Unavailable
from bot.text.distress import in_distress
from bot.text.lost_number import says_number_is_lost
from bot.text.national_id import find_id_like, id_problem, is_valid_national_id
from bot.text.questions import asks

SETTLED = "settled"
"""In the place of a question: everything was said, the form ends."""
NATIONAL_ID, CODE, CASE = "identity__national_id", "identity__code", "case__choice"

CODE_LENGTH = 6
THIS_CASE = "this_case"
"""The draft's mark that the chosen case was named for this goal, or was on the screen when she wished for it."""
SHOWS_ONE_CASE = ("utter_case_court", "utter_case_government", "utter_case_lifted", "utter_invoice_", "utter_guide_",
                  "utter_paying_", "utter_payment_", "utter_request_", "utter_notice_")  # fmt: skip

LEAVES_A_FORM = {"cancel", "start_over", "human_handoff", "complaint", "forget_me", "distress", "switch_language",
                 "notice_settings", "bot_challenge", "ask_capabilities", "greet", "goodbye", "thank",
                 "document_sent", "secret_shared", "show_more", "too_long", "unreadable"}  # fmt: skip
"""Intents that are never an answer to a form's question; `ask_*` and other transactions neither."""

FEELS = {"distress", "worried"}
"""Intents that hold no value; told as the reason of a request, they are the reason (`is_free_text`)."""

ONLY_STEERS = {"affirm", "deny", "next_step", "step_problem", "choose_way", "choose_bank"}

TRANSACTIONS = {"check_case_status", "pay_invoice", "request_invoice", "report_payment", "request_lift",
                "track_lift_request", "request_installment", "start_guide", "calculate_salary"}  # fmt: skip


class Journey(BotAction):
    """A form's validator. Subclasses name the form, the goal and their own questions."""

    @property
    @abstractmethod
    def form(self) -> str:
        """The form's name in domain.yml; a class attribute."""

    goal: str
    """The intent that the citizen follows here; `cases.eligible` knows which cases it concerns."""
    submit: str
    identified = True
    chooses_case = False

    @property
    def action_name(self) -> str:  # type: ignore[override]
        return f"validate_{self.form}"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events:
        events: Events = []
        asked = heard.tracker.get_slot("requested_slot")
        try:
            if self._just_opened(heard):
                self.opened(uow, heard, say)
            elif asked and not heard.answered_by_others(self.form):
                if not self._take(asked, uow, heard, say):
                    return []  # the form steps back: an FAQ, a cancel or another wish is answered first
                events.append(SlotSet(asked, True))
            question = self._next(uow, heard, say)
        except Unavailable:
            raise  # nothing of this turn is kept, the form stands where it stood
        except ServiceError as error:
            say(answer_to(error))
            return [*events, *self._closed(asked)]
        if question == SETTLED:
            return [*events, *self._closed(asked)]
        events.append(SlotSet("requested_slot", question))
        if question is None:
            events.append(FollowupAction(self.submit))
        return events

    def _closed(self, asked: str | None) -> Events:
        return [SlotSet(asked or CASE, True), ActiveLoop(None), SlotSet("requested_slot", None)]

    # what a subclass says of itself

    def opened(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        """The form was just opened: take what the opening message already says."""
        said_before = next(heard.names_said_before(), "")
        # a button under an older answer means that answer's case, not the one on the screen now
        shown = said_before.startswith(SHOWS_ONE_CASE) and not heard.entity("of_case")
        in_hand = shown or heard.intent == "correct"
        positions.remember(
            uow,
            conversation=heard.conversation,
            draft={"goal": self.goal, THIS_CASE: self.goal if in_hand else None},
        )
        if self.identified and heard.entity("national_id") and not self._verified(uow, heard):
            self._take_national_id(uow, heard, say)
        elif self.chooses_case:
            self._note_case(uow, heard)

    def missing(self, uow: UnitOfWork, heard: Heard, draft: dict) -> str | None:
        """The next question of its own (a slot's name), None when all is known."""
        return None

    def settled(self, case: CaseView, say: Say) -> bool:
        """Say so when there is nothing to do for the chosen case: the form ends with that."""
        return False

    def take(self, question: str, uow: UnitOfWork, heard: Heard, say: Say) -> bool:
        """Take the message as the answer to a question of its own; say what is wrong with it. False: not meant so."""
        raise NotImplementedError(question)

    def back(self, question: str) -> str | None:
        """The draft's key to forget so that the question before this one is asked again."""
        return None

    # the common part

    def _next(self, uow: UnitOfWork, heard: Heard, say: Say) -> str | None:
        if self.identified and not self._verified(uow, heard):
            return CODE if identity.code_pending(uow, conversation=heard.conversation) else NATIONAL_ID
        if self.chooses_case:
            eligible = cases.eligible(uow, conversation=heard.conversation, goal=self.goal)
            choices = {case.number: case for case in eligible}
            where = positions.position(uow, conversation=heard.conversation)
            # a case kept from another day or another wish is none that she chose now
            chosen = where.case_number if len(choices) == 1 or where.draft.get(THIS_CASE) == self.goal else None
            if chosen not in choices:
                if chosen and self._just_opened(heard):
                    self._say_not_that_case(chosen, uow, heard, say)
                if chosen or len(choices) > 1:
                    return CASE
                (chosen,) = choices
                positions.remember(uow, conversation=heard.conversation, case_number=chosen)
        question = self.missing(uow, heard, positions.position(uow, conversation=heard.conversation).draft)
        # only while something is asked: what is answered in full is submitted, also when the message comes again
        if self.chooses_case and question is not None and self.settled(choices[chosen], say):
            return SETTLED
        return question

    def _take(self, asked: str, uow: UnitOfWork, heard: Heard, say: Say) -> bool:
        if heard.intent in ("repeat", self.goal):
            if heard.entity("of_case") and self.chooses_case:
                self._note_case(uow, heard)
            return True
        if heard.intent == "go_back":
            self._go_back(asked, uow, heard, say)
            return True
        if asked in (NATIONAL_ID, CODE) and says_number_is_lost(heard.text):
            say("utter_number_changed")
            return True
        common = {NATIONAL_ID: self._take_national_id, CODE: self._take_code, CASE: self._take_case}
        if asked in common:
            taken = common[asked](uow, heard, say)
        elif heard.intent in FEELS and not asked.endswith("__reason"):
            taken = False  # answered first, whatever bank or number its words resemble (`اهلي`, `5ayfa`)
        elif heard.intent in ("correct", "choose_case") and self.chooses_case and self._note_case(uow, heard):
            taken = True
        else:
            taken = self.take(asked, uow, heard, say)
        # a word that only steers would otherwise leave the form and move something else: the question comes again
        return taken or heard.intent in ONLY_STEERS

    def _go_back(self, asked: str, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        key = self.back(asked)
        if key == "case_number":
            positions.remember(uow, conversation=heard.conversation, case_number=None, draft={THIS_CASE: None})
        elif key:
            positions.remember(uow, conversation=heard.conversation, draft={key: None})
        else:
            say("utter_first_question")

    def _say_not_that_case(self, number: str, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        """She has a case in hand that this is not for; another is never taken in its place without a word."""
        case = cases.find_case(uow, conversation=heard.conversation, number=number)
        if case.kind == "government":
            say("utter_error_government_case")
        else:
            say("utter_error_already_lifted" if case.state == "lifted" else "utter_error_nothing_to_pay")

    def _verified(self, uow: UnitOfWork, heard: Heard) -> bool:
        return identity.person(uow, conversation=heard.conversation).verified

    def _take_national_id(self, uow: UnitOfWork, heard: Heard, say: Say) -> bool:
        digits = find_id_like(heard.text)
        if digits is None:
            if heard.intent == "deny":
                say("utter_without_id")
                return True
            code = heard.entity("code") or ""
            if len(code) == CODE_LENGTH:  # none waits: why, and how to get another
                checked = identity.check_code(
                    uow, conversation=heard.conversation, message_id=heard.message_id, code=code
                )
                say(f"utter_code_{checked.state}", tries=checked.tries_left or None)
                return True
            problem = id_problem(heard.text)  # letters among the digits
            if not problem and not is_value(heard):
                return False
            name = f"utter_id_{problem}" if problem else "utter_ask_identity__national_id_error"
            self._say_wrong_id(name, heard, say)
            return True
        if not is_valid_national_id(digits):
            self._say_wrong_id(f"utter_id_{id_problem(heard.text) or 'checksum'}", heard, say)
            return True
        given = identity.give_id(
            uow,
            conversation=heard.conversation,
            message_id=heard.message_id,
            national_id=digits,
            language=heard.language,
        )
        if given.state != "sent":
            say(f"utter_code_{given.state}", minutes=given.wait_minutes or None)
        return True

    def _say_wrong_id(self, name: str, heard: Heard, say: Say) -> None:
        """What is wrong; with the third mistake in a row a person is offered as well."""
        say(name)
        mistakes = 1
        for said in heard.names_said_before():
            if not said.startswith(("utter_id_", "utter_ask_identity__national_id")):
                break
            mistakes += said != "utter_ask_identity__national_id"
        if mistakes == 3:
            say("utter_id_stuck")

    def _take_code(self, uow: UnitOfWork, heard: Heard, say: Say) -> bool:
        digits = find_id_like(heard.text) or heard.entity("code") or ""
        if heard.intent == "resend_code":
            sent = identity.resend_code(
                uow, conversation=heard.conversation, message_id=heard.message_id, language=heard.language
            )
            say(f"utter_resend_{sent.state}", seconds=sent.wait_seconds or None, minutes=sent.wait_minutes or None)
            return True
        if len(digits) == 10 and is_valid_national_id(digits):
            return self._take_national_id(uow, heard, say)
        if not digits and not is_value(heard):
            return False
        if len(digits) != CODE_LENGTH:
            say("utter_code_wrong_form")  # costs none of the three tries
            return True
        checked = identity.check_code(uow, conversation=heard.conversation, message_id=heard.message_id, code=digits)
        say(f"utter_code_{checked.state}", tries=checked.tries_left or None)
        if checked.state == "verified":
            self._note_case(uow, heard)
            where = positions.position(uow, conversation=heard.conversation)
            if where.guide and self.goal != "pay_invoice":  # which goes on by itself
                say("utter_guide_waits", guide=where.guide, step=where.step)
        return True

    def _take_case(self, uow: UnitOfWork, heard: Heard, say: Say) -> bool:
        if self._note_case(uow, heard):
            return True
        if not is_value(heard) and heard.intent != "correct":
            return False
        say("utter_case_not_among_yours")
        return True

    def _note_case(self, uow: UnitOfWork, heard: Heard) -> bool:
        """Keep the case that the message names."""
        case = named_case(uow, heard) if self._verified(uow, heard) else None
        if case is None:
            return False
        positions.remember(uow, conversation=heard.conversation, case_number=case.number, draft={THIS_CASE: self.goal})
        return True

    def _just_opened(self, heard: Heard) -> bool:
        loops = [event.get("name") for event in heard.since_message() if event["event"] == "active_loop"]
        return bool(loops) and loops[0] == self.form


def is_value(heard: Heard) -> bool:
    """Whether the message can only be an answer to what was asked: a bare value, or words not understood otherwise
    that ask nothing."""
    if heard.intent == "inform":
        return True
    return heard.intent in ("nlu_fallback", "out_of_scope", "") and not asks(heard.text)


def is_free_text(heard: Heard, *also: str) -> bool:
    """Whether a message may be taken as free text (a reason). A clear wish is none, save the intents of `also`: who
    asks for a lift may well give "I have paid" as the reason. Words about a rule are none when they ask."""
    sad = heard.intent == "distress" and not in_distress(heard.text)  # a hard life, told as the reason
    if (
        heard.pressed
        or (heard.intent in LEAVES_A_FORM and not sad)
        or heard.intent in ("affirm", "deny", "resend_code")
    ):
        return False
    if heard.band == "sure" and heard.intent in TRANSACTIONS and heard.intent not in also:
        return False
    if heard.band == "sure" and heard.intent.startswith("ask_") and asks(heard.text):
        return False
    return len(heard.text.strip()) >= 3
