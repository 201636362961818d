from odoo import api, fields, models

from ..engine import calendar


class CollectionsContactCap(models.Model):
    """How many contacts at most in some days, through which media or channels."""

    _name = "collections.contact.cap"
    _description = "Contact Limit"
    _order = "days, id"

    rule_id = fields.Many2one(
        "collections.contact.rule", required=True, ondelete="cascade", index=True
    )
    limit = fields.Integer("At Most", default=1, required=True, help="0 forbids it.")
    days = fields.Integer(
        "In Days",
        default=1,
        required=True,
        help="1: the debtor's calendar day. More: rolling days of 24 hours, for instance 7 or 30. "
        "One contact in 2 days keeps two days between them.",
    )
    medium = fields.Selection(
        selection="_selection_medium",
        help="Empty: calls, written messages and visits together.",
    )
    channel_ids = fields.Many2many(
        "collections.channel",
        string="Only Channels",
        help="Counted together. Empty: every channel of the medium.",
    )
    count = fields.Selection(
        [("attempt", "Every attempt"), ("contact", "Only when the debtor was reached")],
        "What Counts",
        default="attempt",
        required=True,
    )

    _limit_positive = models.Constraint(
        'CHECK ("limit" >= 0)', "A contact limit cannot be below zero."
    )
    _days_in_month = models.Constraint(
        "CHECK (days BETWEEN 1 AND 31)", "A contact limit counts over 1 to 31 days."
    )

    @api.model
    def _selection_medium(self):
        """The media of the channels, and calls and visits together, as the law of Chile counts."""
        media = self.env["collections.channel"]._fields["medium"]._description_selection(self.env)
        return [*media, ("spoken", self.env._("Calls and visits"))]

    def _to_engine(self):
        """Return the caps as a tuple for the engine."""
        return tuple(
            calendar.Cap(cap.limit, cap.days, cap._get_channel_codes(), cap.count) for cap in self
        )

    def _get_channel_codes(self):
        """Return the frozenset of channel codes counted together, or None for all."""
        self.ensure_one()
        channels = self.with_context(active_test=False).channel_ids
        if not channels and self.medium:
            media = ("call", "visit") if self.medium == "spoken" else (self.medium,)
            channels = self.env["collections.channel"].with_context(active_test=False)
            channels = channels.search([("medium", "in", media)])
        elif not channels:
            return None
        return frozenset(channels.mapped("code"))

    def _get_sentence(self):
        """Return the cap as part of a sentence, e.g. "at most 2 in 7 days (calls)"."""
        self.ensure_one()
        values = {"limit": self.limit, "days": self.days, "what": self._get_what()}
        if not self.limit:
            return self.env._("never: %(what)s", **values)
        if self.days == 1:
            return self.env._("at most %(limit)s a day (%(what)s)", **values)
        return self.env._("at most %(limit)s in %(days)s days (%(what)s)", **values)

    def _get_what(self):
        """Return the words for what is counted together."""
        if self.channel_ids:
            return ", ".join(self.channel_ids.mapped("name"))
        media = dict(self._fields["medium"]._description_selection(self.env))
        return media.get(self.medium, self.env._("All contacts")).lower()
