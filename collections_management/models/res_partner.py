from odoo import api, fields, models

from .collections_dunned_mixin import READERS
from .collections_step import TONES


class ResPartner(models.Model):
    _inherit = "res.partner"

    collections_tone = fields.Selection(
        TONES,
        string="Dunning Tone",
        groups=READERS,
        help="Overrules the tone of the strategy's steps for this debtor.",
    )
    collections_channel_id = fields.Many2one(
        "collections.channel",
        string="Preferred Channel",
        ondelete="set null",
        domain=[("is_manual", "=", False)],
        groups=READERS,
        help="Used whenever a step may go out through it and it reaches the debtor.",
    )
    collections_case_id = fields.Many2one(
        "collections.case",
        compute="_compute_collections_case_id",
        groups=READERS,
    )
    collections_case_ids = fields.One2many(
        "collections.case", "partner_id", string="Cases", groups=READERS
    )
    collections_net_overdue = fields.Monetary(
        string="Net Overdue", compute="_compute_collections_case_id", groups=READERS
    )
    collections_why = fields.Char(
        string="Collections: What Next", compute="_compute_collections_case_id", groups=READERS
    )

    @api.depends_context("company", "lang", "uid")
    def _compute_collections_case_id(self):
        """Everybody may read any partner: the case only shows to those who may read the case."""
        cases = self.env["collections.case"].search(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.id),
                ("state", "!=", "merged"),
            ]
        )
        by_partner = cases.grouped("partner_id")
        for partner in self:
            case = by_partner.get(partner.commercial_partner_id, cases.browse())
            partner.collections_case_id = case
            partner.collections_net_overdue = case.amount_net_overdue
            partner.collections_why = case.decision_text

    def action_open_collections_case(self):
        """Open the case of this debtor in the current company."""
        return self.collections_case_id.get_formview_action()

    def action_note_consent(self):
        """Open the form in which what this debtor granted or withdrew is noted."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "collections_management.collections_consent_action_new"
            ),
            "context": {
                "default_partner_id": self.id,
                "default_source": self.env._("by hand"),
            },
        }
