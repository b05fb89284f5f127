from actions.base import BotAction, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import cases, requests


class ActionTrackRequests(BotAction):
    """Where each request stands, with its dates; without one, what stands in its place."""

    action_name = "action_track_requests"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        filed = requests.my_requests(uow, conversation=heard.conversation)
        if not filed:
            mine = cases.my_cases(uow, conversation=heard.conversation)
            if not mine:
                say("utter_no_cases")
            elif all(case.kind == "government" for case in mine):
                say("utter_error_government_case")
            else:
                say("utter_no_requests")
        for request in filed:
            say(
                f"utter_request_{request.kind}_{request.state}",
                card={"kind": "request", "number": request.number, "case": request.case_number,
                      "state": request.state, "earliest": request.earliest, "latest": request.latest},
                request_number=request.number,
                case_number=request.case_number,
                filed_at=request.filed_at,
                decided_at=request.decided_at,
                earliest=request.earliest,
                latest=request.latest,
                months=request.months,
            )  # fmt: skip
