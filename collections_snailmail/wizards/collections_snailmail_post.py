from odoo import api, fields, models
from odoo.tools import format_amount


class CollectionsSnailmailPost(models.TransientModel):
    """Say how many letters leave, and for how much, before they are handed to snailmail."""

    _name = "collections.snailmail.post"
    _description = "Post Letters by Snailmail"

    contact_ids = fields.Many2many("collections.contact", required=True, readonly=True)
    batch_id = fields.Many2one("collections.letter.batch", readonly=True)
    letter_count = fields.Integer(string="Letters", compute="_compute_letter_count")
    safe_mode = fields.Boolean(compute="_compute_safe_mode")
    cost_text = fields.Char(string="Cost", compute="_compute_cost_text")

    @api.depends("contact_ids")
    def _compute_letter_count(self):
        for wizard in self:
            wizard.letter_count = len(wizard.contact_ids)

    @api.depends("contact_ids")
    def _compute_safe_mode(self):
        for wizard in self:
            companies = wizard.contact_ids.company_id.sudo()
            wizard.safe_mode = any(companies.mapped("collections_safe_mode"))

    @api.depends("contact_ids")
    @api.depends_context("lang")
    def _compute_cost_text(self):
        for wizard in self:
            wizard.cost_text = wizard._get_cost_text()

    def _get_cost_text(self):
        """Extension point: the cost in words. Snailmail tells none beforehand: what the channel is
        set to cost stands for it."""
        costs = self._get_costs()
        if not costs:
            return self.env._(
                "Snailmail tells the price only when it takes a letter; set the cost of the "
                "channel Letter to see an estimate here."
            )
        return self.env._(
            "About %(amount)s, at the cost set on the channel",
            amount=" + ".join(
                format_amount(self.env, amount, currency) for currency, amount in costs.items()
            ),
        )

    def _get_costs(self):
        """Return ``{currency: what these letters cost}``, of channels that have a cost."""
        costs = {}
        for channel, letters in self.contact_ids.grouped("channel_id").items():
            if channel.cost:
                amount = costs.get(channel.currency_id, 0) + channel.cost * len(letters)
                costs[channel.currency_id] = amount
        return costs

    @api.model
    def _open(self, letters, batch=None):
        """Return the dialog about letters, or those of a printed batch."""
        wizard = self.create({"contact_ids": letters.ids, "batch_id": batch.id if batch else False})
        return letters._open_dialog(wizard, self.env._("Post by Snailmail"))

    def action_post(self):
        """Hand the letters over; those that do not wait any more stay as they are."""
        self.ensure_one()
        if self.batch_id:
            letters = self.batch_id._hand_to_snailmail()
        else:
            letters = self.contact_ids._get_snailmail_letters()
            letters._hand_over()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(count)s letters are handed to snailmail now. What becomes of each stands "
                    "on it.",
                    count=len(letters),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
