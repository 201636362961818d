from odoo import api, fields, models
from odoo.exceptions import ValidationError

ROLES = {"collections_collector": "user_id", "collections_supervisor": "supervisor_id"}


class MailActivityPlanTemplate(models.Model):
    """A step of a plan may be for whoever has the case, or supervises it."""

    _inherit = "mail.activity.plan.template"

    responsible_type = fields.Selection(
        selection_add=[
            ("collections_collector", "Collector"),
            ("collections_supervisor", "Supervisor"),
        ],
        ondelete={"collections_collector": "cascade", "collections_supervisor": "cascade"},
    )

    @api.constrains("plan_id", "responsible_type")
    def _check_collections_responsibles(self):
        for step in self:
            if step.responsible_type in ROLES and step.plan_id.res_model != "collections.case":
                raise ValidationError(
                    self.env._(
                        "%(step)s: only the plans of cases have a collector and a supervisor.",
                        step=step.summary or step.activity_type_id.name,
                    )
                )

    def write(self, vals):
        """A step cannot be moved to a plan that its writer may not change."""
        ours = self.filtered(lambda step: step.res_model == "collections.case")
        result = super().write(vals)
        if "plan_id" in vals:
            ours.check_access("write")
        return result

    def _determine_responsible(self, on_demand_responsible, applied_on_record):
        """Who launches the plan does what nobody else is there for."""
        if self.responsible_type not in ROLES:
            return super()._determine_responsible(on_demand_responsible, applied_on_record)
        user = applied_on_record[ROLES[self.responsible_type]]
        warning = False
        if not user:
            labels = dict(self._fields["responsible_type"]._description_selection(self.env))
            warning = self.env._(
                "%(debtor)s has no %(role)s: those activities will be yours.",
                debtor=applied_on_record.display_name,
                role=labels[self.responsible_type].lower(),
            )
        return {"responsible": user or self.env.user, "error": False, "warning": warning}
