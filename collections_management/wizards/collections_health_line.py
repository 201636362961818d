from odoo import fields, models


class CollectionsHealthLine(models.TransientModel):
    """One thing to look at, in words: how it is, and what to do."""

    _name = "collections.health.line"
    _description = "Line of the Health Page"
    _order = "id"

    health_id = fields.Many2one("collections.health", required=True, ondelete="cascade")
    code = fields.Char(required=True)
    mark = fields.Selection(
        [("good", "In order"), ("attention", "Look at this"), ("broken", "Not working")],
        required=True,
    )
    name = fields.Char()
    sentence = fields.Text()
    advice = fields.Text()
    action = fields.Char(help="Name of the action that opens what it is about.")

    def action_open(self):
        """Open what the line is about."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(self.action)
        return {**action, **self.health_id._get_open_values(self.code)}

    def action_try(self):
        """Try what the line is about."""
        return self.health_id.action_try_mail()
