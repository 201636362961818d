from datetime import datetime

from odoo import api, fields, models
from odoo.tools import format_amount, format_date

from ..engine.calendar import Verdict


class CollectionsContact(models.Model):
    """Why a contact is, or is not: its reasons in words, and the chain of decisions behind it."""

    _inherit = "collections.contact"

    reason_text = fields.Char(string="Why So", compute="_compute_reason_text")
    why = fields.Html(compute="_compute_why", sanitize=False)

    @api.depends("reason", "detail")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        sentences = self._get_reason_sentences()
        for contact in self:
            text = sentences.get(contact.reason, contact.reason or "")
            contact.reason_text = f"{text} ({contact.detail})" if contact.detail and text else text

    def _get_reason_sentences(self):
        return super()._get_reason_sentences() | {
            **{
                code: text % {"step": "", "hold": ""}
                for code, text in self.env["collections.case"]._get_decision_sentences().items()
            },
            "held": self.env._("The case is on hold."),
            "paid": self.env._("It was paid in the meantime."),
            "superseded": self.env._("The facts changed: another step is due now."),
            "merged": self.env._("The debtor was merged into another one."),
            "archived": self.env._("The debtor is archived."),
            "channel_archived": self.env._("The channel was archived."),
            "no_address": self.env._("No channel of the step reaches this debtor."),
            "no_consent": self.env._(
                "The contact rule asks for a consent that the debtor has not given."
            ),
            "consent_withdrawn": self.env._("The debtor does not want this channel any more."),
            "no_mail_server": self.env._("No outgoing mail server is configured."),
            "no_sender": self.env._("The company has no e-mail address to send from."),
            "no_test_address": self.env._("Safe mode is on and no test address is set."),
            "refused_by_rule": self.env._("The contact rule allows no moment for it."),
            "channel_down": self.env._("The channel could not be reached; it is tried again."),
            "refused": self.env._("The provider refused it."),
            "recipient_refused": self.env._("The recipient's server refused the address."),
            "invalid_address": self.env._("The address is not valid."),
            "bounced": self.env._("It came back: the address did not take it."),
            "invalid_message": self.env._("The message could not be built."),
            "server_closing": self.env._("The mail server was closing; it is tried again."),
            "connection_lost": self.env._("The connection broke while it was leaving."),
            "crashed": self.env._("The sender was interrupted: it may or may not have left."),
            "render_error": self.env._("Its text could not be rendered."),
            "by_hand": self.env._("Cancelled by a person."),
            "by_person": self.env._("Held back by a person."),
            "safe_mode_ended": self.env._("It went to the test address only: safe mode ended."),
            "never_left": self.env._("A person confirmed that it never left."),
        }

    @api.depends("facts", "step_id", "rule_id", "state", "scheduled_on")
    @api.depends_context("lang")
    def _compute_why(self):
        for contact in self:
            contact.why = self.env["ir.qweb"]._render(
                "collections_management.contact_why", {"chain": contact._get_why_chain()}
            )

    def _get_why_chain(self):
        """Return the why-chain: ``[(title, sentence)]``, facts -> segment -> strategy -> step ->
        rules."""
        self.ensure_one()
        facts = self.facts or {}
        carrier = self.carrier_id
        segment = self.env["collections.segment"].browse(facts.get("segment")).exists()
        due = fields.Date.to_date(facts.get("due"))
        verdict = facts.get("verdict")
        chain = [
            (
                self.env._("Facts"),
                self.env._(
                    "%(item)s was due on %(due)s, %(age)s days before the decision of %(day)s; "
                    "it asks for %(amount)s.",
                    item=carrier.move_id.name or facts.get("item") or "?",
                    due=due and format_date(self.env, due),
                    age=facts.get("age"),
                    day=self.planned_on and format_date(self.env, self.planned_on),
                    amount=format_amount(self.env, self.amount, self.currency_id),
                )
                if facts
                else self.env._("Added by a person."),
            ),
            (
                self.env._("Segment"),
                segment.name or self.env._("None: the strategy was chosen by hand."),
            ),
            (self.env._("Strategy"), self.strategy_id.name or "–"),
            (
                self.env._("Step"),
                self.env._(
                    "%(step)s, repetition %(number)s",
                    step=self.step_id.display_name,
                    number=self.repetition,
                )
                if self.repetition
                else self.step_id.display_name or "–",
            ),
            (
                self.env._("Rules"),
                self._explain_verdict(verdict) if verdict else self.env._("No rule applies."),
            ),
        ]
        if self.rule_id.citation:
            chain.append((self.env._("Source"), self.rule_id.citation))
        return chain

    def _explain_verdict(self, data):
        """Return a stored verdict of the contact rules as a sentence."""
        moment = data.get("moment")
        verdict = Verdict(
            moment=moment and datetime.fromisoformat(moment),
            rule=data.get("rule") or "",
            reasons=tuple(tuple(reason) for reason in data.get("reasons") or ()),
            zones=tuple(data.get("zones") or ()),
        )
        return self.env["collections.contact.rule"]._explain(verdict)
