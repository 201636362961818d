from odoo import api, fields, models

DISPUTE_EVENTS = [
    ("dispute_opened", "Dispute opened"),
    ("dispute_escalated", "Dispute not solved in time"),
    ("dispute_accepted", "Dispute found right"),
    ("dispute_credited", "Dispute credited"),
    ("dispute_uncredited", "Credit note of a dispute taken back"),
    ("dispute_rejected", "Dispute found not right"),
    ("dispute_withdrawn", "Dispute withdrawn"),
    ("dispute_paid", "Disputed receivable paid"),
    ("dispute_reopened", "Dispute reopened"),
]
CLOSING = ("dispute_credited", "dispute_rejected", "dispute_withdrawn", "dispute_paid")


class CollectionsLog(models.Model):
    """What becomes of disputes, in the log."""

    _inherit = "collections.log"

    event = fields.Selection(
        selection_add=DISPUTE_EVENTS,
        ondelete={code: "cascade" for code, _label in DISPUTE_EVENTS},
    )

    @api.model
    def _get_data_models(self):
        return super()._get_data_models() | {"dispute_reason": "collections.dispute.reason"}

    @api.model
    def _get_summary_formats(self):
        return super()._get_summary_formats() | {
            "dispute_opened": [
                self.env._("Dispute opened: %(amount)s of %(line)s, %(dispute_reason)s")
            ],
            "dispute_escalated": [
                self.env._("Dispute not solved in time: %(line)s, %(dispute_reason)s")
            ],
            "dispute_accepted": [self.env._("Dispute found right: %(amount)s of %(line)s")],
            "dispute_credited": [self.env._("Dispute credited: %(amount)s of %(line)s")],
            "dispute_uncredited": [
                self.env._("Credit note of a dispute taken back: %(amount)s of %(line)s")
            ],
            "dispute_rejected": [self.env._("Dispute found not right: %(amount)s of %(line)s")],
            "dispute_withdrawn": [self.env._("Dispute withdrawn: %(amount)s of %(line)s")],
            "dispute_paid": [self.env._("Disputed receivable paid: %(line)s")],
            "dispute_reopened": [self.env._("Dispute reopened: %(amount)s of %(line)s")],
        }

    @api.model
    def _get_event_icons(self):
        return super()._get_event_icons() | {
            **{code: "fa-balance-scale" for code, _label in DISPUTE_EVENTS},
            "dispute_escalated": "fa-level-up",
            "dispute_credited": "fa-check-circle-o",
            "dispute_rejected": "fa-times-circle-o",
        }


class CollectionsCase(models.Model):
    _inherit = "collections.case"

    @api.model
    def _get_history_domains(self):
        return super()._get_history_domains() | {
            "disputes": [("event", "in", [code for code, _label in DISPUTE_EVENTS])]
        }


class CollectionsEvent(models.Model):
    _inherit = "collections.event"

    @api.model
    def _get_public_name(self, event, contact_id):
        if event == "dispute_opened":
            return "dispute.opened"
        if event in CLOSING:
            return "dispute.closed"
        return super()._get_public_name(event, contact_id)
