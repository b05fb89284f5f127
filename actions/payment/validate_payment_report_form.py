from actions.journey import Journey


class ValidatePaymentReportForm(Journey):
    """ "I have paid": every payment of hers is shown, so no case is asked for."""

    form = "payment_report_form"
    goal = "report_payment"
    submit = "action_payment_status"
