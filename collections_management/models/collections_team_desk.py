from datetime import datetime, time

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..engine.assignment import Member


class CollectionsTeam(models.Model):
    """Where a team works and who of it can be given work."""

    _name = "collections.team"
    _inherit = ["collections.team", "collections.territory.mixin"]

    # Who is of the team now: also what record rules ask. The others are in the second list.
    member_ids = fields.One2many(domain=[("active", "=", True)])
    all_member_ids = fields.One2many(
        "collections.team.member",
        "team_id",
        string="Collectors, Former Ones Too",
        context={"active_test": False},
    )
    rule_ids = fields.One2many("collections.assignment.rule", "team_id", string="Rules")
    unassigned_count = fields.Integer(compute="_compute_unassigned")
    warning = fields.Char(compute="_compute_unassigned", help="What keeps its cases waiting.")

    @api.depends("member_ids.active")
    @api.depends_context("lang")
    def _compute_unassigned(self):
        counts = dict(
            self.env["collections.case"]._read_group(
                [("team_id", "in", self.ids), ("state", "=", "open"), ("user_id", "=", False)],
                ["team_id"],
                ["__count"],
            )
        )
        for team in self:
            team.unassigned_count = counts.get(team, 0)
            present = team.member_ids.filtered(lambda member: member.user_id.active)
            team.warning = not present and self.env._(
                "Nobody works in this team: its cases wait for a collector. Add one below."
            )

    def action_open_unassigned(self):
        """Open the cases of the team that nobody has."""
        action = self.action_open_cases()
        domain = Domain(action["domain"]) & Domain(
            [("user_id", "=", False), ("state", "=", "open")]
        )
        name = self.env._("Nobody's Cases")
        return {**action, "domain": list(domain), "name": name, "display_name": name}

    def action_assign(self):
        """Give out the cases of the current company now, by the rules."""
        return self.env["collections.assignment.rule"].action_assign()

    @api.model
    def _get_supervised(self):
        """Return the teams whose cases the current user gives out: all for a manager."""
        if self.env.user.has_group("collections_management.collections_management_group_manager"):
            return self.search([("active", "=", True)])
        return self.search([("supervisor_ids", "in", self.env.uid)])

    def _get_members(self, company, loads):
        """Return what the engine reads of these teams: ``{team id: [Member, ...]}``.

        :param dict loads: ``{(team id, user id): (cases, workload)}`` had in other companies
        """
        away = self.env["collections.absence"]._get_away(self.member_ids.user_id, company)
        resting = self.member_ids._get_resting(company)
        return {
            team.id: [
                member._get_engine_member(
                    member.user_id.id in away or member in resting,
                    *loads.get((team.id, member.user_id.id), (0, 0)),
                )
                for member in team.member_ids
                if member.user_id.active and company in member.user_id.sudo().company_ids
            ]
            for team in self
        }


class CollectionsTeamMember(models.Model):
    """How much a collector carries, for whom, where and when."""

    _name = "collections.team.member"
    _inherit = ["collections.team.member", "collections.territory.mixin"]

    share = fields.Integer(
        string="Share (%)",
        default=100,
        required=True,
        help="Of the work of a full-time collector: 50 gets half as much.",
    )
    case_limit = fields.Integer(string="Cases at Most", help="0: no limit.")
    workload_limit = fields.Integer(
        string="Workload at Most",
        help="In points: each case weighs what its assignment rule says. 0: no limit.",
    )
    lang_ids = fields.Many2many(
        "res.lang",
        string="Languages",
        context={"active_test": False},
        help="Gets debtors of these languages only, and those of none. Empty: any language.",
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        help="Gets no new case on a day off or a holiday of these. Empty: works every day.",
    )
    substitute_id = fields.Many2one(
        "res.users",
        string="Usual Substitute",
        domain=[("share", "=", False)],
        help="Works the cases while this collector is away and no other substitute is named.",
    )

    _share_range = models.Constraint(
        "CHECK (share BETWEEN 1 AND 100)", "A share lies between 1 and 100 percent."
    )
    _limits_positive = models.Constraint(
        "CHECK (case_limit >= 0 AND workload_limit >= 0)", "A limit is not below zero."
    )

    @api.constrains("substitute_id", "user_id")
    def _check_substitute(self):
        for member in self:
            if member.substitute_id == member.user_id:
                raise ValidationError(self.env._("Nobody is their own substitute."))

    def _get_engine_member(self, away, cases, workload):
        self.ensure_one()
        return Member(
            user=self.user_id.id,
            share=self.share,
            case_limit=self.case_limit,
            workload_limit=self.workload_limit,
            languages=frozenset(self.lang_ids.mapped("code")),
            territory=self._get_territory(),
            away=away,
            cases=cases,
            workload=workload,
        )

    def _get_resting(self, company):
        """Return those whose working hours leave today free: weekends, holidays, time off."""
        today = self.env["collections.ledger"]._today(company)
        resting = self.browse()
        for calendar, members in self.filtered("calendar_id").grouped("calendar_id").items():
            zone = pytz.timezone(calendar.tz or "UTC")
            start = zone.localize(datetime.combine(today, time.min))
            end = zone.localize(datetime.combine(today, time.max))
            resources = members.user_id.sudo().resource_ids
            worked = calendar.sudo()._work_intervals_batch(start, end, resources)
            for member in members:
                resource = member.user_id.sudo().resource_ids[:1]
                if not list(worked[resource.id]):
                    resting |= member
        return resting
