from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.credit import gate
from .collections_dunned_mixin import READERS


class AccountMove(models.Model):
    """An invoice of a debtor on credit hold: told on the form, noted or refused when posted."""

    _inherit = "account.move"

    collections_credit_text = fields.Char(
        string="Credit Hold",
        compute="_compute_collections_credit_text",
        compute_sudo=True,
        groups=READERS,
    )

    @api.depends("partner_id", "company_id", "move_type", "state")
    @api.depends_context("lang")
    def _compute_collections_credit_text(self):
        asking = self.filtered(lambda move: move.state == "draft" and move._needs_credit())
        (self - asking).collections_credit_text = False
        cases = self.env["collections.case"]
        for company, moves in asking.grouped("company_id").items():
            partners = moves.commercial_partner_id
            found = company.collections_credit_invoice != "off" and cases._find_credit_cases(
                company, partners
            )
            texts = {case.partner_id: case._get_credit_sentence() for case in found or ()}
            for move in moves:
                move.collections_credit_text = texts.get(move.commercial_partner_id, False)

    def _needs_credit(self):
        """Extension point: whether posting it gives a debtor credit."""
        self.ensure_one()
        return self.move_type == "out_invoice"

    def _post(self, soft=True):
        for company, moves in (
            self.filtered(lambda move: move._needs_credit()).grouped("company_id").items()
        ):
            if company.collections_credit_invoice != "off":
                moves._pass_credit_hold(company)
        return super()._post(soft)

    def _pass_credit_hold(self, company):
        """Note or refuse the invoices of debtors on credit hold, as the company says. What posts
        itself (a shop's paid order, a recurring invoice) is noted, never refused.

        :raise UserError: naming the debtors
        """
        cases = self.env["collections.case"]._get_credit_cases(company, self.commercial_partner_id)
        held = self.filtered(lambda move: move.commercial_partner_id in cases)
        if not held:
            return
        requests = self.env["collections.credit.release"]._get_approved("move_id", held)
        refused = self.browse()
        for move in held:
            verdict = gate(
                company.collections_credit_invoice,
                held=True,
                approved=move in requests.move_id,
                person=not self.env.su,
            )
            if verdict == "block":
                refused |= move
            elif verdict in ("warn", "park"):
                move._message_log(body=self.env._("Posted while the customer was on credit hold."))
        if refused:
            notices = {
                cases[move.commercial_partner_id]._get_credit_notice(with_amount=True)
                for move in refused
            }
            raise UserError(
                "\n".join(sorted(notices))
                + "\n"
                + self.env._(
                    "The invoice is not posted: ask for a release, or wait for the payment."
                )
            )
        requests.write({"state": "used"})

    def action_ask_credit_release(self):
        """Ask that this invoice may be posted although its debtor is on credit hold."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ask for a Release"),
            "res_model": "collections.credit.ask",
            "views": [[False, "form"]],
            "target": "new",
            "context": {"default_move_id": self.id},
        }
