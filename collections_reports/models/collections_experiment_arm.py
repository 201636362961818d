from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

FIXED_FIELDS = ("experiment_id", "is_control", "percent", "treatment", "strategy_id", "step_id",
                "template_id", "sequence")  # fmt: skip


class CollectionsExperimentArm(models.Model):
    """One of the ways that are compared, and which share of the debtors gets it."""

    _name = "collections.experiment.arm"
    _description = "Arm of a Random Comparison"
    _order = "experiment_id, sequence, id"

    experiment_id = fields.Many2one(
        "collections.experiment",
        string="Comparison",
        required=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="experiment_id.company_id", store=True)
    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    is_control = fields.Boolean(string="Compared With", help="The others are compared with it.")
    percent = fields.Float(string="Share (%)", required=True, default=50, aggregator="sum")
    treatment = fields.Selection(
        [
            ("current", "As today"),
            ("strategy", "Another strategy"),
            ("template", "Another text"),
            ("hold_out", "Left alone: nothing automatic"),
        ],
        required=True,
        default="current",
    )
    strategy_id = fields.Many2one("collections.strategy", ondelete="restrict")
    step_id = fields.Many2one("collections.step", ondelete="restrict")
    template_id = fields.Many2one(
        "mail.template",
        string="Text",
        ondelete="restrict",
        domain=[("model", "=", "collections.contact")],
        help="It takes the place of the step's text in the same tone.",
    )
    assignment_ids = fields.One2many("collections.experiment.assignment", "arm_id")
    debtor_count = fields.Integer(string="Debtors", compute="_compute_debtor_count")

    @api.depends("assignment_ids")
    def _compute_debtor_count(self):
        counts = dict(
            self.env["collections.experiment.assignment"]._read_group(
                [("arm_id", "in", self.ids)], ["arm_id"], ["__count"]
            )
        )
        for arm in self:
            arm.debtor_count = counts.get(arm, 0)

    @api.constrains("treatment", "strategy_id", "step_id", "template_id", "experiment_id")
    def _check_treatment(self):
        for arm in self:
            missing = {
                "strategy": arm.treatment == "strategy" and not arm.strategy_id,
                "text": arm.treatment == "template" and not (arm.step_id and arm.template_id),
            }
            if missing["strategy"]:
                raise ValidationError(self.env._("%s: choose the strategy to try.", arm.name))
            if missing["text"]:
                raise ValidationError(
                    self.env._("%s: choose the step and the text to try.", arm.name)
                )
            for record in (arm.strategy_id, arm.step_id):
                if record.company_id and record.company_id != arm.experiment_id.company_id:
                    raise ValidationError(
                        self.env._(
                            "%(what)s belongs to %(company)s.",
                            what=record.display_name,
                            company=record.company_id.name,
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        arms = super().create(vals_list)
        arms._check_draft()
        return arms

    def write(self, vals):
        if set(FIXED_FIELDS) & set(vals):
            self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_draft(self):
        self._check_draft()

    def _check_draft(self):
        if any(arm.experiment_id.state != "draft" for arm in self):
            raise UserError(
                self.env._("The arms of a comparison that started are fixed: begin another one.")
            )

    def _adopt(self):
        """Make this arm what everybody gets."""
        self.ensure_one()
        if self.treatment == "strategy":
            for segment in self.experiment_id.segment_ids:
                segment.strategy_id = self.strategy_id
            self.env["collections.segment"].sudo()._assign(self.company_id)
        elif self.treatment == "template":
            tone = self.template_id.collections_tone
            replaced = self.step_id.template_ids.filtered(
                lambda text: text.collections_tone == tone
            )
            self.step_id.template_ids = self.step_id.template_ids - replaced | self.template_id
