from odoo import api, fields, models
from odoo.exceptions import UserError


class CollectionsCase(models.Model):
    """Which channels the debtor of a case wants, and the rule that binds who works it."""

    _inherit = "collections.case"

    consent_ids = fields.Many2many(
        "collections.consent", string="Consents", compute="_compute_consent_ids"
    )
    contact_rule_id = fields.Many2one(
        "collections.contact.rule", compute="_compute_contact_rule_id"
    )
    contact_rule_summary = fields.Char("It Says", compute="_compute_contact_rule_id")
    contact_rule_citation = fields.Char("Law or Policy", compute="_compute_contact_rule_id")
    statement_ids = fields.Many2many(
        "collections.contact.statement", string="Duties", compute="_compute_contact_rule_id"
    )

    @api.depends("company_id", "partner_id")
    def _compute_consent_ids(self):
        found = self.env["collections.consent"].search(
            [
                ("company_id", "in", self.company_id.ids),
                ("partner_id", "in", self.partner_id.ids),
            ]
        )
        groups = found.grouped(lambda word: (word.company_id, word.partner_id))
        for case in self:
            case.consent_ids = groups.get((case.company_id, case.partner_id), found.browse())

    @api.depends("company_id", "partner_id")
    @api.depends_context("lang")
    def _compute_contact_rule_id(self):
        known = self.filtered("id")
        matched = self.env["collections.contact.rule"]._match(known)
        for case in self:
            rule = matched.get(case.id, self.env["collections.contact.rule"])
            case.contact_rule_id = rule
            case.contact_rule_summary = rule.summary
            case.contact_rule_citation = rule.citation
            case.statement_ids = rule.statement_ids

    def action_note_consent(self):
        """Open the form in which what the debtor granted or withdrew is noted."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "collections_management.collections_consent_action_new"
            ),
            "context": {
                "default_partner_id": self.partner_id.id,
                "default_company_id": self.company_id.id,
                "default_source": self.env._("by hand"),
            },
        }

    @api.model
    def note_consent(
        self, granted, debtor=None, vat=None, ref=None, company=None, channel=None, address=None,
        proof=None, source=None,
    ):  # fmt: skip
        """Note what a debtor granted or withdrew, as another system was told.

        :param bool granted: whether the channel may be used
        :param str channel: a kind of channel; None: every channel
        :param str address: the number or e-mail address it is about; None: each one
        :param str proof: the words of the debtor, or where the paper is; a grant needs it
        :param str source: where it was said, in a word
        :return: the consent
        """
        case = self._get_api_case(debtor, vat, ref, company)
        case.check_access("write")
        if type(granted) is not bool:
            raise UserError(self.env._("granted: true or false."))
        consents = self.env["collections.consent"]
        kinds = [key for key, _label in consents._selection_kind()]
        if channel is not None and channel not in kinds:
            raise UserError(
                self.env._("channel: %(value)s is none of %(known)s.", value=channel,
                           known=", ".join(kinds))
            )  # fmt: skip
        for name, value in (("address", address), ("proof", proof), ("source", source)):
            if value is not None:
                self._check_api_text(name, value)
        if granted and proof is None:
            raise UserError(self.env._("proof: say how the debtor granted it."))
        word = consents.create(
            {
                "company_id": case.company_id.id,
                "partner_id": case.partner_id.id,
                "state": "granted" if granted else "withdrawn",
                "kind": channel or False,
                "address": address,
                "proof": proof,
                "source": source,
            }
        )
        return {
            "id": word.id,
            "case": case.id,
            "channel": word.kind or False,
            "address": word.address or False,
            "state": word.state,
            "proved": word.is_proved,
        }

    def _get_card_duties(self):
        """Return the duties of who contacts the debtor, for the card: what must not be done, and
        what has to be."""
        return [
            {"kind": duty.kind, "name": duty.name, "citation": duty.citation}
            for duty in self.statement_ids
        ]
