from odoo import fields, models


class CollectionsHold(models.Model):
    """A hold as other systems see it; set and lifted over ``collections.case``."""

    _inherit = "collections.hold"

    def _get_api_data(self):
        """Return one hold as plain JSON."""
        self.ensure_one()
        return {
            "id": self.id,
            "case": self.case_id.id,
            "receivable": self.line_id.id,
            "reason": self.reason,
            "from": fields.Date.to_string(self.date_from),
            "until": fields.Date.to_string(self.date_until) or False,
            "note": self.note or False,
            "active": self.is_active,
        }
