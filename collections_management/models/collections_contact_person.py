from odoo import api, fields, models
from odoo.tools import SQL


class CollectionsContact(models.Model):
    """The person a message is for: its address tells."""

    _inherit = "collections.contact"

    recipient_id = fields.Many2one(
        "res.partner",
        compute="_compute_recipient_id",
        help="The person at the debtor's whose address it is.",
    )

    @api.depends("address", "case_id", "step_id")
    def _compute_recipient_id(self):
        """In one query for all; of several persons with one address, the one of the step's role."""
        found = dict(self._find_recipients())
        for contact in self:
            contact.recipient_id = found.get(contact.id)

    def _find_recipients(self):
        """Return ``[(contact id, partner id)]`` of the contacts whose address is a person's."""
        asked = [
            (contact.id, contact.partner_id.id, contact.address, contact.step_id.role or "")
            for contact in self
            if contact.address and contact.id and not contact.is_manual
        ]
        if not asked:
            return []
        self.env["res.partner"].flush_model(["email_normalized", "collections_role", "type"])
        return self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (asked.id) asked.id, partner.id
                  FROM unnest(%s::int[], %s::int[], %s::text[], %s::text[])
                       AS asked (id, debtor_id, address, role)
                  JOIN res_partner partner ON partner.commercial_partner_id = asked.debtor_id
                   AND partner.email_normalized = asked.address AND partner.active
              ORDER BY asked.id,
                       CASE WHEN partner.collections_role = asked.role THEN 0
                            WHEN partner.collections_role = 'accounts_payable' THEN 1
                            WHEN partner.type = 'invoice' THEN 2
                            WHEN partner.id = asked.debtor_id THEN 3 ELSE 4 END,
                       partner.id
                """,
                *(list(column) for column in zip(*asked, strict=True)),
            )
        )

    def _get_lang(self):
        """The language of the person who is written to, else the debtor's."""
        self.ensure_one()
        return self.recipient_id.lang or super()._get_lang()
