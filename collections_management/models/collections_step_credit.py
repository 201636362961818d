from odoo import fields, models


class CollectionsStep(models.Model):
    """A step may end the credit of who it reaches."""

    _inherit = "collections.step"

    puts_credit_hold = fields.Boolean(
        string="Puts the Debtor on Credit Hold",
        help="When the step has really gone out (a task: when it is done) and something is "
        "overdue. It ends by itself when nothing is overdue any more.",
    )


class CollectionsContact(models.Model):
    _inherit = "collections.contact"

    def _receive_status(self, state, data=None):
        """A task that is done, or a message that arrived after all, has reached the debtor."""
        result = super()._receive_status(state, data)
        if state != "failed" and any(self.step_id.mapped("puts_credit_hold")):
            for company, contacts in self.grouped("company_id").items():
                self.env["collections.case"].sudo()._apply_credit_steps(company, contacts)
        return result


class CollectionsDelivery(models.AbstractModel):
    _inherit = "collections.delivery"

    def _deliver_batch(self, contacts):
        """What a step puts on credit hold is put there once its batch has gone out."""
        company, steps = contacts.company_id, contacts.step_id
        result = super()._deliver_batch(contacts)
        if any(steps.mapped("puts_credit_hold")):
            self._insist(self.env["collections.case"]._apply_credit_steps, company, contacts)
        return result
