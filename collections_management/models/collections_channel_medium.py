from odoo import api, fields, models


class CollectionsChannel(models.Model):
    """Laws limit calls, written messages and visits, whatever technique carries them."""

    _inherit = "collections.channel"

    medium = fields.Selection(
        [("written", "Written messages"), ("call", "Calls"), ("visit", "Visits")],
        compute="_compute_medium",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        help="What the contact rules count this channel as.",
    )

    @api.depends("is_manual")
    def _compute_medium(self):
        for channel in self:
            channel.medium = channel.medium or ("call" if channel.is_manual else "written")
