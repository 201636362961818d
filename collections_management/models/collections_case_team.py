from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_date


class CollectionsCase(models.Model):
    """Who works a case and why: the rules' choice, a hand's, a substitute's."""

    _inherit = "collections.case"

    assignment_locked = fields.Boolean(
        string="Assigned by Hand",
        readonly=True,
        help="Stands whatever the assignment rules say, until it is released.",
    )
    assignment_rule_id = fields.Many2one(
        "collections.assignment.rule", readonly=True, ondelete="set null", index="btree_not_null"
    )
    assignment_reason = fields.Char(readonly=True, help="Machine word of why this collector.")
    assignment_data = fields.Json(readonly=True)
    assignment_text = fields.Char(string="Why This Collector", compute="_compute_assignment_text")
    workload = fields.Integer(
        readonly=True, default=1, help="Points of workload, from the rule that assigns it."
    )
    substitute_id = fields.Many2one(
        "res.users",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Works it while its collector is away.",
    )
    substitute_until = fields.Date(string="Substituted until", readonly=True)
    is_mine = fields.Boolean(
        string="On My List", compute="_compute_is_mine", search="_search_is_mine"
    )

    @api.model
    def _get_worked_domain(self, user):
        """Extension point: the open cases on the list of a user, those of others who are away
        included, his own left out while he is away himself."""
        return Domain("state", "=", "open") & (
            Domain("substitute_id", "=", user.id)
            | (Domain("user_id", "=", user.id) & Domain("substitute_id", "=", False))
        )

    @api.depends("user_id", "substitute_id", "state")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        for case in self:
            worker = case.substitute_id or case.user_id
            case.is_mine = case.state == "open" and worker == self.env.user

    def _search_is_mine(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._get_worked_domain(self.env.user)

    @api.depends(
        "user_id", "team_id", "substitute_id", "substitute_until",
        "assignment_reason", "assignment_data", "assignment_locked",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_assignment_text(self):
        sentences = self._get_assignment_sentences()
        for case in self:
            parts = [case._explain_assignment(sentences)]
            if case.substitute_id:
                parts.append(
                    self.env._(
                        "%(substitute)s works it until %(date)s: %(user)s is away.",
                        substitute=case.substitute_id.sudo().name,
                        date=format_date(self.env, case.substitute_until),
                        user=case.user_id.sudo().name,
                    )
                )
            case.assignment_text = " ".join(filter(None, parts)) or False

    def _explain_assignment(self, sentences):
        """Return why this collector has the case, as a sentence."""
        self.ensure_one()
        data = self.assignment_data or {}
        reason = self.assignment_reason
        if not reason:
            return self.user_id and self.env._("The collector it opened with.")
        users = self.env["res.users"].sudo()
        former = users.browse(data.get("from")).exists()
        words = {
            "user": self.user_id.sudo().name or "",
            "team": self.team_id.sudo().name or "",
            "rule": self.assignment_rule_id.sudo().name or "",
            "before": data.get("before", 0),
            "by": users.browse(data.get("by")).exists().name or "",
            "former": former.name or "",
        }
        parts = [sentences.get(data.get("because")), sentences.get(reason, reason)]
        return " ".join(part % words for part in parts if part)

    @api.model
    def _get_assignment_sentences(self):
        """Extension point: ``{reason: sentence}``; with ``%(user)s``, ``%(team)s``, ``%(rule)s``,
        ``%(before)s``, ``%(by)s`` and ``%(former)s``."""
        return {
            "turn": self.env._("It was the turn of %(user)s in team %(team)s."),
            "lightest": self.env._(
                "%(user)s carried least in team %(team)s then: %(before)s points."
            ),
            "relief": self.env._("Moved from %(former)s, who carried more, to %(user)s."),
            "stays": self.env._("%(user)s keeps it in team %(team)s."),
            "hand": self.env._("Assigned by hand by %(by)s."),
            "spread": self.env._("Given out by hand by %(by)s."),
            "taken": self.env._("%(user)s took it."),
            "waits": self.env._("Waits in team %(team)s for somebody to take it."),
            "no_team": self.env._("No rule gives it a team."),
            "no_members": self.env._("Nobody works in team %(team)s: it waits there."),
            "all_away": self.env._("Everybody in team %(team)s is away today: it waits there."),
            "none_serves": self.env._(
                "Nobody present in team %(team)s speaks the language or works the territory of"
                " this debtor: it waits there."
            ),
            "all_full": self.env._("Everybody in team %(team)s carries all they can: it waits."),
            "left": self.env._("%(former)s has left."),
            "other_team": self.env._("%(former)s is not of the team its rule names."),
        }

    # -- by hand ---------------------------------------------------------------------------------

    def write(self, vals):
        if not {"user_id", "team_id"} & set(vals):
            return super().write(vals)
        self._check_may_give(vals)
        teams = {case: case.team_id for case in self}
        holders = {case: case.user_id for case in self}
        result = super().write(vals)
        changed = self.filtered(
            lambda case: (case.team_id, case.user_id) != (teams[case], holders[case])
        )
        changed.sudo()._note_hand(self.env.uid, teams)
        return result

    def _check_may_give(self, vals):
        """A supervisor gives cases to people of the own teams and to those of none."""
        if self.env.su or not self._is_supervisor():
            return  # what a collector may do: see _check_may_write
        supervised = self.env["collections.team"]._get_supervised()
        team = self.env["collections.team"].browse(vals.get("team_id"))
        if team - supervised:
            raise AccessError(self.env._("You give cases to the teams you supervise only."))
        user = self.env["res.users"].browse(vals.get("user_id"))
        if user and user != self.env.user:
            teams = user.sudo().collections_member_ids.team_id
            if teams and not teams & supervised.sudo():
                raise AccessError(
                    self.env._("%(user)s works in no team of yours.", user=user.sudo().name)
                )

    def _note_hand(self, uid, teams):
        """Keep that and why a person decided; without team and collector the rules do again."""
        for locked, cases in self.grouped(lambda case: bool(case.user_id or case.team_id)).items():
            taken = cases.filtered(lambda case: case.user_id.id == uid)
            for reason, some in (("taken", taken), ("hand", cases - taken)):
                some.write(
                    {
                        "assignment_locked": locked,
                        "assignment_reason": reason if locked else False,
                        "assignment_data": {"by": uid} if locked else False,
                    }
                )
        moved = self.filtered(lambda case: case.team_id != teams[case])
        self.env["collections.log"]._append(
            {
                "case_id": case.id,
                "event": "assigned",
                "data": {"team": case.team_id.id or None, "reason": "hand"},
                "user_id": uid,
            }
            for case in moved
        )
        if companies := self.company_id:
            self.env["collections.absence"]._cover(companies)

    def action_release_assignment(self):
        """Let the assignment rules decide about these cases again."""
        if not self._is_supervisor():
            raise AccessError(self.env._("A supervisor releases cases to the rules."))
        self.check_access("write")
        locked = self.filtered("assignment_locked")
        locked.sudo().write({"assignment_locked": False})
        locked._log("assigned", {"reason": "released"})
        return True

    def action_follow(self):
        """Follow these cases: what is said on them is told to who asks."""
        self.check_access("read")
        self.sudo().message_subscribe(partner_ids=self.env.user.partner_id.ids)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Cases you follow now: %(count)s", count=len(self)),
            },
        }

    def action_reassign(self):
        """Ask to whom these cases go, with a preview."""
        return self.env["collections.reassign"]._open(self)


class CollectionsRun(models.Model):
    """The night gives out cases right after it has segmented them."""

    _inherit = "collections.run"

    def _get_stage_work(self):
        work = super()._get_stage_work()
        work["segment"][10] = self._give_out_cases
        return work

    def _give_out_cases(self):
        rules = self.env["collections.assignment.rule"]
        rules._assign_collectors(self.company_id, run=self)


class CollectionsReceipt(models.Model):
    """The substitute is told of a payment while the collector is away."""

    _inherit = "collections.receipt"

    def _get_collector(self):
        return self.case_id.substitute_id or super()._get_collector()
