import importlib.util
import itertools
import random
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.collections_management.tests.common import CollectionsCommon

from ..models.collections_fact_base import AMOUNTS, join_sql
from .kpi_common import FACT_FIELDS, LedgerHistories, Reference


@tagged("post_install", "-at_install")
class TestFact(CollectionsCommon):
    """The history of debtors is what the ledger tells of every day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.facts = cls.env["collections.fact"]
        cls.totals = cls.env["collections.fact.total"]
        cls.rebuilds = cls.env["collections.fact.rebuild"]
        cls.histories = LedgerHistories(cls.env, random.Random(61126), cls.pay_terms_b)
        cls.debtors = cls.histories.play(16)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.yesterday = cls.today - timedelta(days=1)

    def rebuild(self, company=None):
        """Rebuild the history of a company as the scheduled job does."""
        self.rebuilds._start(company or self.company)
        with self.enter_registry_test_mode():
            self.env.ref(
                "collections_reports.collections_fact_cron_rebuild"
            ).method_direct_trigger()
        self.env.invalidate_all()

    def get_facts_on(self, day):
        """Return ``{debtor: {name: amount}}`` of the facts that stood on a day."""
        rows = self.env.execute_query_dict(self.facts._get_facts_on_sql(day, self.company))
        partners = self.env["res.partner"]
        return {partners.browse(row["partner_id"] or []): row for row in rows}

    def assert_day(self, day, reference=None):
        facts = self.get_facts_on(day)
        expected = (reference or Reference(self.company)).get_balances(day)
        for debtor in set(facts) | set(expected):
            for field, name in FACT_FIELDS.items():
                self.assertAlmostEqual(
                    float(facts[debtor][field] if debtor in facts else 0),
                    expected[debtor][name] if debtor in expected else 0,
                    6,
                    f"{debtor.name} {name} on {day}",
                )

    def assert_totals(self, company=None):
        """Hold the totals of every day against the facts that stood then."""
        self.env.flush_all()
        company = company or self.company
        oldest = min(self.facts.search([("company_id", "=", company.id)]).mapped("day"))
        days = [
            oldest + timedelta(days=number) for number in range(-1, (self.yesterday - oldest).days)
        ]
        found = [
            {
                row["on_day"]: [row[name] for name in AMOUNTS]
                for row in self.env.execute_query_dict(
                    SQL(
                        "SELECT on_day, %s FROM (%s) one GROUP BY on_day",
                        join_sql("sum(%(name)s)::text AS %(name)s", AMOUNTS),
                        get(days, company),
                    )
                )
            }
            for get in (self.facts._get_facts_over_sql, self.totals._get_totals_over_sql)
        ]
        for day in days:
            facts, totals = (
                [Decimal(amount) for amount in one.get(day, ["0"] * len(AMOUNTS))] for one in found
            )
            self.assertEqual(facts, totals, day)
        self.assertNotIn(days[0], found[1])
        written = self.totals.search_count([("company_id", "=", company.id)])
        self.assertEqual(
            written, len(set(self.facts.search([("company_id", "=", company.id)]).mapped("day")))
        )

    def promise_and_dispute(self, case, invoice):
        """Let a debtor promise 120 and contest 80 of an invoice."""
        self.env["collections.promise"].create(
            {"case_id": case.id, "currency_id": self.company.currency_id.id, "amount": 120,
             "date_due": self.today + timedelta(days=2),
             "type_id": self.env["collections.promise.type"].search([], limit=1).id}
        )  # fmt: skip
        self.env["collections.dispute"].create(
            {"case_id": case.id, "line_id": self.get_receivable(invoice).id, "amount": 80,
             "reason_id": self.env["collections.dispute.reason"].search([], limit=1).id}
        )  # fmt: skip

    def test_totals_are_the_facts_of_all_debtors(self):
        self.rebuild()
        self.assertTrue(self.totals.search([("company_id", "=", self.company.id)]))
        self.assert_totals()
        with self.subTest("a second time"):
            self.rebuild()
            self.assert_totals()
        with self.subTest("one night more, with a promise and a dispute"):
            debtor = self.create_debtor("Con promesa")
            invoice = self.create_invoice(500, 40, debtor)
            self.env["collections.ledger"]._refresh(self.company)
            case = self.get_case(debtor)
            self.promise_and_dispute(case, invoice)
            for _turn in range(2):
                self.facts._write_day(self.company)
                self.assert_totals()
            self.assertRecordValues(
                self.totals.search([("company_id", "=", self.company.id)], limit=1),
                [{"day": self.yesterday, "amount_promised": 120, "amount_disputed": 80}],
            )

    def test_trends_are_the_same_from_totals_and_from_facts(self):
        self.rebuild()
        report = self.env["collections.report.kpi"]
        options = report._read_options({})
        days = [self.today - timedelta(days=ago) for ago in (900, 250, 90, 50, 20, 1)]

        def read():
            return self.env["collections.kpi"]._get_balances_over(
                report, options, self.company, days
            )

        with patch.object(type(self.facts), "_get_facts_over_sql", side_effect=AssertionError):
            totals = read()
        with (
            patch.object(type(report), "_sees_every_case", return_value=False),
            patch.object(type(self.totals), "_get_totals_over_sql", side_effect=AssertionError),
        ):
            facts = read()
        self.assertTrue(any(one["overdue"] for one in facts))
        for one, other in zip(totals, facts, strict=True):
            for name in one:
                self.assertAlmostEqual(one[name], other[name], 6, name)

    def test_trends_of_a_team_are_the_facts_of_its_debtors(self):
        self.rebuild()
        self.facts._write_day(self.company)
        cases = self.env["collections.case"].search([("company_id", "=", self.company.id)])
        own, other = self.env["collections.team"].create(
            [{"name": "Norte", "supervisor_ids": self.supervisor.ids}, {"name": "Sur"}]
        )
        cases.team_id = other
        cases[::2].team_id = own
        report = self.env["collections.report.kpi"].with_user(self.supervisor)
        options = report._read_options({})
        days = [self.today - timedelta(days=ago) for ago in (900, 250, 90, 20, 1)]
        found = report.env["collections.kpi"]._get_balances_over(
            report, options, self.company, days
        )
        seen = self.facts.search([("partner_id", "in", cases[::2].partner_id.ids)], order="day")
        for day, balances in zip(days, found, strict=True):
            stood = {
                fact.partner_id: fact
                for fact in seen
                if fact.day <= day  # the last one counts
            }
            overdue = sum(fact.amount_overdue for fact in stood.values())
            self.assertAlmostEqual(balances["overdue"], overdue, 6, day)
        self.assertTrue(found[-1]["overdue"])

    def test_an_update_adds_up_the_history_that_exists(self):
        self.rebuild()
        before = self.totals.search([]).mapped("amount_total")
        self.totals.search([]).unlink()
        path = Path(__file__).parents[1] / "migrations" / "19.0.1.1.0" / "post-migrate.py"
        spec = importlib.util.spec_from_file_location("post_migrate", path)
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.assertEqual(self.totals.search([]).mapped("amount_total"), before)
        self.assert_totals()

    def test_every_day_of_the_past_is_what_the_ledger_tells(self):
        self.rebuild()
        reference = Reference(self.company)
        chance = random.Random(40)
        oldest = min(reference.lines.mapped("date")) - timedelta(days=3)
        span = (self.yesterday - oldest).days
        days = {oldest + timedelta(days=chance.randint(0, span)) for _turn in range(40)}
        for day in days | {oldest, self.yesterday}:
            self.assert_day(day, reference)
        # compact: a row where something changed, no two alike in a row
        facts = self.facts.search([("company_id", "=", self.company.id)], order="partner_id, day")
        for _debtor, group in facts.grouped("partner_id").items():
            amounts = [tuple(fact[name] for name in FACT_FIELDS) for fact in group]
            self.assertTrue(all(one != other for one, other in itertools.pairwise(amounts)))
        self.assertFalse(facts.filtered(lambda fact: fact.day > self.yesterday))

    def test_facts_over_days_are_those_of_each_day(self):
        self.rebuild()
        days = [self.yesterday - timedelta(days=back) for back in (0, 17, 90, 91, 250)]
        rows = self.env.execute_query_dict(self.facts._get_facts_over_sql(days, self.company))
        for day in days:
            found = {row["partner_id"]: row["id"] for row in rows if row["on_day"] == day}
            expected = {
                debtor.id or None: row["id"] for debtor, row in self.get_facts_on(day).items()
            }
            self.assertEqual(found, expected)

    def test_rebuilding_again_gives_the_same(self):
        self.rebuild()
        first = self.dump()
        self.assertTrue(first)
        self.rebuild()
        self.assertEqual(self.dump(), first)

    def dump(self, *without):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "SELECT to_jsonb(fact) - 'id' FROM collections_fact fact WHERE company_id = %s"
                " ORDER BY partner_id, day",
                self.company.id,
            )
        )
        return [
            {name: value for name, value in row.items() if name not in without}
            for [row] in self.env.cr.fetchall()
        ]

    def test_a_night_during_a_rebuilding_tells_its_day_right(self):
        """A debt that was entered late, and is paid since: the night finds nothing new beside the
        old history, which says another thing of the day before once it has been rebuilt."""
        debtor = self.create_debtor("Tardío")
        before = self.yesterday - timedelta(days=1)
        self.create_invoice(100, 200, debtor)
        self.rebuild()
        self.rebuilds._get_done(self.company).date_to = before
        self.facts.search(
            [("company_id", "=", self.company.id), ("day", "=", self.yesterday)]
        ).unlink()
        self.pay(self.create_invoice(50, 100, debtor), date=self.yesterday)
        self.rebuilds._start(self.company)
        self.facts._write_day(self.company)
        self.rebuild()  # goes on with what is under way
        self.assertEqual(self.get_facts_on(before)[debtor]["amount_total"], 150)
        self.assertEqual(self.get_facts_on(self.yesterday)[debtor]["amount_total"], 100)
        self.assert_day(self.yesterday)
        self.assertEqual(self.rebuilds._get_done(self.company).date_to, self.yesterday)

    def test_a_night_writes_what_rebuilding_says_of_its_day(self):
        self.facts._write_day(self.company)
        night = self.dump("source", "case_id", "user_id", "segment_id", "strategy_id")
        self.assertTrue(night)
        self.assertEqual({row["day"] for row in night}, {str(self.yesterday)})
        self.assert_day(self.yesterday)
        self.facts.search([("company_id", "=", self.company.id)]).unlink()
        self.rebuild()
        rebuilt = self.get_facts_on(self.yesterday)
        for row in night:
            debtor = self.env["res.partner"].browse(row["partner_id"] or [])
            for name in FACT_FIELDS:
                self.assertAlmostEqual(float(row[name]), float(rebuilt[debtor][name]), 6)

    def test_a_night_writes_only_what_changed(self):
        self.rebuild()
        self.facts._write_day(self.company)
        count = self.facts.search_count([("company_id", "=", self.company.id)])
        before = self.dump()
        self.facts._write_day(self.company)
        self.assertEqual(self.dump(), before)
        # one debtor pays: tomorrow's night writes one row
        invoice = self.create_invoice(300, 20, self.create_debtor("Nuevo"))
        self.env["collections.ledger"]._refresh(self.company)
        ledger = self.env["collections.ledger"]._rehearse(self.company, self.today)
        with self.subTest("a rehearsal writes nothing"):
            ledger.env["collections.fact"]._write_day(self.company)
            self.assertEqual(self.dump(), before)
        self.facts._write_day(self.company)
        facts = self.facts.search([("company_id", "=", self.company.id)])
        self.assertEqual(len(facts), count + 1)
        self.assertRecordValues(
            facts.filtered(lambda fact: fact.partner_id == invoice.partner_id),
            [{"amount_1_30": 300, "amount_overdue": 300, "amount_total": 300, "amount_credit": 0,
              "source": "night", "day": self.yesterday,
              "case_id": self.get_case(invoice.partner_id).id}],
        )  # fmt: skip

    def test_the_night_knows_who_collects_and_what_is_disputed_and_promised(self):
        debtor = self.create_debtor("Con promesa")
        invoice = self.create_invoice(500, 40, debtor)
        self.env["collections.ledger"]._refresh(self.company)
        self.env["collections.segment"]._assign(self.company)
        case = self.get_case(debtor)
        case.user_id = self.collector
        self.promise_and_dispute(case, invoice)
        run = self.run_night()
        self.assertEqual(run.state, "done")
        fact = self.facts.search([("partner_id", "=", debtor.id)])
        self.assertRecordValues(
            fact,
            [{"amount_31_60": 500, "amount_promised": 120, "amount_disputed": 80,
              "user_id": self.collector.id, "segment_id": self.segment.id, "case_id": case.id,
              "strategy_id": self.strategy.id, "currency_id": self.company.currency_id.id}],
        )  # fmt: skip
        self.assertTrue(self.rebuilds.search([("company_id", "=", self.company.id)]))

    def test_what_the_nights_wrote_is_not_rebuilt(self):
        self.facts._write_day(self.company)
        night = self.dump()
        self.create_invoice(77, 60, self.debtors[0])  # booked late: that night did not know it
        self.rebuild()
        rows = self.dump()
        self.assertEqual([row for row in rows if row["source"] == "night"], night)
        rebuilt = [row for row in rows if row["source"] == "rebuilt"]
        self.assertTrue(rebuilt)
        written = {row["partner_id"] for row in night}
        for row in rebuilt:
            if row["partner_id"] in written:
                self.assertLess(row["day"], str(self.yesterday))

    def test_nights_that_did_not_happen_are_made_up_for(self):
        self.rebuild()
        rebuild = self.rebuilds._get_done(self.company)
        rebuild.date_to = self.today - timedelta(days=60)
        self.facts.search(
            [("company_id", "=", self.company.id), ("day", ">", rebuild.date_to)]
        ).unlink()
        self.facts._write_day(self.company)
        self.assertEqual(rebuild.date_to, self.yesterday)
        reference = Reference(self.company)
        for ago in (1, 2, 13, 30, 47, 59, 60):
            self.assert_day(self.today - timedelta(days=ago), reference)
        self.assert_totals()

    def test_days_that_the_history_does_not_reach_come_from_the_ledger(self):
        self.rebuild()
        kpis, report = self.env["collections.kpi"], self.env["collections.report.kpi"]
        options = report._read_options({})
        days = [self.today - timedelta(days=ago) for ago in (90, 50, 20, 0)]
        whole = kpis._get_balances_over(report, options, self.company, days)
        self.rebuilds._get_done(self.company).date_to = days[0]
        self.facts.search([("company_id", "=", self.company.id), ("day", ">", days[0])]).unlink()
        self.assertEqual(kpis._get_balances_over(report, options, self.company, days), whole)

    def test_what_is_booked_without_a_partner_has_a_history_too(self):
        account = self.company_data["default_account_receivable"]
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": self.today - timedelta(days=50),
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": 40}),
                    Command.create(
                        {"account_id": self.company_data["default_account_revenue"].id,
                         "balance": -40}
                    ),
                ],
            }
        )  # fmt: skip
        move.action_post()
        self.rebuild()
        for back in (1, 19, 30, 60):
            self.assert_day(self.today - timedelta(days=back))
        self.facts._write_day(self.company)
        self.facts._write_day(self.company)
        self.assert_day(self.yesterday)

    def test_the_facts_of_a_merged_debtor_follow_the_case_that_goes_on(self):
        self.rebuild()
        source, target = self.debtors[:2]
        alone = self.debtors[3]
        case = self.get_case(target)
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (source | target).ids, target, extra_checks=False
        )
        self.env.invalidate_all()
        self.assertFalse(self.facts.search([("partner_id", "=", source.id)]))
        merged = self.facts.search([("partner_id", "=", target.id)])
        self.assertEqual(merged.case_id, case)
        reference = Reference(self.company)
        for back in (1, 30, 80, 150, 220, 300):
            self.assert_day(self.today - timedelta(days=back), reference)
        self.assert_totals()
        # a debtor whose other one has neither a case nor a history
        twin = self.create_debtor("Gemelo")
        case = self.get_case(alone)
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (alone | twin).ids, twin, extra_checks=False
        )
        self.env.invalidate_all()
        moved = self.facts.search([("partner_id", "=", twin.id)])
        self.assertTrue(moved)
        self.assertEqual(moved.case_id, case)
        self.assertEqual(case.partner_id, twin)

    def test_a_debtor_without_a_case_is_given_the_one_that_opens(self):
        debtor = self.create_debtor("Sin expediente")
        invoice = self.create_invoice(100, 50, debtor)
        self.pay(invoice, date=self.today - timedelta(days=10))
        self.rebuild()
        facts = self.facts.search([("partner_id", "=", debtor.id)])
        self.assertTrue(facts)
        self.assertFalse(facts.case_id)
        self.create_invoice(100, 5, debtor)
        self.env["collections.ledger"]._refresh(self.company)
        self.facts._write_day(self.company)
        self.assertEqual(facts.case_id, self.get_case(debtor))
        self.assertTrue(all(fact.case_id for fact in facts))

    def test_an_empty_company_has_no_history(self):
        company = self.setup_other_company()["company"]
        self.facts._write_day(company)
        self.rebuild(company)
        self.assertFalse(self.facts.search([("company_id", "=", company.id)]))
        self.assertEqual(self.rebuilds._get_complete_day(company), self.yesterday)

    def test_one_invoice_one_credit(self):
        one, other = self.create_debtor("Uno"), self.create_debtor("Otro")
        self.create_invoice(10, 100, one)
        self.create_invoice(10, 95, other, move_type="out_refund")
        self.rebuild()
        facts = self.facts.search([("partner_id", "=", one.id)], order="day")
        self.assertEqual(
            facts.mapped("day"),
            [self.today - timedelta(days=100 - late) for late in (0, 1, 31, 61, 91)],
        )
        self.assertEqual(facts.mapped("amount_total"), [10] * 5)
        self.assertEqual(facts.mapped("amount_over_90"), [0, 0, 0, 0, 10])
        facts = self.facts.search([("partner_id", "=", other.id)])
        self.assertRecordValues(facts, [{"amount_credit": 10, "amount_total": -10,
                                         "amount_overdue": 0}])  # fmt: skip

    # -- who may see what ------------------------------------------------------------------------

    def test_facts_are_seen_as_cases_are(self):
        paid = self.create_debtor("Pagado")
        self.pay(self.create_invoice(100, 50, paid), date=self.today - timedelta(days=10))
        self.rebuild()
        self.facts._write_day(self.company)
        cases = self.env["collections.case"].search([("company_id", "=", self.company.id)])
        other = self.create_user("collector", login="other_collector")
        cases.write({"user_id": other.id})
        case = self.get_case(self.debtors[0])
        case.user_id = self.collector
        domain = [("company_id", "=", self.company.id)]
        seen = {
            user: self.facts.with_user(user).search(domain).partner_id
            for user in (self.collector, self.supervisor, self.manager, self.auditor)
        }
        self.assertEqual(seen[self.collector].ids, case.partner_id.ids)
        self.assertNotIn(paid, seen[self.supervisor])
        self.assertIn(case.partner_id, seen[self.supervisor])
        for user in (self.manager, self.auditor):
            self.assertEqual(seen[user], self.facts.search(domain).partner_id)
            self.assertIn(paid, seen[user])
        case.team_id = self.env["collections.team"].create({"name": "Otro equipo"})
        self.facts.invalidate_model()
        found = self.facts.with_user(self.supervisor).search(domain)
        self.assertNotIn(case.partner_id, found.partner_id)

    def test_nobody_sees_the_facts_of_another_company_or_writes_any(self):
        self.rebuild()
        company = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env, "stranger", company_id=company.id, company_ids=[Command.set(company.ids)],
            groups="collections_management.collections_management_group_manager",
        )  # fmt: skip
        self.assertFalse(self.facts.with_user(stranger).search([]))
        self.assertFalse(self.totals.with_user(stranger).search([]))
        self.assertFalse(self.rebuilds.with_user(stranger).search([]))
        fact = self.facts.search([("company_id", "=", self.company.id)], limit=1)
        with mute_logger("odoo.addons.base.models.ir_rule"), self.assertRaises(AccessError):
            fact.with_user(stranger).read(["amount_total"])
        nobody = new_test_user(self.env, "nobody", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.facts.with_user(nobody).search([])
        for user in (self.manager, self.auditor):
            with self.assertRaises(AccessError):
                fact.with_user(user).write({"amount_total": 0})
            with self.assertRaises(AccessError):
                fact.with_user(user).unlink()

    def test_a_manager_rebuilds(self):
        with self.assertRaises(UserError):
            self.rebuilds.with_user(self.supervisor).action_start()
        call_kw(self.rebuilds.with_user(self.manager), "action_start", [[]], {})  # as the button
        running = self.rebuilds.search([("state", "=", "running"),
                                        ("company_id", "=", self.company.id)])  # fmt: skip
        self.assertEqual(len(running), 1)
        self.rebuilds.with_user(self.manager).action_start()  # under way: not twice
        self.assertEqual(self.rebuilds.search_count(
            [("state", "=", "running"), ("company_id", "=", self.company.id)]), 1)  # fmt: skip

    def test_a_stop_between_two_batches_loses_nothing(self):
        self.rebuild()
        whole = self.dump()
        self.facts.search([("company_id", "=", self.company.id)]).unlink()
        rebuild = self.rebuilds.create({"company_id": self.company.id, "date_to": self.yesterday})
        batches = 0
        while rebuild.state == "running":
            rebuild.invalidate_recordset()  # another process goes on
            rebuild._work_batch(size=7)
            batches += 1
        self.assertGreater(batches, 3)
        self.assertEqual(self.dump(), whole)
        self.assertEqual(rebuild.fact_count, len(whole))
