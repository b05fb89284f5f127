from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import cases, positions


class ActionAskCaseChoice(BotAction):
    """Which of several cases? One line with a button each."""

    action_name = "action_ask_case__choice"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None:
        draft = positions.position(uow, conversation=heard.conversation).draft
        choices = cases.eligible(uow, conversation=heard.conversation, goal=draft.get("goal", "check_case_status"))
        every = [case.number for case in cases.my_cases(uow, conversation=heard.conversation)]
        say("utter_ask_case__choice")
        for case in choices:
            say(f"utter_case_line_{case.kind}", place=every.index(case.number) + 1, number=case.number,
                creditor=case.creditor, body=case.body, remaining=case.remaining, state=case.state,
                stage=case.stage)  # fmt: skip
        return None
