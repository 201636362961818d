from odoo import fields, models


class CollectionsContactStatement(models.Model):
    """What has to be said or done in a contact, or must not be, and who says so."""

    _name = "collections.contact.statement"
    _description = "Duty in a Contact"
    _order = "kind, sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [("forbidden", "Forbidden"), ("required", "Required")], default="forbidden", required=True
    )
    citation = fields.Char(
        required=True, translate=True, help="The law and article, or who decided it."
    )
    rule_ids = fields.Many2many("collections.contact.rule", string="Rules", copy=False)

    def _get_sentence(self):
        """Return the duty with who says so, in the user's language."""
        self.ensure_one()
        return f"{self.name} ({self.citation})"
