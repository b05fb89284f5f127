from actions.journey import Journey


class ValidateTrackForm(Journey):
    form = "track_form"
    goal = "track_lift_request"
    submit = "action_track_requests"
