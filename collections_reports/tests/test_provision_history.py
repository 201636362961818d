from datetime import timedelta
from decimal import Decimal

from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.collections_management.tests.common import CollectionsCommon

from ..engine import provision as engine
from .provision_common import HistoryCommon, exact

LITTLE = {"minimum_months": 1, "minimum_count": 1}


@tagged("post_install", "-at_install")
class TestProvisionHistory(HistoryCommon):
    """Percentages from the ledger's own past."""

    def check_rates(self, provision):
        """The rates, the lines and the sums are those of the plain computation."""
        cohorts = engine.get_cohorts(
            provision.date, provision.window_months, provision._get_ahead()
        )
        flows = self.get_flows(provision, cohorts)
        kept = provision._get_flows()
        for name in ("count", "amount", "lost", "remaining"):
            self.assertAlmostEqual(
                sum(getattr(flow, name) for flow in kept),
                sum(getattr(flow, name) for flow in flows), 6, name,
            )  # fmt: skip
        arguments = [flows, provision._get_buckets(), provision.sudo()._get_segment_ids(),
                     engine.Minimum(provision.minimum_months, provision.minimum_count)]  # fmt: skip
        entered = provision.sudo()._get_entered()
        if provision.method == "loss_rate":
            expected = engine.measure_losses(*arguments)
        else:
            expected = engine.measure_rolls(
                *arguments, default=provision.default_days,
                entered={bucket: percent / 100 for bucket, percent in entered.items()},
            )  # fmt: skip
        self.assertEqual(len(provision.rate_ids), len(expected))
        for rate in provision.rate_ids:
            found = expected[rate.segment_id.id or None, rate._get_bucket()]
            known = found.share is not None
            percent = engine.to_percent(found.share) if known else entered[rate._get_bucket()]
            self.assertEqual((exact(rate.percent), rate.months, rate.count),
                             (percent, found.months, found.count), rate.display_name)  # fmt: skip
            self.assertAlmostEqual(exact(rate.amount), found.amount, 2)
            self.assertAlmostEqual(exact(rate.lost), found.lost, 2)
        self.check_lines(provision)
        return flows

    def check_lines(self, provision):
        """Each open item is provided for by the rate of its age and segment, to the cent."""
        rates = {
            (rate.segment_id.id, rate._get_bucket()): exact(rate.percent)
            for rate in provision.rate_ids
        }
        buckets, sums = provision._get_buckets(), {}
        for line in self.get_receivables():
            amount = self.get_residual(line, provision.date)
            if not amount:
                continue
            partner = line.partner_id.commercial_partner_id
            bucket = self.get_bucket(
                (provision.date - (line.date_maturity or line.date)).days, buckets
            )
            segment = self.get_case(partner).segment_id.id if provision.by_segment else False
            percent = rates[segment, bucket] if amount > 0 else Decimal(0)
            key = (partner.id, line.currency_id.id, amount > 0 and bucket, percent)
            sums[key] = sums.get(key, 0) + amount
        total = sum(sums.values())
        required = sum(
            (amount * key[3] / 100).quantize(Decimal("0.01"), "ROUND_HALF_UP")
            for key, amount in sums.items()
        )
        self.assertTrue(provision.is_tied)
        self.assertEqual(exact(provision.amount_open), total)
        self.assertEqual(exact(provision.amount_required), required)

    def test_rates_equal_a_plain_computation_on_a_full_ledger(self):
        self.create_history(seed=6)
        self.assertTrue(self.env["collections.recovery"].search_count([]))
        self.assertTrue(self.env["account.partial.reconcile"].search_count(
            [("exchange_move_id", "!=", False)]
        ))  # fmt: skip
        for values in (
            {"method": "loss_rate"},
            {"method": "loss_rate", "by_segment": True, "horizon_months": 6, "default_days": 100},
            {"method": "roll_rate"},
            {"method": "roll_rate", "by_segment": True, "default_days": 366},
            {"method": "roll_rate", "minimum_months": 4, "minimum_count": 25},
        ):
            with self.subTest(values):
                provision = self.propose(**{**LITTLE, **values})
                self.assertTrue(self.check_rates(provision))
        middle = self.propose(self.last_days(7)[0] - timedelta(days=9), method="loss_rate",
                              **LITTLE)  # fmt: skip
        self.check_rates(middle)

    def test_what_was_open_at_a_month_end_is_what_the_ledger_says_of_that_day(self):
        self.create_history(seed=11, count=12)
        provision = self.propose(method="roll_rate", window_months=6, **LITTLE)
        ledger = self.env["collections.ledger"]
        for month, flows in provision.flow_ids.grouped("month").items():
            rows = self.env.execute_query_dict(ledger._get_open_on_sql(month))
            self.assertAlmostEqual(
                sum(flows.mapped("amount")),
                sum(row["amount"] for row in rows
                    if row["amount"] > 0 and row["company_id"] == self.company.id), 2,
            )  # fmt: skip

    def test_few_data_say_so_and_fall_back(self):
        day = self.last_days(14)[0].replace(day=1)
        for number in range(4):
            invoice = self.create_dated(day, 100 + number, days=1)
            if number:
                self.pay(invoice, date=day + timedelta(days=200))
        self.create_dated(day, 500, self.second_debtor, days=1)
        self.assign()
        values = {"method": "loss_rate", "by_segment": True, "window_months": 6,
                  "minimum_months": 2, "minimum_count": 6}  # fmt: skip
        provision = self.propose(**values)
        by_bucket = {(rate.segment_id, rate._get_bucket()): rate for rate in provision.rate_ids}
        own = by_bucket[self.segment, 31]
        self.assertEqual((own.scope, own.measured), ("segment", round(10000 / 406, 2)))
        shared = by_bucket[self.others, 31]
        self.assertEqual((shared.scope, shared.measured), ("all", round(60000 / 906, 2)))
        old = by_bucket[self.others, 366]
        self.assertEqual((old.scope, old.percent), ("entered", 100))
        self.assertIn("entered percentages", provision.method_note)
        self.assertIn("all segments together", provision.method_note)

    def test_a_rate_that_falls_with_age_is_told_and_left(self):
        day = self.last_days(13)[0].replace(day=1)
        self.create_dated(day, 100, days=1)  # 0-30, then 31-90 days late: lost
        late = self.create_dated(day - timedelta(days=100), 900, days=1)
        self.pay(late, date=day + timedelta(days=45))  # the older one is paid
        self.assign()
        provision = self.propose(method="loss_rate", window_months=2, **LITTLE)
        percents = {rate._get_bucket(): rate.percent for rate in provision.rate_ids}
        self.assertEqual((percents[1], percents[91]), (100, 0))
        self.assertIn("falls with age", provision.method_note)

    def test_the_future_changes_what_history_says(self):
        self.create_history(seed=3, count=14)
        plain = self.propose(method="loss_rate", by_segment=True, **LITTLE)
        provision = self.propose(
            method="loss_rate", by_segment=True, **LITTLE,
            forward_ids=[
                Command.create({"change": 10, "reason": "Rates of interest rise"}),
                Command.create({"segment_id": self.others.id, "change": -50, "reason": "Insured"}),
            ],
        )  # fmt: skip
        for before, after in zip(plain.rate_ids, provision.rate_ids, strict=True):
            self.assertEqual(before.display_name, after.display_name)
            change = Decimal(-50 if after.segment_id == self.others else 10)
            if after.scope == "entered":
                self.assertEqual((after.percent, after.change), (before.percent, 0))
            else:
                expected = engine.look_forward(exact(before.measured), change)
                self.assertEqual(exact(after.percent), expected)
        self.check_lines(provision)
        with self.refused("for a segment", ValidationError):
            provision.by_segment = False
        provision.forward_ids[0].with_user(self.accountant).change = 5
        self.assertFalse(provision.computed_on or provision.rate_ids or provision.flow_ids)

    def test_other_inputs_forget_and_the_entry_closes_them(self):
        self.create_history(seed=4, count=8)
        provision = self.propose(method="roll_rate", **LITTLE)
        self.assertTrue(provision.rate_ids and provision.line_ids)
        provision.method = "entered"
        self.assertFalse(provision.rate_ids or provision.flow_ids or provision.line_ids)
        provision.action_compute()
        self.assertFalse(provision.rate_ids)
        provision.method = "loss_rate"
        provision.forward_ids = [Command.create({"change": 1, "reason": "So"})]
        provision.action_compute()
        provision.action_make_entry()
        move = provision.sudo().move_id
        self.assertEqual(sum(move.line_ids.mapped("debit")), provision.amount_required)
        for change in (
            lambda: provision.write({"method": "roll_rate"}),
            lambda: provision.forward_ids.write({"change": 2}),
            provision.forward_ids.unlink,
            lambda: provision.write(
                {"forward_ids": [Command.create({"change": 1, "reason": "x"})]}
            ),
        ):
            with self.refused("by its buttons"):
                change()

    def test_what_cannot_be_is_refused_in_words(self):
        with self.refused("add the ages between"):
            self.env["collections.provision.band"].search([("days", "<", 366)]).unlink()
            self.propose(method="loss_rate")
        provision = self.propose()
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            provision.window_months = 0
            self.env.flush_all()

    def test_nothing_owed_gives_the_entered_percentages(self):
        provision = self.propose(method="roll_rate")
        self.assertEqual(
            {rate.days: rate.percent for rate in provision.rate_ids if rate.scope == "entered"},
            {0: 0, 1: 1, 31: 5, 91: 20},
        )
        self.assertEqual((provision.amount_required, provision.is_tied), (0, True))

    def test_rates_belong_to_their_company_and_are_changed_by_nobody(self):
        self.create_history(seed=5, count=6)
        provision = self.propose(method="loss_rate", **LITTLE)
        other = self._create_company(name="Another company")
        stranger = CollectionsCommon.create_user.__func__(type(self), "auditor", login="stranger")
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        for records in (provision.rate_ids, provision.flow_ids):
            name = records._name
            self.assertFalse(self.env[name].with_user(stranger).search([]))
            with self.assertRaises(AccessError):
                records[0].with_user(stranger).read(["amount"])
            with self.assertRaises(AccessError):
                self.env[name].with_user(self.collector).search([])
            for user in (self.accountant, self.manager, self.auditor):
                self.assertTrue(self.env[name].with_user(user).search([]))
                with self.assertRaises(AccessError):
                    records[0].with_user(user).write({"amount": 1})
        with self.assertRaises(AccessError):
            provision.with_user(self.auditor).write(
                {"forward_ids": [Command.create({"change": 1, "reason": "x"})]}
            )
