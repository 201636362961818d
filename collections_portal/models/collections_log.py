from odoo import api, fields, models

LOG_EVENTS = [
    ("link_opened", "Pay link opened"),
    ("link_revoked", "Pay links revoked"),
    ("payment_begun", "Payment begun"),
    ("payment_pending", "Payment under way"),
    ("payment_done", "Payment received online"),
    ("payment_failed", "Payment not completed"),
]


def keep_entries(_entries):
    """Uninstalling changes no entry: the log only grows."""


class CollectionsLog(models.Model):
    """What the log tells of pay links."""

    _inherit = "collections.log"

    event = fields.Selection(
        selection_add=LOG_EVENTS, ondelete={event: keep_entries for event, _label in LOG_EVENTS}
    )

    @api.model
    def _get_summary_formats(self):
        return super()._get_summary_formats() | {
            "link_opened": [
                self.env._("The debtor opened the pay link of %(channel)s"),
                self.env._("The debtor opened a pay link"),
            ],
            "link_revoked": [self.env._("Pay links revoked: %(count)s")],
            "payment_begun": [self.env._("Payment of %(amount)s begun by pay link")],
            "payment_pending": [self.env._("Payment of %(amount)s is under way")],
            "payment_done": [self.env._("%(amount)s paid by pay link")],
            "payment_failed": [
                self.env._("Payment of %(amount)s by pay link: %(reason)s"),
                self.env._("Payment of %(amount)s by pay link was not completed"),
            ],
        }

    @api.model
    def _get_data_words(self):
        return super()._get_data_words() | {
            "payment_cancel": self.env._("given up by the debtor"),
            "payment_error": self.env._("refused by the provider"),
        }

    @api.model
    def _get_event_icons(self):
        return super()._get_event_icons() | {
            "link_opened": "fa-link",
            "link_revoked": "fa-chain-broken",
            "payment_begun": "fa-credit-card",
            "payment_pending": "fa-hourglass-half",
            "payment_done": "fa-money",
            "payment_failed": "fa-times-circle-o",
        }
