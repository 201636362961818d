from odoo import fields, models


class CollectionsRun(models.Model):
    """What the WhatsApp messages of a run cost."""

    _inherit = "collections.run"

    whatsapp_cost = fields.Monetary(
        "WhatsApp Cost",
        compute="_compute_whatsapp_cost",
        currency_field="whatsapp_currency_id",
        help="By the price list, of those that WhatsApp says it charges.",
    )
    whatsapp_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Currency of the Cost"
    )

    def _compute_whatsapp_cost(self):
        costs = dict(
            self.env["collections.contact"]._read_group(
                [("run_id", "in", self.ids), ("whatsapp_cost", "!=", 0)],
                ["run_id"],
                ["whatsapp_cost:sum"],
            )
        )
        for run in self:
            run.whatsapp_cost = costs.get(run, 0.0)
