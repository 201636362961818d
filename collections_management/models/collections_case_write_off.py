from odoo import fields, models


class CollectionsCase(models.Model):
    """The written-off debts of a case."""

    _inherit = "collections.case"

    write_off_ids = fields.One2many("collections.write.off", "case_id", string="Write-offs")
    write_off_count = fields.Integer(compute="_compute_write_off_count")

    def _compute_write_off_count(self):
        counts = dict(
            self.env["collections.write.off"]._read_group(
                [("case_id", "in", self.ids)], ["case_id"], ["__count"]
            )
        )
        for case in self:
            case.write_off_count = counts.get(case, 0)

    def action_write_off(self):
        """Prepare the write-off of what is overdue in the case."""
        return self.env["collections.write.off"]._open_new(self)

    def action_open_write_offs(self):
        """Open the write-offs of the case."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_write_off_action"
        )
        return {**action, "domain": [("case_id", "=", self.id)], "context": {}}

    def _get_history_domains(self):
        events = ("write_off_requested", "write_off_approved", "write_off_refused",
                  "write_off_withdrawn", "written_off", "write_off_reversed", "dossier_made",
                  "recovered", "recovery_reversed")  # fmt: skip
        return super()._get_history_domains() | {"write_offs": [("event", "in", events)]}
