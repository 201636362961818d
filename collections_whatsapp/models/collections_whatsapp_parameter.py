from odoo import api, fields, models


class CollectionsWhatsappParameter(models.Model):
    """What stands for one variable of a template."""

    _name = "collections.whatsapp.parameter"
    _description = "Variable of a WhatsApp Template"
    _order = "id"

    template_id = fields.Many2one(
        "collections.whatsapp.template", required=True, ondelete="cascade", index=True
    )
    name = fields.Char(
        string="Variable",
        required=True,
        readonly=True,
        help="A number or a name; url:0 is the end of the first button's address.",
    )
    source = fields.Selection("_get_sources", string="Says", help="What each message tells there.")
    fixed = fields.Char("Text", help="The same for every debtor.")
    sample = fields.Char(help="An example, for WhatsApp's reviewers and for the preview.")

    _name_unique = models.Constraint("UNIQUE (template_id, name)", "A variable says one thing.")

    @api.model
    def _get_sources(self):
        """Extension point: ``[(path from a contact, words)]`` that a variable may say."""
        return [
            ("salutation_name", self.env._("Name of the debtor")),
            ("net_overdue_text", self.env._("Net amount overdue")),
            ("oldest_due_text", self.env._("Oldest due date")),
            ("oldest_age", self.env._("Days since the oldest due date")),
            ("carrier_id.move_id.name", self.env._("Number of the invoice")),
            ("company_id.name", self.env._("Our company")),
            ("user_id.name", self.env._("Collector")),
            ("pay_url", self.env._("Pay link of the debtor")),
            ("user_id.phone", self.env._("Phone of the collector")),
            ("fixed", self.env._("A fixed text")),
        ]

    def _get_value(self, contact):
        """Return the text for one contact."""
        self.ensure_one()
        if self.source == "fixed":
            return self.fixed or ""
        if self.source == "pay_url" and not contact.id:  # said in a conversation, by a person
            talks = self.env["collections.conversation"]
            return (contact.case_id and talks._get_pay_url(contact.case_id)) or ""
        value = contact
        for name in (self.source or "").split("."):
            value = value[name] if name else ""
        return str(value or "")
