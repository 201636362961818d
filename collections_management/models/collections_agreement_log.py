from odoo import api, fields, models

EVENTS = {
    "agreement_proposed": "agreement.proposed",
    "agreement_accepted": "agreement.accepted",
    "agreement_completed": "agreement.completed",
    "agreement_broken": "agreement.broken",
    "agreement_reopened": "agreement.reopened",
    "agreement_cancelled": "agreement.cancelled",
}
NAMES = (
    "agreement_drafted", "agreement_proposed", "agreement_approved", "agreement_refused",
    "agreement_taken_back", "agreement_accepted", "agreement_completed", "agreement_broken",
    "agreement_reopened", "agreement_cancelled", "agreement_booked", "agreement_accelerated",
)  # fmt: skip


class CollectionsLog(models.Model):
    """What the log tells of agreements."""

    _inherit = "collections.log"

    event = fields.Selection(
        selection_add=[
            ("agreement_drafted", "Agreement worked out"),
            ("agreement_proposed", "Agreement proposed"),
            ("agreement_approved", "Agreement approved"),
            ("agreement_refused", "Agreement sent back"),
            ("agreement_taken_back", "Proposal taken back"),
            ("agreement_accepted", "Agreement accepted"),
            ("agreement_completed", "Agreement completed"),
            ("agreement_broken", "Agreement broken"),
            ("agreement_reopened", "Agreement reopened"),
            ("agreement_cancelled", "Agreement cancelled"),
            ("agreement_booked", "Agreement booked"),
            ("agreement_accelerated", "All due at once"),
        ],
        ondelete=dict.fromkeys(NAMES, "cascade"),
    )

    @api.model
    def _get_summary_formats(self):
        texts = {
            "agreement_drafted": self.env._("Agreement %(number)s worked out"),
            "agreement_proposed": self.env._(
                "Agreement %(number)s proposed: %(amount)s in %(count)s payments"
            ),
            "agreement_approved": self.env._("Agreement %(number)s approved"),
            "agreement_refused": self.env._("Agreement %(number)s sent back"),
            "agreement_taken_back": self.env._("Agreement %(number)s taken back to change it"),
            "agreement_accepted": self.env._(
                "Agreement %(number)s accepted: %(amount)s in %(count)s payments"
            ),
            "agreement_completed": self.env._("Agreement %(number)s completed: %(paid)s paid"),
            "agreement_broken": self.env._(
                "Agreement %(number)s broken: %(paid)s of %(amount)s paid"
            ),
            "agreement_reopened": self.env._(
                "Agreement %(number)s reopened: a payment of it was taken back"
            ),
            "agreement_cancelled": self.env._("Agreement %(number)s cancelled"),
            "agreement_booked": self.env._("Agreement %(number)s: %(document)s of %(booked)s"),
            "agreement_accelerated": self.env._("Agreement %(number)s: all of it is due at once"),
        }
        return super()._get_summary_formats() | {name: [text] for name, text in texts.items()}

    @api.model
    def _get_event_icons(self):
        return super()._get_event_icons() | {
            "agreement_drafted": "fa-calculator",
            "agreement_proposed": "fa-file-text-o",
            "agreement_approved": "fa-thumbs-o-up",
            "agreement_refused": "fa-thumbs-o-down",
            "agreement_taken_back": "fa-undo",
            "agreement_accepted": "fa-pencil-square-o",
            "agreement_completed": "fa-check-circle",
            "agreement_broken": "fa-chain-broken",
            "agreement_reopened": "fa-undo",
            "agreement_cancelled": "fa-times-circle-o",
            "agreement_booked": "fa-book",
            "agreement_accelerated": "fa-fast-forward",
        }

    @api.model
    def _get_data_models(self):
        return super()._get_data_models() | {("agreement_booked", "document"): "account.move"}


class CollectionsEvent(models.Model):
    """Other systems may be told of agreements."""

    _inherit = "collections.event"

    @api.model
    def _get_public_name(self, event, contact_id):
        return EVENTS.get(event) or super()._get_public_name(event, contact_id)
