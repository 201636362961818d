from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CollectionsStep(models.Model):
    """What a step charges once it has spoken."""

    _inherit = "collections.step"

    fee_policy_ids = fields.Many2many(
        "collections.fee.policy",
        "collections_step_fee_policy_rel",
        "step_id",
        "policy_id",
        string="Charges",
        help="What is charged after the message of this step really left. Of each company only "
        "its own policies count.",
    )

    @api.constrains("fee_policy_ids", "days")
    def _check_fee_policies(self):
        for step in self.filtered("fee_policy_ids"):
            if step.days <= 0:
                raise ValidationError(
                    self.env._(
                        "“%(step)s” speaks before anything is overdue: it cannot charge for "
                        "paying late.",
                        step=step.name,
                    )
                )
            company = step.strategy_id.company_id
            strange = step.fee_policy_ids.company_id - company if company else company
            if strange:
                raise ValidationError(
                    self.env._(
                        "“%(step)s” serves %(company)s only and cannot charge by a policy of "
                        "%(other)s.",
                        step=step.name,
                        company=company.name,
                        other=", ".join(strange.mapped("name")),
                    )
                )
