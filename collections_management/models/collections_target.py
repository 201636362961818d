from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL, format_date


class CollectionsTarget(models.Model):
    """What a collector, or a team as a whole, is to achieve in a period.

    What is achieved comes from the ledger and the log, never from here.
    """

    _name = "collections.target"
    _description = "Target"
    _order = "date_from desc, team_id, user_id"

    team_id = fields.Many2one("collections.team", required=True, ondelete="cascade", index=True)
    user_id = fields.Many2one(
        "res.users",
        string="Collector",
        ondelete="cascade",
        index=True,
        domain=[("share", "=", False)],
        help="Empty: the whole team.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: fields.Date.context_today(self).replace(day=1),
    )
    date_to = fields.Date(
        string="Until",
        required=True,
        default=lambda self: fields.Date.context_today(self) + relativedelta(day=31),
    )
    amount = fields.Monetary(string="To Recover", help="In the company's currency.")
    contact_count = fields.Integer(string="Debtors to Speak to", help="Each once a day.")
    promise_count = fields.Integer(string="Promises to Get")
    recovered = fields.Monetary(compute="_compute_progress")
    contacts = fields.Integer(string="Spoken to", compute="_compute_progress")
    promises = fields.Integer(compute="_compute_progress")
    recovered_share = fields.Float(string="Recovered (%)", compute="_compute_progress")
    elapsed_share = fields.Float(string="Time Gone (%)", compute="_compute_elapsed")
    state = fields.Selection(
        [("coming", "Coming"), ("ahead", "On course"), ("behind", "Behind"), ("met", "Met"),
         ("missed", "Missed")],
        compute="_compute_state",
    )  # fmt: skip

    _dates_ordered = models.Constraint(
        "CHECK (date_to >= date_from)", "A period ends after it begins."
    )
    _values_positive = models.Constraint(
        "CHECK (amount >= 0 AND contact_count >= 0 AND promise_count >= 0)",
        "A target is not below zero.",
    )

    @api.depends("team_id", "user_id", "date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for target in self:
            target.display_name = self.env._(
                "%(who)s, %(first)s to %(last)s",
                who=target.user_id.name or target.team_id.name or "",
                first=format_date(self.env, target.date_from),
                last=format_date(self.env, target.date_to),
            )

    @api.depends("team_id", "user_id", "company_id", "date_from", "date_to", "amount")
    def _compute_progress(self):
        sums = self._get_sums()
        for target in self:
            get = {measure: sums.get((target._origin.id, measure), 0) for measure in (
                "recovered", "contacts", "promises"
            )}  # fmt: skip
            target.recovered = get["recovered"]
            target.contacts = get["contacts"]
            target.promises = get["promises"]
            target.recovered_share = (
                100 * float(get["recovered"]) / target.amount if target.amount else 0
            )

    def _get_sums(self):
        """Return ``{(target id, measure): sum}`` of these targets, in one statement."""
        saved = self._origin
        if not saved:
            return {}
        saved.flush_recordset()
        union = self.env["collections.measure"]._get_union_sql(
            min(saved.mapped("date_from")), max(saved.mapped("date_to"))
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT target.id, event.measure, sum(event.amount)
                  FROM collections_target target
                  JOIN (%s) event
                    ON event.company_id = target.company_id AND event.team_id = target.team_id
                   AND (target.user_id IS NULL OR event.user_id = target.user_id)
                   AND event.day BETWEEN target.date_from AND target.date_to
                 WHERE target.id = ANY(%s)
              GROUP BY target.id, event.measure
                """,
                union,
                saved.ids,
            )
        )
        return {(target, measure): amount for target, measure, amount in rows}

    @api.depends("date_from", "date_to")
    def _compute_elapsed(self):
        today = fields.Date.context_today(self)
        for target in self:
            if not (target.date_from and target.date_to):
                target.elapsed_share = 0
                continue
            days = (target.date_to - target.date_from).days + 1
            gone = (today - target.date_from).days + 1
            target.elapsed_share = 100 * min(max(gone, 0), days) / days

    @api.depends("recovered_share", "elapsed_share", "date_from", "date_to", "amount")
    def _compute_state(self):
        today = fields.Date.context_today(self)
        for target in self:
            if not target.amount or not target.date_from:
                target.state = False
            elif target.recovered_share >= 100:
                target.state = "met"
            elif target.date_from > today:
                target.state = "coming"
            elif target.date_to and target.date_to < today:
                target.state = "missed"
            else:
                ahead = target.recovered_share >= target.elapsed_share
                target.state = "ahead" if ahead else "behind"

    @api.constrains("team_id", "user_id", "company_id", "date_from", "date_to")
    def _check_target(self):
        for target in self:
            company = target.team_id.company_id
            if company and company != target.company_id:
                raise ValidationError(
                    self.env._("Team %(team)s works for %(company)s.", team=target.team_id.name,
                               company=company.name)
                )  # fmt: skip
            twin = self.search(
                [
                    ("id", "!=", target.id),
                    ("team_id", "=", target.team_id.id),
                    ("user_id", "=", target.user_id.id),
                    ("company_id", "=", target.company_id.id),
                    ("date_from", "<=", target.date_to),
                    ("date_to", ">=", target.date_from),
                ],
                limit=1,
            )
            if twin:
                raise ValidationError(
                    self.env._("Another target covers these days: %s.", twin.display_name)
                )

    @api.constrains("team_id")
    def _check_supervised(self):
        if not self.env.su and self.team_id - self.env["collections.team"]._get_supervised():
            raise AccessError(self.env._("You set targets of the teams you supervise only."))
