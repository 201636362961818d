from odoo import fields, models


class CollectionsLegalStepKind(models.Model):
    """A kind of step on the legal track."""

    _name = "collections.legal.step.kind"
    _description = "Kind of Legal Step"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    interrupts = fields.Boolean(
        string="Interrupts Prescription",
        help="From the day of such a step the whole term runs again.",
    )
