import json
import random
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.collections_management.models.collections_ledger_past import FOREIGN, OWN

from .common import ReportsCommon

NAMES = ("not_due", "age_1", "age_2", "age_3", "over", "credit")


@tagged("post_install", "-at_install")
class TestAging(ReportsCommon):
    """Aging as of any day equals what is read entry by entry, and opens down to the entries."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtors = cls.create_ledger(seed=11)
        cls.env["collections.ledger"]._refresh(cls.company)

    def report(self, user=None, **options):
        page = self.ask(user).get_page("aging", options)
        return page["document"]

    def check(self, user=None, **options):
        return self.ask(user).get_checks("aging", options)

    def ask(self, user=None):
        reports = self.env["collections.report"].with_user(user or self.accountant)
        return reports.with_context(allowed_company_ids=self.company.ids)

    def rows(self, document, name="groups"):
        [section] = [one for one in document["sections"] if one.get("name") == name]
        return section["rows"]

    def sums(self, document):
        found = {}
        for row in self.rows(document):
            cells = row["cells"]
            values = {name: cells.get(name) for name in NAMES if cells.get(name)}
            found[cells["group"]["id"], row["currency"]] = values
        return {key: values for key, values in found.items() if values}

    def expected(self, day, **how):
        read = self.read_aging(day, **how)
        found = {key: {n: v for n, v in one.items() if v} for key, one in read.items()}
        return {key: values for key, values in found.items() if values}

    # -- every day to the cent -------------------------------------------------------------------

    def test_every_debtor_and_bucket_on_many_days(self):
        rng = random.Random(3)
        days = [self.day(rng.randrange(-40, 400)) for _number in range(20)]
        some = 0
        reads = set()
        ledger = self.env["collections.ledger"]
        for day in days:
            long_ago = day < self.day(180)
            self.patch(type(ledger), "_is_long_ago", lambda _self, _day, one=long_ago: one)
            reads.add(long_ago)
            for money in ("company", "original"):
                shown = self.sums(self.report(date=day.isoformat(), money=money))
                self.assertEqual(shown, self.expected(day, money=money), (day, money))
                some += len(shown)
        self.assertGreater(some, 60)
        self.assertEqual(len(reads), 2, "backwards and forwards")

    def test_age_since_the_invoice_and_credits_within_their_age(self):
        for how in (
            {"basis": "invoice"},
            {"credits": "netted"},
            {"credits": "without"},
            {"basis": "invoice", "credits": "netted", "money": "original"},
        ):
            day = self.day(25)
            shown = self.sums(self.report(date=day.isoformat(), **how))
            self.assertEqual(shown, self.expected(day, **how), how)

    def test_other_buckets(self):
        day = self.day(10)
        document = self.report(date=day.isoformat(), buckets="7, 200")
        read = self.expected(day, ends=(7, 200))
        for row in self.rows(document):
            values = read[row["cells"]["group"]["id"], row["currency"]]
            for name in ("not_due", "age_1", "age_2", "over", "credit"):
                self.assertEqual(row["cells"][name], values.get(name, 0))

    def test_every_grouping_has_the_same_total(self):
        day = self.day(15)
        whole = round(sum(sum(one.values()) for one in self.expected(day).values()), 2)
        groups = self.env["collections.report.aging"]._get_groups()
        self.assertGreater(len(groups), 10)
        for group in groups:
            document = self.report(date=day.isoformat(), group_by=group)
            total = round(sum(row["cells"]["total"] for row in self.rows(document)), 2)
            self.assertEqual(total, whole, group)
            [section] = [one for one in document["sections"] if one.get("name") == "groups"]
            self.assertEqual(section["totals"][0]["cells"]["total"], whole, group)

    def test_it_says_that_it_equals_the_ledger_and_it_does(self):
        for day in (self.day(0), self.day(100), self.day(300)):
            [note] = self.check(date=day.isoformat())
            self.assertIn("equals the balance of the receivable accounts", note)
        notes = self.check(date=self.day(40).isoformat(), money="original")
        self.assertEqual(len(notes), 2)
        for note in notes:
            self.assertIn("equals the balance", note)
        self.assertFalse(self.check(credits="without"))

    def test_a_broken_reconciliation_is_told(self):
        line = self.env["account.move.line"].search(
            [("partner_id", "=", self.debtors[0].id), ("reconciled", "=", False),
             ("account_type", "=", "asset_receivable")], limit=1,
        )  # fmt: skip
        self.env.cr.execute(
            "UPDATE account_move_line SET amount_residual = amount_residual + 5 WHERE id = %s",
            [line.id],
        )
        self.env.invalidate_all()
        self.assertIn("a difference of", self.check(date=self.today.isoformat())[0])

    def test_two_dates_with_the_movement(self):
        day, before = self.day(5), self.day(95)
        document = self.report(date=day.isoformat(), compare=before.isoformat())
        now, then = self.expected(day), self.expected(before)
        rows = {(row["cells"]["group"]["id"], row["currency"]): row["cells"]
                for row in self.rows(document)}  # fmt: skip
        self.assertEqual(set(rows), set(now) | set(then))
        for key, cells in rows.items():
            total = round(sum(now.get(key, {}).values()), 2)
            old = round(sum(then.get(key, {}).values()), 2)
            self.assertEqual((cells["total"], cells["before"]), (total, old))
            self.assertEqual(cells["movement"], round(total - old, 2))

    def test_a_day_to_come_says_so(self):
        document = self.report(date=self.day(-30).isoformat())
        self.assertIn("has not come yet", document["notes"][0])
        self.assertEqual(self.sums(document), self.expected(self.day(-30)))

    # -- down to the entries ---------------------------------------------------------------------

    def test_each_amount_opens_the_entries_that_make_it(self):
        day = self.day(20).isoformat()
        for group in ("partner", "account", "age", "country"):
            options = {"date": day, "group_by": group}
            for row in self.rows(self.report(**options)):
                for column, key in (*row["drills"].items(), ("total", row["drill"])):
                    action = self.ask().open_drill("aging", options, key)
                    lines = self.env["account.move.line"].with_user(self.accountant)
                    found = lines.with_context(**action["context"]).search(action["domain"])
                    amount = sum(found.mapped("collections_open_on"))
                    self.assertAlmostEqual(amount, row["cells"][column], 2, (group, column))

    def test_rows_unfold_to_debtors_and_entries(self):
        options = {
            "date": self.day(20).isoformat(),
            "group_by": "account",
            "compare": self.day(150).isoformat(),
        }
        for row in self.rows(self.report(**options)):
            debtors = self.ask().get_rows("aging", options, row["expand"])["rows"]
            for name in ("total", "before", "movement", "items"):
                total = sum(one["cells"][name] for one in debtors)
                self.assertAlmostEqual(total, row["cells"][name], 2)
            for debtor in debtors:
                entries = self.ask().get_rows("aging", options, debtor["expand"])["rows"]
                total = sum(one["cells"]["total"] for one in entries)
                self.assertAlmostEqual(total, debtor["cells"]["total"], 2)
                self.assertEqual({one["level"] for one in entries}, {2})

    def test_every_entry(self):
        day = self.day(20)
        document = self.report(date=day.isoformat(), detail=True)
        found = {
            int(row["key"].split(":")[1]): row["cells"]["total"]
            for row in self.rows(document, "entries")
        }
        read = {line: amounts[0] for line, amounts in self.read_open(day).items() if amounts[0]}
        self.assertEqual(found, read)

    # -- what is disputed or promised ------------------------------------------------------------

    def test_disputed_and_promised(self):
        invoice = self.create_invoice(500, days_overdue=40)
        other = self.create_invoice(70, days_overdue=10)
        self.env["collections.ledger"]._refresh(self.company)
        dispute = self.env["collections.dispute"].create(
            {
                "case_id": self.get_case().id,
                "line_id": self.get_receivable(invoice).id,
                "reason_id": self.env["collections.dispute.reason"].search([], limit=1).id,
            }
        )
        self.assertTrue(dispute.date_open)
        self.env["collections.promise"].create(
            {
                "case_id": self.get_case().id,
                "currency_id": self.company.currency_id.id,
                "amount": 70,
                "date_due": self.day(-3),
                "line_ids": [Command.set(self.get_receivable(other).ids)],
            }
        )
        key = (self.debtor.id, self.company.currency_id.id)
        day = self.today.isoformat()
        only = self.sums(self.report(date=day, disputed="only"))
        self.assertEqual(only, {key: {"age_2": 500}})
        self.assertEqual(self.sums(self.report(date=day, promised="only")), {key: {"age_1": 70}})
        rest = self.sums(self.report(date=day, disputed="without", promised="without"))
        self.assertNotIn(key, rest)
        yesterday = self.sums(self.report(date=self.day(1).isoformat(), disputed="only"))
        self.assertEqual(yesterday, {})

    # -- filters that make no sense --------------------------------------------------------------

    def test_what_cannot_be_read_is_told(self):
        for options, words in (
            ({"date": "yesterday"}, "yesterday"),
            ({"buckets": "30,30"}, "overlap"),
            ({"buckets": "x"}, "no number"),
            ({"buckets": ""}, "where the buckets end"),
            ({"group_by": "colour"}, "colour"),
            ({"limit": "many"}, "many"),
            ({"partner_ids": ["a"]}, "cannot be read"),
        ):
            with self.assertRaisesRegex(UserError, words):
                self.report(**options)
        with self.assertRaisesRegex(UserError, "no report"):
            self.ask().get_page("nothing", {})
        for key in ("x", "partner:1", "partner:1:x", "partner:a:1", "partner:1:1|colour"):
            with self.assertRaisesRegex(UserError, "no row"):
                self.ask().open_drill("aging", {}, key)
        for value in ("{}", "x", '{"code": "aging", "options": {}}'):
            with self.assertRaisesRegex(UserError, "no figure"):
                self.env["account.move.line"].search([("collections_report_key", "=", value)])

    def test_both_ways_of_reading_the_past_say_the_same(self):
        ledger = self.env["collections.ledger"]
        rng = random.Random(8)
        for _number in range(15):
            days = [self.today, self.day(rng.randrange(-40, 400)), self.day(rng.randrange(400))]
            found = []
            for read in (ledger._get_backward_sql, ledger._get_forward_sql):
                query = self.env["account.move.line"]._search(
                    [("company_id", "=", self.company.id)]
                )
                rows = self.env.execute_query(read(days, query, (OWN, FOREIGN)))
                found.append(sorted((row[0], *row[-6:]) for row in rows if any(row[-6:])))
            self.assertTrue(found[0])
            self.assertEqual(*found, days)

    def test_days_read_in_different_directions_are_those_read_alone(self):
        ledger = self.env["collections.ledger"]
        days = [self.today, self.day(30), self.day(90), self.day(200), self.day(-40)]
        lines = [("company_id", "=", self.company.id)]

        def read(days):
            query = self.env["account.move.line"]._search(lines)
            rows = self.env.execute_query_dict(ledger._get_open_on_days_sql(days, query))
            return sorted(rows, key=lambda row: (row["line_id"], row["day"]))

        alone = sorted(
            (row for day in days for row in read([day])),
            key=lambda row: (row["line_id"], row["day"]),
        )
        self.assertEqual({row["day"] for row in alone}, set(days))
        self.assertEqual(read(days), alone)
        over = self.env.execute_query_dict(ledger._get_open_over_sql(days))
        for long_ago in (days[1:4:2], days[:1], days):
            with patch.object(
                type(ledger), "_is_long_ago", lambda _self, day, old=long_ago: day in old
            ):
                self.assertEqual(read(days), alone)
                found = self.env.execute_query_dict(ledger._get_open_over_sql(days))
            # side by side: a line once, whatever the directions
            by_line = {row["line_id"]: row for row in found}
            self.assertEqual(len(by_line), len(found))
            self.assertEqual(by_line, {row["line_id"]: row for row in over})

    def test_a_rule_of_the_house_counts_beside_ours(self):
        """What is known of receivables is dropped from record rules, and nothing else."""
        self.env["ir.rule"].create(
            {
                "name": "Only large ones",
                "model_id": self.env["ir.model"]._get_id("account.move.line"),
                "domain_force": "[('balance', '>', 300), ('parent_state', '=', 'posted')]",
            }
        )
        items = self.env["collections.ledger"].with_user(self.manager)
        query = items._search_items([("company_id", "=", self.company.id)])
        lines = self.env["account.move.line"].browse(query)
        self.assertTrue(lines)
        self.assertGreater(min(lines.mapped("balance")), 300)
        plain = self.env["account.move.line"].with_user(self.manager).search(
            [("company_id", "=", self.company.id), ("account_type", "=", "asset_receivable"),
             ("parent_state", "=", "posted")]
        )  # fmt: skip
        self.assertLessEqual(plain, lines)

    def test_an_empty_company(self):
        company = self.env["res.company"].create({"name": "Nothing yet"})
        self.accountant.company_ids = [Command.link(company.id)]
        document = (
            self.env["collections.report"]
            .with_user(self.accountant)
            .with_context(allowed_company_ids=company.ids)
            .get_page("aging", {})["document"]
        )
        self.assertEqual(document["sections"][-1]["rows"], [])
        self.assertIn("Nothing was open", document["sections"][-1]["empty"])

    # -- who sees what ---------------------------------------------------------------------------

    def test_a_collector_sees_the_debtors_of_own_cases_only(self):
        cases = self.get_case(self.debtors[0]) + self.get_case(self.debtors[1])
        other = self.create_user("collector", login="other_collector")
        cases.user_id = other
        self.get_case(self.debtors[2]).user_id = self.collector
        for user, mine in ((self.collector, {self.debtors[2].id}),
                           (other, {self.debtors[0].id, self.debtors[1].id})):  # fmt: skip
            for options in ({}, {"detail": True}, {"group_by": "user"}):
                document = self.report(user, date=self.day(20).isoformat(), **options)
                read = {
                    key: values for key, values in self.expected(self.day(20)).items()
                    if key[0] in mine
                }  # fmt: skip
                total = round(sum(sum(values.values()) for values in read.values()), 2)
                shown = sum(row["cells"]["total"] for row in self.rows(document))
                self.assertAlmostEqual(shown, total, 2)
                if not options:
                    self.assertEqual(self.sums(document), read)
        key = json.dumps(
            {"code": "aging", "options": {"date": self.day(20).isoformat()},
             "key": f"partner:{self.debtors[0].id}:{self.company.currency_id.id}"}
        )  # fmt: skip
        lines = self.env["account.move.line"].with_user(self.collector)
        self.assertFalse(lines.search([("collections_report_key", "=", key)]))

    def test_nobody_without_the_right_reads_it(self):
        user = new_test_user(self.env, login="sales_only", groups="base.group_user")
        for method, args in (
            ("get_page", ("aging", {})),
            ("get_rows", ("aging", {}, "partner:1:1")),
            ("open_drill", ("aging", {}, "partner:1:1")),
        ):
            with self.assertRaises(AccessError):
                getattr(self.env["collections.report"].with_user(user), method)(*args)

    def test_another_company_is_not_there(self):
        other = self.setup_other_company()["company"]
        debtor = self.create_debtor("Elsewhere")
        journal = self.env["account.journal"].search(
            [("company_id", "=", other.id), ("type", "=", "sale")], limit=1
        )
        self.env["account.move"].with_company(other).create(
            {
                "move_type": "out_invoice",
                "partner_id": debtor.id,
                "journal_id": journal.id,
                "invoice_date": self.day(50),
                "invoice_line_ids": [
                    Command.create({"name": "x", "price_unit": 9999, "tax_ids": [Command.clear()]})
                ],
            }
        ).action_post()
        for user in (self.accountant, self.manager, self.auditor):
            ids = {key[0] for key in self.sums(self.report(user))}
            self.assertNotIn(debtor.id, ids)
            self.assertIn(self.debtors[0].id, ids)
