from odoo import api, fields, models

EVENTS = {
    "promise_made": "promise.made",
    "promise_kept": "promise.kept",
    "promise_partly": "promise.partly_kept",
    "promise_broken": "promise.broken",
    "promise_reopened": "promise.reopened",
    "promise_replaced": "promise.replaced",
    "promise_withdrawn": "promise.withdrawn",
}
LOG_EVENTS = [
    ("promise_made", "Promise recorded"),
    ("promise_approved", "Promise approved"),
    ("promise_refused", "Promise refused"),
    ("promise_kept", "Promise kept"),
    ("promise_partly", "Promise partly kept"),
    ("promise_broken", "Promise broken"),
    ("promise_reopened", "Verdict of a promise taken back"),
    ("promise_replaced", "Promise replaced"),
    ("promise_withdrawn", "Promise withdrawn"),
]


class CollectionsLog(models.Model):
    """What the log tells of promises."""

    _inherit = "collections.log"

    event = fields.Selection(
        selection_add=LOG_EVENTS, ondelete={event: "cascade" for event, _label in LOG_EVENTS}
    )

    @api.model
    def _get_summary_formats(self):
        amount = {
            "promise_made": self.env._("Promise of %(amount)s for %(date)s"),
            "promise_approved": self.env._("Promise of %(amount)s for %(date)s approved"),
            "promise_refused": self.env._("Promise of %(amount)s for %(date)s refused"),
            "promise_kept": self.env._("Promise for %(date)s kept: %(paid)s paid"),
            "promise_partly": self.env._(
                "Promise for %(date)s partly kept: %(paid)s of %(amount)s paid"
            ),
            "promise_broken": self.env._("Promise of %(amount)s for %(date)s broken"),
            "promise_reopened": self.env._(
                "Promise for %(date)s: was “%(from)s”, is “%(to)s” as the payments stand now"
            ),
            "promise_replaced": self.env._(
                "Promise of %(amount)s for %(date)s replaced by another one"
            ),
            "promise_withdrawn": self.env._("Promise of %(amount)s for %(date)s withdrawn"),
        }
        return super()._get_summary_formats() | {
            event: [sentence] for event, sentence in amount.items()
        }

    @api.model
    def _get_event_icons(self):
        return super()._get_event_icons() | {
            "promise_made": "fa-handshake-o",
            "promise_approved": "fa-thumbs-o-up",
            "promise_refused": "fa-thumbs-o-down",
            "promise_kept": "fa-check-circle",
            "promise_partly": "fa-adjust",
            "promise_broken": "fa-chain-broken",
            "promise_reopened": "fa-undo",
            "promise_replaced": "fa-exchange",
            "promise_withdrawn": "fa-times-circle-o",
        }

    @api.model
    def _get_data_words(self):
        states = self.env["collections.promise"]._fields["state"]
        return dict(states._description_selection(self.env)) | super()._get_data_words()


class CollectionsEvent(models.Model):
    """Other systems may be told of promises."""

    _inherit = "collections.event"

    @api.model
    def _get_public_name(self, event, contact_id):
        return EVENTS.get(event) or super()._get_public_name(event, contact_id)
