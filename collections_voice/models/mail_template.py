from odoo import fields, models


class MailTemplate(models.Model):
    """A text that is said in calls is not written in messages, and the other way round."""

    _inherit = "mail.template"

    collections_spoken = fields.Boolean(
        "Said in Calls",
        help="A voice says it once the debtor said who they are. Short sentences: tables, lists "
        "and links are left out, and so is what goes beyond 600 characters.",
    )
