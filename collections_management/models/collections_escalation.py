from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_list

LIVE = ("requested", "active")
HELD_KINDS = ("legal", "agency")  # while it lasts, nothing is sent by itself


class CollectionsEscalation(models.Model):
    """A case taken further: to a supervisor, to the lawyers or to an outside agency.

    Legal and agency leave the house, so a supervisor other than who asked approves them; a rule of
    a manager may do so by itself. While they last the case is held, and everything ends by itself
    when nothing overdue is owed any more.
    """

    _name = "collections.escalation"
    _description = "Escalation of a Case"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    case_id = fields.Many2one(
        "collections.case", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="case_id.partner_id", store=True, string="Debtor")
    currency_id = fields.Many2one(related="case_id.currency_id")
    kind = fields.Selection(
        [("supervisor", "Supervisor"), ("legal", "Legal"), ("agency", "Outside Agency")],
        required=True,
        readonly=True,
        index=True,
    )
    state = fields.Selection(
        [
            ("requested", "To approve"),
            ("active", "Under way"),
            ("refused", "Refused"),
            ("recalled", "Recalled"),
            ("closed", "Closed"),
        ],
        required=True,
        readonly=True,
        default="requested",
        tracking=True,
        index=True,
    )
    reason = fields.Char(required=True, readonly=True)
    rule_id = fields.Many2one(
        "collections.escalation.rule", readonly=True, ondelete="set null", index="btree_not_null"
    )
    requested_by_id = fields.Many2one(
        "res.users", readonly=True, help="Empty: a rule asked for it."
    )
    approved_by_id = fields.Many2one(
        "res.users", string="Decided by", readonly=True, help="Empty: the rule decided."
    )
    decided_on = fields.Datetime(readonly=True)
    date_start = fields.Date(string="Since", readonly=True)
    date_end = fields.Date(string="Ended", readonly=True)
    team_id = fields.Many2one("collections.team", readonly=True, ondelete="set null")
    user_id = fields.Many2one(
        "res.users",
        string="In Charge",
        domain=[("share", "=", False)],
        tracking=True,
        help="Who gets the alarms; empty: the supervisor of the case.",
    )
    receivable_ids = fields.Many2many(
        "account.move.line",
        "collections_escalation_line_rel",
        "escalation_id",
        "line_id",
        string="Receivables Given",
        readonly=True,
        help="What was overdue when it went further; what falls due later is not part of it.",
    )
    amount_start = fields.Monetary(string="Amount Given", readonly=True)
    amount_net_overdue = fields.Monetary(related="case_id.amount_net_overdue")
    days_start = fields.Integer(string="Days Past Due Then", readonly=True)
    hold_id = fields.Many2one("collections.hold", readonly=True, ondelete="set null")
    outcome = fields.Selection(
        [
            ("paid", "Paid"),
            ("settled", "Settled"),
            ("won", "Judgement for us"),
            ("lost", "Judgement against us"),
            ("hopeless", "Cannot be collected"),
            ("merged", "Debtor merged"),
            ("further", "Went further"),
        ],
        readonly=True,
        tracking=True,
    )
    can_decide = fields.Boolean(compute="_compute_can_decide")

    _live_unique = models.UniqueIndex(
        "(case_id) WHERE state IN ('requested', 'active')", "A case is escalated once at a time."
    )

    @api.depends("kind", "partner_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for escalation in self:
            name = escalation.sudo().partner_id.display_name or ""
            escalation.display_name = f"{name} · {kinds.get(escalation.kind, '')}"

    @api.depends("state", "requested_by_id")
    @api.depends_context("uid")
    def _compute_can_decide(self):
        supervises = self._is_supervisor()
        for escalation in self:
            escalation.can_decide = (
                supervises
                and escalation.state == "requested"
                and escalation.requested_by_id != self.env.user
            )

    def write(self, vals):
        self._check_may_write(vals)
        return super().write(vals)

    def _check_may_write(self, vals):
        """What tells how it went is set by the buttons, which tell the log."""
        own = [name for name in vals if self._fields[name].store and self._fields[name].readonly]
        if own and not self.env.su:
            labels = [self._fields[name]._description_string(self.env) for name in own]
            raise UserError(
                self.env._("%(fields)s: set by the buttons, not by hand.", fields=", ".join(labels))
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("An escalation is not deleted but recalled."))

    def _is_supervisor(self):
        return self.env.user.has_group(
            "collections_management.collections_management_group_supervisor"
        )

    # -- asking ----------------------------------------------------------------------------------

    @api.model
    def _request(self, cases, kind, reason, rule=None, **targets):
        """Take cases further; what needs no approval begins at once.

        :param rule: the rule that asks, None when a person does
        :param targets: ``team_id``, ``user_id``, ``lawyer_id``, ``agency_id``, ``instrument_id``
        :return: the escalations
        :raise UserError: when a case of a person's choice cannot be escalated
        """
        cases.check_access("write")
        if not rule:
            cases._check_may_escalate(kind)
        self._check_targets(cases, kind, targets)
        cases.sudo()._get_live_escalations()._end("closed", "further")
        escalations = (
            self.sudo()
            .with_context(tracking_disable=True)
            .create(
                [
                    {
                        "case_id": case.id,
                        "kind": kind,
                        "reason": reason,
                        "rule_id": rule.id if rule else False,
                        "requested_by_id": False if rule else self.env.uid,
                        **targets,
                    }
                    for case in cases
                ]
            )
        )
        escalations._log_each("escalation_requested", note=reason)
        if kind == "supervisor" or (rule and rule.mode == "automatic"):
            escalations._start()
        else:
            escalations._tell(self.env._("Approve or refuse the escalation"))
        return escalations.with_env(self.env)

    @api.model
    def _check_targets(self, cases, kind, targets):
        """Extension point: refuse what a kind needs and has not got.

        :param dict targets: ids, as of :meth:`_request`
        """

    # -- deciding --------------------------------------------------------------------------------

    def action_approve(self):
        """Let these requests begin. Who asked does not decide, and only once is decided."""
        mine = self._take_to_decide()
        for company, escalations in mine.grouped("company_id").items():
            partners = escalations.partner_id
            self.env["collections.ledger"].sudo()._refresh(company, partners=partners)
        mine.invalidate_recordset()
        going = mine.filtered(lambda escalation: escalation.state == "requested")  # others paid
        for escalation in going:
            escalation._check_targets(
                escalation.case_id, escalation.kind, escalation._get_targets()
            )
        going._decide()
        going._start()
        return True

    def action_refuse(self):
        """Refuse these requests; the cases go on as they were."""
        mine = self._take_to_decide()
        mine._decide()
        mine._end("refused")
        return True

    def _get_targets(self):
        """Extension point: the targets of one escalation, as of :meth:`_request`."""
        self.ensure_one()
        return {"team_id": self.team_id.id, "user_id": self.user_id.id}

    def _take_to_decide(self):
        """Return these requests with all rights, locked: nobody else decides on them meanwhile."""
        self.check_access("read")
        if not self._is_supervisor():
            raise AccessError(self.env._("A supervisor decides on escalations."))
        if any(escalation.requested_by_id == self.env.user for escalation in self):
            raise UserError(self.env._("Nobody decides on their own request: ask a colleague."))
        escalations = self.sudo()
        if len(escalations.try_lock_for_update()) < len(escalations):
            raise UserError(self.env._("Somebody else decides on this at this moment."))
        escalations.invalidate_recordset(["state"])
        decided = escalations.filtered(lambda escalation: escalation.state != "requested")
        if decided:
            raise UserError(
                self.env._(
                    "Decided already: %(names)s.",
                    names=format_list(self.env, decided.mapped("display_name")),
                )
            )
        return escalations

    def _decide(self):
        self.write({"approved_by_id": self.env.uid, "decided_on": fields.Datetime.now()})

    # -- its life --------------------------------------------------------------------------------

    def _start(self):
        """Begin: hold the cases, note what is given, tell whom it concerns. In sets."""
        escalations = self.with_context(tracking_disable=True)
        self.env.flush_all()
        for escalation in escalations:
            case = escalation.case_id
            escalation.write(
                {
                    "state": "active",
                    "date_start": self.env["collections.ledger"]._today(escalation.company_id),
                    "amount_start": case.amount_net_overdue,
                    "days_start": case.days_past_due,
                }
            )
        escalations._give_overdue_lines()
        held = escalations.filtered(lambda escalation: escalation.kind in HELD_KINDS)
        holds = self.env["collections.hold"].create(
            [
                {
                    "case_id": escalation.case_id.id,
                    "reason": escalation.kind,
                    "note": escalation._get_hold_note(),
                    "date_from": escalation.date_start,
                    "user_id": self.env.uid,
                }
                for escalation in held
            ]
        )
        for escalation, hold in zip(held, holds, strict=True):
            escalation.hold_id = hold
        for team, of_team in escalations.grouped("team_id").items():
            if team:
                of_team.case_id.write({"team_id": team.id})
        escalations.case_id._write_escalation_kind()
        escalations._log_each("escalated")
        escalations.activity_unlink(["mail.mail_activity_data_todo"])
        escalations._tell(self.env._("Escalated to you: decide what follows"))
        escalations._on_start()

    def _on_start(self):
        """Extension point: what else happens when these escalations begin."""

    def _get_hold_note(self):
        """Extension point: the words of the hold on the case."""
        self.ensure_one()
        return self.reason

    def _give_overdue_lines(self):
        """Note as given what is overdue on the day they begin, in one statement."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO collections_escalation_line_rel (escalation_id, line_id)
                SELECT escalation.id, line.id
                  FROM collections_escalation escalation
                  JOIN collections_case kase ON kase.id = escalation.case_id
                  JOIN res_partner partner ON partner.commercial_partner_id = kase.partner_id
                  JOIN account_move_line line
                    ON line.partner_id = partner.id AND line.company_id = kase.company_id
                 WHERE escalation.id = ANY(%s) AND %s AND line.amount_residual > 0
                   AND coalesce(line.date_maturity, line.date) < escalation.date_start
           ON CONFLICT DO NOTHING
                """,
                self.ids,
                self.env["collections.ledger"]._get_open_sql("line"),
            )
        )
        self.invalidate_recordset(["receivable_ids"], flush=False)

    def action_recall(self):
        """Take the cases back; they resume where their ladder stopped.

        A request is taken back by who asked or a supervisor, what is under way by a supervisor.
        """
        self.check_access("read")
        live = self.filtered(lambda escalation: escalation.state in LIVE)
        own = live.filtered(
            lambda escalation: (
                escalation.state == "requested" and escalation.requested_by_id == self.env.user
            )
        )
        if live - own and not self._is_supervisor():
            raise AccessError(self.env._("A supervisor recalls what is under way."))
        if not live:
            raise UserError(self.env._("It has ended already."))
        live.sudo()._end("recalled")
        return True

    def action_settle(self):
        """End it: the debtor and we have come to terms."""
        return self._close("settled")

    def action_win(self):
        """End it with a judgement for us."""
        return self._close("won")

    def action_lose(self):
        """End it with a judgement against us."""
        return self._close("lost")

    def action_give_up(self):
        """End it: nothing can be collected this way."""
        return self._close("hopeless")

    def _close(self, outcome):
        """End what is under way, as a supervisor, with an outcome."""
        self.check_access("read")
        if not self._is_supervisor():
            raise AccessError(self.env._("A supervisor closes escalations."))
        if any(escalation.state != "active" for escalation in self):
            raise UserError(self.env._("Only what is under way can be closed."))
        self.sudo()._end("closed", outcome)
        return True

    def _end(self, state, outcome=False):
        """End these escalations: lift their holds, tell the log, free their cases. In sets."""
        live = self.filtered(lambda escalation: escalation.state in LIVE)
        if not live:
            return
        begun = live.filtered("date_start")
        for company, of_company in live.grouped("company_id").items():
            today = self.env["collections.ledger"]._today(company)
            of_company.write({"state": state, "outcome": outcome, "date_end": today})
        begun.hold_id.filtered(lambda hold: not hold.lifted_on).action_lift()
        live.case_id._write_escalation_kind()
        live.activity_unlink(["mail.mail_activity_data_todo", "mail.mail_activity_data_warning"])
        event = {"refused": "escalation_refused", "recalled": "escalation_recalled"}
        live._log_each(event.get(state, "escalation_closed"))
        live._on_end()

    def _on_end(self):
        """Extension point: what else happens when these escalations end."""

    @api.model
    def _end_paid(self, company, partners=None):
        """End what is escalated of debtors who owe nothing overdue any more."""
        domain = Domain("state", "in", LIVE) & Domain("company_id", "=", company.id)
        domain &= Domain("case_id.state", "=", "closed") | Domain(
            "case_id.amount_net_overdue", "<=", 0
        )
        if partners:
            domain &= Domain("partner_id", "in", partners.ids)
        self.sudo().search(domain)._end("closed", "paid")

    # -- telling ---------------------------------------------------------------------------------

    def _get_responsible(self):
        """Extension point: who is told of an escalation."""
        self.ensure_one()
        return self.user_id or self.team_id.supervisor_ids[:1] or self.case_id.supervisor_id

    def _tell(self, summary):
        """One activity for whom each escalation concerns."""
        by_user = {}
        for escalation in self:
            user = escalation._get_responsible()
            by_user.setdefault(user, self.browse())
            by_user[user] |= escalation
        for user, escalations in by_user.items():
            if user:  # of many at once the list of activities tells, not an e-mail for each
                local = escalations.with_context(mail_activity_quick_update=len(escalations) > 1)
                local.activity_schedule(
                    "mail.mail_activity_data_todo", summary=summary, user_id=user.id
                )

    def _log_each(self, event, note=None, **data):
        """Write one entry per escalation, in a constant number of statements."""
        self.env["collections.log"].sudo()._append(
            [
                {
                    "case_id": escalation.case_id.id,
                    "event": event,
                    "data": {
                        "escalation": escalation.id,
                        "kind": escalation.kind,
                        "outcome": escalation.outcome or None,
                        **data,
                    },
                    "content": {"note": note} if note else None,
                }
                for escalation in self
            ]
        )

    def action_open_case(self):
        """Open the case."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "collections.case",
            "res_id": self.case_id.id,
            "views": [[False, "form"]],
        }

    def _get_sentence(self):
        """Return the escalation in words, for the case."""
        self.ensure_one()
        kinds = {
            "supervisor": self.env._("With the supervisor"),
            "legal": self.env._("With the lawyers"),
            "agency": self.env._("With an outside agency"),
        }
        if self.state == "requested":
            kinds = {
                "supervisor": self.env._("The supervisor is asked"),
                "legal": self.env._("To be approved: legal track"),
                "agency": self.env._("To be approved: outside agency"),
            }
        day = self.date_start and format_date(self.env, self.date_start)
        text = kinds[self.kind]
        if day:
            text = self.env._("%(what)s since %(day)s", what=text, day=day)
        return f"{text}: {self.reason}"
