from rasa_sdk.events import FollowupAction

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.lifting.views import say_request
from actions.services import cases, payments, requests


class ActionTrackRequests(BotAction):
    """Where each request stands, with its dates; without one, what stands in its place."""

    action_name = "action_track_requests"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None:
        filed = requests.my_requests(uow, conversation=heard.conversation)
        for request in filed:
            say_request(say, f"utter_request_{request.kind}_{request.state}", request)
        if filed:
            return None
        if payments.payment_status(uow, conversation=heard.conversation):
            return [FollowupAction("action_payment_status")]  # "what became of it?" is about the money then
        mine = cases.my_cases(uow, conversation=heard.conversation)
        if not mine:
            say("utter_no_cases")
        elif all(case.kind == "government" for case in mine):
            say("utter_error_government_case")
        else:
            say("utter_no_requests")
        return None
