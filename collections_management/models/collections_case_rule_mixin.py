import ast

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL


class CollectionsCaseRuleMixin(models.AbstractModel):
    """A rule on cases that a person writes as a domain, and one statement asks of all of them."""

    _name = "collections.case.rule.mixin"
    _description = "Rule on Cases"
    _inherit = ["mail.activity.mixin"]

    domain = fields.Char(required=True, default="[]", help="Which cases belong here.")
    fault = fields.Char(compute="_compute_fault", help="Why its rule cannot be asked any more.")

    @api.depends("domain")
    @api.depends_context("lang")
    def _compute_fault(self):
        broken = self._get_broken(self.env.company)
        for rule in self:
            rule.fault = broken.get(rule, False)

    @api.constrains("domain")
    def _check_domain(self):
        for rule in self:
            try:
                rule.env["collections.case"].search(rule._get_domain(), limit=1)
            except Exception as error:
                raise ValidationError(rule._get_broken_sentence(error)) from error

    def _get_domain(self):
        """Return the rule as a ``Domain`` on ``collections.case``."""
        self.ensure_one()
        return Domain(ast.literal_eval(self.domain or "[]"))

    @api.model
    def _get_asked_cases(self, company):
        """Return the model of cases as the rules of a company ask it."""
        return self.env["collections.case"].with_company(company)

    def _get_query(self, cases, company):
        """Return the query of the cases of a company that belong here.

        :raise UserError: naming the rule that cannot be read any more
        """
        try:
            return cases._search(Domain("company_id", "=", company.id) & self._get_domain())
        except (ValueError, SyntaxError, TypeError) as error:
            raise UserError(self._explain_broken(error)) from error

    def _get_condition(self, cases, company):
        """Return the rule as a condition on the table of cases, so that they are read once for all
        rules; a rule that needs other tables beside it is asked apart."""
        query = self._get_query(cases, company)
        if query.is_empty():
            return SQL("FALSE")
        if query.from_clause.code == SQL.identifier(cases._table).code:
            return SQL("(%s)", query.where_clause)
        return SQL("collections_case.id IN %s", query.subselect())

    def _explain_broken(self, error):
        """Return a sentence for a rule that cannot be asked any more."""
        if isinstance(error, UserError):
            return str(error)
        return self._get_broken_sentence(str(error).strip().partition("\n")[0])

    def _get_broken_sentence(self, error):
        """Return the sentence that names this rule and what is wrong with it."""
        return self.env._(
            "The rule “%(rule)s” cannot be read: %(error)s", rule=self.display_name, error=error
        )

    def _get_broken(self, company):
        """Ask each rule alone and return ``{rule: sentence}`` of those that cannot be asked."""
        cases = self._get_asked_cases(company)
        broken = {}
        for rule in self:
            try:
                with self.env.cr.savepoint(flush=False):
                    self.env.execute_query(
                        SQL(
                            "SELECT count(*) FROM collections_case"
                            " WHERE company_id = %s AND state = 'open' AND %s",
                            company.id,
                            rule._get_condition(cases, company),
                        )
                    )
            except psycopg2.OperationalError:
                raise
            except Exception as error:  # noqa: BLE001  (a rule may raise anything)
                broken[rule] = rule._explain_broken(error)
        return broken

    def _ask_managers(self, company, sentence):
        """One activity on this rule for each manager of a company who has none yet."""
        kind = self.env.ref("mail.mail_activity_data_warning")
        asked = self.activity_ids.filtered(lambda activity: activity.activity_type_id == kind)
        for user in company._get_collections_managers() - asked.user_id:
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("This rule is broken: it was left out"),
                note=sentence,
                user_id=user.id,
            )
