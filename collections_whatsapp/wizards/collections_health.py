from odoo import api, models

from odoo.addons.collections_management.engine.health import ATTENTION, BROKEN, GOOD, worst


class CollectionsHealth(models.TransientModel):
    """A line for the companies that write by WhatsApp."""

    _inherit = "collections.health"

    @api.model
    def _get_findings(self, companies, mail_refused=False):
        findings = super()._get_findings(companies, mail_refused)
        accounts = self.env["collections.whatsapp.account"].sudo().search(
            [("company_id", "in", companies.ids)]
        )  # fmt: skip
        by_company = accounts.grouped("company_id")
        for company, finding in findings.items():
            if not by_company.get(company):
                continue
            finding["lines"]["whatsapp"] = self._judge_whatsapp(by_company[company])
            finding["mark"] = worst([mark for mark, _reason in finding["lines"].values()])
        return findings

    def _judge_whatsapp(self, accounts):
        """Return ``(mark, word)`` of the accounts of a company."""
        if any(account._is_stopped() for account in accounts):
            return BROKEN, "stopped"
        company_id = accounts.company_id.id
        failed = self.env["collections.whatsapp.event"].sudo().search_count(
            [("company_id", "=", company_id), ("state", "=", "failed")], limit=1
        )  # fmt: skip
        if failed:
            return ATTENTION, "webhook"
        templates = self.env["collections.whatsapp.template"].sudo()
        if templates.search_count(
            [("company_id", "=", company_id), ("stopped_reason", "!=", False)], limit=1
        ):
            return ATTENTION, "template"
        if accounts.filtered(lambda account: account.state == "slowed"):
            return ATTENTION, "slowed"
        return GOOD, "ready"

    def _get_titles(self):
        return super()._get_titles() | {"whatsapp": self.env._("WhatsApp")}

    def _get_actions(self):
        return super()._get_actions() | {
            "whatsapp": "collections_whatsapp.collections_whatsapp_account_action"
        }

    def _tell_whatsapp(self, finding, reason):
        """Return ``(how it is, what to do)``."""
        accounts = self.env["collections.whatsapp.account"].sudo().search(
            [("company_id", "=", self.company_id.id)]
        )  # fmt: skip
        if reason == "stopped":
            stopped = accounts.filtered(lambda account: account._is_stopped())
            return stopped[:1]._get_words(), self.env._(
                "Open the account, repair what it says and press Check Connection."
            )
        if reason == "slowed":
            return self.env._("The number sends more slowly for a while."), ""
        if reason == "template":
            return self.env._("A template is stopped."), self.env._(
                "Open the templates of the account; what waits for one leaves when it goes on."
            )
        if reason == "webhook":
            return self.env._("Something that WhatsApp told could not be worked on."), self.env._(
                "Open the webhooks of the account and try them again."
            )
        return self.env._("The number is ready."), ""
