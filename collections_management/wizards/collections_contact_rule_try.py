from odoo import api, fields, models


class CollectionsContactRuleTry(models.TransientModel):
    """Pick a debtor and a moment, read when contact is allowed and by which rule."""

    _name = "collections.contact.rule.try"
    _description = "Try the Contact Rules"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one("res.partner", "Debtor")
    channel_id = fields.Many2one(
        "collections.channel",
        default=lambda self: self.env["collections.channel"].search([], limit=1),
    )
    moment = fields.Datetime("When", required=True, default=fields.Datetime.now)
    rule_id = fields.Many2one(
        "collections.contact.rule", "Rule That Decides", compute="_compute_verdict"
    )
    rule_summary = fields.Char(related="rule_id.summary", string="It Says")
    zones = fields.Char("Debtor's Time Zones", compute="_compute_verdict")
    verdict = fields.Char(compute="_compute_verdict")

    @api.depends("company_id", "partner_id", "channel_id", "moment")
    @api.depends_context("lang")
    def _compute_verdict(self):
        rules = self.env["collections.contact.rule"]
        for trial in self:
            partner = trial.partner_id.commercial_partner_id
            trial.rule_id = trial.zones = trial.verdict = False
            if not (partner and trial.company_id and trial.moment):
                continue
            pairs = {0: (trial.company_id.id, partner.id)}
            verdict = rules._get_pair_verdicts(
                pairs, {0: trial.channel_id.code or ""}, trial.moment
            )[0]
            trial.rule_id = rules._match_pairs(pairs)[0]
            trial.zones = ", ".join(verdict.zones)
            trial.verdict = rules._explain(verdict)
