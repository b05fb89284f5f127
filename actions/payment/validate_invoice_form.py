from actions.journey import Journey


class ValidateInvoiceForm(Journey):
    form = "invoice_form"
    goal = "request_invoice"
    submit = "action_issue_invoice"
    chooses_case = True
