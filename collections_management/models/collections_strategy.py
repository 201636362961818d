from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_list

from ..engine.ladder import Ladder


class CollectionsStrategy(models.Model):
    """A dunning ladder: the steps by which a debtor is reminded, and how they are climbed."""

    _name = "collections.strategy"
    _description = "Collections Strategy"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    description = fields.Text(translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: every company may use it.")
    step_ids = fields.One2many("collections.step", "strategy_id", copy=True)
    step_count = fields.Integer(compute="_compute_step_count")
    catch_up = fields.Selection(
        [
            ("latest", "Go to the latest step its age has reached"),
            ("each", "Take each step in turn"),
        ],
        required=True,
        default="latest",
        help="What happens with a debt that comes late to the ladder. A mandatory step is never "
        "jumped over.",
    )
    quiet_days = fields.Integer(
        default=3,
        help="Days of silence between two contacts with a debtor, whatever the step. A payment "
        "since the last contact starts them again.",
    )
    case_count = fields.Integer(compute="_compute_case_count")

    _quiet_days_positive = models.Constraint(
        "CHECK (quiet_days >= 0)", "Quiet days cannot be negative."
    )

    @api.depends("step_ids")
    def _compute_step_count(self):
        for strategy in self:
            strategy.step_count = len(strategy.step_ids)

    def _compute_case_count(self):
        counts = dict(
            self.env["collections.case"]._read_group(
                [("strategy_id", "in", self.ids), ("state", "=", "open")],
                ["strategy_id"],
                ["__count"],
            )
        )
        for strategy in self:
            strategy.case_count = counts.get(strategy, 0)

    @api.constrains("active")
    def _check_unused(self):
        """An archived strategy would go on speaking unseen: whoever relies on it comes first."""
        archived = self.filtered(lambda strategy: not strategy.active)
        segments = self.env["collections.segment"].search([("strategy_id", "in", archived.ids)])
        cases = self.env["collections.case"].search(
            [("manual_strategy_id", "in", archived.ids), ("state", "=", "open")], limit=5
        )
        if segments or cases:
            raise ValidationError(
                self.env._(
                    "A strategy in use is not archived. It still serves: %(users)s.",
                    users=format_list(
                        self.env, [record.display_name for record in (*segments, *cases)]
                    ),
                )
            )

    def action_open_cases(self):
        """Open the cases this strategy serves."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_case_action"
        )
        return {**action, "domain": [("strategy_id", "=", self.id)], "context": {}}

    def action_simulate(self):
        """Open what the contact rules let this strategy do."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_strategy_simulation_action"
        )
        return {**action, "context": {"default_strategy_id": self.id}}

    def _get_ladders(self):
        """Return ``{strategy id: engine Ladder}``."""
        return {
            strategy.id: Ladder(
                rungs=tuple(step._to_rung() for step in strategy.step_ids if step.active),
                catch_up=strategy.catch_up,
                quiet_days=strategy.quiet_days,
            )
            for strategy in self
        }
