from odoo import api, fields, models

EVENTS = {
    "fee_proposed": ("Fees computed", "fa-percent"),
    "fee_charged": ("Fees charged", "fa-plus-square-o"),
    "fee_refused": ("Fees not charged", "fa-exclamation-triangle"),
    "fee_waiver_asked": ("Waiver of fees asked for", "fa-question-circle-o"),
    "fee_waiver_refused": ("Waiver of fees refused", "fa-ban"),
    "fee_waived": ("Fees waived", "fa-minus-square-o"),
    "fee_reversed": ("Fees reversed in accounting", "fa-undo"),
    "fee_excess": ("Interest charged too much", "fa-exclamation-triangle"),
    "fee_returned": ("Interest given back", "fa-reply"),
}


class CollectionsLog(models.Model):
    _inherit = "collections.log"

    event = fields.Selection(
        selection_add=[(code, label) for code, (label, _icon) in EVENTS.items()],
        ondelete=dict.fromkeys(EVENTS, "cascade"),
    )

    @api.model
    def _get_fee_events(self):
        return list(EVENTS)

    @api.model
    def _get_data_models(self):
        names = {(code, "move"): "account.move" for code in EVENTS}
        return super()._get_data_models() | names

    @api.model
    def _get_data_words(self):
        """The reasons of waivers, in words."""
        fees = self.env["collections.fee"]._fields["waiver_reason"]
        return dict(fees._description_selection(self.env)) | super()._get_data_words()

    @api.model
    def _get_summary_formats(self):
        """How fees are told."""
        return super()._get_summary_formats() | {
            "fee_proposed": [self.env._("Fees computed: %(amount)s")],
            "fee_charged": [
                self.env._("Fees charged: %(amount)s, %(move)s"),
                self.env._("Fees charged: %(amount)s"),
            ],
            "fee_refused": [self.env._("Fees not charged: %(reason)s")],
            "fee_waiver_asked": [self.env._("Waiver of %(amount)s asked for: %(reason)s")],
            "fee_waiver_refused": [self.env._("Waiver of %(amount)s refused")],
            "fee_waived": [self.env._("Fees waived: %(amount)s, %(reason)s")],
            "fee_excess": [
                self.env._(
                    "Interest charged too much: %(amount)s. A payment of those days "
                    "became known later."
                )
            ],
            "fee_returned": [
                self.env._("Interest given back: %(amount)s, %(move)s"),
                self.env._("Interest given back: %(amount)s"),
            ],
            "fee_reversed": [
                self.env._("Fees reversed in accounting: %(amount)s, %(move)s"),
                self.env._("Fees reversed in accounting: %(amount)s"),
            ],
        }

    @api.model
    def _get_event_icons(self):
        return super()._get_event_icons() | {code: icon for code, (_l, icon) in EVENTS.items()}
