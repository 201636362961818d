from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.collections_management.tests.common import CollectionsCommon


@tagged("post_install", "-at_install")
class TestKpiActivity(CollectionsCommon):
    """What was promised, disputed, tried and aimed at, in figures."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.report = cls.env["collections.report.kpi"]
        cls.debtors = [cls.create_debtor(f"Deudor{number}") for number in range(5)]
        cls.invoices = [cls.create_invoice(1000, 40, debtor) for debtor in cls.debtors]
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.cases = [cls.get_case(debtor) for debtor in cls.debtors]
        cls.first, cls.last = cls.today - timedelta(days=20), cls.today
        cls.own = cls.company.currency_id
        cls.currency = cls.setup_other_currency("EUR", rates=[("2016-01-01", 2.0)])

    def get_figures(self, user=None, **options):
        report = self.report.with_user(user) if user else self.report
        options = report._read_options({"date_from": self.first, "date_to": self.last, **options})
        return report.env["collections.kpi"]._get_figures(report, options)[self.own]

    def assert_figures(self, figures, expected):
        for name, value in expected.items():
            with self.subTest(name):
                if isinstance(value, str):
                    self.assertIsNone(figures[name].value)
                    self.assertEqual(figures[name].reason, value)
                else:
                    self.assertAlmostEqual(float(figures[name].value), value)

    # -- promises and disputes -------------------------------------------------------------------

    def create_promise(self, case, amount, state, ago, currency=None):
        promise = self.env["collections.promise"].create(
            {"case_id": case.id, "currency_id": self.own.id, "amount": amount,
             "date_due": self.today + timedelta(days=3),
             "type_id": self.env["collections.promise.type"].search([], limit=1).id}
        )  # fmt: skip
        promise.write(
            {"state": state, "settled_on": self.today - timedelta(days=ago),
             "currency_id": (currency or self.own).id}
        )  # fmt: skip
        return promise

    def test_promises_by_number_and_by_amount(self):
        self.create_promise(self.cases[0], 100, "kept", 5)
        self.create_promise(self.cases[1], 200, "kept", 20, self.currency)  # 100 of ours
        self.create_promise(self.cases[2], 50, "partly", 0)
        self.create_promise(self.cases[3], 250, "broken", 1)
        self.create_promise(self.cases[4], 900, "broken", 21)  # before the period
        self.create_promise(self.cases[4], 900, "withdrawn", 2)
        expected = {
            "promise_kept_count": 50, "promise_partly_count": 25, "promise_broken_count": 25,
            "promise_kept_amount": 40, "promise_partly_amount": 10, "promise_broken_amount": 50,
        }  # fmt: skip
        self.assert_figures(self.get_figures(), expected)
        self.cases[3].user_id = self.collector
        other = self.create_user("collector", login="other")
        for case in self.cases[:3]:
            case.user_id = other
        self.assert_figures(self.get_figures(self.collector), {"promise_broken_amount": 100})
        self.assert_figures(
            self.get_figures(user_ids=other.ids),
            {"promise_broken_count": 0, "promise_kept_count": 100 * 2 / 3},
        )

    def test_without_promises_or_disputes_it_is_said(self):
        self.assert_figures(
            self.get_figures(),
            {"promise_kept_count": "no_promises", "promise_kept_amount": "no_promises",
             "dispute_days": "no_disputes"},
        )  # fmt: skip

    def test_days_to_solve_disputes(self):
        reason = self.env["collections.dispute.reason"].search([], limit=1)
        for case, invoice, (opened, closed, state) in zip(
            self.cases,
            self.invoices,
            [(30, 10, "rejected"), (9, 0, "credited"), (25, 21, "paid"), (5, None, "open"),
             (8, 3, "withdrawn")],
            strict=True,
        ):  # fmt: skip
            dispute = self.env["collections.dispute"].create(
                {"case_id": case.id, "line_id": self.get_receivable(invoice).id, "amount": 10,
                 "reason_id": reason.id}
            )  # fmt: skip
            dispute.write(
                {
                    "state": state,
                    "date_open": self.today - timedelta(days=opened),
                    "date_closed": closed is not None and self.today - timedelta(days=closed),
                }
            )
        self.assert_figures(self.get_figures(), {"dispute_days": (20 + 9 + 5) / 3})

    # -- contacts --------------------------------------------------------------------------------

    def create_contact(self, case, ago, state="sent", channel=None, hour=12, **values):
        moment = fields.Datetime.to_datetime(self.today - timedelta(days=ago)) + timedelta(
            hours=hour
        )
        return self.env["collections.contact"].create(
            {"case_id": case.id, "company_id": self.company.id,
             "channel_id": (channel or self.email).id, "state": state, "scheduled_on": moment,
             "sent_on": False if state == "failed" else moment, **values}
        )  # fmt: skip

    def test_contacts_by_what_came_of_them(self):
        one, two, three, four, five = self.cases
        spoken = self.env["collections.outcome"].search([("reached", "=", True)], limit=1)
        missed = self.env["collections.outcome"].search([("reached", "=", False)], limit=1)
        self.create_contact(one, 10, "read", cost=0.5)
        self.create_contact(two, 12, "sent", cost=0.25)
        self.create_contact(two, 6, "delivered", cost=0.25, approved_by_id=self.supervisor.id)
        self.create_contact(three, 5, "failed", cost=0.5)
        self.create_contact(four, 4, "answered", self.task, outcome_id=spoken.id)
        self.create_contact(five, 3, "failed", self.task, outcome_id=missed.id)
        # none of these is an attempt of the period
        self.create_contact(five, 2, "sent", self.task)  # a task nobody did yet
        self.create_contact(five, 2, "queued")
        self.create_contact(five, 2, "sent", safe_mode=True)
        self.create_contact(five, 2, "answered", direction="in")
        self.create_contact(five, 21, "sent")
        self.assert_figures(
            self.get_figures(),
            {
                "contact_rate": 100 * 4 / 6,
                "right_party_rate": 50,
                "automation_ratio": 50,
                "cost_per_contact": 1.5 / 4,
                "cost_per_recovered": "nothing_collected",
                "response_rate": 0,
                "first_payment": "nothing_collected",
            },
        )
        # two of the debtors write back, one of them before we wrote
        one._log("replied", {})
        entry = self.env["collections.log"].search([("case_id", "=", one.id)], limit=1)
        self.assertEqual(entry.event, "replied")
        self.assert_figures(self.get_figures(), {"response_rate": 50})
        # and pay: one on the day he was told, one seven days after, one before he was told
        self.pay(self.invoices[1], 300, self.today - timedelta(days=5))
        self.pay(self.invoices[0], 100, self.today - timedelta(days=10))
        self.pay(self.invoices[3], 200, self.today - timedelta(days=8))
        figures = self.get_figures()
        self.assert_figures(
            figures,
            {"collected": 600, "cost_per_recovered": 100 * 1.5 / 600, "first_payment": 3.5},
        )
        self.assertEqual(figures["first_payment"].parts["count"], 2)
        self.assertEqual(figures["first_payment"].parts["third"], 7 * 0.75)

    def test_days_are_those_of_the_company(self):
        self.company.partner_id.tz = "America/Lima"
        midnight = fields.Datetime.to_datetime(self.first)
        for case, hours in zip(self.cases, (4, 6, 24), strict=False):  # one is still the day before
            moment = midnight + timedelta(hours=hours)
            self.create_contact(case, 0, "sent").write({"sent_on": moment, "scheduled_on": moment})
        rows = self.report._query(
            self.env["collections.kpi"]._get_attempts_sql(
                self.report,
                self.report._read_options({"date_from": self.first, "date_to": self.last}),
                self.company,
            )
        )
        self.assertEqual([row["day"] for row in rows], [self.first] * 2)

    def test_without_contacts_it_is_said(self):
        self.assert_figures(
            self.get_figures(),
            {"contact_rate": "no_contacts", "right_party_rate": "no_calls",
             "response_rate": "no_messages", "automation_ratio": "no_contacts",
             "cost_per_contact": "no_contacts"},
        )  # fmt: skip

    def test_contacts_of_a_merged_debtor_count_for_the_one_that_stays(self):
        self.create_contact(self.cases[0], 3, "read")
        source, target = self.debtors[:2]
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (source | target).ids, target, extra_checks=False
        )
        self.env.invalidate_all()
        self.assertEqual(self.cases[0].state, "merged")
        self.assert_figures(self.get_figures(), {"contact_rate": 100})
        self.cases[1].user_id = self.collector
        self.assert_figures(self.get_figures(self.collector), {"contact_rate": 100})

    def test_a_collector_sees_the_contacts_of_his_cases_only(self):
        other = self.create_user("collector", login="other")
        for case in self.cases:
            case.user_id = other
        self.create_contact(self.cases[0], 3, "read")
        self.create_contact(self.cases[1], 3, "failed")
        self.assert_figures(self.get_figures(), {"contact_rate": 50})
        self.assert_figures(self.get_figures(self.collector), {"contact_rate": "no_contacts"})
        self.cases[0].user_id = self.collector
        self.assert_figures(self.get_figures(self.collector), {"contact_rate": 100})

    # -- targets ---------------------------------------------------------------------------------

    def test_collected_of_the_target(self):
        team = self.env["collections.team"].create(
            {"name": "Lima", "supervisor_ids": self.supervisor.ids,
             "member_ids": [fields.Command.create({"user_id": self.collector.id})]}
        )  # fmt: skip
        for case in self.cases[:2]:
            case.write({"team_id": team.id, "user_id": self.collector.id})
        days = 30
        whole, own = self.env["collections.target"].create(
            [
                {"team_id": team.id, "user_id": user, "company_id": self.company.id,
                 "amount": amount, "date_from": self.first,
                 "date_to": self.first + timedelta(days=days - 1)}
                for user, amount in ((False, 3000), (self.collector.id, 600))
            ]
        )  # fmt: skip
        payment = self.pay(self.invoices[0], 700, self.today - timedelta(days=2))
        self.env["collections.receipt"].create(
            {"case_id": self.cases[0].id, "company_id": self.company.id,
             "move_id": payment.move_id.id, "currency_id": self.own.id, "amount": 700,
             "date": self.today - timedelta(days=2), "team_id": team.id,
             "user_id": self.collector.id}
        )  # fmt: skip
        share = 21 / days  # of the target lies in the period
        for user, aim in (
            (None, 3000), (self.manager, 3000), (self.supervisor, 3000), (self.collector, 600)
        ):  # fmt: skip
            with self.subTest(user=user and user.login):
                self.assert_figures(self.get_figures(user), {"target": 100 * 700 / (aim * share)})
        self.assert_figures(
            self.get_figures(user_ids=self.collector.ids), {"target": 100 * 700 / (600 * share)}
        )
        whole.unlink()
        self.assert_figures(self.get_figures(), {"target": 100 * 700 / (600 * share)})
        self.assert_figures(
            self.get_figures(partner_ids=self.debtors[0].ids), {"target": "target_filtered"}
        )
        # his case goes to somebody else: its payments are no more his to see
        self.cases[0].user_id = self.create_user("collector", login="other")
        self.assert_figures(self.get_figures(self.collector), {"target": 0})
        own.unlink()
        self.assert_figures(self.get_figures(), {"target": "no_target"})
