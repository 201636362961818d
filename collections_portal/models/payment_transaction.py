from odoo import SUPERUSER_ID, fields, models

EVENTS = {
    "pending": "payment_pending",
    "authorized": "payment_pending",
    "done": "payment_done",
    "cancel": "payment_failed",
    "error": "payment_failed",
}
RESULTS = {
    "payment_begun": "begun",
    "payment_pending": "pending",
    "payment_done": "paid",
    "payment_failed": "failed",
}
# What brings money of the debtor; the others check a card, or give money back.
ONLINE = ("online_redirect", "online_direct", "online_token")


class PaymentTransaction(models.Model):
    """A payment by pay link: it pays exactly the receivables that were chosen."""

    _inherit = "payment.transaction"

    collections_pay_link_id = fields.Many2one(
        "collections.pay.link",
        string="Pay Link",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    collections_line_ids = fields.Many2many(
        "account.move.line",
        "collections_payment_line_rel",
        "transaction_id",
        "line_id",
        string="Receivables Chosen",
        readonly=True,
    )
    collections_credit_ids = fields.Many2many(
        "account.move.line",
        "collections_payment_credit_rel",
        "transaction_id",
        "line_id",
        string="Credits Used",
        readonly=True,
        help="What the debtor had in his favour and goes against what he chose.",
    )

    # -- what the case is told -------------------------------------------------------------------

    def _update_state(self, allowed_states, target_state, state_message):
        changed = super()._update_state(allowed_states, target_state, state_message)
        if event := EVENTS.get(target_state):
            changed._log_collections(event, target_state)
        return changed

    def _log_collections(self, event, state=None):
        """Tell the case, and the message whose link it was, how far a payment came."""
        for tx in self.filtered(lambda tx: tx.operation in ONLINE):
            link = tx.sudo().collections_pay_link_id.with_user(SUPERUSER_ID)
            if not link:
                continue
            data = {
                "amount": f"{tx.amount:.{tx.currency_id.decimal_places}f}",
                "currency": tx.currency_id.name,
                "transaction": tx.id,
                "lines": tx.sudo().collections_line_ids.ids,
            }
            if event == "payment_failed":
                data["reason"] = f"payment_{state}"
            link._log_visit(event, data)
            link.contact_id._note_pay_result(RESULTS[event])

    # -- booking ---------------------------------------------------------------------------------

    def _get_collections_source(self):
        """Return the transaction that knows what was chosen: of a capture, the authorized one."""
        self.ensure_one()
        source = self.source_transaction_id
        return source if self.operation == source.operation else self

    def _create_payment(self, **extra_create_values):
        """Reconcile the payment with exactly what was chosen, oldest first, and with the credits
        that went against it."""
        chosen = self._get_collections_source().collections_line_ids
        if not chosen:
            return super()._create_payment(**extra_create_values)
        payment = super(
            PaymentTransaction, self.with_context(collections_pay_lines=chosen)
        )._create_payment(**extra_create_values)
        payment = payment.with_env(self.env)
        self._get_collections_source()._reconcile_chosen(payment)
        return payment

    def _reconcile_chosen(self, payment):
        """Reconcile a payment. Of a receivable contested in part the rest is paid: it comes last,
        so that nothing else is left short."""
        account = payment.destination_account_id
        paid = payment.move_id.line_ids | self.collections_credit_ids
        whole = self.collections_line_ids.filtered(lambda line: not line.collections_disputed_part)
        for lines in (whole, self.collections_line_ids - whole):
            open_lines = (paid | lines).filtered(
                lambda line: (
                    line.account_id == account
                    and line.parent_state == "posted"
                    and not line.reconciled
                )
            )
            if open_lines & lines and open_lines & paid:
                open_lines.reconcile()

    def _post_process(self):
        """Once the money is booked, the case reads the ledger: it lets go, and its collector is
        told."""
        result = super()._post_process()
        for tx in self.filtered(lambda tx: tx.state == "done" and tx.payment_id):
            source = tx._get_collections_source()
            if source.collections_pay_link_id:
                tx._tell_collections(source.collections_pay_link_id)
        return result

    def _tell_collections(self, link):
        """Note the payment as one that came, and refresh the case."""
        self.ensure_one()
        root = self.with_user(SUPERUSER_ID).env
        case = link.case_id.with_env(root)
        company = case.company_id
        move = self.payment_id.move_id
        receipts = root["collections.receipt"]
        known = receipts.search([("move_id", "=", move.id)], limit=1) if move else receipts
        if move and not known:
            receipt = receipts.create(
                {
                    "case_id": case.id,
                    "company_id": company.id,
                    "move_id": move.id,
                    "currency_id": self.currency_id.id,
                    "amount": self.amount,
                    "date": self.payment_id.date,
                    "state": "noticed" if company.collections_thank_days else "silenced",
                }
            )
            receipt._tell_collectors()
        root["collections.ledger"]._refresh(company, partners=case.partner_id)
