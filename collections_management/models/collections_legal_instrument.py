from odoo import fields, models


class CollectionsLegalInstrument(models.Model):
    """The paper a claim rests on: it decides the procedure and the term of prescription."""

    _name = "collections.legal.instrument"
    _description = "Legal Instrument"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    is_executive = fields.Boolean(
        string="Executive Title", help="The court can seize without judging the debt first."
    )
    note = fields.Text(translate=True)
