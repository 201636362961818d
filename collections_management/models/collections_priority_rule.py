import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.night import trace

_logger = logging.getLogger(__name__)

HIGHEST = 9999


class CollectionsPriorityRule(models.Model):
    """Points that a case gets while it answers to a rule: their sum says who is worked first."""

    _name = "collections.priority.rule"
    _description = "Priority Rule"
    _inherit = ["mail.thread", "collections.case.rule.mixin"]
    _order = "sequence, id"

    name = fields.Char(
        required=True,
        translate=True,
        tracking=True,
        help="The collector reads it on the case as the reason why it comes first.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one("res.company", help="Empty: every company.")
    domain = fields.Char(tracking=True)
    points = fields.Integer(
        required=True,
        default=100,
        tracking=True,
        aggregator=None,
        help="Below zero: such cases come later.",
    )
    note = fields.Text(translate=True, help="Why this rule exists, for those who read it later.")

    _points_bounded = models.Constraint(
        "CHECK (points BETWEEN -9999 AND 9999)", "The points of a rule lie between -9999 and 9999."
    )

    def action_score(self):
        """Count the points of all cases of the current company again, without waiting for the
        night."""
        if not self.env.user.has_group(
            "collections_management.collections_management_group_supervisor"
        ):
            raise UserError(self.env._("A supervisor does this."))
        count = self.sudo()._score(self.env.company)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%(count)s cases changed their place.", count=count),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _score(self, company, cases=None, run=None):
        """Count the points of the open cases of a company, in a fixed number of statements.

        :param cases: only these cases; None: all of the company, and their share of the debt anew
        :return: the number of cases whose points changed
        :raise UserError: naming a rule that cannot be read, when a person asks
        """
        self.env["collections.case"].flush_model()
        rules = self.search([("company_id", "in", [company.id, False])])
        if cases is None:
            self._rank(company)
        try:
            with self.env.cr.savepoint(flush=False):
                count = self._write_scores(rules, company, cases)
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            broken = rules._get_broken(company)
            if not broken:
                raise
            if cases is None and not run:
                raise UserError("\n".join(broken.values())) from error
            for rule, sentence in broken.items():
                _logger.warning("%s: rule left out: %s", trace(priority=rule.id), sentence)
                if run:
                    rule._ask_managers(company, sentence)
            if run:
                run.warning = "\n".join(filter(None, [run.warning, *broken.values()]))
            sound = rules.filtered(lambda rule: rule not in broken)
            count = self._write_scores(sound, company, cases)
        self.env["collections.case"].invalidate_model(
            ["priority", "priority_data", "amount_decile"], flush=False
        )
        return count

    @api.model
    def _rank(self, company):
        """Write which tenth of the debtors each case belongs to."""
        self.env["collections.case"].flush_model()
        self.env.cr.execute(self._get_decile_sql(company))
        self.env["collections.case"].invalidate_model(["amount_decile"], flush=False)

    def _get_decile_sql(self, company):
        """Return the update of ``amount_decile``: 10 is the tenth that owes most. Only those that
        owe are counted, so that the same rules serve a corner shop and a telephone company."""
        return SQL(
            """
            UPDATE collections_case kase SET amount_decile = fresh.decile
              FROM (SELECT id, ceil(10 * cume_dist() OVER (ORDER BY amount_net_overdue)) AS decile
                      FROM collections_case
                     WHERE company_id = %(company)s AND state = 'open' AND amount_net_overdue > 0
                 UNION ALL
                    SELECT id, 0 FROM collections_case
                     WHERE company_id = %(company)s AND amount_decile > 0
                       AND (state <> 'open' OR amount_net_overdue <= 0)) fresh
             WHERE kase.id = fresh.id AND kase.amount_decile IS DISTINCT FROM fresh.decile
            """,
            company=company.id,
        )

    def _write_scores(self, rules, company, only):
        """Write the points of these rules on the cases where they changed.

        ``priority_data`` is ``[[rule id, points], ...]``, those that weigh most first.

        :return: the number of cases that changed
        """
        zone = company._get_collections_zone()
        cases = self.env["collections.case"].sudo().with_company(company).with_context(tz=zone)
        points = SQL(", ").join(
            SQL("CASE WHEN %s THEN %s END", rule._get_condition(cases, company), rule.points)
            for rule in rules
        )
        self.env.cr.execute(
            SQL(
                """
                WITH hit AS MATERIALIZED (
                    SELECT id, CASE WHEN state = 'open' THEN ARRAY[%(points)s]::int[] END AS points
                      FROM collections_case
                     WHERE company_id = %(company)s AND (state = 'open' OR priority > 0) %(only)s
                ), fresh AS (
                    SELECT id,
                           (SELECT least(greatest(coalesce(sum(p), 0), 0), %(highest)s)
                              FROM unnest(points) p) AS priority,
                           (SELECT jsonb_agg(jsonb_build_array(rule, p) ORDER BY abs(p) DESC, rule)
                              FROM unnest(%(rules)s::int[], points) AS given (rule, p)
                             WHERE p IS NOT NULL) AS data
                      FROM hit
                )
                UPDATE collections_case kase SET priority = fresh.priority,
                       priority_data = fresh.data
                  FROM fresh
                 WHERE kase.id = fresh.id
                   AND (kase.priority, kase.priority_data)
                       IS DISTINCT FROM (fresh.priority::int, fresh.data)
                """,
                points=points,
                rules=rules.ids,
                company=company.id,
                highest=HIGHEST,
                only=SQL("AND id = ANY(%s)", cases.browse(only.ids).ids) if only else SQL(),
            )
        )
        return self.env.cr.rowcount


class CollectionsRun(models.Model):
    """Who has his segment and collector has his place on the list."""

    _inherit = "collections.run"

    def _get_stage_work(self):
        work = super()._get_stage_work()
        work["segment"][30] = self._rank_cases
        work["segment"][40] = self._prepare_lists
        return work

    def _rank_cases(self):
        self.env["collections.priority.rule"]._rank(self.company_id)

    def _prepare_lists(self):
        self.env["collections.priority.rule"]._score(self.company_id, run=self)
        self.env["collections.worklist"]._prepare_night(self.company_id)
