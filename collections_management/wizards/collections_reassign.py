from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import assignment


class CollectionsReassign(models.TransientModel):
    """Give many cases to other collectors: asks to whom, shows what that means, then does it.

    What is given out here is assigned by hand: it stands until somebody releases it.
    """

    _name = "collections.reassign"
    _description = "Reassign Cases"

    case_ids = fields.Many2many("collections.case", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    mode = fields.Selection(
        [
            ("one", "To one collector"),
            ("spread", "Spread over a team"),
            ("team", "To a team; nobody has them yet"),
            ("release", "Let the assignment rules decide"),
        ],
        required=True,
        default="one",
    )
    supervised_ids = fields.Many2many("collections.team", compute="_compute_supervised_ids")
    candidate_ids = fields.Many2many("res.users", compute="_compute_candidate_ids")
    team_id = fields.Many2one("collections.team")
    user_id = fields.Many2one("res.users", string="Collector")
    user_ids = fields.Many2many(
        "res.users",
        "collections_reassign_user_rel",
        string="Only These",
        help="Empty: everybody of the team who is present.",
    )
    method = fields.Selection(
        [("balanced", "Balanced: to whom carries least"), ("round_robin", "In turn")],
        string="How",
        required=True,
        default="balanced",
    )
    note = fields.Char(string="Why", help="Kept in the log of each case.")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    given_count = fields.Integer(compute="_compute_preview")

    @api.model
    def _open(self, cases):
        """Return the action that asks about these cases."""
        if not self.env["collections.case"]._is_supervisor():
            raise UserError(self.env._("A supervisor gives cases to others."))
        if not cases:
            raise UserError(self.env._("Select the cases to reassign."))
        if len(cases.company_id) > 1:
            raise UserError(self.env._("Select cases of one company."))
        teams = cases.team_id & self.env["collections.team"]._get_supervised()
        wizard = self.create(
            {
                "case_ids": cases.ids,
                "company_id": cases.company_id.id,
                "team_id": teams[:1].id,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reassign Cases: %(count)s", count=len(cases)),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [[False, "form"]],
            "target": "new",
        }

    @api.depends("company_id")
    @api.depends_context("uid")
    def _compute_supervised_ids(self):
        teams = self.env["collections.team"]._get_supervised()
        for wizard in self:
            company = wizard.company_id
            wizard.supervised_ids = teams.filtered(lambda t, c=company: t.company_id in (c, c[:0]))

    @api.depends("team_id", "supervised_ids")
    def _compute_candidate_ids(self):
        for wizard in self:
            teams = wizard.team_id or wizard.supervised_ids
            users = teams.member_ids.user_id.filtered("active")
            wizard.candidate_ids = users or self.env.user

    @api.onchange("team_id")
    def _onchange_team_id(self):
        self.user_id &= self.candidate_ids
        self.user_ids &= self.candidate_ids

    @api.depends("case_ids", "mode", "team_id", "user_id", "user_ids", "method")
    @api.depends_context("lang")
    def _compute_preview(self):
        for wizard in self:
            places = wizard._get_places()
            rows = wizard._get_preview_rows(places)
            wizard.given_count = sum(
                (place.team, place.user) != (case.team_id.id or None, case.user_id.id or None)
                and not wizard._is_waiting(place)
                for case, place in places.values()
            )
            wizard.preview = self.env["ir.qweb"]._render(
                "collections_management.collections_reassign_preview",
                {
                    "rows": rows,
                    "waiting": [p for _c, p in places.values() if wizard._is_waiting(p)],
                    "words": self.env["collections.log"]._get_data_words(),
                    "currency": wizard.company_id.currency_id,
                    "mode": wizard.mode,
                    "locked": len(wizard.case_ids.filtered("assignment_locked")),
                },
            )

    def _is_waiting(self, place):
        return self.mode == "spread" and not place.user

    def _is_ready(self):
        return bool(
            (self.mode == "one" and self.user_id)
            or (self.mode in ("spread", "team") and self.team_id)
        )

    def _get_places(self):
        """Return ``{case id: (case, Place)}``: where each would go now."""
        self.ensure_one()
        cases = self.case_ids._origin
        if not self._is_ready():
            return {}
        if self.mode == "spread":
            places = self._spread(cases)
        else:
            user = self.user_id._origin.id if self.mode == "one" else None
            places = {
                case.id: assignment.Place(
                    self._get_team(case),
                    user,
                    workload=case.workload,
                    instead=case.user_id.id or None,
                )
                for case in cases
            }
        return {case.id: (case, places[case.id]) for case in cases}

    def _get_team(self, case):
        """Return the team a case has afterwards: the one chosen, else its own if the collector
        works there, else his."""
        if self.team_id:
            return self.team_id._origin.id
        teams = self.user_id.sudo().collections_member_ids.team_id & self.supervised_ids._origin
        return (case.team_id & teams or teams[:1] or case.team_id).id or None

    def _spread(self, cases):
        """Ask the engine who of the team gets which, as if nobody had these cases."""
        team = self.team_id._origin
        loads = self._get_loads(team.member_ids.user_id, without=cases)
        members = team.sudo()._get_members(self.company_id, loads)[team.id]
        if self.user_ids:
            members = [member for member in members if member.user in self.user_ids._origin.ids]
        workloads = set(cases.mapped("workload"))
        rules = {
            workload: assignment.Rule(workload, team.id, self.method, workload)
            for workload in workloads
        }
        facts = [
            assignment.Case(
                case.id,
                case.workload,
                team.id,
                country=case.partner_id.country_id.id or None,
                state=case.partner_id.state_id.id or None,
                postcode=case.partner_id.zip or None,
                language=case.partner_id.lang or None,
            )
            for case in cases
        ]
        return assignment.Assignment(facts, rules, {team.id: members}).run()

    def _get_loads(self, users, without=None):
        """Return ``{(team id, user id): (cases, workload)}`` of these collectors."""
        domain = [("user_id", "in", users.ids), ("state", "=", "open")]
        if without:
            domain.append(("id", "not in", without.ids))
        groups = (
            self.env["collections.case"]
            .sudo()
            ._read_group(domain, ["team_id", "user_id"], ["__count", "workload:sum"])
        )
        return {
            (team.id, user.id): (count, workload or 0) for team, user, count, workload in groups
        }

    def _get_preview_rows(self, places):
        """Return a row for each collector whose load changes, receivers first: ``{"user", "gets",
        "amount", "before", "after", "limit", "over"}``."""
        rows = {}
        users = self.env["res.users"].sudo()
        for case, place in places.values():
            for user, sign in ((case.user_id.id, -1), (place.user, 1)):
                if user and place.user != case.user_id.id:
                    row = rows.setdefault(
                        user, {"user": users.browse(user), "gets": 0, "gives": 0, "amount": 0}
                    )
                    row["gets" if sign > 0 else "gives"] += 1
                    row["amount"] += sign * case.amount_net_overdue
        loads = self._get_loads(users.browse(rows))
        limits = {}
        for member in users.browse(rows).collections_member_ids:
            limits[member.user_id.id] = limits.get(member.user_id.id, 0) + member.case_limit
        for user, row in rows.items():
            row["before"] = sum(count for (_t, u), (count, _w) in loads.items() if u == user)
            row["after"] = row["before"] + row["gets"] - row["gives"]
            row["limit"] = limits.get(user, 0)
            row["over"] = row["limit"] and row["after"] > row["limit"] and row["gets"]
        return sorted(rows.values(), key=lambda row: (-row["gets"], row["user"].name))

    def action_confirm(self):
        """Do what the preview shows."""
        self.ensure_one()
        cases = self.case_ids
        cases.check_access("write")
        if self.mode == "release":
            cases.action_release_assignment()
            return self._tell(self.env._("The next assignment decides about them."))
        if not self._is_ready():
            raise UserError(
                self.env._("Choose the collector.")
                if self.mode == "one"
                else self.env._("Choose the team.")
            )
        cases._check_may_give(
            {"team_id": self.team_id.id, "user_id": self.mode == "one" and self.user_id.id}
        )
        places = self._get_places()
        if not any(place.user for _case, place in places.values()) and self.mode == "spread":
            raise UserError(self.env._("Nobody of this team can take any of these cases."))
        count = self.sudo()._apply(places)
        return self._tell(self.env._("Cases reassigned: %(count)s", count=count))

    def _apply(self, places):
        """Write the places in one go, with the log and the hand that did it."""
        changes = []
        for case, place in places.values():
            if self._is_waiting(place):
                continue
            place.reason = "spread" if self.mode == "spread" else "hand"
            place.because, place.before = None, None
            place.rule = case.assignment_rule_id.id or None
            place.workload = case.workload
            row = {
                "id": case.id,
                "team_id": case.team_id.id or None,
                "user_id": case.user_id.id or None,
                "workload": case.workload,
                "assignment_rule_id": place.rule,
                "assignment_reason": None,
            }
            if (place.team, place.user) != (row["team_id"], row["user_id"]):
                changes.append((row, place))
        rules = self.env["collections.assignment.rule"]
        self.env["collections.case"].flush_model()
        rules._write_cases(changes, None, {"by": self.env.uid}, self.note)
        ids = [case.id for case, place in places.values() if not self._is_waiting(place)]
        self.env.cr.execute(
            SQL("UPDATE collections_case SET assignment_locked = TRUE WHERE id = ANY(%s)", ids)
        )
        self.env["collections.case"].invalidate_model(["assignment_locked"])
        self.env["collections.absence"]._cover(self.company_id)
        return len(changes)

    def _tell(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
