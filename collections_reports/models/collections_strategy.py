from odoo import api, models
from odoo.exceptions import ValidationError


class CollectionsStrategy(models.Model):
    """A strategy that is being tried is in use."""

    _inherit = "collections.strategy"

    @api.constrains("active")
    def _check_not_tried(self):
        archived = self.filtered(lambda strategy: not strategy.active)
        arms = self.env["collections.experiment.arm"].sudo().search(
            [("strategy_id", "in", archived.ids), ("experiment_id.state", "=", "running")], limit=1
        )  # fmt: skip
        if arms:
            raise ValidationError(
                self.env._(
                    "%(strategy)s is being tried in the comparison “%(experiment)s”: stop it.",
                    strategy=arms.strategy_id.name,
                    experiment=arms.experiment_id.name,
                )
            )
