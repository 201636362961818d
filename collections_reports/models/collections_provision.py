from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..engine import provision as engine

HISTORY = ("loss_rate", "roll_rate")


class CollectionsProvision(models.Model):
    """Percentages from the company's own history (IFRS 9, simplified approach).

    The ages are those of the provision bands and the age of default. What became of the debts of
    past month-ends is read from the ledger into flows, measured into rates, and both stay with the
    provision: who audits it can work every percentage out again.
    """

    _inherit = "collections.provision"
    _own_fields = (
        "company_id", "date", "method", "window_months", "horizon_months", "default_days",
        "by_segment", "minimum_months", "minimum_count", "forward_ids",
    )  # fmt: skip

    method = fields.Selection(
        [
            ("entered", "Percentages entered by age"),
            ("loss_rate", "Losses of the past (loss-rate)"),
            ("roll_rate", "Debts rolling from age to age (roll-rate)"),
        ],
        string="Percentages From",
        required=True,
        default="entered",
    )
    window_months = fields.Integer(
        string="Month-Ends Looked At", default=24, required=True, aggregator=None
    )
    horizon_months = fields.Integer(
        string="Months Until the Outcome", default=12, required=True, aggregator=None,
        help="So long after a month-end it is seen what was never collected.",
    )  # fmt: skip
    default_days = fields.Integer(
        string="In Default From Day", default=180, required=True, aggregator=None,
        help="A debt that is so many days late counts as lost, even when it is not written off.",
    )  # fmt: skip
    by_segment = fields.Boolean(
        string="Each Segment by Itself", help="The segment that the debtor's case has today."
    )
    minimum_months = fields.Integer(
        string="Month-Ends Needed", default=6, required=True, aggregator=None,
        help="A rate with fewer is taken from all segments together, else from the entered "
        "percentages.",
    )  # fmt: skip
    minimum_count = fields.Integer(
        string="Debts Needed", default=30, required=True, aggregator=None,
        help="Counted at each month-end. A rate with fewer is taken from all segments together, "
        "else from the entered percentages.",
    )  # fmt: skip
    forward_ids = fields.One2many("collections.provision.forward", "provision_id")
    rate_ids = fields.One2many("collections.provision.rate", "provision_id", readonly=True)
    flow_ids = fields.One2many("collections.provision.flow", "provision_id", readonly=True)
    method_note = fields.Text(compute="_compute_method_note")

    _window_sane = models.Constraint(
        "CHECK (window_months BETWEEN 1 AND 120)", "Look at between 1 and 120 month-ends."
    )
    _horizon_sane = models.Constraint(
        "CHECK (horizon_months BETWEEN 1 AND 60)", "The outcome is seen after 1 to 60 months."
    )
    _default_sane = models.Constraint(
        "CHECK (default_days > 0)", "A debt is in default some days after it is due."
    )
    _minimum_sane = models.Constraint(
        "CHECK (minimum_months > 0 AND minimum_count > 0)", "A rate needs a debt and a month-end."
    )

    @api.depends("rate_ids", "method", "horizon_months", "default_days", "by_segment")
    @api.depends_context("lang")
    def _compute_method_note(self):
        for provision in self:
            provision.method_note = "\n".join(provision._get_caveats()) or False

    def _get_caveats(self):
        """Return what has to be known of the rates, as sentences."""
        self.ensure_one()
        if self.method not in HISTORY or not self.rate_ids:
            return []
        sentences = []
        shared = self.rate_ids.filtered(lambda rate: rate.scope == "all")
        entered = self.rate_ids.filtered(lambda rate: rate.scope == "entered")
        if entered:
            sentences.append(
                self.env._(
                    "Too little history for %(count)s of %(all)s rates: they are the entered "
                    "percentages.",
                    count=len(entered),
                    all=len(self.rate_ids),
                )
            )
        if shared:
            sentences.append(
                self.env._(
                    "Too little history of the segment itself for %(count)s of %(all)s rates: they "
                    "are those of all segments together.",
                    count=len(shared),
                    all=len(self.rate_ids),
                )
            )
        if self.by_segment:
            sentences.append(
                self.env._("Debtors count in the segment they have today, also in the past.")
            )
        if self.method == "loss_rate" and self.horizon_months * 30 < self.default_days:
            sentences.append(
                self.env._(
                    "The outcome is seen before a debt that was not due can be in default: wait "
                    "for more months, or the youngest ages look too good."
                )
            )
        return sentences + self._get_falls()

    def _get_falls(self):
        """Return where an older age has a lower percentage than a younger one, as sentences."""
        sentences = []
        for _segment, rates in self.rate_ids.grouped("segment_id").items():
            by_bucket = {rate._get_bucket(): rate for rate in rates}
            percents = {bucket: rate.percent for bucket, rate in by_bucket.items()}
            for younger, older in engine.find_falls(percents):
                sentences.append(
                    self.env._(
                        "The rate falls with age: %(younger)s has %(more)s %%, %(older)s has only "
                        "%(less)s %%. It was left as it is: look at the month-ends behind it.",
                        younger=by_bucket[younger].display_name,
                        more=by_bucket[younger].percent,
                        older=by_bucket[older].display_name,
                        less=by_bucket[older].percent,
                    )
                )
        return sentences

    @api.constrains("by_segment", "forward_ids", "method")
    def _check_forward(self):
        for provision in self:
            if provision.forward_ids.segment_id and not provision.by_segment:
                raise ValidationError(
                    self.env._(
                        "An adjustment is for a segment, but the segments are not looked at each "
                        "by itself."
                    )
                )

    def _forget(self):
        self.rate_ids.unlink()
        self.flow_ids.unlink()
        return super()._forget()

    # -- reading ---------------------------------------------------------------------------------

    def _read_ledger(self):
        self.rate_ids.unlink()
        self.flow_ids.unlink()
        if self.method in HISTORY:
            self._read_history()
            self._measure()
        done = super()._read_ledger()
        self._place_lines()
        return done

    def _place_lines(self):
        """Note on the lines which segment their debtors have today."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_provision_line line SET segment_id = kase.segment_id
                  FROM collections_case kase
                 WHERE line.provision_id = %s AND kase.partner_id = line.partner_id
                   AND kase.company_id = line.company_id AND kase.state <> 'merged'
                """,
                self.id,
            )
        )
        self.line_ids.invalidate_model(["segment_id"])

    def _get_buckets(self):
        """Return the first days of the ages, with :data:`engine.NOT_DUE`, in order."""
        days = set(self.company_id.collections_provision_band_ids.mapped("days"))
        return [engine.NOT_DUE, *sorted(days | {self.default_days})]

    def _get_ahead(self):
        """Return after how many months it is seen what became of a month-end."""
        return self.horizon_months if self.method == "loss_rate" else 1

    def _read_history(self):
        """Read what became of the debts of past month-ends, a statement for each month-end."""
        for model in ("account.move.line", "account.partial.reconcile", "collections.case",
                      "collections.write.off", "collections.write.off.line",
                      "collections.recovery", "collections.provision"):  # fmt: skip
            self.env[model].flush_model()
        for month, later in engine.get_cohorts(self.date, self.window_months, self._get_ahead()):
            self.env.cr.execute(self._get_flows_sql(month, later))
        self.flow_ids.invalidate_model()
        self.invalidate_recordset(["flow_ids"])

    def _get_flows_sql(self, month, later):
        """Return the statement that writes what became of one month-end's debts.

        What was written off meanwhile is lost, less what was recovered of it since; what is open
        later and in default is lost, too. Credits and what they paid are not losses.
        """
        lines = self.env["account.move.line"].sudo()._search(
            [("company_id", "=", self.company_id.id)]
        )  # fmt: skip
        return SQL(
            """
            INSERT INTO collections_provision_flow (
                provision_id, company_id, month, month_later, segment_id, bucket, bucket_later,
                count, amount, collected, written_off, defaulted, remaining)
            WITH given_up AS (
                SELECT line.entry_line_id,
                       1 - least(coalesce(back.amount, 0) / nullif(off.amount, 0), 1) AS share
                  FROM collections_write_off_line line
                  JOIN collections_write_off off ON off.id = line.write_off_id
             LEFT JOIN (SELECT write_off_id, sum(amount) AS amount FROM collections_recovery
                         WHERE state = 'posted' AND date <= %(day)s GROUP BY write_off_id) back
                    ON back.write_off_id = off.id
                 WHERE line.entry_line_id IS NOT NULL AND off.company_id = %(company)s
            ), gone AS (
                SELECT part.debit_move_id AS line_id, sum(part.amount) AS amount,
                       coalesce(sum(part.amount * given_up.share), 0) AS written_off
                  FROM account_partial_reconcile part
             LEFT JOIN given_up ON given_up.entry_line_id = part.credit_move_id
                 WHERE part.max_date > %(month)s AND part.max_date <= %(later)s
                   AND part.company_id = %(company)s
              GROUP BY part.debit_move_id
            ), debt AS (
                SELECT open.line_id, open.amount, coalesce(gone.amount, 0) AS gone,
                       coalesce(gone.written_off, 0) AS written_off,
                       open.amount - coalesce(gone.amount, 0) AS rest,
                       %(month)s - open.due AS age, %(later)s - open.due AS age_later,
                       %(segment)s AS segment_id
                  FROM (%(open)s) open
             LEFT JOIN gone ON gone.line_id = open.line_id
             LEFT JOIN collections_case kase
                    ON kase.partner_id = open.partner_id AND kase.company_id = open.company_id
                   AND kase.state <> 'merged'
                 WHERE open.amount > 0
            ), placed AS (
                SELECT debt.*, %(bucket)s AS bucket, %(bucket_later)s AS bucket_later,
                       CASE WHEN age_later >= %(default)s THEN rest ELSE 0 END AS defaulted
                  FROM debt
            )
            SELECT %(provision)s, %(company)s, %(month)s, %(later)s, segment_id, bucket,
                   bucket_later, count(*), sum(amount), sum(gone - written_off), sum(written_off),
                   sum(defaulted), sum(rest - defaulted)
              FROM placed GROUP BY segment_id, bucket, bucket_later
            """,
            provision=self.id,
            company=self.company_id.id,
            day=self.date,
            month=month,
            later=later,
            default=self.default_days,
            segment=SQL("kase.segment_id" if self.by_segment else "NULL::int"),
            bucket=self._get_bucket_sql(SQL("age")),
            bucket_later=self._get_bucket_sql(SQL("age_later")),
            open=self.env["collections.ledger"]._get_open_on_sql(month, lines),
        )

    def _get_bucket_sql(self, age):
        """Return the bucket of an age as SQL."""
        cases = [
            SQL("WHEN %s >= %s THEN %s", age, first, first)
            for first in reversed(self._get_buckets()[1:])
        ]
        return SQL("CASE %s ELSE %s END", SQL(" ").join(cases), engine.NOT_DUE)

    # -- measuring -------------------------------------------------------------------------------

    def _get_flows(self):
        """Return the flows as the engine reads them, exact to the last digit."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT month, segment_id, bucket, bucket_later, count, amount::text,
                       (written_off + defaulted)::text, remaining::text
                  FROM collections_provision_flow WHERE provision_id = %s
              ORDER BY id
                """,
                self.id,
            )
        )
        return [engine.Flow(*row[:5], *map(Decimal, row[5:])) for row in rows]

    def _get_segment_ids(self):
        """Return the ids of the segments with a rate of their own; None: no segment, or all."""
        if not self.by_segment:
            return [None]
        cases = self.env["collections.case"].with_context(active_test=False)
        groups = cases._read_group(
            [("company_id", "=", self.company_id.id), ("state", "!=", "merged")], ["segment_id"]
        )
        return sorted(
            {segment.id or None for [segment] in groups} | {None}, key=lambda one: one or 0
        )

    def _get_entered(self):
        """Return ``{bucket: entered percentage}``, nothing for what is not due."""
        bands = self.company_id.collections_provision_band_ids.sorted("days")
        entered = {}
        for bucket in self._get_buckets():
            reached = bands.filtered(lambda band, first=bucket: band.days <= first)
            entered[bucket] = Decimal(str(reached[-1:].percent or 0))
        return entered

    def _measure(self):
        """Measure the rates from the flows and keep them."""
        minimum = engine.Minimum(self.minimum_months, self.minimum_count)
        flows, buckets, segments = self._get_flows(), self._get_buckets(), self._get_segment_ids()
        entered = self._get_entered()
        if self.method == "loss_rate":
            measures = engine.measure_losses(flows, buckets, segments, minimum)
        else:
            measures = engine.measure_rolls(
                flows,
                buckets,
                segments,
                minimum,
                default=self.default_days,
                entered={bucket: percent / 100 for bucket, percent in entered.items()},
            )
        changes = self._get_changes(segments)
        self.rate_ids = [
            Command.create(
                self._prepare_rate_vals(
                    segment, bucket, measure, entered[bucket], changes.get(segment, Decimal(0))
                )
            )
            for (segment, bucket), measure in measures.items()
        ]

    def _get_changes(self, segments):
        """Return ``{segment id: change in percent}``: its own adjustment, else that of all."""
        by_segment = {
            one.segment_id.id or None: Decimal(str(one.change)) for one in self.forward_ids
        }
        general = by_segment.get(None, Decimal(0))
        return {segment: by_segment.get(segment, general) for segment in segments}

    def _prepare_rate_vals(self, segment, bucket, measure, entered, change):
        """Return the values of a rate: measured and adjusted, or as entered."""
        known = measure.share is not None
        measured = engine.to_percent(measure.share) if known else Decimal(0)
        return {
            "segment_id": segment,
            "kind": "not_due" if bucket == engine.NOT_DUE else "late",
            "days": 0 if bucket == engine.NOT_DUE else bucket,
            "scope": measure.scope if known else "entered",
            "months": measure.months,
            "count": measure.count,
            "amount": measure.amount,
            "lost": measure.lost,
            "measured": measured,
            "change": change if known else 0,
            "percent": engine.look_forward(measured, change) if known else entered,
        }

    def _get_bands_sql(self):
        if self.method not in HISTORY:
            return super()._get_bands_sql()
        segment = SQL("NULL::int")
        if self.by_segment:
            segment = SQL(
                "(SELECT segment_id FROM collections_case WHERE partner_id = item.partner_id"
                " AND company_id = %s AND state <> 'merged')",
                self.company_id.id,
            )
        return SQL(
            """
            SELECT CASE WHEN rate.kind = 'late' THEN rate.days END AS days, rate.percent
              FROM collections_provision_rate rate
             WHERE rate.provision_id = %s AND rate.segment_id IS NOT DISTINCT FROM %s
               AND (rate.kind = 'not_due' OR rate.days <= item.age)
          ORDER BY rate.kind = 'late' DESC, rate.days DESC LIMIT 1
            """,
            self.id,
            segment,
        )

    def action_compute(self):
        for provision in self:
            days = provision.company_id.sudo().collections_provision_band_ids.mapped("days")
            if provision.method in HISTORY and days and min(days) > provision.default_days:
                raise UserError(
                    self.env._(
                        "Default begins on day %(default)s, but the first age only on day "
                        "%(first)s: add the ages between.",
                        default=provision.default_days,
                        first=min(days),
                    )
                )
        return super().action_compute()
