from markupsafe import Markup

from odoo import models
from odoo.tools import html2plaintext


class CollectionsCase(models.Model):
    """Telling a debtor how to pay, because he asked."""

    _inherit = "collections.case"

    def _tell_how_to_pay(self, origin, intro):
        """Tell the debtor how to pay, now: through the channel he prefers, else the cheapest that
        reaches him and says words of our own. It leaves within the contact rules.

        :param origin: the contact in which he asked; the pay link is its
        :param intro: why he gets this, in his language
        :return: the channel, an empty record when none reaches him
        """
        self.ensure_one()
        company = self.company_id
        channels = self.env["collections.channel"].search([("is_manual", "=", False)])
        preferred = self.partner_id.collections_channel_id
        words = self._get_pay_words(origin, intro)
        for channel in channels.sorted(
            lambda channel: (channel != preferred, channel._get_usual_cost(company))
        ):
            address = channel._get_addresses(self).get(self.id)
            if not address or channel._get_obstacle(company):
                continue
            if channel._tell(self, address, words):
                return channel
        return channels.browse()

    def _get_pay_words(self, origin, intro):
        """Return ``{"subject", "body": HTML, "text", "short": without the link, "url"}``."""
        local = origin.with_context(lang=origin._get_lang())
        how = local.pay_line or html2plaintext(local.payment_block).strip()
        return {
            "subject": local.env._(
                "How to pay: your account with %(company)s", company=self.company_id.name
            ),
            "body": Markup("<p>%s</p>%s%s%s")
            % (intro, local.receivables_table, local.payment_block, local.signature_block),
            "text": f"{self.company_id.name}: {intro} {how}",
            "short": f"{self.company_id.name}: {intro}",
            "url": local.pay_url,
        }
