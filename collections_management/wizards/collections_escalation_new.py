from odoo import api, fields, models
from odoo.exceptions import UserError


class CollectionsEscalationNew(models.TransientModel):
    """Asks where cases are to be taken further, and why."""

    _name = "collections.escalation.new"
    _description = "Escalate Cases"

    case_id = fields.Many2one("collections.case")
    case_ids = fields.Many2many("collections.case", string="Cases", required=True)
    case_count = fields.Integer(compute="_compute_cases")
    company_id = fields.Many2one("res.company", compute="_compute_cases")
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(string="Overdue", compute="_compute_cases")
    kind = fields.Selection(
        [("supervisor", "Supervisor"), ("legal", "Legal"), ("agency", "Outside Agency")],
        string="Escalate to",
        required=True,
        default="supervisor",
    )
    reason = fields.Char(required=True)
    team_id = fields.Many2one("collections.team")
    user_id = fields.Many2one("res.users", string="In Charge", domain=[("share", "=", False)])
    lawyer_id = fields.Many2one("res.partner")
    instrument_id = fields.Many2one("collections.legal.instrument")
    agency_id = fields.Many2one(
        "collections.agency", domain="[('company_id', 'in', (False, company_id))]"
    )

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if "case_ids" in fields and not values.get("case_ids"):
            ids = self.env.context.get("active_ids", ())
            if self.env.context.get("active_model") != "collections.case":
                ids = ()
            values["case_ids"] = [values["case_id"]] if values.get("case_id") else list(ids)
        return values

    @api.depends("case_ids")
    def _compute_cases(self):
        for wizard in self:
            wizard.case_count = len(wizard.case_ids)
            companies = wizard.case_ids.company_id
            wizard.company_id = companies if len(companies) == 1 else False
            wizard.amount = sum(wizard.case_ids.mapped("amount_net_overdue"))

    def action_confirm(self):
        """Ask for the escalation of the cases; what needs no approval begins at once."""
        self.ensure_one()
        if not self.case_ids:
            raise UserError(self.env._("Select the cases to escalate."))
        if len(self.case_ids.company_id) > 1:
            raise UserError(self.env._("Escalate the cases of one company at a time."))
        escalations = self.env["collections.escalation"]._request(
            self.case_ids, self.kind, self.reason, **self._get_targets()
        )
        return self._get_notice(escalations)

    def _get_targets(self):
        """Extension point: the targets of a kind, as of ``collections.escalation._request``."""
        targets = {"user_id": self.user_id.id}
        if self.kind == "supervisor":
            targets["team_id"] = self.team_id.id
        elif self.kind == "legal":
            targets |= {"lawyer_id": self.lawyer_id.id, "instrument_id": self.instrument_id.id}
        else:
            targets["agency_id"] = self.agency_id.id
        return targets

    def _get_notice(self, escalations):
        """Return the action that closes the dialog and says what happens now."""
        waiting = escalations.sudo().filtered(lambda one: one.state == "requested")
        text = (
            self.env._("Asked for: another supervisor approves it.")
            if waiting
            else self.env._("Escalated.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": text,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
