from odoo import api, fields, models

CREDIT_EVENTS = [
    ("credit_held", "Put on credit hold"),
    ("credit_released", "Credit hold ended"),
    ("credit_asked", "Release of the credit hold asked for"),
    ("credit_approved", "Release of the credit hold approved"),
    ("credit_refused", "Release of the credit hold refused"),
]


class CollectionsLog(models.Model):
    """What becomes of credit holds, in the log."""

    _inherit = "collections.log"

    event = fields.Selection(
        selection_add=CREDIT_EVENTS,
        ondelete={code: "cascade" for code, _label in CREDIT_EVENTS},
    )

    @api.model
    def _get_data_words(self):
        return super()._get_data_words() | {
            "all_paid": self.env._("Nothing is overdue any more"),
            "agreed": self.env._("A promise or an agreement is under way"),
            "never_held": self.env._("This debtor is never on credit hold"),
        }

    @api.model
    def _get_summary_formats(self):
        return super()._get_summary_formats() | {
            "credit_held": [self.env._("Put on credit hold by the step %(step)s")],
            "credit_released": [self.env._("Credit hold ended: %(reason)s")],
        }

    @api.model
    def _get_event_icons(self):
        return super()._get_event_icons() | {
            "credit_held": "fa-lock",
            "credit_released": "fa-unlock",
            "credit_asked": "fa-question-circle-o",
            "credit_approved": "fa-thumbs-o-up",
            "credit_refused": "fa-thumbs-o-down",
        }


class CollectionsEvent(models.Model):
    _inherit = "collections.event"

    @api.model
    def _get_public_name(self, event, contact_id):
        names = {"credit_held": "credit.held", "credit_released": "credit.released"}
        return names.get(event) or super()._get_public_name(event, contact_id)
