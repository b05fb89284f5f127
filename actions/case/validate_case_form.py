from actions.journey import Journey


class ValidateCaseForm(Journey):
    """Who is it? Then her cases are shown."""

    form = "case_form"
    goal = "check_case_status"
    submit = "action_show_cases"
