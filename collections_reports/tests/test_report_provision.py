from datetime import timedelta
from decimal import Decimal

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..engine.provision import get_sensitivity
from .provision_common import HistoryCommon, exact

LITTLE = {"minimum_months": 1, "minimum_count": 1}


@tagged("post_install", "-at_install")
class TestReportProvision(HistoryCommon):
    """What a CFO and an auditor read of a provision."""

    def read_page(self, user=None, **options):
        reports = self.env["collections.report"].with_user(user or self.accountant)
        return reports.get_page("provision", options)["document"]

    def section(self, document, name):
        [found] = [one for one in document["sections"] if one["name"].startswith(name)]
        return found

    def open_drill(self, key, user=None, **options):
        reports = self.env["collections.report"].with_user(user or self.accountant)
        action = reports.open_drill("provision", options, key)
        lines = self.env[action["res_model"]].with_user(user or self.accountant)
        return lines.with_context(**action["context"]).search(action["domain"])

    def test_the_matrix_ties_to_the_ledger_and_opens_down_to_the_entries(self):
        self.create_history(seed=21, count=24)
        for values in ({}, {"method": "loss_rate", "by_segment": True, **LITTLE}):
            with self.subTest(values):
                provision = self.propose(**values)
                matrix = self.section(self.read_page(), "matrix")
                [total] = matrix["totals"]
                self.assertEqual(exact(total["cells"]["amount"]), exact(provision.amount_ledger))
                self.assertEqual(
                    exact(total["cells"]["provided"]), exact(provision.amount_required)
                )
                every = self.env["account.move.line"]
                for row in matrix["rows"]:
                    lines = self.open_drill(row["drill"])
                    self.assertEqual(
                        sum((self.get_residual(line, provision.date) for line in lines),
                            Decimal(0)),
                        exact(row["cells"]["amount"]), row["key"],
                    )  # fmt: skip
                    self.assertFalse(every & lines)
                    every |= lines
                    self.check_debtors(row, provision)
                figures = self.section(self.read_page(), "figures")["figures"]
                self.assertEqual(self.open_drill(figures[0]["drill"]), every)
                provision.unlink()

    def check_debtors(self, row, provision):
        reports = self.env["collections.report"].with_user(self.accountant)
        rows = reports.get_rows("provision", {}, row["expand"])["rows"]
        for name in ("amount", "provided"):
            self.assertAlmostEqual(sum(one["cells"][name] for one in rows), row["cells"][name], 2)
        lines = self.open_drill(rows[0]["drill"])
        self.assertEqual(len(lines.partner_id.commercial_partner_id), 1)
        self.assertAlmostEqual(
            sum(float(self.get_residual(line, provision.date)) for line in lines),
            rows[0]["cells"]["amount"], 2,
        )  # fmt: skip

    def test_the_movement_goes_from_the_last_provision_to_this_one(self):
        self.reason.with_company(self.company).account_id = self.held
        old = self.create_invoice(1000, days_overdue=500)
        before = self.propose(self.today - timedelta(days=60))
        before.action_make_entry()
        before.sudo().move_id.action_post()
        self.assign()
        draft = self.env["collections.write.off"].create(
            {"case_id": self.get_case().id, "reason_id": self.reason.id,
             "date": self.today - timedelta(days=20),
             "line_ids": [Command.create({"line_id": self.get_receivable(old).id,
                                          "amount": 400})]}
        )  # fmt: skip
        draft._post()
        self.env["account.move"].create(
            {"move_type": "entry", "date": self.today - timedelta(days=10), "line_ids": [
                Command.create({"account_id": self.held.id, "credit": 30}),
                Command.create({"account_id": self.expense.id, "debit": 30})]}
        ).action_post()  # fmt: skip
        self.create_invoice(900, days_overdue=400)
        provision = self.propose(self.today)
        self.assertEqual(provision.previous_id, before)
        steps = {
            row["key"]: row["cells"]["amount"]
            for row in self.section(self.read_page(), "movement")["rows"]
        }
        self.assertEqual(
            steps,
            {"opening": 1000, "adjusted": 0, "used": -400, "other": 30, "charge": 870,
             "release": 0, "closing": 1500},
        )  # fmt: skip
        self.assertEqual(provision.amount_held, 630)
        self.pay(old)
        later = self.propose(self.today + timedelta(days=1))
        self.assertEqual((later.previous_id, later.amount_difference), (before, 270))
        page = self.read_page(date=str(self.today + timedelta(days=1)), booked=True)
        self.assertIn("charge", [row["key"] for row in self.section(page, "movement")["rows"]])
        self.assertEqual(self.section(page, "movement")["rows"][-1]["cells"]["amount"], 1000)

    def test_sensitivity_is_ten_percent_of_each_rate_and_no_more_than_the_debt(self):
        self.create_history(seed=22, count=10)
        provision = self.propose()
        table = self.section(self.read_page(), "sensitivity")
        found = {row["key"]: exact(row["cells"]["provided"]) for row in table["rows"]}
        pairs = [(exact(line.amount), exact(line.percent)) for line in provision.line_ids]
        for change in (-10, 0, 10):
            self.assertEqual(found[f"change_{change}"], get_sensitivity(pairs, Decimal(change), 2))
        self.assertEqual(found["change_0"], exact(provision.amount_required))

    def test_the_tax_law_of_the_country_is_told_beside_it(self):
        self.create_invoice(1000, days_overdue=366)
        self.create_invoice(500, days_overdue=365)
        self.create_invoice(70, days_overdue=-3)
        self.create_invoice(60, days_overdue=5, move_type="out_refund")
        self.propose(self.today)
        table = self.section(self.read_page(), "tax")
        self.assertIn("37 i)", table["note"])
        cells = [row["cells"] for row in table["rows"]]
        self.assertEqual(
            [(one["amount"], one["deductible"], one["rest"]) for one in cells],
            [(570, 0, 570), (1000, 1000, 0)],
        )
        self.company.account_fiscal_country_id = self.env.ref("base.co")
        tables = [one for one in self.read_page()["sections"] if one["name"].startswith("tax")]
        self.assertEqual(
            [sum(row["cells"]["deductible"] for row in one["rows"]) for one in tables],
            [330, 150 + 50],
        )
        self.company.account_fiscal_country_id = self.env.ref("base.fr")
        self.assertFalse(
            [one for one in self.read_page()["sections"] if one["name"].startswith("tax")]
        )

    def test_how_it_was_found_is_told_in_words(self):
        self.create_history(seed=23, count=10)
        self.propose(
            method="loss_rate",
            forward_ids=[Command.create({"change": 10, "reason": "rates of interest rise"})],
        )
        words = " ".join(self.section(self.read_page(), "words")["paragraphs"])
        for part in ("24 month-ends", "12 months later", "+10 %", "rates of interest rise",
                     "equal the balance", "entered percentages"):  # fmt: skip
            self.assertIn(part, words)
        self.propose(method="roll_rate")
        self.assertIn("rolled", " ".join(self.section(self.read_page(), "words")["paragraphs"]))
        self.propose()
        self.assertIn(
            "entered by age", " ".join(self.section(self.read_page(), "words")["paragraphs"])
        )

    def test_nothing_provided_and_nothing_owed_are_said(self):
        self.assertIn("none", [one["name"] for one in self.read_page()["sections"]])
        self.propose()
        figures = {one["name"]: one for one in self.section(self.read_page(), "figures")["figures"]}
        self.assertIsNone(figures["coverage"]["value"])
        self.assertEqual(figures["coverage"]["undefined"], "Nothing is owed")
        for key in ("x", "0:late:1:", "1:wrong::", "a:late:1:"):
            with self.refused("no row of this report"):
                self.open_drill(key)

    def test_who_does_not_see_all_debtors_sees_no_provision(self):
        self.create_invoice(1000, days_overdue=400)
        self.assign()
        provision = self.propose(self.today)
        invoicing = new_test_user(
            self.env, "invoicing", groups="account.group_account_invoice",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        for user in (self.collector, self.supervisor, invoicing):
            with self.assertRaises(AccessError):
                self.read_page(user)
        for user in (self.manager, self.auditor, self.accountant):
            matrix = self.section(self.read_page(user), "matrix")
            self.assertEqual(matrix["totals"][0]["cells"]["amount"], 1000)
            self.assertEqual(
                self.open_drill(matrix["rows"][0]["drill"], user).amount_residual, 1000
            )
        other = self._create_company(name="Another company")
        stranger = new_test_user(
            self.env, "stranger", company_id=other.id, company_ids=[Command.set(other.ids)],
            groups="collections_management.collections_management_group_auditor",
        )  # fmt: skip
        self.assertEqual([one["name"] for one in self.read_page(stranger)["sections"]], ["none"])
        with self.assertRaises(UserError):
            self.open_drill(f"{provision.id}:all::", stranger)

    def test_two_companies_are_shown_apart(self):
        self.create_invoice(1000, days_overdue=400)
        self.propose(self.today)
        other = self._create_company(name="Another company")
        self.env["collections.provision.band"].create(
            {"company_id": other.id, "days": 1, "percent": 1}
        )
        second = self.env["collections.provision"].create(
            {"company_id": other.id, "date": self.today}
        )
        second.action_compute()
        self.accountant.company_ids |= other
        reports = self.env["collections.report"].with_user(self.accountant)
        reports = reports.with_context(allowed_company_ids=[self.company.id, other.id])
        sections = reports.get_page("provision", {})["document"]["sections"]
        titles = [one["title"] for one in sections if one["name"].startswith("matrix")]
        self.assertEqual(titles, [f"{self.company.name}: Matrix", f"{other.name}: Matrix"])

    def test_a_rule_of_taxes_is_changed_by_who_keeps_the_rules(self):
        rule = self.env.ref("collections_reports.collections_provision_tax_rule_pe")
        rule.with_user(self.manager).write({"name": "Peru"})
        for user in (self.supervisor, self.auditor, self.accountant):
            with self.assertRaises(AccessError):
                rule.with_user(user).write({"name": "x"})
            with self.assertRaises(AccessError):
                rule.band_ids.with_user(user).write({"percent": 1})
