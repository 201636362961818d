from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, date_utils, format_date

# One number for company, team and collector: the row keeps its id as long as they work together.
COMPANY_UNIT, TEAM_UNIT = 10**13, 10**8


class CollectionsBoard(models.Model):
    """The supervisor's board: a row for each collector of a team, and one for nobody.

    Read in one statement, whatever the number of cases.
    """

    _name = "collections.board"
    _description = "Collectors"
    _auto = False
    _rec_name = "user_id"
    _order = "load_share desc, team_id, id"

    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    team_id = fields.Many2one("collections.team", readonly=True)
    user_id = fields.Many2one("res.users", string="Collector", readonly=True)
    is_active = fields.Boolean(string="Works Here", readonly=True)
    case_count = fields.Integer(string="Cases", readonly=True)
    case_limit = fields.Integer(string="Cases at Most", readonly=True, aggregator="sum")
    workload = fields.Integer(readonly=True)
    workload_limit = fields.Integer(string="Workload at Most", readonly=True)
    load_share = fields.Integer(
        string="Load (%)", readonly=True, aggregator="avg", help="Of the nearer of the two limits."
    )
    covering_count = fields.Integer(string="Covers for Others", readonly=True)
    overdue_count = fields.Integer(string="Cases Overdue", readonly=True)
    amount_overdue = fields.Monetary(string="Net Overdue", readonly=True)
    decide_count = fields.Integer(string="To Decide", readonly=True)
    contacted_today = fields.Integer(string="Spoken to Today", readonly=True)
    contacted_week = fields.Integer(string="Spoken to This Week", readonly=True)
    recovered = fields.Monetary(
        readonly=True, help="Since the target's period or else the month began."
    )
    target_amount = fields.Monetary(string="Target", readonly=True)
    target_share = fields.Integer(string="Of the Target (%)", readonly=True, aggregator="avg")
    away_until = fields.Date(readonly=True)
    substitute_id = fields.Many2one("res.users", readonly=True)
    status = fields.Char(compute="_compute_status")

    @api.depends("user_id", "is_active", "away_until", "substitute_id", "case_limit", "case_count")
    @api.depends_context("lang")
    def _compute_status(self):
        for row in self:
            row.status = row._get_status()

    def _get_status(self):
        self.ensure_one()
        if not self.user_id:
            return self.case_count and self.env._("Nobody has these cases")
        if not self.is_active:
            return self.env._("Has left: the next assignment gives the cases to others")
        if self.away_until:
            day = format_date(self.env, self.away_until)
            if self.substitute_id:
                return self.env._(
                    "Away until %(date)s, %(user)s covers",
                    date=day,
                    user=self.substitute_id.sudo().name,
                )
            return self.env._("Away until %s, nobody covers", day)
        if self.load_share > 100:
            return self.env._("Carries more than agreed")
        return False

    @api.depends("user_id", "team_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for row in self:
            row.display_name = row.user_id.sudo().name or self.env._("Nobody")

    # -- the statement ---------------------------------------------------------------------------

    @api.model
    def _get_case_figures(self):
        """Extension point: ``{field: SQL}``, an aggregate over the open cases ``kase`` of a
        collector; the field is an Integer or Monetary added here."""
        return {
            "case_count": SQL("count(*)"),
            "workload": SQL("coalesce(sum(kase.workload), 0)"),
            "overdue_count": SQL("count(*) FILTER (WHERE kase.amount_net_overdue > 0)"),
            "amount_overdue": SQL("coalesce(sum(greatest(kase.amount_net_overdue, 0)), 0)"),
            "decide_count": SQL("count(*) FILTER (WHERE kase.needs_decision)"),
        }

    @property
    def _table_query(self):
        models = ("collections.case", "collections.team", "collections.team.member",
                  "collections.absence", "collections.target", "res.users")  # fmt: skip
        for model in models:
            self.env[model].flush_model()
        today = self.env["collections.ledger"]._today(self.env.company)
        month = date_utils.start_of(today, "month")
        [[first]] = self.env.execute_query(
            SQL(
                "SELECT least(%s, min(date_from)) FROM collections_target"
                " WHERE %s BETWEEN date_from AND date_to",
                month,
                today,
            )
        )
        week = date_utils.start_of(today, "week")
        figures = self._get_case_figures()
        names = [SQL.identifier(name) for name in figures]
        return SQL(
            """
            WITH seat AS (
                SELECT allowed.cid AS company_id, member.team_id, member.user_id,
                       member.case_limit, member.workload_limit
                  FROM collections_team_member member
                  JOIN collections_team team ON team.id = member.team_id AND team.active
                  JOIN res_users person ON person.id = member.user_id AND person.active
                  JOIN res_company_users_rel allowed ON allowed.user_id = member.user_id
                   AND allowed.cid = coalesce(team.company_id, allowed.cid)
                 WHERE member.active
            ), load AS (
                SELECT kase.company_id, coalesce(kase.team_id, 0) AS team_id,
                       coalesce(kase.user_id, 0) AS user_id, %(figures)s
                  FROM collections_case kase WHERE kase.state = 'open'
              GROUP BY 1, 2, 3
            ), covering AS (
                SELECT kase.company_id, coalesce(kase.team_id, 0) AS team_id,
                       kase.substitute_id AS user_id, count(*) AS covering_count
                  FROM collections_case kase
                 WHERE kase.state = 'open' AND kase.substitute_id IS NOT NULL
              GROUP BY 1, 2, 3
            ), aim AS (
                SELECT company_id, team_id, user_id, min(date_from) AS date_from,
                       sum(amount) AS amount
                  FROM collections_target
                 WHERE user_id IS NOT NULL AND %(today)s BETWEEN date_from AND date_to
              GROUP BY 1, 2, 3
            ), happened AS (
                SELECT event.company_id, coalesce(event.team_id, 0) AS team_id, event.user_id,
                       coalesce(sum(event.amount) FILTER (WHERE event.measure = 'contacts'
                           AND event.day = %(today)s), 0) AS contacted_today,
                       coalesce(sum(event.amount) FILTER (WHERE event.measure = 'contacts'
                           AND event.day >= %(week)s), 0) AS contacted_week,
                       coalesce(sum(event.amount) FILTER (WHERE event.measure = 'recovered'
                           AND event.day >= coalesce(aim.date_from, %(month)s)), 0) AS recovered
                  FROM (%(events)s) event
             LEFT JOIN aim ON aim.company_id = event.company_id AND aim.team_id = event.team_id
                   AND aim.user_id = event.user_id
                 WHERE event.user_id IS NOT NULL
              GROUP BY 1, 2, 3
            ), away AS (
                SELECT user_id, max(date_to) AS away_until, max(substitute_id) AS substitute_id
                  FROM collections_absence
                 WHERE %(today)s BETWEEN date_from AND date_to GROUP BY user_id
            ), place AS (
                SELECT company_id, team_id, user_id FROM seat
                 UNION SELECT company_id, team_id, user_id FROM load
                 UNION SELECT company_id, team_id, user_id FROM happened
                 UNION SELECT company_id, team_id, user_id FROM covering
            )
            SELECT place.company_id * %(company_unit)s::bigint
                   + place.team_id * %(team_unit)s::bigint + place.user_id AS id,
                   place.company_id, nullif(place.team_id, 0) AS team_id,
                   nullif(place.user_id, 0) AS user_id,
                   coalesce(person.active, FALSE) AS is_active, %(coalesced)s,
                   coalesce(seat.case_limit, 0) AS case_limit,
                   coalesce(seat.workload_limit, 0) AS workload_limit,
                   coalesce(greatest(100 * load.case_count / nullif(seat.case_limit, 0),
                                     100 * load.workload / nullif(seat.workload_limit, 0)),
                            0)::int AS load_share,
                   coalesce(covering.covering_count, 0) AS covering_count,
                   coalesce(happened.contacted_today, 0) AS contacted_today,
                   coalesce(happened.contacted_week, 0) AS contacted_week,
                   coalesce(happened.recovered, 0) AS recovered,
                   coalesce(aim.amount, 0) AS target_amount,
                   coalesce(round(100 * happened.recovered / nullif(aim.amount, 0)), 0)::int
                       AS target_share,
                   away.away_until, away.substitute_id
              FROM place
         LEFT JOIN seat USING (company_id, team_id, user_id)
         LEFT JOIN load USING (company_id, team_id, user_id)
         LEFT JOIN covering USING (company_id, team_id, user_id)
         LEFT JOIN happened USING (company_id, team_id, user_id)
         LEFT JOIN aim USING (company_id, team_id, user_id)
         LEFT JOIN away USING (user_id)
         LEFT JOIN res_users person ON person.id = place.user_id
            """,
            figures=SQL(", ").join(
                SQL("%s AS %s", figure, SQL.identifier(name)) for name, figure in figures.items()
            ),
            coalesced=SQL(", ").join(
                SQL("coalesce(load.%s, 0) AS %s", name, name) for name in names
            ),
            # the log of a month is long, and only this week's contacts are shown
            events=self.env["collections.measure"]._get_union_sql(
                first, today, {"recovered": first, "contacts": week}
            ),
            today=today,
            week=week,
            month=month,
            company_unit=COMPANY_UNIT,
            team_unit=TEAM_UNIT,
        )

    # -- what a supervisor does from here --------------------------------------------------------

    def _get_cases(self):
        """Return the open cases of these rows."""
        domain = Domain.OR(
            Domain(
                [
                    ("company_id", "=", row.company_id.id),
                    ("team_id", "=", row.team_id.id),
                    ("user_id", "=", row.user_id.id),
                ]
            )
            for row in self
        )
        return self.env["collections.case"].search(domain & Domain("state", "=", "open"))

    def action_open_list(self):
        """Listen in: the list of a collector as it shows to him, what he covers included."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_case_action"
        )
        if self.user_id:
            domain = self.env["collections.case"]._get_worked_domain(self.user_id)
            name = self.env._("The List of %s", self.user_id.sudo().name)
        else:
            domain = Domain("user_id", "=", False) & Domain("state", "=", "open")
            name = self.env._("Nobody's Cases")
        domain &= Domain("company_id", "=", self.company_id.id)
        if not self.user_id:
            domain &= Domain("team_id", "=", self.team_id.id)
        return {
            **action,
            "name": name,
            "display_name": name,
            "domain": list(domain),
            "context": {},
        }

    def action_reassign(self):
        """Ask to whom the cases of these collectors go, with a preview."""
        return self.env["collections.reassign"]._open(self._get_cases())

    def action_approve(self):
        """Open what waits for the caller's decision in the cases of these collectors."""
        return self.env["collections.waiting"]._open(self.user_id)

    def action_broadcast(self):
        """Write to these collectors."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write to Collectors"),
            "res_model": "collections.broadcast",
            "views": [[False, "form"]],
            "target": "new",
            "context": {"default_user_ids": self.user_id.filtered("active").ids},
        }

    def action_assign(self):
        """Give out the cases of the current company now, by the rules."""
        return self.env["collections.assignment.rule"].action_assign()
