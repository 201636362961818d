import json
from datetime import datetime, time, timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..engine import difficulty
from .common import ReportsCommon


class CollectorsCommon(ReportsCommon):
    """Two teams; debtors with one invoice each, some of it paid this month."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ana = cls.create_user("collector", login="test_ana", name="Ana")
        cls.ben = cls.create_user("collector", login="test_ben", name="Ben")
        cls.eva = cls.create_user("collector", login="test_eva", name="Eva")
        cls.rival = cls.create_user("supervisor", login="test_rival", name="Rival")
        cls.lima = cls.create_team("Lima", cls.supervisor, cls.ana | cls.ben | cls.collector)
        cls.cusco = cls.create_team("Cusco", cls.rival, cls.eva)
        cls.debtors = [cls.create_debtor(f"Debtor {n}") for n in range(8)]
        cls.owners = [cls.ana, cls.ana, cls.ana, cls.ben, cls.ben, cls.collector, cls.eva, cls.eva]
        cls.invoices = [
            cls.create_document(debtor, 100 * (n + 1), cls.day(120 - 10 * n), days=15)
            for n, debtor in enumerate(cls.debtors)
        ]
        cls.env["collections.ledger"]._refresh(cls.company)
        for debtor, owner in zip(cls.debtors, cls.owners, strict=True):
            cls.get_case(debtor).write(
                {"user_id": owner.id, "team_id": (cls.cusco if owner == cls.eva else cls.lima).id}
            )
        cls.env.flush_all()
        # they had them long before: the log alone tells since when
        cls.env.cr.execute(
            "ALTER TABLE collections_log DISABLE TRIGGER USER;"
            "UPDATE collections_log SET moment = moment - interval '200 days';"
            "ALTER TABLE collections_log ENABLE TRIGGER USER"
        )
        for n, share in enumerate((1, 0.5, 0, 1, 0, 0.3, 1, 0)):
            if share:
                cls.pay(cls.invoices[n], 100 * (n + 1) * share, date=cls.day(5))
        cls.first, cls.last = cls.day(20), cls.day(0)

    @classmethod
    def create_team(cls, name, supervisor, members):
        return cls.env["collections.team"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "supervisor_ids": supervisor.ids,
                "member_ids": [Command.create({"user_id": user.id}) for user in members],
            }
        )

    def ask(self, user):
        return self.env["collections.report"].with_user(user).with_context(
            allowed_company_ids=self.company.ids
        )  # fmt: skip

    @property
    def options(self):
        return {"date_from": self.first.isoformat(), "date_to": self.last.isoformat()}

    def read_report(self, user, **options):
        """``{name: cells}`` of the teams and of the collectors under them."""
        options = {**self.options, **options}
        document = self.ask(user).get_page("collectors", options)["document"]
        json.dumps(document)
        found = {}
        for row in document["sections"][0]["rows"]:
            found[row["cells"]["name"]] = row["cells"]
            if row["expand"]:
                for under in self.ask(user).get_rows("collectors", options, row["expand"])["rows"]:
                    found[under["cells"]["name"]] = under["cells"]
        return found


@tagged("post_install", "-at_install")
class TestCollectors(CollectorsCommon):
    """What collectors did and recovered, read again one by one."""

    def test_portfolios_tie_to_the_ledger_of_the_evening_before(self):
        shown = self.read_report(self.manager)
        for name, owner in (("Ana", self.ana), ("Ben", self.ben), ("Eva", self.eva)):
            own = [n for n, one in enumerate(self.owners) if one == owner]
            self.assertAlmostEqual(
                shown[name]["opening"], sum(100 * (n + 1) for n in own), msg=name
            )
        read = sum(amount for amount, _currency in self.read_open(self.day(21)).values())
        self.assertAlmostEqual(shown["Lima"]["opening"] + shown["Cusco"]["opening"], read)
        self.assertAlmostEqual(shown["Lima"]["paid"], 100 + 100 + 400 + 180)
        self.assertAlmostEqual(shown["Cusco"]["paid"], 700)
        # the company as a whole recovers what it recovers
        self.assertAlmostEqual(
            shown["Lima"]["expected"] + shown["Cusco"]["expected"],
            shown["Lima"]["paid"] + shown["Cusco"]["paid"],
        )
        self.assertIn("Few data", shown["Ana"]["remark"])
        self.assertIsNone(shown["Ana"]["ratio"])

    def test_expected_is_the_rate_of_the_same_kind_of_debt(self):
        """Read again invoice by invoice."""
        day, items = self.day(21), []
        totals = [100 * (n + 1) for n in range(8)]
        bounds = difficulty.limits(totals)
        for n, (invoice, owner) in enumerate(zip(self.invoices, self.owners, strict=True)):
            paid = totals[n] - invoice.amount_residual
            stratum = (
                difficulty.age((day - invoice.invoice_date_due).days),
                difficulty.band(totals[n], bounds),
            )
            items.append(difficulty.Item(owner.id, n, stratum, totals[n], paid))
        known, shown = difficulty.rates(items), self.read_report(self.manager)
        for owner in (self.ana, self.ben, self.eva):
            own = difficulty.compare([item for item in items if item.owner == owner.id], known)
            self.assertAlmostEqual(shown[owner.name]["expected"], own.expected, msg=owner.name)

    def test_with_enough_debtors_the_ratio_has_an_interval(self):
        self.patch(difficulty.compare, "__kwdefaults__", {"few": 3, "confidence": 0.95})
        ana = self.read_report(self.manager)["Ana"]
        self.assertTrue(ana["lower"] <= ana["ratio"] <= ana["upper"])
        self.assertFalse(ana["remark"])

    def test_a_reversed_payment_is_not_recovered(self):
        before = self.read_report(self.manager)["Cusco"]["paid"]
        payment = self.invoices[6].matched_payment_ids[:1]
        payment.move_id._reverse_moves([{"date": self.day(2)}], cancel=True)
        self.assertEqual(self.read_report(self.manager)["Cusco"]["paid"], before - 700)

    def test_who_had_a_case_then_is_told_by_its_log(self):
        self.get_case(self.debtors[2]).user_id = self.eva  # today: after the period began
        shown = self.read_report(self.manager)
        self.assertAlmostEqual(shown["Ana"]["opening"], 100 + 200 + 300)
        self.first, self.last = self.day(-1), self.day(-2)
        items = self.env["collections.report.collectors"]._get_items(
            {"date_from": self.first, "date_to": self.last}, self.company
        )
        own = [
            item for (_team, user), some in items.items() for item in some if user == self.eva.id
        ]
        self.assertAlmostEqual(sum(item.opening for item in own), 300 + 800)

    def test_work_is_counted_by_who_did_it(self):
        outcomes = self.env["collections.outcome"].search([("consequence", "=", "none")])
        reached = outcomes.filtered("reached")[:1]
        missed = self.env["collections.outcome"].search([("reached", "=", False)], limit=1)
        case = self.get_case(self.debtors[2])
        for number, outcome in enumerate((reached, reached, missed)):
            moment = datetime.combine(self.day(3), time(10 + number))
            contact = self.env["collections.contact"].with_user(self.ana).sudo().create(
                {"case_id": case.id, "company_id": self.company.id, "channel_id": self.task.id,
                 "scheduled_on": moment, "sent_on": outcome.reached and moment,
                 "state": "answered" if outcome.reached else "failed", "outcome_id": outcome.id}
            )  # fmt: skip
            self.assertEqual(contact.create_uid, self.ana)
        for state in ("kept", "kept", "broken", "open"):
            promise = self.env["collections.promise"].with_user(self.ana).create(
                {"case_id": case.id, "amount": 10, "currency_id": self.company.currency_id.id,
                 "date_due": self.day(-3)}
            )  # fmt: skip
            promise.sudo().write({"state": state})
        self.env.flush_all()
        shown = self.read_report(self.manager)
        self.assertEqual(shown["Ana"]["calls"], 3)
        self.assertEqual(shown["Ana"]["right_party"], 2)
        self.assertEqual(shown["Ana"]["promises"], 4)
        self.assertAlmostEqual(shown["Ana"]["kept_rate"], 200 / 3)
        self.assertIsNone(shown["Ben"]["kept_rate"])
        self.assertEqual(shown["Lima"]["calls"], 3)

    def test_targets_count_by_their_days(self):
        days = (self.last - self.first).days + 1
        self.env["collections.target"].create(
            [
                {"team_id": self.lima.id, "company_id": self.company.id, "amount": 900,
                 "date_from": self.first, "date_to": self.last},
                {"team_id": self.lima.id, "user_id": self.ana.id, "company_id": self.company.id,
                 "amount": 100, "date_from": self.first - timedelta(days=days),
                 "date_to": self.last},
            ]
        )  # fmt: skip
        shown = self.read_report(self.manager)
        self.assertAlmostEqual(shown["Lima"]["target"], 900)
        self.assertAlmostEqual(shown["Ana"]["target"], 50)
        self.assertIsNone(shown["Eva"]["target"])

    def test_rows_open_the_records_behind_them(self):
        options = self.options
        document = self.ask(self.manager).get_page("collectors", options)["document"]
        team = next(row for row in document["sections"][0]["rows"]
                    if row["cells"]["name"] == "Lima")  # fmt: skip
        rows = self.ask(self.manager).get_rows("collectors", options, team["expand"])["rows"]
        ana = next(row for row in rows if row["cells"]["name"] == "Ana")
        action = self.ask(self.manager).open_drill("collectors", options, ana["drill"])
        self.assertEqual(len(self.env["collections.case"].search(action["domain"])), 3)
        for key in ana["drills"].values():
            action = self.ask(self.manager).open_drill("collectors", options, key)
            self.env[action["res_model"]].search(action["domain"])
        for key in ("nonsense", "cases:x:1", "cases:1:x"):
            with self.assertRaises(UserError):
                self.ask(self.manager).open_drill("collectors", options, key)
        for key in ("0:1", "x", f"{self.company.currency_id.id}:x"):
            with self.assertRaises(UserError):
                self.ask(self.manager).get_rows("collectors", options, key)

    def test_it_says_what_it_does_not_compare(self):
        document = self.ask(self.manager).get_page("collectors", self.options)["document"]
        [warnings] = [one for one in document["sections"] if one["type"] == "text"]
        self.assertIn("not ranked", " ".join(warnings["paragraphs"]))


@tagged("post_install", "-at_install")
class TestCollectorsRights(CollectorsCommon):
    """Who sees whom."""

    def test_a_collector_sees_himself_and_an_average_without_names(self):
        shown = self.read_report(self.ana)
        self.assertEqual(set(shown), {"Ana", "Average of the team"})
        self.assertAlmostEqual(shown["Ana"]["opening"], 600)
        self.assertEqual(shown["Average of the team"]["remark"], "Of 3 collectors")
        self.assertNotIn("opening", shown["Average of the team"])

    def test_where_two_work_no_average_tells_one_about_the_other(self):
        self.assertEqual(set(self.read_report(self.eva)), {"Eva"})

    def test_a_collector_opens_no_team(self):
        key = f"{self.company.currency_id.id}:{self.lima.id}"
        rows = self.ask(self.ana).get_rows("collectors", self.options, key)["rows"]
        self.assertEqual([row["cells"]["name"] for row in rows], ["Ana"])
        rows = self.ask(self.eva).get_rows("collectors", self.options, key)["rows"]
        self.assertEqual(rows, [])

    def test_a_supervisor_sees_his_teams(self):
        self.assertEqual(set(self.read_report(self.supervisor)),
                         {"Lima", "Ana", "Ben", self.collector.name})  # fmt: skip
        self.assertEqual(set(self.read_report(self.rival)), {"Cusco", "Eva"})
        key = f"{self.company.currency_id.id}:{self.lima.id}"
        self.assertEqual(self.ask(self.rival).get_rows("collectors", self.options, key)["rows"], [])

    def test_managers_auditors_and_accountants_see_all(self):
        for user in (self.manager, self.auditor, self.accountant):
            self.assertLessEqual(
                {"Lima", "Cusco", "Ana", "Eva"}, set(self.read_report(user)), user.login
            )

    def test_another_company_stays_out(self):
        other = self.env["res.company"].create({"name": "Other"})
        reader = self.create_user("manager", login="test_other")
        reader.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        reports = self.env["collections.report"].with_user(reader)
        document = reports.with_context(allowed_company_ids=other.ids).get_page(
            "collectors", self.options
        )["document"]
        self.assertFalse(document["sections"][0]["rows"])
        self.assertIn("Nobody you see", document["sections"][0]["empty"])

    def test_teams_may_be_chosen(self):
        shown = self.read_report(self.manager, team_ids=self.cusco.ids)
        self.assertEqual(set(shown), {"Cusco", "Eva"})
        self.assertEqual(fields.Date.to_string(self.first), self.options["date_from"])
