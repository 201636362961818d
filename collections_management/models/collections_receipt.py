from collections import defaultdict
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, format_amount

from .collections_contact import PENDING_STATES


class CollectionsReceipt(models.Model):
    """A payment of a debtor who had been asked for it, noticed once by the refresh.

    A payment is what a bank or cash journal credits to a receivable: write-offs, credit notes and
    reversed payments are none. The collector is told of every one. The debtor is thanked when his
    segment says so and nothing overdue is left, in any currency: who is thanked for a part would
    be asked for the rest the next day.
    """

    _name = "collections.receipt"
    _description = "Payment Noticed"
    _order = "id desc"
    _rec_name = "move_id"

    case_id = fields.Many2one(
        "collections.case", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    move_id = fields.Many2one(
        "account.move", string="Payment", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(readonly=True, help="What was paid, in the currency it was paid in.")
    date = fields.Date(readonly=True)
    state = fields.Selection(
        [("noticed", "Noticed"), ("thanked", "Thanked"), ("silenced", "Not thanked")],
        required=True,
        readonly=True,
        default="noticed",
    )
    template_id = fields.Many2one("mail.template", readonly=True, ondelete="set null")
    contact_id = fields.Many2one(
        "collections.contact",
        string="Thank-you",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )

    _payment_unique = models.Constraint(
        "UNIQUE (move_id, case_id, currency_id)", "A payment is noticed once."
    )
    _noticed_idx = models.Index("(company_id) WHERE state = 'noticed'")

    @api.model
    def _notice(self, company, partners=None, run=None):
        """Notice what was paid since the last refresh: tell the collectors, thank the debtors.

        :param partners: only these debtors; None: all of the company
        """
        days = company.collections_thank_days
        if not days:
            return
        for model in ("collections.contact", "collections.receipt"):
            self.env[model].flush_model()
        rows = self.env.execute_query(self._get_notice_sql(company, partners, days))
        self.invalidate_model()
        receipts = self.browse([receipt_id for [receipt_id] in rows])
        receipts._tell_collectors()
        self._thank(company, days, run)

    def _get_notice_sql(self, company, partners, days):
        """Return the statement that writes down the payments nobody noticed yet.

        A debtor was asked when a step after the due date or a collector reached him in the days
        before.
        """
        ledger = self.env["collections.ledger"]
        since = ledger._today(company) - timedelta(days=days)
        return SQL(
            """
            INSERT INTO collections_receipt (
                case_id, company_id, move_id, currency_id, amount, date, state,
                create_uid, create_date, write_uid, write_date)
            SELECT kase.id, kase.company_id, move.id, line.currency_id,
                   -sum(line.amount_currency), min(line.date), 'noticed',
                   %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM collections_case kase
              JOIN res_partner partner ON partner.commercial_partner_id = kase.partner_id
              JOIN account_move_line line
                ON line.partner_id = partner.id AND line.company_id = kase.company_id
              JOIN account_move move ON move.id = line.move_id
              JOIN account_journal journal ON journal.id = move.journal_id
             WHERE kase.company_id = %(company)s AND kase.state <> 'merged' %(only)s
               AND kase.last_contact_date >= %(since)s
               AND line.parent_state = 'posted' AND line.account_id = ANY(%(accounts)s)
               AND line.date >= %(since)s AND %(payment)s
               AND EXISTS (
                   SELECT FROM collections_contact contact
                LEFT JOIN collections_step step ON step.id = contact.step_id
                     JOIN collections_channel channel ON channel.id = contact.channel_id
                    WHERE contact.case_id = kase.id
                      AND (step.days > 0 OR step.id IS NULL AND contact.outcome_id IS NOT NULL)
                      AND contact.sent_on::date >= line.date - %(days)s
                      AND contact.sent_on::date <= greatest(line.date, line.create_date::date)
                      AND (contact.state IN ('delivered', 'read', 'answered')
                           OR contact.state = 'sent' AND NOT coalesce(channel.is_manual, false)))
               AND NOT EXISTS (
                   SELECT FROM collections_receipt seen
                     JOIN collections_case told ON told.id = seen.case_id
                    WHERE seen.move_id = move.id AND told.partner_id = kase.partner_id)
          GROUP BY kase.id, kase.company_id, move.id, line.currency_id
       ON CONFLICT DO NOTHING
         RETURNING id
            """,
            uid=self.env.uid,
            now=self.env.cr.now().replace(microsecond=0),
            company=company.id,
            only=SQL("AND kase.partner_id = ANY(%s)", partners.ids) if partners else SQL(),
            since=since,
            days=days,
            accounts=ledger._get_account_ids(),
            payment=self._get_payment_sql(),
        )

    def _get_payment_sql(self, *, many=False):
        """Return the condition on a ``line``, its ``move`` and its ``journal`` that it is a payment
        which stands: what a bank, cash or card journal credits to a receivable.

        :param bool many: as :meth:`_get_stands_sql` takes it
        """
        return SQL(
            "line.balance < 0 AND move.move_type = 'entry'"
            " AND journal.type IN ('bank', 'cash', 'credit') AND %s",
            self._get_stands_sql(many=many),
        )

    def _get_stands_sql(self, *, many=False):
        """Return the condition on a ``move`` that the payment was neither cancelled nor reversed.

        :param bool many: whether most entries are read: those reversed are listed once then,
            instead of asked for each entry, and several workers of the database can share the work
        """
        if many:
            return SQL(
                "move.state = 'posted' AND move.id NOT IN (SELECT reversed_entry_id"
                " FROM account_move WHERE reversed_entry_id IS NOT NULL AND state = 'posted')"
            )
        return SQL(
            "move.state = 'posted' AND NOT EXISTS (SELECT FROM account_move reversal"
            " WHERE reversal.reversed_entry_id = move.id AND reversal.state = 'posted')"
        )

    def _get_amount_text(self, lang=None):
        """Return the amount as words; a foreign currency is named, several share a sign."""
        self.ensure_one()
        text = format_amount(self.env, self.amount, self.currency_id, lang_code=lang)
        if self.currency_id == self.company_id.currency_id:
            return text
        return f"{text} ({self.currency_id.name})"

    # -- telling the collectors ------------------------------------------------------------------

    def _tell_collectors(self):
        """Note each payment on its case, with its collector as recipient.

        Who reads in Odoo finds each note in the inbox, who reads e-mail gets one for all.
        """
        if not self:
            return
        author = self.env.ref("base.partner_root")
        self.env["mail.message"].create([receipt._prepare_note(author) for receipt in self])
        by_mail = defaultdict(self.browse)
        for receipt in self:
            user = receipt._get_collector()
            if user.notification_type == "email":
                by_mail[user] |= receipt
        for user, receipts in by_mail.items():
            receipts._mail_collector(user)

    def _get_collector(self):
        """Extension point: who is told of a payment."""
        return self.case_id.user_id or self.company_id.collections_user_id

    def _get_sentence(self, lang):
        """Return what happened, for the collector."""
        return self.with_context(lang=lang).env._(
            "Payment received: %(amount)s, %(payment)s",
            amount=self._get_amount_text(lang),
            payment=self.move_id.name,
        )

    def _prepare_note(self, author):
        """Return the values of the note of a payment on its case."""
        user = self._get_collector()
        notification = {"res_partner_id": user.partner_id.id, "notification_type": "inbox"}
        return {
            "model": "collections.case",
            "res_id": self.case_id.id,
            "message_type": "notification",
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note"),
            "body": Markup("<p>%s</p>") % self._get_sentence(user.lang or self.env.lang),
            "author_id": author.id,
            "email_from": author.email_formatted,
            "reply_to": author.email_formatted,
            "partner_ids": [fields.Command.link(user.partner_id.id)] if user else [],
            "notification_ids": (
                [fields.Command.create(notification)] if user.notification_type == "inbox" else []
            ),
        }

    def _mail_collector(self, user):
        """Send a collector one e-mail about these payments."""
        env = self.with_context(lang=user.lang).env
        rows = Markup().join(
            Markup('<li><a href="%s">%s</a>: %s</li>')
            % (
                receipt.case_id._notify_get_action_link("view"),
                receipt.case_id.display_name,
                receipt._get_sentence(user.lang),
            )
            for receipt in self
        )
        self.env["mail.thread"].message_notify(
            partner_ids=user.partner_id.ids,
            subject=env._("Your debtors paid: %(count)s", count=len(self)),
            body=Markup("<ul>%s</ul>") % rows,
            force_send=False,
        )

    # -- thanking the debtors --------------------------------------------------------------------

    @api.model
    def _thank(self, company, days, run=None):
        """Plan one thank-you for each debtor who has paid all that was overdue.

        What a person holds is never thanked; what only waits for the bank is looked at again.
        """
        found = self._find_to_thank(company, days)
        if not found:
            return
        cases = self.env["collections.case"].browse(found)
        holds = self.env["collections.ledger"]._get_holds(
            cases, self.env["collections.ledger"]._today(company)
        )
        if holds["company"]:
            return
        silenced = cases.filtered(lambda case: any(hold.id for hold in holds.get(case.id, ())))
        waiting = cases.filtered(lambda case: holds.get(case.id)) - silenced
        channel = self.env.ref("collections_management.collections_channel_email")
        addresses = channel._get_addresses(cases - silenced - waiting)
        silenced |= (cases - waiting).filtered(lambda case: case.id not in addresses)
        self._silence([id_ for case in silenced for id_ in found[case.id][0]])
        self._plan_thanks(
            cases - silenced - waiting, {id_: found[id_] for id_ in addresses}, addresses, run
        )

    def _find_to_thank(self, company, days):
        """Return ``{case id: ([receipt id], template id)}`` of the debtors with nothing overdue
        whom the segment thanks and who have no contact under way."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kase.id, array_agg(receipt.id), segment.thank_template_id
                  FROM collections_receipt receipt
                  JOIN collections_case kase
                    ON kase.id = receipt.case_id AND kase.state <> 'merged'
                   AND kase.amount_overdue = 0
                  JOIN collections_segment segment
                    ON segment.id = kase.segment_id AND segment.thank_template_id IS NOT NULL
                  JOIN account_move move ON move.id = receipt.move_id AND %s
                 WHERE receipt.state = 'noticed' AND receipt.company_id = %s
                   AND receipt.create_date > %s
                   AND NOT EXISTS (
                       SELECT FROM collections_contact contact
                        WHERE contact.case_id = kase.id AND contact.state = ANY(%s))
              GROUP BY kase.id, segment.thank_template_id ORDER BY kase.id
                """,
                self._get_stands_sql(),
                company.id,
                fields.Datetime.now() - timedelta(days=days),
                list(PENDING_STATES),
            )
        )
        return {case_id: (ids, template_id) for case_id, ids, template_id in rows}

    def _silence(self, receipt_ids):
        """Do not thank for these, now or later."""
        self.browse(receipt_ids).write({"state": "silenced"})

    def _plan_thanks(self, cases, found, addresses, run):
        """Queue the thank-yous at their allowed moments; where a run is looked at, they wait."""
        if not cases:
            return
        company = cases.company_id
        channel = self.env.ref("collections_management.collections_channel_email")
        verdicts = self.env["collections.contact.rule"]._get_verdicts(
            cases,
            dict.fromkeys(cases.ids, channel.code),
            self.env["collections.ledger"]._now(),
            self.env["collections.ledger"]._get_history(cases),
        )
        allowed = cases.filtered(lambda case: verdicts[case.id].moment)
        state = self._get_first_state(company, run)
        contacts = self.env["collections.contact"].create(
            [
                {
                    "case_id": case.id,
                    "company_id": company.id,
                    "channel_id": channel.id,
                    "run_id": run.id if run else False,
                    "state": state,
                    "reason": "run_review" if state == "awaiting" else False,
                    "planned_on": self.env["collections.ledger"]._today(company),
                    "scheduled_on": verdicts[case.id].moment.replace(tzinfo=None),
                    "address": addresses[case.id],
                }
                for case in allowed
            ]
        )
        for contact in contacts:
            ids, template_id = found[contact.case_id.id]
            self.browse(ids).write(
                {"state": "thanked", "contact_id": contact.id, "template_id": template_id}
            )
        contacts._log("planned", {"channel": channel.id})
        self._silence([id_ for case in cases - allowed for id_ in found[case.id][0]])

    def _get_first_state(self, company, run):
        """Return the state a thank-you starts with: it is looked at like everything that leaves."""
        if run:
            return "planned" if run._is_gated() else "queued"
        today = self.env["collections.ledger"]._today(company)
        return "awaiting" if company._get_review_reason(today) else "queued"

    @api.model
    def _recheck(self, contacts):
        """Return ``{contact id: reason}`` of the thank-yous that may not leave any more.

        :param contacts: thank-yous of one company
        """
        receipts = contacts.receipt_ids
        rows = self.env.execute_query(
            SQL(
                "SELECT receipt.id FROM collections_receipt receipt"
                " JOIN account_move move ON move.id = receipt.move_id"
                " WHERE receipt.id = ANY(%s) AND %s",
                receipts.ids,
                self._get_stands_sql(),
            )
        )
        standing = {receipt_id for [receipt_id] in rows}
        today = self.env["collections.ledger"]._today(contacts.company_id)
        holds = self.env["collections.ledger"]._get_holds(contacts.case_id, today)
        refused = {}
        for contact in contacts:
            if not standing.issuperset(contact.receipt_ids.ids):
                refused[contact.id] = "payment_reversed"
            elif holds.get(contact.case_id.id) or holds["company"]:
                refused[contact.id] = "held"
            elif contact.case_id.amount_overdue > 0:
                refused[contact.id] = "superseded"
        contacts.browse(refused).receipt_ids.write({"state": "silenced"})
        return refused
