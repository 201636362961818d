from odoo import api, models

from odoo.addons.collections_management.engine.health import BROKEN, GOOD, worst


class CollectionsHealth(models.TransientModel):
    """Whether automated calls leave, for companies that have an account for them."""

    _inherit = "collections.health"

    @api.model
    def _get_findings(self, companies, mail_refused=False):
        findings = super()._get_findings(companies, mail_refused)
        accounts = self.env["collections.voice.account"].sudo().search(
            [("company_id", "in", companies.ids)]
        )  # fmt: skip
        channel = self.env.ref("collections_voice.collections_channel_voice")
        for account in accounts:
            finding = findings[account.company_id]
            obstacle = channel._get_obstacle(account.company_id)
            finding["lines"]["voice"] = (BROKEN, "obstacle") if obstacle else (GOOD, "ready")
            finding["mark"] = worst([mark for mark, _reason in finding["lines"].values()])
        return findings

    def _get_titles(self):
        return super()._get_titles() | {"voice": self.env._("Automated calls")}

    def _get_actions(self):
        return super()._get_actions() | {
            "voice": "collections_voice.collections_voice_account_action"
        }

    def _get_open_values(self, code):
        if code == "voice":
            return {"domain": [("company_id", "=", self.company_id.id)], "context": {}}
        return super()._get_open_values(code)

    def _tell_voice(self, finding, reason):
        """Return ``(how it is, what to do)``."""
        account = self.env["collections.voice.account"]._get_of(self.company_id)
        if reason == "ready":
            return account._get_heard_sentence(), ""
        channel = self.env.ref("collections_voice.collections_channel_voice")
        _code, sentence = channel._get_obstacle(self.company_id)
        return sentence, self.env._("Open the account and check its connection.")
