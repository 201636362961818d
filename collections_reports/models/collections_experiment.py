from datetime import timedelta
from secrets import token_hex

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, format_amount, format_date

from ..engine import experiments as engine

# What a running experiment promised beforehand; changing it later would make its result worthless.
FIXED_FIELDS = (
    "company_id", "segment_ids", "domain", "measure", "outcome_days", "late_days", "least_sample",
    "longest_days", "cap_percent", "cap_amount", "salt", "arm_ids",
)  # fmt: skip


class CollectionsExperiment(models.Model):
    """A random comparison: debtors are shared out by lot, and what they pay tells which way of
    collecting works.

    What is fixed before it starts: who takes part, in which shares, what is measured, for how long,
    and from which sample on anybody looks. It is looked at every night; its interval allows for
    that (see ``engine/experiments.py``). A debtor takes part in one experiment at a time.
    """

    _name = "collections.experiment"
    _description = "Random Comparison"
    _inherit = ["mail.thread", "collections.case.rule.mixin"]
    _order = "state, date_start desc, id desc"

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("stopped", "Stopped")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )
    hypothesis = fields.Text(
        string="What We Expect", help="Written before it starts: what should happen, and why."
    )
    segment_ids = fields.Many2many(
        "collections.segment", string="Segments", help="Empty: any segment."
    )
    domain = fields.Char(string="Which Cases", tracking=True)
    measure = fields.Selection(
        [
            ("share", "Share of what was owed at the start"),
            ("money", "Money paid"),
        ],
        string="Decided By",
        required=True,
        default="share",
        help="By share every debtor counts the same, large or small, so that fewer are needed. "
        "By money a few large debtors decide: what one pays above the limit is not counted.",
    )
    outcome_days = fields.Integer(
        string="Days to Pay",
        required=True,
        default=30,
        aggregator=None,
        help="What a debtor pays in so many days after he entered is his outcome. Every debtor has "
        "the same time.",
    )
    late_days = fields.Integer(
        string="Days for the Bank",
        required=True,
        default=3,
        aggregator=None,
        help="So many days more until his payments are surely in the books.",
    )
    least_sample = fields.Integer(
        string="Minimum Sample",
        required=True,
        default=200,
        aggregator=None,
        help="Finished debtors in each arm before anybody looks.",
    )
    longest_days = fields.Integer(
        string="Days at Most",
        required=True,
        default=180,
        aggregator=None,
        help="It ends without a difference when none was found by then.",
    )
    cap_percent = fields.Float(
        string="Limit at Percentile",
        required=True,
        default=99,
        aggregator=None,
        help="Money above what so many percent of the debtors owe at most is not counted for one "
        "debtor. Taken when the comparison starts, before anything is known of the outcome.",
    )
    cap_amount = fields.Monetary(string="Limit per Debtor", readonly=True, copy=False)
    salt = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda _self: token_hex(16),
        groups="base.group_system",
        help="The key of the lot: no two comparisons share out debtors alike.",
    )
    arm_ids = fields.One2many(
        "collections.experiment.arm",
        "experiment_id",
        string="Arms",
        copy=True,
        default=lambda self: self._get_default_arms(),
    )
    look_ids = fields.One2many("collections.experiment.look", "experiment_id", string="Looks")
    date_start = fields.Date(string="Started on", readonly=True, copy=False)
    date_stop = fields.Date(string="Stopped on", readonly=True, copy=False)
    result = fields.Selection(
        [
            ("winner", "One arm is better"),
            ("no_difference", "No difference found"),
            ("by_hand", "Stopped by hand"),
        ],
        readonly=True,
        copy=False,
        tracking=True,
    )
    winner_id = fields.Many2one(
        "collections.experiment.arm", readonly=True, copy=False, ondelete="set null"
    )
    adopted_on = fields.Date(readonly=True, copy=False)
    adopted_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    debtor_count = fields.Integer(string="Debtors", compute="_compute_debtor_count")
    tries_strategy = fields.Boolean(compute="_compute_tries")
    tries_text = fields.Boolean(compute="_compute_tries")
    recommendation = fields.Char(compute="_compute_recommendation")
    can_adopt = fields.Boolean(compute="_compute_can_adopt")

    _numbers_sane = models.Constraint(
        "CHECK (outcome_days BETWEEN 1 AND 365 AND late_days BETWEEN 0 AND 60"
        " AND least_sample >= 50 AND longest_days BETWEEN 1 AND 1095"
        " AND cap_percent > 0 AND cap_percent <= 100)",
        "Days to pay: 1 to 365; days for the bank: 0 to 60; minimum sample: 50 or more; days at "
        "most: 1 to 1095; percentile: above 0, up to 100.",
    )
    _running_idx = models.Index("(company_id) WHERE state = 'running'")

    @api.model
    def _get_default_arms(self):
        return [
            fields.Command.create({"name": self.env._("As today"), "is_control": True}),
            fields.Command.create(
                {"name": self.env._("Left alone"), "treatment": "hold_out", "sequence": 20}
            ),
        ]

    @api.depends("arm_ids")
    def _compute_debtor_count(self):
        counts = dict(
            self.env["collections.experiment.assignment"]._read_group(
                [("experiment_id", "in", self.ids)], ["experiment_id"], ["__count"]
            )
        )
        for experiment in self:
            experiment.debtor_count = counts.get(experiment, 0)

    @api.depends("arm_ids.treatment")
    def _compute_tries(self):
        for experiment in self:
            treatments = experiment.arm_ids.mapped("treatment")
            experiment.tries_strategy = "strategy" in treatments
            experiment.tries_text = "template" in treatments

    @api.depends("state", "result", "winner_id", "adopted_on", "look_ids")
    @api.depends_context("lang")
    def _compute_recommendation(self):
        for experiment in self:
            experiment.recommendation = experiment._explain()

    @api.depends("state", "result", "winner_id", "adopted_on")
    def _compute_can_adopt(self):
        for experiment in self:
            experiment.can_adopt = bool(
                experiment.result == "winner"
                and not experiment.adopted_on
                and experiment.winner_id.treatment in ("strategy", "template")
            )

    # -- what is fixed ---------------------------------------------------------------------------

    @api.constrains("arm_ids", "segment_ids", "domain", "company_id", "state")
    def _check_arms(self):
        for experiment in self:
            experiment._check_shares()
            experiment.arm_ids._check_treatment()

    def _check_shares(self):
        """:raise ValidationError: naming what is wrong with the arms of a comparison"""
        self.ensure_one()
        arms = self.arm_ids
        if len(arms) < 2:
            raise ValidationError(self.env._("%s: compare at least two arms.", self.name))
        if len(arms.filtered("is_control")) != 1:
            raise ValidationError(
                self.env._("%s: mark one arm, with which the others are compared.", self.name)
            )
        if min(arms.mapped("percent")) <= 0 or sum(arms.mapped("percent")) > 100.0001:
            raise ValidationError(
                self.env._(
                    "%s: each arm has a share above 0, and all together 100 %% at most.", self.name
                )
            )
        adopting = arms.filtered(lambda arm: arm.treatment == "strategy")
        if adopting and not self.segment_ids:
            raise ValidationError(
                self.env._(
                    "%s: say for which segments another strategy is tried; the winner becomes "
                    "theirs.",
                    self.name,
                )
            )

    def write(self, vals):
        fixed = [name for name in FIXED_FIELDS if name in vals]
        if fixed and any(experiment.state != "draft" for experiment in self):
            labels = [self._fields[name]._description_string(self.env) for name in fixed]
            raise UserError(
                self.env._(
                    "%(fields)s: fixed when the comparison started. Stop it and begin another one.",
                    fields=", ".join(labels),
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_draft(self):
        if any(experiment.state != "draft" for experiment in self):
            raise UserError(
                self.env._("A comparison that started is kept: its result is evidence.")
            )

    # -- what a manager does ---------------------------------------------------------------------

    def action_start(self):
        """Start comparing: debtors enter tonight, and each night those who came into scope."""
        self._check_manager()
        for experiment in self.filtered(lambda one: one.state == "draft"):
            experiment._check_shares()
            amounts = [amount for _id, _partner, amount in experiment._get_candidates()]
            if not amounts:
                raise UserError(
                    self.env._("%s: no debtor is in scope now. Look at its segments and rule.",
                               experiment.name)
                )  # fmt: skip
            experiment.write(
                {
                    "cap_amount": experiment.currency_id.round(
                        engine.cap(amounts, experiment.cap_percent)
                    ),
                    "date_start": self.env["collections.ledger"]._today(experiment.company_id),
                }
            )
            experiment.state = "running"
        return True

    def action_stop(self):
        """Stop comparing now; every debtor goes back to what his segment says."""
        self._check_manager()
        for experiment in self.filtered(lambda one: one.state == "running"):
            experiment._stop("by_hand")
            self.env["collections.segment"].sudo()._assign(experiment.company_id)
        return True

    def action_adopt(self):
        """Make the winner what everybody gets."""
        self._check_manager()
        for experiment in self.filtered("can_adopt"):
            experiment.winner_id._adopt()
            experiment.write(
                {
                    "adopted_on": self.env["collections.ledger"]._today(experiment.company_id),
                    "adopted_by_id": self.env.uid,
                }
            )
        return True

    def action_open_debtors(self):
        """Open the cases that take part."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_case_action"
        )
        domain = [("assignment_ids.experiment_id", "=", self.id)]
        return {**action, "name": self.name, "domain": domain, "context": {}}

    def action_open_report(self):
        """Open its result."""
        self.ensure_one()
        action = self.env["ir.actions.client"]._for_xml_id(
            "collections_reports.collections_report_experiment_action"
        )
        options = {"experiment_ids": self.ids}
        return {**action, "params": {"code": "experiments", "options": options}}

    def _check_manager(self):
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group(
            "collections_management.collections_management_group_manager"
        ):
            raise UserError(self.env._("A collections manager decides on random comparisons."))

    # -- the night -------------------------------------------------------------------------------

    @api.model
    def _get_running(self, company):
        """Return the comparisons of a company that run, the oldest first: it takes its debtors
        before the others."""
        return self.search(
            [("company_id", "=", company.id), ("state", "=", "running")], order="date_start, id"
        )

    def _get_query(self, cases, company):
        query = super()._get_query(cases, company)
        if self.segment_ids:
            query.add_where(SQL("collections_case.segment_id = ANY(%s)", self.segment_ids.ids))
        return query

    def _get_candidates(self):
        """Return ``[(case id, debtor id, amount owed)]`` of those who may enter now: who owes
        something, has no strategy chosen by a person, takes part in no other comparison that runs
        and never took part in this one."""
        self.ensure_one()
        self.env["collections.case"].flush_model()
        self.env["collections.experiment.assignment"].flush_model()
        cases = self._get_asked_cases(self.company_id).sudo()
        return self.env.execute_query(
            SQL(
                """
                SELECT collections_case.id, collections_case.partner_id,
                       collections_case.amount_total
                  FROM collections_case
                 WHERE collections_case.company_id = %(company)s
                   AND collections_case.state = 'open' AND collections_case.amount_total > 0
                   AND collections_case.manual_strategy_id IS NULL AND %(condition)s
                   AND NOT EXISTS (
                       SELECT FROM collections_experiment_assignment assigned
                        WHERE assigned.case_id = collections_case.id
                          AND (assigned.is_running OR assigned.experiment_id = %(experiment)s))
              ORDER BY collections_case.id
                """,
                company=self.company_id.id,
                condition=self._get_condition(cases, self.company_id),
                experiment=self.id,
            )
        )

    def _enter(self):
        """Let the debtors that came into scope enter; each keeps his arm for good.

        :return: whether any of them gets another strategy by it
        """
        arms = self.env["collections.experiment.arm"]
        for experiment in self - self._leave_out_broken():
            own = experiment.arm_ids
            shares, salt = own.mapped("percent"), experiment.sudo().salt
            rows = [
                (case_id, own[index], amount)
                for case_id, partner_id, amount in experiment._get_candidates()
                if (index := engine.pick(salt, partner_id, shares)) is not None
            ]
            self.env["collections.experiment.assignment"]._insert(experiment, rows)
            arms |= arms.union(*{arm for _case_id, arm, _amount in rows})
        return "strategy" in arms.mapped("treatment")

    def _leave_out_broken(self):
        """Ask the managers to mend the rules that cannot be asked any more, and return those
        comparisons: nobody new enters them, all others go on."""
        broken = self.browse()
        for company, experiments in self.grouped("company_id").items():
            for experiment, sentence in experiments._get_broken(company).items():
                experiment._ask_managers(company, sentence)
                broken |= experiment
        return broken

    def _look(self):
        """Look at the outcomes of today, keep what is seen and stop what is decided."""
        for experiment in self:
            today = self.env["collections.ledger"]._today(experiment.company_id)
            sums = experiment._get_outcomes(today)
            estimates = {
                measure: experiment._estimate(sums, measure) for measure in ("share", "money")
            }
            self.env["collections.experiment.look"]._keep(experiment, today, sums, estimates)
            over = today >= experiment.date_start + timedelta(days=experiment.longest_days)
            verdict = engine.judge(estimates[experiment.measure], over=over)
            if verdict.state != "running":
                experiment._stop(
                    verdict.state,
                    experiment.arm_ids[verdict.winner] if verdict.winner is not None else None,
                )

    def _get_outcomes(self, today):
        """Return ``{(arm id, measure): Moments}`` of the debtors whose days to pay are over."""
        self.ensure_one()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                WITH finished AS (
                    SELECT assigned.arm_id, assigned.case_id, assigned.date, assigned.amount
                      FROM collections_experiment_assignment assigned
                      JOIN collections_case kase
                        ON kase.id = assigned.case_id AND kase.state <> 'merged'
                     WHERE assigned.experiment_id = %(experiment)s
                       AND assigned.date + %(wait)s <= %(today)s
                ), outcome AS (
                    SELECT finished.arm_id,
                           least(coalesce(sum(payment.amount), 0) / finished.amount, 1) AS share,
                           least(coalesce(sum(payment.amount), 0), %(cap)s) AS money
                      FROM finished
                 LEFT JOIN (%(payments)s) payment
                        ON payment.case_id = finished.case_id AND payment.date > finished.date
                       AND payment.date <= finished.date + %(days)s
                  GROUP BY finished.arm_id, finished.case_id, finished.amount
                )
                SELECT arm_id, count(*), avg(share)::float8,
                       coalesce(var_samp(share), 0)::float8, avg(money)::float8,
                       coalesce(var_samp(money), 0)::float8
                  FROM outcome GROUP BY arm_id
                """,
                experiment=self.id,
                wait=self.outcome_days + self.late_days,
                today=today,
                days=self.outcome_days,
                cap=self.cap_amount,
                payments=self.env["collections.receipt"]._get_payments_sql(
                    SQL("SELECT case_id FROM finished"), self.date_start, today
                ),
            )
        )
        sums = {}
        for arm_id, count, share, share_variance, money, money_variance in rows:
            sums[arm_id, "share"] = engine.Moments(count, share, share_variance)
            sums[arm_id, "money"] = engine.Moments(count, money, money_variance)
        return sums

    def _estimate(self, sums, measure):
        """Return the ``Estimate`` of each arm, in their order; None for the control. With several
        arms the 5 % are shared between them."""
        none = engine.Moments(0, 0.0, 0.0)
        control = self.arm_ids.filtered("is_control")
        return [
            None
            if arm == control
            else engine.estimate(
                sums.get((arm.id, measure), none),
                sums.get((control.id, measure), none),
                sample=self.least_sample,
                alpha=engine.ALPHA / (len(self.arm_ids) - 1),
            )
            for arm in self.arm_ids
        ]

    def _stop(self, result, winner=None):
        """End it: who was left alone is not any more, strategies and texts are those of before."""
        self.ensure_one()
        self.env["collections.experiment.assignment"].sudo().search(
            [("experiment_id", "=", self.id), ("is_running", "=", True)]
        ).is_running = False
        self.write(
            {
                "state": "stopped",
                "date_stop": self.env["collections.ledger"]._today(self.company_id),
                "result": result,
                "winner_id": winner.id if winner else False,
            }
        )
        if result != "by_hand":
            for user in self.company_id._get_collections_managers():
                self.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=self.env._("The comparison “%s” has ended", self.name),
                    note=self.recommendation,
                    user_id=user.id,
                )

    # -- words -----------------------------------------------------------------------------------

    def _get_last_look(self, arm, measure):
        """Return what was seen of an arm the last time, or an empty record."""
        looks = self.look_ids.filtered(lambda look: look.arm_id == arm and look.measure == measure)
        return looks.sorted("date")[-1:]

    def _explain(self):
        """Return what follows from it, as a sentence for who decides."""
        self.ensure_one()
        if self.state == "draft":
            return self.env._("Not started: nobody takes part yet.")
        if self.state == "running":
            return self.env._(
                "Under way since %(date)s: wait. It ends by itself when a difference is certain, "
                "and on %(last)s at the latest.",
                date=format_date(self.env, self.date_start),
                last=format_date(self.env, self.date_start + timedelta(days=self.longest_days)),
            )
        if self.result == "winner" and self.winner_id:
            return self._explain_winner()
        if self.result == "no_difference":
            return self.env._(
                "No difference was found in %(days)s days: take the cheaper or the kinder arm.",
                days=self.longest_days,
            )
        return self.env._("Stopped by hand: what was seen until then decides nothing.")

    def _explain_winner(self):
        """Return the sentence that says which arm is better, by how much, and what to do."""
        control = self.arm_ids.filtered("is_control")
        other = self.arm_ids.filtered(lambda arm: arm != control)
        compared = self.winner_id if self.winner_id != control else other[:1]
        look = self._get_last_look(compared, self.measure)
        sign = 1 if self.winner_id != control else -1
        low, high = sorted((sign * look.lower, sign * look.upper))
        values = {
            "winner": self.winner_id.name,
            "other": compared.name if self.winner_id == control else control.name,
            "value": self._format(sign * look.difference),
            "low": self._format(low),
            "high": self._format(high),
            "days": self.outcome_days,
        }
        text = self.env._(
            "“%(winner)s” recovers %(value)s more per debtor in %(days)s days than “%(other)s” "
            "(between %(low)s and %(high)s).",
            **values,
        )
        if self.adopted_on:
            advice = self.env._("Adopted on %s.", format_date(self.env, self.adopted_on))
        elif self.can_adopt:
            advice = self.env._("Adopt it for everybody.")
        elif self.winner_id.treatment == "hold_out":
            advice = self.env._("Contact these debtors less, or in another way.")
        else:
            advice = self.env._("Go on as today.")
        return f"{text} {advice}"

    def _format(self, value):
        """Return a value of its measure in words."""
        if self.measure == "money":
            return format_amount(self.env, value, self.currency_id)
        return self.env._("%s %% of the debt", round(100 * value, 1))
