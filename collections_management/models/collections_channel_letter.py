from contextlib import nullcontext

from odoo import fields, models
from odoo.tools import SQL

from ..engine.delivery import ChannelDown


class CollectionsChannel(models.Model):
    """The letter adapter: paper, which a person prints and takes to the post.

    Delivery holds a letter that is due (``to_print``), so the next nights keep asking whether it
    still stands. What follows is a person's: a batch is printed, its letters are under way
    (``sending``), and they count as sent when that person says that they were posted.
    """

    _inherit = "collections.channel"

    kind = fields.Selection(selection_add=[("letter", "Letter")], ondelete={"letter": "cascade"})

    def _letter_get_partner_ids(self, cases):
        """Return ``{case id: id of the partner whose postal address is used}``; set-based.

        An address has a street and a city; the invoice contact's comes first.
        """
        self.env["res.partner"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (kase.id) kase.id, partner.id
                  FROM collections_case kase
                  JOIN res_partner partner
                    ON partner.id = kase.partner_id
                    OR (partner.parent_id = kase.partner_id AND partner.type = 'invoice')
                 WHERE kase.id = ANY(%s)
                   AND partner.active
                   AND btrim(coalesce(partner.street, '')) <> ''
                   AND btrim(coalesce(partner.city, '')) <> ''
              ORDER BY kase.id, (partner.type = 'invoice') DESC, partner.id
                """,
                list(cases.ids),
            )
        )
        return dict(rows)

    def _letter_addresses(self, cases):
        partner_ids = self._letter_get_partner_ids(cases)
        partners = self.env["res.partner"].sudo().browse(set(partner_ids.values()))
        partners.fetch(["street", "street2", "zip", "city", "country_id"])
        lines = {
            partner.id: ", ".join(
                part.strip()
                for part in (
                    partner.street,
                    partner.street2,
                    f"{partner.zip or ''} {partner.city}",
                    partner.country_id.name,
                )
                if part and part.strip()
            )
            for partner in partners
        }
        return {case_id: lines[partner_id] for case_id, partner_id in partner_ids.items()}

    def _letter_obstacle(self, company):
        """Letters wait for a person; an addon that posts them by itself has none."""
        return "to_print", ""

    def _letter_render(self, contacts):
        """Render the texts for paper: what is owed and how to pay stand beside the text."""
        try:
            return contacts.with_context(collections_paper=True)._render_content()
        finally:
            contacts._forget_letters()

    def _letter_session(self, contacts):
        return nullcontext()

    def _letter_send(self, contact, content, session):
        raise ChannelDown(self.env._("A person prints and posts letters."))

    def _is_transactional(self):
        return self.kind == "letter" or super()._is_transactional()
