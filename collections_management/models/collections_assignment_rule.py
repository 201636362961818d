import json
import logging
from collections import Counter

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import assignment
from ..engine.night import trace

_logger = logging.getLogger(__name__)

# Reasons that do not end by themselves, as an absence does.
CALLS_FOR_HELP = (assignment.NO_MEMBERS, assignment.NONE_SERVES, assignment.ALL_FULL)


class CollectionsAssignmentRule(models.Model):
    """An ordered rule: which cases go to which team, and how the team shares them out.

    The first one that fits a case decides. The night gives out what has no collector; who has a
    case keeps it, unless he is not of its team.
    """

    _name = "collections.assignment.rule"
    _description = "Assignment Rule"
    _inherit = ["mail.thread", "collections.territory.mixin", "collections.case.rule.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: every company.")
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    segment_ids = fields.Many2many(
        "collections.segment", string="Segments", help="Empty: any segment."
    )
    amount_min = fields.Monetary(
        string="Overdue from", help="Net overdue in the company's currency. 0: no lower end."
    )
    amount_max = fields.Monetary(string="Overdue below", help="0: no upper end.")
    days_min = fields.Integer(string="Days Late from", help="0: no lower end.")
    days_max = fields.Integer(string="Days Late up to", help="0: no upper end.")
    lang_ids = fields.Many2many(
        "res.lang", string="Languages", help="Of the debtor. Empty: any language."
    )
    domain = fields.Char(string="Also", tracking=True)
    team_id = fields.Many2one(
        "collections.team", required=True, ondelete="cascade", index=True, tracking=True
    )
    method = fields.Selection(
        [
            ("balanced", "Balanced: to whom carries least"),
            ("round_robin", "In turn: one after the other"),
            ("keep", "Keep: collectors take cases themselves"),
        ],
        required=True,
        default="balanced",
        tracking=True,
    )
    workload = fields.Integer(
        string="Weight of a Case",
        required=True,
        default=1,
        help="Points of workload each case of this rule means to who has it.",
    )
    rebalance = fields.Boolean(
        string="Move Cases to Level the Load",
        help="Each night moves cases from who carries most to who carries least. Otherwise who has"
        " a case keeps it and only new ones level the load.",
    )
    last_user_id = fields.Many2one("res.users", string="Last Turn", readonly=True)
    note = fields.Text(translate=True, help="Why this rule exists, for those who read it later.")
    case_count = fields.Integer(string="Cases", compute="_compute_case_count")

    _workload_positive = models.Constraint("CHECK (workload > 0)", "A case weighs at least 1.")

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for rule in self:
            rule.currency_id = (rule.company_id or self.env.company).currency_id

    def _compute_case_count(self):
        counts = dict(
            self.env["collections.case"]._read_group(
                [("assignment_rule_id", "in", self.ids), ("state", "=", "open")],
                ["assignment_rule_id"],
                ["__count"],
            )
        )
        for rule in self:
            rule.case_count = counts.get(rule, 0)

    @api.constrains("amount_min", "amount_max", "days_min", "days_max")
    def _check_ranges(self):
        for rule in self:
            if (rule.amount_max and rule.amount_max <= rule.amount_min) or (
                rule.days_max and rule.days_max < rule.days_min
            ):
                raise ValidationError(
                    self.env._("Rule %s: the upper end is below the lower one.", rule.name)
                )

    @api.constrains("company_id", "team_id")
    def _check_company(self):
        for rule in self:
            team_company = rule.team_id.company_id
            if team_company and team_company != rule.company_id:
                raise ValidationError(
                    self.env._(
                        "Team %(team)s works for %(company)s: so must rule %(rule)s.",
                        team=rule.team_id.name,
                        company=team_company.name,
                        rule=rule.name,
                    )
                )

    @api.model
    def _get_asked_cases(self, company):
        """Ask with what is archived too: a territory or segment may be."""
        return super()._get_asked_cases(company).with_context(active_test=False)

    def _get_domain(self):
        """Return the cases that this rule fits, those of its team's territory only."""
        self.ensure_one()
        domain = super()._get_domain()
        for name, operator, value in (
            ("segment_id", "in", self.segment_ids.ids),
            ("amount_net_overdue", ">=", self.amount_min),
            ("amount_net_overdue", "<", self.amount_max),
            ("days_past_due", ">=", self.days_min),
            ("days_past_due", "<=", self.days_max),
            ("partner_id.lang", "in", self.lang_ids.mapped("code")),
        ):
            if value:
                domain &= Domain(name, operator, value)
        return domain & self._get_territory_domain() & self.team_id._get_territory_domain()

    def action_open_cases(self):
        """Open the cases that this rule gave out."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_case_action"
        )
        domain = [("assignment_rule_id", "=", self.id), ("state", "=", "open")]
        return {**action, "domain": domain, "context": {}}

    @api.model
    def action_assign(self):
        """Give out the cases of the current company now; say what changed."""
        if not self.env.user.has_group(
            "collections_management.collections_management_group_supervisor"
        ):
            raise UserError(self.env._("A supervisor gives out cases."))
        teams = self.env["collections.team"]._get_supervised()
        counts = self.sudo()._assign_collectors(self.env.company, teams=teams.sudo())
        message = self.env._(
            "Given to a collector: %(given)s. Moved: %(moved)s. Waiting for one: %(waiting)s.",
            **counts,
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if counts["waiting"] else "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # -- the pass --------------------------------------------------------------------------------

    @api.model
    def _assign_collectors(self, company, run=None, teams=None):
        """Give every open case of a company its team and collector: one read, one write.

        What was assigned by hand stands until released. Every change is logged with its reason,
        which the case keeps. Then the substitutes of those away get what is theirs to do.

        :param run: the night's run; a rule that broke is left out of it and told
        :param teams: only cases that are, or would be, of these teams are touched
        :return: ``{"given": int, "moved": int, "waiting": int}``
        """
        self.env["collections.case"].flush_model()
        self.env["res.partner"].flush_model()
        rules = self.search(
            [("company_id", "in", [company.id, False]), ("team_id.active", "=", True)]
        )
        rows, broken = self._read_cases(rules, company)
        if broken:
            self._tell_broken(broken, run)
        engine = assignment.Assignment(
            [self._get_engine_case(row) for row in rows],
            {rule.id: rule._get_engine_rule(rule in broken) for rule in rules},
            self._get_engine_teams(company),
        )
        places = engine.run()
        changes = self._get_changes(rows, places, teams)
        self._write_cases(changes, run)
        if run:
            self._tell_waiting(places, run)
        for rule in rules:
            if engine.last[rule.id] != (rule.last_user_id.id or None):
                rule.last_user_id = engine.last[rule.id]
        self.env["collections.absence"]._cover(company)
        return self._count(changes)

    def _get_engine_rule(self, frozen):
        return assignment.Rule(
            self.id,
            self.team_id.id,
            self.method,
            self.workload,
            self.rebalance,
            frozen,
            self.last_user_id.id or None,
        )

    def _get_engine_case(self, row):
        return assignment.Case(
            row["id"],
            row["rule_id"],
            row["team_id"],
            row["user_id"],
            row["locked"],
            row["gone"],
            row["country_id"],
            row["state_id"],
            row["zip"],
            row["lang"],
        )

    def _get_engine_teams(self, company):
        teams = self.env["collections.team"].search([("company_id", "in", [company.id, False])])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT team_id, user_id, count(*), coalesce(sum(workload), 0)
                  FROM collections_case
                 WHERE state = 'open' AND company_id <> %s AND team_id = ANY(%s)
                   AND user_id IS NOT NULL
              GROUP BY team_id, user_id
                """,
                company.id,
                teams.ids,
            )
        )
        loads = {(team, user): (cases, workload) for team, user, cases, workload in rows}
        return teams._get_members(company, loads)

    def _read_cases(self, rules, company):
        """Return the open cases with the rule that fits each, and the rules that broke."""
        try:
            with self.env.cr.savepoint(flush=False):
                return self._read_rows(rules, company), {}
        except psycopg2.OperationalError:
            raise  # the server's trouble, or another worker's commit: no rule's fault
        except Exception:
            broken = rules._get_broken(company)
            if not broken:
                raise
            return self._read_rows(rules, company, broken), broken

    def _read_rows(self, rules, company, broken=()):
        cases = self._get_asked_cases(company)
        fitting = SQL("NULL::integer")
        if rules:
            fitting = SQL(
                "CASE %s END",
                SQL(" ").join(
                    SQL(
                        "WHEN %s THEN %s",
                        SQL("collections_case.assignment_rule_id = %s", rule.id)
                        if rule in broken
                        else rule._get_condition(cases, company),
                        rule.id,
                    )
                    for rule in rules
                ),
            )
        self.env.cr.execute(
            SQL(
                """
                SELECT collections_case.id, %s AS rule_id, collections_case.team_id,
                       collections_case.user_id, collections_case.workload,
                       coalesce(collections_case.assignment_locked, FALSE) AS locked,
                       collections_case.assignment_rule_id, collections_case.assignment_reason,
                       holder.active IS FALSE AS gone,
                       debtor.country_id, debtor.state_id, debtor.zip, debtor.lang
                  FROM collections_case
                  JOIN res_partner debtor ON debtor.id = collections_case.partner_id
             LEFT JOIN res_users holder ON holder.id = collections_case.user_id
                 WHERE collections_case.company_id = %s AND collections_case.state = 'open'
                """,
                fitting,
                company.id,
            )
        )
        return self.env.cr.dictfetchall()

    def _tell_broken(self, broken, run):
        """Say which rules were left out: to who asks by name, in a night to the managers."""
        if not run:
            raise UserError("\n".join(broken.values()))
        for rule, sentence in broken.items():
            _logger.warning("%s: assignment rule left out: %s", trace(run=run.id), sentence)
            rule._ask_managers(run.company_id, sentence)
        run.warning = "\n".join(filter(None, [run.warning, *broken.values()]))

    def _tell_waiting(self, places, run):
        """Note on the run in which teams cases wait because somebody has to change something."""
        waiting = Counter(
            (place.team, place.reason)
            for place in places.values()
            if place.user is None and place.reason in CALLS_FOR_HELP
        )
        words = self.env["collections.log"]._get_data_words() if waiting else {}
        sentences = [
            self.env._(
                "Cases waiting for a collector in team %(team)s: %(count)s, %(reason)s.",
                team=self.env["collections.team"].browse(team).name,
                count=count,
                reason=words[reason],
            )
            for (team, reason), count in sorted(waiting.items())
        ]
        if sentences:
            run.warning = "\n".join(filter(None, [run.warning, *sentences]))

    def _get_changes(self, rows, places, teams):
        """Return ``[(row, place)]`` of the cases that are not as they should be."""
        allowed = None if teams is None else {*teams.ids, None}
        changes = []
        for row in rows:
            place = places[row["id"]]
            moved = (place.team, place.user) != (row["team_id"], row["user_id"])
            told = place.reason and place.reason != row["assignment_reason"] and not place.user
            if not (
                moved
                or told
                or place.rule != row["assignment_rule_id"]
                or place.workload != row["workload"]
            ):
                continue
            if allowed is None or {row["team_id"], place.team} <= allowed:
                changes.append((row, place))
        return changes

    def _write_cases(self, changes, run, also=None, note=None):
        """Write where the cases go and the heads of their logs in one statement.

        :param dict also: what else to keep of why
        :param str note: a person's words, kept as the content of the entries
        """
        if not changes:
            return
        log = self.env["collections.log"]
        linked = log._link(
            {
                "case_id": row["id"],
                "event": "assigned",
                "data": _get_data(row, place) | (also or {}),
                "run_id": run and run.id,
                **({"content": {"note": note}} if note else {}),
            }
            for row, place in changes
            if _is_told(row, place)
        )
        values = [
            (
                row["id"],
                place.team,
                place.user,
                place.rule,
                place.workload,
                place.reason if _is_told(row, place) else None,
                json.dumps(_get_data(row, place) | (also or {})) if _is_told(row, place) else None,
            )
            for row, place in changes
        ]
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_case kase
                   SET team_id = wanted.team_id, user_id = wanted.user_id,
                       assignment_rule_id = wanted.rule_id, workload = wanted.workload,
                       assignment_reason = coalesce(wanted.reason, kase.assignment_reason),
                       assignment_data = coalesce(wanted.data::jsonb, kase.assignment_data),
                       log_sequence = coalesce(head.sequence, kase.log_sequence),
                       log_hash = coalesce(head.hash, kase.log_hash)
                  FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[], %s::int[],
                              %s::text[], %s::text[])
                       AS wanted (id, team_id, user_id, rule_id, workload, reason, data)
             LEFT JOIN %s ON head.id = wanted.id
                 WHERE kase.id = wanted.id
                """,
                *(list(column) for column in zip(*values, strict=True)),
                log._get_heads_sql(linked.heads),
            )
        )
        self.env["collections.case"].invalidate_model(
            [
                "team_id", "user_id", "assignment_rule_id", "workload", "assignment_reason",
                "assignment_data", "assignment_text",
            ]
        )  # fmt: skip
        log._store(linked)

    def _count(self, changes):
        counts = {"given": 0, "moved": 0, "waiting": 0}
        for row, place in changes:
            if place.user is None and place.reason:
                counts["waiting"] += 1
            elif place.user != row["user_id"]:
                counts["moved" if row["user_id"] else "given"] += 1
        return counts


def _is_told(row, place):
    """Tell whether a change is one of who works the case, or of why nobody does."""
    moved = (place.team, place.user) != (row["team_id"], row["user_id"])
    return bool(place.reason) and (moved or place.reason != row["assignment_reason"])


def _get_data(row, place):
    """Return why, as the log and the case keep it."""
    data = {
        "reason": place.reason,
        "because": place.because,
        "from": row["user_id"],
        "to": place.user,
        "team": place.team,
        "rule": place.rule,
        "before": place.before,
    }
    return {key: value for key, value in data.items() if value is not None}
