import random
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import date_utils

from odoo.addons.collections_management.tests.common import CollectionsCommon

from ..engine import kpi, rolls
from .kpi_common import AGES, LedgerHistories, Reference


@tagged("post_install", "-at_install")
class TestKpi(CollectionsCommon):
    """Every figure equals the one that plain loops over the records give."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.histories = LedgerHistories(cls.env, random.Random(20261126), cls.pay_terms_b)
        cls.debtors = cls.histories.play(24)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.report = cls.env["collections.report.kpi"]
        cls.reference = Reference(cls.company)

    @contextmanager
    def long_ago_before(self, limit):
        """Let the past be read forwards before a day."""
        ledger = type(self.env["collections.ledger"])
        with patch.object(ledger, "_is_long_ago", lambda _self, day: day < limit):
            yield

    def get_options(self, first, last, **options):
        return self.report._read_options({"date_from": first, "date_to": last, **options})

    def get_figures(self, first, last, report=None, **options):
        report = report or self.report
        figures = self.env["collections.kpi"]._get_figures(
            report, self.get_options(first, last, **options)
        )
        self.assertEqual(list(figures), [self.company.currency_id])
        return figures[self.company.currency_id]

    def assert_value(self, result, expected, name):
        if expected is None:
            self.assertIsNone(result.value, name)
            self.assertTrue(result.reason, name)
        else:
            self.assertIsNotNone(result.value, f"{name}: {result.reason}")
            self.assertAlmostEqual(float(result.value), expected, 6, name)

    def assert_figures(self, figures, reference, first, last):
        days = (last - first).days + 1
        begin = first - timedelta(days=1)
        before = kpi.previous_period(first, last)[0] - timedelta(days=1)
        total, overdue, not_due, credit = (
            reference.get_sum(last, name) for name in ("total", "overdue", "not_due", "credit")
        )
        sales = reference.get_sales(first, last)
        could = reference.get_sum(begin, "total") + sales - not_due
        was, cured, caught_up, relapsed = reference.get_moved(before, begin, last)
        for name, expected in {
            "receivable": total,
            "overdue": overdue,
            "current": not_due,
            "credits": credit,
            "sales": sales,
            "collected": reference.get_collected(first, last),
            "dso": days * total / sales if sales > 0 else None,
            "dso_best": days * not_due / sales if sales > 0 else None,
            "add": days * (overdue - credit) / sales if sales > 0 else None,
            "dso_countback": reference.get_countback(last),
            "dso_true": reference.get_true_dso(first, last),
            "cei": 100 * (could + not_due - total) / could if could > 0 else None,
            "overdue_ratio": 100 * overdue / (overdue + not_due) if overdue + not_due else None,
            "cure_rate": 100 * cured / was if was else None,
            "relapse_rate": 100 * relapsed / caught_up if caught_up else None,
        }.items():
            self.assert_value(figures[name], expected, f"{name}, {first} to {last}")

    def test_figures_of_the_ledger_equal_the_slow_reference(self):
        chance = random.Random(7)
        for _turn in range(12):
            last = self.today - timedelta(days=chance.randint(-10, 250))
            first = last - timedelta(days=chance.choice((0, 6, 29, 59, 120)))
            self.assert_figures(self.get_figures(first, last), self.reference, first, last)
            with self.long_ago_before(last - timedelta(days=chance.choice((-1, 0, 5, 60)))):
                self.assert_figures(self.get_figures(first, last), self.reference, first, last)

    def test_figures_asked_for_alone_are_those_of_all(self):
        """What only others need is not read, and nothing else."""
        kpi, cured = self.env["collections.kpi"], []
        for ago in (0, 60, 90, 110):
            last = self.today - timedelta(days=ago)
            first = last - timedelta(days=40)
            options, everything = self.get_options(first, last), self.get_figures(first, last)
            cured.append(everything["cure_rate"].value)
            for names in (["dso", "cei", "overdue"], ["cure_rate"], ["relapse_rate"], ["dso_true"]):
                [figures] = kpi._get_figures(self.report, options, names).values()
                self.assertEqual(figures, {name: everything[name] for name in names})
        self.assertTrue(any(cured), "somebody caught up")
        with patch.object(type(kpi), "_get_paid", side_effect=AssertionError):
            kpi._get_figures(self.report, options, ["dso"])

    def test_the_random_ledger_is_worth_it(self):
        """All that can go wrong is in it."""
        lines = self.reference.lines
        self.assertGreater(len(lines.currency_id), 1)
        self.assertGreater(
            {"paid", "paid in another currency", "credit note", "payment reversed",
             "payment set back to draft", "adjusted by an entry"} & set(self.histories.done),
            {"paid", "credit note"},
        )  # fmt: skip
        self.assertTrue(lines.filtered(lambda line: line.date > self.today), "dated ahead")
        self.assertTrue(lines.matched_credit_ids.exchange_move_id, "exchange differences")
        self.assertTrue(
            any(len(self.get_receivable(move)) > 1 for move in lines.move_id), "instalments"
        )

    def test_a_period_without_sales_has_no_days_sales_outstanding(self):
        first = self.today - timedelta(days=3650)
        figures = self.get_figures(first, first + timedelta(days=9))
        for name in ("dso", "dso_best", "add", "bad_debt_ratio"):
            self.assertEqual(figures[name], (None, "no_sales", figures[name].parts), name)
        self.assertEqual(figures["cei"].reason, "nothing_to_collect")
        self.assertEqual(figures["receivable"].value, 0)

    def test_receivables_are_the_balance_of_their_accounts(self):
        # Odoo keeps a payment that was set back to draft matched: its invoice is open for less
        self.reference.lines.matched_credit_ids.filtered(
            lambda part: part.credit_move_id.parent_state == "draft"
        ).unlink()
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": self.histories.general.id,
                "date": self.today - timedelta(days=2),
                "line_ids": [  # booked without a partner: it is in the balance all the same
                    Command.create(
                        {"account_id": account.id, "balance": sign * 77, "partner_id": False}
                    )
                    for account, sign in (
                        (self.company_data["default_account_receivable"], 1),
                        (self.company_data["default_account_revenue"], -1),
                    )
                ],
            }
        )
        move.action_post()
        [(balance,)] = self.env["account.move.line"]._read_group(
            [
                ("account_id.account_type", "=", "asset_receivable"),
                ("account_id.non_trade", "=", False),
                ("company_id", "=", self.company.id),
                ("parent_state", "=", "posted"),
                ("date", "<=", self.today),
            ],
            [],
            ["balance:sum"],
        )
        figures = self.get_figures(self.today - timedelta(days=9), self.today)
        self.assertAlmostEqual(figures["receivable"].value, balance)

    def test_months_equal_the_figures_of_their_periods(self):
        options = self.get_options(self.today - timedelta(days=9), self.today)
        names = ("receivable", "overdue", "current", "credits", "overdue_ratio", "sales",
                 "collected", "dso", "dso_best", "add", "cei", *AGES)  # fmt: skip
        kpis = self.env["collections.kpi"]
        rebuilds = self.env["collections.fact.rebuild"]
        rebuilds.search([("company_id", "=", self.company.id)]).unlink()
        from_ledger = kpis._get_series(self.report, options, names, 5)
        self.rebuild()
        self.assertTrue(rebuilds._get_complete_day(self.company))
        from_facts = kpis._get_series(self.report, options, names, 5)
        self.assertEqual(set(from_facts), {self.company.currency_id})
        series, slow = (found[self.company.currency_id] for found in (from_facts, from_ledger))
        self.assertEqual(series["days"], slow["days"])
        self.assertEqual(series["days"][-1], self.today)
        for index, last in enumerate(series["days"]):
            figures = self.get_figures(date_utils.start_of(last, "month"), last)
            for name in names:
                expected = figures.get(name)
                for found in (series, slow):
                    if name in AGES:
                        self.assertAlmostEqual(
                            float(found[name][index].value), self.reference.get_sum(last, name)
                        )
                    else:
                        self.assert_value(found[name][index], expected.value, f"{name} {last}")

    def rebuild(self):
        rebuilds = self.env["collections.fact.rebuild"]
        rebuilds._start(self.company)
        with self.enter_registry_test_mode():
            self.env.ref(
                "collections_reports.collections_fact_cron_rebuild"
            ).method_direct_trigger()

    def test_roll_rates_equal_the_slow_reference(self):
        for back in (0, 40, 100):
            day = self.today - timedelta(days=back)
            options = self.get_options(day - timedelta(days=5), day)
            kpi = self.env["collections.kpi"]
            first, last = kpi._get_roll_days(options)
            found = []
            for limit in (day - timedelta(days=4000), last, day + timedelta(days=1)):
                with self.long_ago_before(limit):
                    story = kpi._get_story(self.report, options, months=0, rolls=True)
                found.append(story[self.company.currency_id]["rolls"])
            [matrix, *others] = found
            self.assertEqual(others, [matrix] * 2)
            self.assertEqual(last, date_utils.end_of(last, "month"))
            self.assertEqual(first, date_utils.end_of(first, "month"))
            self.assertLessEqual(last, day)
            self.assertLess((day - last).days, 31)
            expected = rolls.matrix(
                [
                    (*ages, *amounts)
                    for ages, amounts in self.reference.get_rolls(first, last).items()
                ]
            )
            self.assertEqual(set(matrix), set(expected))
            for age, one in expected.items():
                for name in ("open", "settled", "rolled"):
                    self.assertAlmostEqual(float(matrix[age][name]), one[name], 6, (age, name))
                for after, share in one["to"].items():
                    self.assertAlmostEqual(float(matrix[age]["to"][after]), share, 6)

    # -- who may see what ------------------------------------------------------------------------

    def test_a_collector_sees_the_amounts_of_his_own_cases_only(self):
        cases = self.env["collections.case"].search([("company_id", "=", self.company.id)])
        other = self.create_user("collector", login="other_collector")
        cases.write({"user_id": other.id})
        own = cases[:7]
        own.write({"user_id": self.collector.id})
        first, last = self.today - timedelta(days=60), self.today - timedelta(days=4)
        report = self.report.with_user(self.collector)
        figures = (
            self.env["collections.kpi"]
            .with_user(self.collector)
            ._get_figures(report, self.get_options(first, last))[self.company.currency_id]
        )
        self.assert_figures(figures, Reference(self.company, own.partner_id), first, last)
        # and in the facts of the months
        self.rebuild()
        kpis = self.env["collections.kpi"].with_user(self.collector)
        series = kpis._get_series(
            report, self.get_options(first, last), ("receivable", "overdue", "age_2"), 4
        )[self.company.currency_id]
        reference = Reference(self.company, own.partner_id)
        for index, day in enumerate(series["days"]):
            for name, kind in (("receivable", "total"), ("overdue", "overdue"), ("age_2", "age_2")):
                self.assertAlmostEqual(
                    float(series[name][index].value), reference.get_sum(day, kind), 6, name
                )
        # the same with a filter, for who sees all
        figures = self.get_figures(first, last, user_ids=self.collector.ids)
        self.assert_figures(figures, Reference(self.company, own.partner_id), first, last)

    def test_debtors_without_a_case_are_in_the_figures_of_who_sees_all(self):
        first, last = self.today - timedelta(days=60), self.today
        self.env["collections.case"].search(
            [("partner_id", "=", self.debtors[0].id)]
        ).state = "merged"  # it is as if there was none
        accountant = new_test_user(
            self.env, "test_accountant", groups="account.group_account_readonly",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        for user, debtors in (
            (self.manager, None),
            (self.auditor, None),
            (accountant, None),
            (self.supervisor, self.debtors[1:]),
        ):
            with self.subTest(user=user.login):
                figures = (
                    self.env["collections.kpi"]
                    .with_user(user)
                    ._get_figures(self.report.with_user(user), self.get_options(first, last))[
                        self.company.currency_id
                    ]
                )
                self.assert_figures(figures, Reference(self.company, debtors), first, last)

    def test_a_rule_of_the_administrator_holds_for_who_sees_all(self):
        """What every manager sees need not be asked; as soon as a rule says otherwise it is."""
        first, last = self.today - timedelta(days=60), self.today
        report = self.report.with_user(self.manager)
        options = self.get_options(first, last)
        self.assertTrue(report._sees_every_case(options))
        self.assertTrue(report.sudo()._sees_every_case(options))
        self.assertFalse(report._sees_every_case(options | {"user_ids": self.collector.ids}))
        self.assertFalse(self.report.with_user(self.supervisor)._sees_every_case(options))
        self.assertFalse(self.report.with_user(self.collector)._sees_every_case(options))
        self.env["ir.rule"].create(
            {
                "name": "Some debtors are nobody's business",
                "model_id": self.env["ir.model"]._get_id("collections.case"),
                "domain_force": f"[('partner_id', 'in', {self.debtors[:5].ids})]",
            }
        )
        self.assertFalse(report._sees_every_case(options))
        figures = report.env["collections.kpi"]._get_figures(report, options)
        self.assert_figures(
            figures[self.company.currency_id],
            Reference(self.company, self.debtors[:5]),
            first,
            last,
        )

    def test_another_company_sees_nothing(self):
        company = self.setup_other_company()["company"]
        manager = new_test_user(
            self.env, "manager_elsewhere",
            groups="collections_management.collections_management_group_manager",
            company_id=company.id, company_ids=[Command.set(company.ids)],
        )  # fmt: skip
        report = self.report.with_user(manager).with_company(company)
        options = report._read_options({})
        figures = report.env["collections.kpi"]._get_figures(report, options)
        self.assertEqual(list(figures), [company.currency_id])
        for name, result in figures[company.currency_id].items():
            self.assertFalse(result.value, name)
        content = report.env["collections.report"].get_page("kpi", {})["document"]
        self.assertTrue(content["sections"])
