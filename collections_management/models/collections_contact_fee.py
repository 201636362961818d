import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_amount

_logger = logging.getLogger(__name__)
BATCH = 200


class CollectionsContact(models.Model):
    """A step that charges does so once its message really left; a task once it is done."""

    _inherit = "collections.contact"

    fee_state = fields.Selection(
        [("due", "To charge"), ("done", "Charged"), ("failed", "Cannot be charged")],
        string="Fees",
        readonly=True,
    )
    fee_note = fields.Char(readonly=True, help="Why its fees could not be charged yet.")
    fees_text = fields.Char("Unpaid Fees in Words", compute="_compute_fees_text")

    _fee_due_idx = models.Index("(company_id) WHERE fee_state IN ('due', 'failed')")

    def mail_allowed_qweb_expressions(self):
        return (*super().mail_allowed_qweb_expressions(), "object.fees_text")

    def _forget_letters(self):
        result = super()._forget_letters()
        self.invalidate_recordset(["fees_text"], flush=False)
        return result

    @api.depends("case_id")
    def _compute_fees_text(self):
        """The fees charged and not paid yet, for a text to the debtor; empty without any."""
        open_fees = self._read_open_fees()
        for contact in self:
            lang = contact._get_lang()
            contact.fees_text = " + ".join(
                format_amount(self.env, amount, currency, lang_code=lang)
                + ("" if currency == contact.company_id.currency_id else f" ({currency.name})")
                for currency, amount in open_fees.get(contact.case_id.id, ())
            )

    def _read_open_fees(self):
        """Return ``{case id: [(currency, open amount)]}`` of the posted debit notes."""
        for model in ("collections.fee", "account.move.line", "account.move"):
            self.env[model].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT note.case_id, line.currency_id, sum(line.amount_residual_currency)
                  FROM (SELECT DISTINCT case_id, move_id FROM collections_fee
                         WHERE case_id = ANY(%s) AND state = 'charged') note
                  JOIN account_move_line line ON line.move_id = note.move_id AND %s
              GROUP BY note.case_id, line.currency_id ORDER BY line.currency_id
                """,
                self.case_id.ids,  # none in the sample of a text
                self.env["collections.ledger"]._get_open_sql("line"),
            )
        )
        result = {}
        for case_id, currency_id, amount in rows:
            currency = self.env["res.currency"].browse(currency_id)
            result.setdefault(case_id, []).append((currency, float(amount)))
        return result

    def _get_reached(self):
        """Return those whose message left for the debtor, or whose task was done."""
        return self.filtered(
            lambda contact: (
                not contact.safe_mode
                and contact.step_id.fee_policy_ids
                and not contact.fee_state
                and (not contact.is_manual or contact.state in ("delivered", "read", "answered"))
            )
        )

    def _mark_sent(self, reference, climb=None):
        result = super()._mark_sent(reference, climb=climb)
        self._get_reached().write({"fee_state": "due"})
        return result

    def _receive_status(self, state, data=None):
        result = super()._receive_status(state, data=data)
        if state != "failed":
            self._get_reached().filtered("sent_on").write({"fee_state": "due"})
        return result

    # -- charging --------------------------------------------------------------------------------

    @api.model
    def _has_due_fees(self, companies):
        """Tell whether some step that spoke has not charged yet."""
        return bool(
            self.search_count(
                [("company_id", "in", companies.ids), ("fee_state", "=", "due")], limit=1
            )
        )

    @api.model
    def _cron_charge_fees(self, batch_size=BATCH):
        """Charge what the steps that spoke ask for, debtor by debtor; what is refused is told on
        the contact and tried again the next day. What was charged too much is given back first."""
        commit_progress = self.env["ir.cron"]._commit_progress
        self.env["collections.fee"]._find_excess()
        again = self.search([("fee_state", "=", "failed")])
        again.write({"fee_state": "due"})
        domain = [("fee_state", "=", "due")]
        commit_progress(remaining=self.search_count(domain))
        while contacts := self.search(domain, limit=batch_size, order="id"):
            contacts = contacts.try_lock_for_update().filtered_domain(domain)
            if not contacts:
                break  # another worker has them
            contacts._charge_fees()
            if not commit_progress(len(contacts)):
                break

    def _charge_fees(self):
        """Charge for these contacts together; where that fails, one by one."""
        try:
            with self.env.cr.savepoint():
                self._charge_fees_together()
        except UserError as error:
            if len(self) > 1:
                for contact in self:
                    contact._charge_fees()
                return
            self._fail_fees(str(error)[:500])

    def _charge_fees_together(self):
        """Charge what the steps of these contacts say: one debit note per debtor and currency."""
        fees = self.env["collections.fee"]
        groups = self.grouped(
            lambda contact: (contact.company_id, contact.step_id, contact.repetition)
        )
        for (company, step, repetition), contacts in groups.items():
            policies = step.fee_policy_ids.filtered(
                lambda policy, company=company: policy.active and policy.company_id == company
            )
            for policy in policies:
                fees |= fees._charge(
                    policy,
                    contacts.case_id,
                    lines=contacts.line_ids or None,
                    occasion=f"step/{step.id}/{repetition}",
                    contacts={contact.case_id.id: contact.id for contact in contacts},
                )
        fees.filtered(lambda fee: fee.policy_id.mode == "automatic")._book()
        self.write({"fee_state": "done", "fee_note": False})

    def _fail_fees(self, reason):
        """Note why it is not charged, and tell the log once per reason."""
        if self.fee_note != reason:
            self._log("fee_refused", {"reason": reason})
        self.write({"fee_state": "failed", "fee_note": reason})
