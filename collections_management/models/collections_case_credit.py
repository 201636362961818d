from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_amount, format_date

# A step that spoke longer ago puts nobody on credit hold any more.
STEP_DAYS = 60


class CollectionsCase(models.Model):
    """Whether a debtor is still sold to on credit, in one company.

    A step of the strategy or a supervisor puts the debtor on credit hold; it ends by itself when
    nothing is overdue any more. What it does to invoices and orders is a setting of the company.
    """

    _inherit = "collections.case"

    is_credit_hold = fields.Boolean(string="On Credit Hold", readonly=True, index="btree_not_null")
    credit_hold_on = fields.Datetime(string="On Credit Hold since", readonly=True)
    credit_hold_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    credit_hold_step_id = fields.Many2one("collections.step", readonly=True, ondelete="set null")
    credit_hold_note = fields.Char(readonly=True)
    is_credit_hold_fixed = fields.Boolean(
        readonly=True, help="It does not end by itself when the debtor has paid."
    )
    credit_changed_on = fields.Datetime(
        readonly=True, help="What spoke before this moment puts nobody on credit hold."
    )
    credit_hold_never = fields.Boolean(
        string="Never on Credit Hold",
        tracking=True,
        help="This debtor is sold to on credit whatever is overdue.",
    )
    credit_hold_text = fields.Char(compute="_compute_credit_hold_text")
    credit_release_ids = fields.One2many(
        "collections.credit.release", "case_id", string="Release Requests", readonly=True
    )

    @api.depends(
        "is_credit_hold", "credit_hold_on", "credit_hold_note", "credit_hold_step_id",
        "credit_hold_by_id", "is_credit_hold_fixed",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_credit_hold_text(self):
        for case in self:
            case.credit_hold_text = case.is_credit_hold and case._get_credit_sentence()

    def _get_credit_sentence(self):
        """Return since when and why the debtor is on credit hold, and how it ends."""
        self.ensure_one()
        since = self._get_credit_day()
        if self.credit_hold_by_id:
            text = self.env._(
                "On credit hold since %(date)s (%(who)s): %(why)s",
                date=since,
                who=self.credit_hold_by_id.name,
                why=self.credit_hold_note or "",
            )
        else:
            text = self.env._(
                "On credit hold since %(date)s, when “%(step)s” went out",
                date=since,
                step=self.credit_hold_step_id.sudo().name or "",
            )
        end = (
            self.env._("It stays until somebody releases it.")
            if self.is_credit_hold_fixed
            else self.env._("It ends by itself when nothing is overdue.")
        )
        return f"{text}. {end}"

    def _get_credit_day(self):
        """Return since which day, as words, in the calendar of who reads."""
        moment = self.credit_hold_on and fields.Datetime.context_timestamp(
            self, self.credit_hold_on
        )
        return format_date(self.env, moment) if moment else ""

    # -- by a person -----------------------------------------------------------------------------

    def action_credit_hold(self):
        """Ask why these debtors are to be put on credit hold."""
        self._check_credit_supervisor()
        if not self:
            raise UserError(self.env._("Select the cases to put on credit hold."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Put on Credit Hold"),
            "res_model": "collections.credit.hold",
            "views": [[False, "form"]],
            "target": "new",
            "context": {"default_case_ids": self.ids},
        }

    def action_release_credit_hold(self):
        """End the credit hold of these debtors now."""
        self._check_credit_supervisor()
        self._release_credit_hold("by_hand")
        return True

    def _check_credit_supervisor(self):
        if not self._is_supervisor():
            raise AccessError(self.env._("A supervisor decides on credit holds."))
        self.check_access("write")

    def _put_on_credit_hold(self, note, fixed=False):
        """Put these debtors on credit hold, by a person.

        :raise UserError: naming those who are never on credit hold
        """
        exempt = self.filtered("credit_hold_never")
        if exempt:
            raise UserError(
                self.env._(
                    "Never on credit hold, as their cases say: %(debtors)s.",
                    debtors=", ".join(exempt.mapped("display_name")),
                )
            )
        now = fields.Datetime.now()
        cases = self.filtered(lambda case: not case.is_credit_hold and case.state == "open")
        cases.sudo().write(
            {
                "is_credit_hold": True,
                "credit_hold_on": now,
                "credit_changed_on": now,
                "credit_hold_by_id": self.env.uid,
                "credit_hold_step_id": False,
                "credit_hold_note": note,
                "is_credit_hold_fixed": fixed,
            }
        )
        cases._log("credit_held", {"by": "person"}, content={"note": note})

    def _release_credit_hold(self, reason):
        """Sell to these debtors on credit again.

        :param str reason: a code of the log's words
        """
        cases = self.filtered("is_credit_hold")
        cases.sudo().write(
            {
                "is_credit_hold": False,
                "credit_changed_on": fields.Datetime.now(),
                "is_credit_hold_fixed": False,
            }
        )
        if cases:
            cases._log("credit_released", {"reason": reason})

    def _check_may_write(self, vals):
        result = super()._check_may_write(vals)
        if "credit_hold_never" in vals and not self.env.su and not self._is_supervisor():
            raise AccessError(self.env._("A supervisor decides on credit holds."))
        return result

    def write(self, vals):
        result = super().write(vals)
        if vals.get("credit_hold_never"):
            self._release_credit_hold("never_held")
        return result

    # -- by itself -------------------------------------------------------------------------------

    @api.model
    def _apply_credit_steps(self, company, contacts=None):
        """Put on credit hold whose debtors a step with that consequence really reached since the
        last change; one statement, and running it twice changes nothing.

        :param contacts: only these; None: all of the company
        """
        for model in ("collections.case", "collections.contact", "collections.step"):
            self.env[model].flush_model()
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collections_case kase
                   SET is_credit_hold = true, credit_hold_on = %(now)s, credit_changed_on = %(now)s,
                       credit_hold_step_id = told.step_id, credit_hold_by_id = NULL,
                       credit_hold_note = NULL, is_credit_hold_fixed = NULL
                  FROM (SELECT DISTINCT ON (contact.case_id) contact.case_id, contact.step_id,
                               contact.sent_on
                          FROM collections_contact contact
                          JOIN collections_step step
                            ON step.id = contact.step_id AND step.puts_credit_hold
                          JOIN collections_channel channel ON channel.id = contact.channel_id
                         WHERE contact.company_id = %(company)s AND contact.sent_on > %(since)s
                           AND contact.safe_mode IS NOT TRUE %(only)s
                           AND (contact.state IN ('delivered', 'read', 'answered')
                                OR contact.state = 'sent' AND channel.is_manual IS NOT TRUE)
                      ORDER BY contact.case_id, contact.sent_on DESC) told
                 WHERE kase.id = told.case_id AND kase.state = 'open'
                   AND kase.is_credit_hold IS NOT TRUE AND kase.credit_hold_never IS NOT TRUE
                   AND kase.amount_net_overdue > %(tolerance)s
                   AND (kase.credit_changed_on IS NULL OR told.sent_on > kase.credit_changed_on)
             RETURNING kase.id, kase.credit_hold_step_id
                """,
                now=now,
                since=now - timedelta(days=STEP_DAYS),
                company=company.id,
                only=SQL("AND contact.id = ANY(%s)", contacts.ids) if contacts else SQL(),
                tolerance=company.currency_id.with_company(company).collections_tolerance,
            )
        )
        self._tell_credit(
            [(case_id, "credit_held", {"by": "step", "step": step_id}) for case_id, step_id in rows]
        )

    @api.model
    def _end_credit_holds(self, company, partners=None):
        """Release who owes nothing overdue any more, or keeps to what was agreed where the company
        says so; one statement.

        :param partners: only these debtors; None: all of the company
        """
        for model in ("collections.case", "collections.hold"):
            self.env[model].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collections_case kase
                   SET is_credit_hold = NULL, credit_changed_on = %(now)s
                 WHERE kase.company_id = %(company)s AND kase.is_credit_hold %(only)s
                   AND kase.is_credit_hold_fixed IS NOT TRUE
                   AND (kase.state <> 'open' OR kase.amount_net_overdue <= %(tolerance)s
                        OR %(agreed)s AND EXISTS (
                            SELECT FROM collections_hold hold
                             WHERE hold.case_id = kase.id AND hold.reason = ANY(%(reasons)s)
                               AND hold.lifted_on IS NULL AND hold.date_from <= %(today)s
                               AND (hold.date_until IS NULL OR hold.date_until >= %(today)s)))
             RETURNING kase.id, kase.amount_net_overdue <= %(tolerance)s
                """,
                now=fields.Datetime.now(),
                company=company.id,
                only=SQL("AND kase.partner_id = ANY(%s)", partners.ids) if partners else SQL(),
                tolerance=company.currency_id.with_company(company).collections_tolerance,
                agreed=bool(company.collections_credit_agreed),
                reasons=self._get_credit_hold_reasons(),
                today=self.env["collections.ledger"]._today(company),
            )
        )
        self._tell_credit(
            [
                (case_id, "credit_released", {"reason": "all_paid" if paid else "agreed"})
                for case_id, paid in rows
            ]
        )

    def _tell_credit(self, rows):
        """Log ``[(case id, event, data)]`` of what a statement changed."""
        if rows:
            self.invalidate_model(flush=False)
            self.env["collections.log"]._append(
                {"case_id": case_id, "event": event, "data": data} for case_id, event, data in rows
            )

    @api.model
    def _get_credit_hold_reasons(self):
        """Extension point: reasons of ``collections.hold`` that say the debtor keeps to what was
        agreed, which ends a credit hold where the company says so."""
        return ["promise", "agreement"]

    # -- what documents ask ----------------------------------------------------------------------

    @api.model
    def _get_credit_cases(self, company, partners):
        """Return ``{commercial partner: case}`` of those on credit hold in a company. The ledger is
        read again for them: who has just paid is not refused.

        :param partners: commercial partners
        """
        cases = self.sudo()._find_credit_cases(company, partners)
        if cases:
            self.env["collections.ledger"].sudo()._refresh(company, partners=cases.partner_id)
            cases = self.sudo()._find_credit_cases(company, partners)
        return {case.partner_id: case for case in cases}

    @api.model
    def _find_credit_cases(self, company, partners):
        return self.search(
            [
                ("company_id", "=", company.id),
                ("partner_id", "in", partners.ids),
                ("is_credit_hold", "=", True),
                ("state", "!=", "merged"),
            ]
        )

    def _get_credit_notice(self, with_amount):
        """Return what people who see no collections may know: on credit hold, since when and, if
        the company allows it, how much is overdue."""
        self.ensure_one()
        notice = self.env._(
            "%(debtor)s is on credit hold since %(date)s.",
            debtor=self.partner_id.display_name,
            date=self._get_credit_day(),
        )
        if with_amount:
            amount = format_amount(self.env, self.amount_net_overdue, self.currency_id)
            notice += " " + self.env._("Overdue: %(amount)s.", amount=amount)
        return notice


class CollectionsLedger(models.AbstractModel):
    _inherit = "collections.ledger"

    @api.model
    def _refresh(self, company, partners=None, run=None):
        counts = super()._refresh(company, partners, run)
        if not partners:
            self.env["collections.case"]._apply_credit_steps(company)
        self.env["collections.case"]._end_credit_holds(company, partners)
        return counts
