from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine.prescription import Term, compute


class CollectionsPrescriptionRule(models.Model):
    """How long the law lets a claim be made, by country and instrument; data that a lawyer checks.

    The rule of the company's country and of the instrument of the legal track decides; without one
    of that instrument the rule of the country without instrument. Without any there is no date.
    """

    _name = "collections.prescription.rule"
    _description = "Prescription Rule"
    _order = "country_id, sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    country_id = fields.Many2one("res.country", required=True, index=True)
    instrument_id = fields.Many2one(
        "collections.legal.instrument", ondelete="restrict", help="Empty: any other claim."
    )
    years = fields.Integer()
    months = fields.Integer()
    starting_event = fields.Selection(
        [("due", "Due date"), ("issue", "Date of the document")], required=True, default="due"
    )
    alarm_months = fields.Integer(default=6, help="Months before the end that somebody is told.")
    source = fields.Char(help="The law that says so.")
    confidence = fields.Selection(
        [("high", "Checked"), ("medium", "Secondary source"), ("low", "Have a lawyer check it")],
        required=True,
        default="low",
    )

    _term_positive = models.Constraint(
        "CHECK (years >= 0 AND months >= 0 AND years + months > 0 AND alarm_months >= 0)",
        "A term is longer than nothing.",
    )

    def write(self, vals):
        result = super().write(vals)
        if {"years", "months", "starting_event", "alarm_months", "active", "instrument_id",
                "country_id"} & set(vals):  # fmt: skip
            self._refresh_companies()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules._refresh_companies()
        return rules

    def _refresh_companies(self):
        """Compute the dates again where these rules count."""
        companies = self.env["res.company"].sudo().search([("collections_active", "=", True)])
        for company in companies:
            if company._get_collections_country() in self.country_id:
                self.env[self._name].sudo()._refresh(company)

    def _get_term(self):
        self.ensure_one()
        return Term(self.years, self.months, self.alarm_months)

    @api.model
    def _refresh(self, company, partners=None):
        """Write on the cases until when they can be claimed: two reads, one write.

        :param partners: only these debtors; None: all of the company
        """
        rules = {}
        for rule in self.search([("country_id", "=", company._get_collections_country().id)]):
            rules.setdefault(rule.instrument_id.id, rule)
        for model in ("collections.escalation", "collections.legal.step", "collections.case"):
            self.env[model].flush_model()
        interruptions = self._get_interruptions(company, partners)
        changed = []
        for case_id, instrument_id, due, issued, *before in self.env.execute_query(
            self._get_starts_sql(company, partners)
        ):
            rule = rules.get(instrument_id) or rules.get(False)
            after = [None, None, None]
            if rule and due:
                start = issued if rule.starting_event == "issue" else due
                found = compute(start, interruptions.get(case_id, ()), rule._get_term())
                after = [found.until, found.alarm, rule.id]
            if after != before:
                changed.append((case_id, *after))
        if changed:
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE collections_case kase
                       SET prescription_date = fresh.until, prescription_alarm_date = fresh.alarm,
                           prescription_rule_id = fresh.rule_id
                      FROM unnest(%s::int[], %s::date[], %s::date[], %s::int[])
                           AS fresh (id, until, alarm, rule_id)
                     WHERE kase.id = fresh.id
                    """,
                    *(list(column) for column in zip(*changed, strict=True)),
                )
            )
            self.env["collections.case"].invalidate_model(
                ["prescription_date", "prescription_alarm_date", "prescription_rule_id"],
                flush=False,
            )
        return len(changed)

    def _get_starts_sql(self, company, partners):
        """Return the statement that reads ``(case, instrument, oldest due date, oldest document,
        and the dates and rule it has)``."""
        return SQL(
            """
            SELECT kase.id, legal.instrument_id, min(item.due), min(item.issued),
                   kase.prescription_date, kase.prescription_alarm_date, kase.prescription_rule_id
              FROM collections_case kase
         LEFT JOIN collections_escalation legal
                ON legal.case_id = kase.id AND legal.kind = 'legal' AND legal.state = 'active'
         LEFT JOIN (
                SELECT partner.commercial_partner_id AS partner_id,
                       coalesce(line.date_maturity, line.date) AS due,
                       coalesce(line.invoice_date, line.date) AS issued
                  FROM account_move_line line
                  JOIN res_partner partner ON partner.id = line.partner_id
                 WHERE line.company_id = %(company)s AND %(open)s AND line.amount_residual > 0
              ) item ON item.partner_id = kase.partner_id
             WHERE kase.company_id = %(company)s AND kase.state <> 'merged' %(only)s
          GROUP BY kase.id, legal.instrument_id
            """,
            company=company.id,
            open=self.env["collections.ledger"]._get_open_sql("line"),
            only=SQL("AND kase.partner_id = ANY(%s)", partners.ids) if partners else SQL(),
        )

    def _get_interruptions(self, company, partners):
        """Return ``{case id: [day]}`` of the steps that make the term run again."""
        domain = (
            Domain("company_id", "=", company.id)
            & Domain("interrupts", "=", True)
            & Domain("date", "!=", False)
        )
        if partners:
            domain &= Domain("case_id.partner_id", "in", partners.ids)
        found = defaultdict(list)
        for case, day in self.env["collections.legal.step"]._read_group(
            domain, ["case_id", "date:day"]
        ):
            found[case.id].append(day)
        return found

    @api.model
    def _cron_alarm(self, batch_size=200):
        """Tell the supervisors of the claims that will be lost, once for each date."""
        today = fields.Date.context_today(self)
        commit_progress = self.env["ir.cron"]._commit_progress
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM collections_case WHERE state = 'open' AND amount_overdue > 0"
                " AND prescription_alarm_date <= %s"
                " AND prescription_told IS DISTINCT FROM prescription_date"
                " ORDER BY prescription_date, id",
                today,
            )
        )
        commit_progress(remaining=len(rows))
        for case in self.env["collections.case"].browse([row[0] for row in rows[:batch_size]]):
            if not case.try_lock_for_update():
                continue
            user = case.supervisor_id or self.env.user
            lang = user.with_context(lang=user.lang).env
            case.activity_schedule(
                "mail.mail_activity_data_warning",
                date_deadline=max(today, case.prescription_alarm_date),
                summary=lang._("The claim prescribes on %(day)s", day=case.prescription_date),
                note=case.prescription_rule_id.name,
                user_id=user.id,
            )
            case.prescription_told = case.prescription_date
            if not commit_progress(1):
                break
        if len(rows) > batch_size:
            self.env.ref("collections_management.collections_prescription_cron")._trigger()


class ResCompany(models.Model):
    _inherit = "res.company"

    def _get_collections_country(self):
        """Extension point: the country whose law rules the claims of a company."""
        self.ensure_one()
        return self.account_fiscal_country_id or self.country_id
