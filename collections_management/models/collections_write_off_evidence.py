from decimal import Decimal

from odoo import Command, fields, models
from odoo.tools import SQL, format_date

from ..engine import evidence
from .collections_contact import DONE_STATES


class CollectionsWriteOff(models.Model):
    """What is known of a debt, by which the conditions of its rule are checked."""

    _inherit = "collections.write.off"

    def _reset_checks(self):
        """Take the conditions of the rule as they stand now; answers to the same question stay."""
        self.ensure_one()
        self_sudo = self.sudo()
        answers = {
            check.statement: (check.answer, check.note)
            for check in self_sudo.check_ids
            if check.answer or check.note
        }
        known = self._get_statements()
        commands = [Command.clear()]
        for number, condition in enumerate(self_sudo.rule_id.condition_ids):
            answer, note = answers.get(condition.statement, (False, False))
            if not answer and condition.statement in known:
                answer, note = known[condition.statement]
            commands.append(
                Command.create(
                    {
                        "sequence": number,
                        "name": condition.name,
                        "citation": condition.citation or self_sudo.rule_id.citation,
                        "kind": condition.kind,
                        "limit": condition.limit,
                        "unit": condition.unit,
                        "statement": condition.statement,
                        "expected": condition.expected,
                        "alternative": condition.alternative,
                        "answer": answer,
                        "note": note,
                    }
                )
            )
        self_sudo.write({"check_ids": commands, "recover_tax": self_sudo.rule_id.recover_tax})

    def _get_statements(self):
        """Extension point: what the system knows by itself, ``{statement: (answer, evidence)}``.

        ``answer`` is ``yes`` or ``no``; a person may answer otherwise.
        """
        self.ensure_one()
        provision = self.env["collections.provision"]._find_last(self.company_id, self.partner_id)
        if not provision:
            return {}
        note = self.env._("Provision of %(day)s", day=format_date(self.env, provision.date))
        return {"provisioned": ("yes", note)}

    def _get_facts(self, checks):
        """Return what is known, as the engine reads it; all of it as of the accounting date."""
        self.ensure_one()
        day = self.date or fields.Date.context_today(self)
        lines = self.line_ids
        dues = [line.date_maturity or line.line_id.sudo().date_maturity for line in lines]
        attempts, unproven = self._count_attempts(min((due for due in dues if due), default=day))
        answers = {"yes": True, "no": False}
        return evidence.Facts(
            ages=tuple((day - due).days if due else None for due in dues),
            attempts=attempts,
            unproven=unproven,
            total=self._get_totals()[self] if lines else None,
            units=self._get_units({check.unit for check in checks if check.unit}, day),
            statements={
                check.statement: answers.get(check.answer) for check in checks if check.statement
            },
        )

    def _get_units(self, codes, day):
        """Return ``{code: worth in company currency}`` of the legal units that have a value."""
        company = self.company_id.sudo()
        country = company.account_fiscal_country_id or company.country_id
        units = {}
        for code in codes:
            row = self.env["collections.legal.value"]._get_value(code, country, day)
            if row and self._has_rate(row.currency_id, day):
                value = row.currency_id._convert(
                    row.value, company.currency_id, company, day, round=False
                )
                units[code] = Decimal(str(value))
        return units

    def _count_attempts(self, since):
        """Return ``(attempts with proof, without)`` to collect after a day, real ones only.

        A proof is the provider's receipt, or the debtor's own reaction; a call is a collector's
        word.
        """
        case_id = self.case_id._origin.id
        if not case_id:
            return 0, 0
        self.env["collections.contact"].flush_model()
        [[proven, every]] = self.env.execute_query(
            SQL(
                """
                SELECT count(*) FILTER (WHERE reference IS NOT NULL
                                        OR state IN ('delivered', 'read', 'answered')), count(*)
                  FROM collections_contact
                 WHERE case_id = %s AND state = ANY(%s) AND safe_mode IS NOT TRUE
                   AND sent_on >= %s::date + 1
                """,
                case_id,
                list(DONE_STATES),
                since,
            )
        )
        return proven, every - proven
