from actions.base import BotAction, Heard, Say
from actions.case.views import say_case, say_lines
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import cases


class ActionShowCases(BotAction):
    action_name = "action_show_cases"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        mine = cases.my_cases(uow, conversation=heard.conversation)
        if not mine:
            say("utter_no_cases")
        elif len(mine) == 1:
            say_case(say, mine[0])
        else:
            say("utter_cases_several", count=len(mine))
            say_lines(say, mine, mine)
