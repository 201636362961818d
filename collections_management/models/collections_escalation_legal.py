from odoo import api, fields, models


class CollectionsEscalation(models.Model):
    """The legal track: on what paper, before which court, with which lawyer, what comes next."""

    _inherit = "collections.escalation"

    instrument_id = fields.Many2one(
        "collections.legal.instrument", tracking=True, ondelete="restrict"
    )
    court = fields.Char(tracking=True)
    file_number = fields.Char(tracking=True, index="trigram")
    lawyer_id = fields.Many2one("res.partner", tracking=True, ondelete="restrict")
    step_ids = fields.One2many("collections.legal.step", "escalation_id", string="Steps")
    next_deadline = fields.Date(
        compute="_compute_next_deadline", store=True, index="btree_not_null"
    )
    cost_ids = fields.One2many("collections.legal.cost", "escalation_id", string="Costs")
    prescription_date = fields.Date(related="case_id.prescription_date")

    @api.depends("step_ids.deadline", "step_ids.date")
    def _compute_next_deadline(self):
        for escalation in self:
            waiting = escalation.step_ids.filtered(lambda step: not step.date and step.deadline)
            escalation.next_deadline = min(waiting.mapped("deadline"), default=False)

    def _get_targets(self):
        return super()._get_targets() | {
            "lawyer_id": self.lawyer_id.id,
            "instrument_id": self.instrument_id.id,
        }

    def write(self, vals):
        result = super().write(vals)
        if "instrument_id" in vals:
            self._refresh_prescription()
        return result

    def _on_start(self):
        result = super()._on_start()
        self._refresh_prescription()
        return result

    def _on_end(self):
        result = super()._on_end()
        self._refresh_prescription()
        return result

    def _refresh_prescription(self):
        """The instrument of a track decides until when its case can be claimed."""
        legal = self.filtered(lambda escalation: escalation.kind == "legal")
        for company, tracks in legal.grouped("company_id").items():
            self.env["collections.prescription.rule"].sudo()._refresh(company, tracks.partner_id)

    def action_charge_costs(self):
        """Charge the recoverable costs of these tracks to the debtors."""
        return self.cost_ids.action_charge()
