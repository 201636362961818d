from odoo import fields, models


class CollectionsStateImportLevel(models.TransientModel):
    """Which height on the ladder a level of the former system stands for."""

    _name = "collections.state.import.level"
    _description = "Level of the Former System"
    _order = "days, id"

    import_id = fields.Many2one("collections.state.import", required=True, ondelete="cascade")
    name = fields.Char(string="Former Level", required=True, readonly=True)
    count = fields.Integer(string="Invoices", readonly=True)
    days = fields.Integer(
        string="Days after the Due Date",
        required=True,
        help="As if the step of that many days had been sent.",
    )
