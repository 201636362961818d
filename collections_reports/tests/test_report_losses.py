from datetime import timedelta

from odoo import Command
from odoo.tests import new_test_user, tagged

from .provision_common import HistoryCommon, exact


@tagged("post_install", "-at_install")
class TestReportLosses(HistoryCommon):
    """What was given up, what came back, and what the tax law says of it."""

    def read_page(self, user=None, **options):
        options = {"date_from": str(self.today - timedelta(days=2000)), **options}
        reports = self.env["collections.report"].with_user(user or self.accountant)
        return reports.get_page("losses", options)["document"]

    def section(self, document, name):
        [found] = [one for one in document["sections"] if one["name"].startswith(name)]
        return found

    def figures(self, *args, **options):
        document = self.read_page(*args, **options)
        return {one["name"]: one["value"] for one in self.section(document, "fig")["figures"]}

    def test_every_grouping_adds_up_to_the_entries(self):
        self.create_history(seed=31, count=40)
        offs = self.env["collections.write.off"].search([("state", "=", "posted")])
        backs = self.env["collections.recovery"].search([])
        self.assertTrue(len(offs) > 3 and backs)
        booked = -sum(exact(line.balance) for line in offs.line_ids.entry_line_id)
        written = sum(exact(off.amount) for off in offs)
        self.assertEqual(written, booked)
        recovered = sum(exact(back.amount) for back in backs)
        figures = self.figures()
        self.assertEqual(exact(figures["written_off"]), written)
        self.assertEqual(exact(figures["recovered"]), recovered)
        self.assertEqual(exact(figures["net"]), written - recovered)
        by_debtor = {}
        for off in offs:
            by_debtor[off.partner_id.id] = by_debtor.get(off.partner_id.id, 0) + exact(off.amount)
        for group_by in ("reason", "partner", "segment", "team", "age", "company"):
            table = self.section(self.read_page(group_by=group_by), "groups")
            [total] = table["totals"]
            self.assertEqual(exact(total["cells"]["written_off"]), written, group_by)
            self.assertEqual(exact(total["cells"]["recovered"]), recovered, group_by)
            self.assertEqual(total["cells"]["count"], len(offs))
            self.check_rows(table, offs, backs, group_by)
            if group_by == "partner":
                self.assertEqual(
                    {row["cells"]["group"]["id"]: exact(row["cells"]["written_off"])
                     for row in table["rows"]}, by_debtor,
                )  # fmt: skip
        chart = self.section(self.read_page(), "months")
        self.assertAlmostEqual(sum(chart["series"][0]["values"]), float(written), 2)

    def check_rows(self, table, offs, backs, group_by):
        options = {"date_from": str(self.today - timedelta(days=2000)), "group_by": group_by}
        reports = self.env["collections.report"].with_user(self.accountant)
        behind, back = offs.browse(), backs.browse()
        for row in table["rows"]:
            action = reports.open_drill("losses", options, row["drill"])
            found = offs.search(action["domain"])
            self.assertAlmostEqual(sum(found.mapped("amount")), row["cells"]["written_off"], 2)
            behind |= found
            if row["drills"]:
                action = reports.open_drill("losses", options, row["drills"]["recovered"])
                back |= self.env[action["res_model"]].search(action["domain"])
            rows = reports.get_rows("losses", options, row["expand"])["rows"]
            self.assertAlmostEqual(sum(one["cells"]["net"] for one in rows), row["cells"]["net"], 2)
        self.assertEqual((behind, back), (offs, backs))

    def test_a_period_takes_what_was_booked_in_it_and_the_ratio_what_was_invoiced(self):
        old = self.create_invoice(1000, days_overdue=400)
        self.create_invoice(2000, days_overdue=1)
        self.create_invoice(500, days_overdue=1, move_type="out_refund")
        self.assign()
        self.give_up(old)
        off = self.env["collections.write.off"].search([])
        self.recover(off, 250)
        day = str(off.date)
        figures = self.figures(date_from=day, date_to=day)
        self.assertEqual((figures["written_off"], figures["recovered"]), (1000, 0))
        self.assertIsNone(figures["ratio"])
        figures = self.figures(date_from=str(self.today - timedelta(days=10)))
        self.assertEqual((figures["written_off"], figures["recovered"]), (0, 250))
        self.assertAlmostEqual(figures["ratio"], 100 * -250 / 1500)
        figures = self.figures(partner_ids=self.second_debtor.ids)
        self.assertEqual((figures["written_off"], figures["ratio"]), (0, None))
        figures = self.figures(partner_ids=self.debtor.ids)
        self.assertEqual(figures["net"], 750)
        self.assertAlmostEqual(figures["ratio"], 100 * 750 / 2500)
        off.sudo()._reverse()
        self.assertEqual(self.figures()["written_off"], 0)

    def test_tax_that_is_taken_back_is_no_loss_and_is_owed_again_of_what_comes_back(self):
        self.company.account_fiscal_country_id = self.company_data["default_tax_sale"].country_id
        tax = self.company_data["default_tax_sale"].copy({"amount": 18, "name": "IGV"})
        invoice = self.create_invoice(
            days_overdue=400,
            invoice_line_ids=[
                Command.create(
                    {"name": "Goods", "price_unit": 1000, "tax_ids": [Command.set(tax.ids)]}
                )
            ],
        )
        draft = self.prepare(invoice, recover_tax=True).sudo()
        draft._post()
        figures = self.figures()
        self.assertEqual((figures["written_off"], figures["tax"], figures["net"]),
                         (1180, 180, 1000))  # fmt: skip
        self.recover(draft, 590)
        figures = self.figures(date_to=str(self.today))
        self.assertEqual((figures["recovered"], figures["tax"], figures["net"]), (590, 90, 500))
        booked = -sum(
            self.env["account.move.line"].search([("account_id", "=", self.gain.id)])
            .mapped("balance")
        )  # fmt: skip
        self.assertEqual(booked, 500)

    def test_the_tax_view_tells_the_verdicts_and_what_is_missing(self):
        invoice = self.create_invoice(1200, days_overdue=400)
        young = self.create_invoice(5000, days_overdue=30)
        self.assign()
        for item, answers in ((invoice, {"related": "no"}), (young, {})):
            draft = self.prepare(item)
            for check in draft.check_ids:
                if check.statement in answers:
                    check.answer = answers[check.statement]
            draft.treatment = "deductible" if answers else "not_deductible"
            draft.sudo()._post()
        table = self.section(self.read_page(), "tax")
        self.assertEqual(
            {(row["cells"]["treatment"], row["cells"]["verdict"], row["cells"]["written_off"])
             for row in table["rows"]},
            {("Deductible", "Met", 1200), ("Not deductible", "Not met", 5000)},
        )  # fmt: skip
        self.assertEqual(table["rows"][0]["cells"]["citation"], "Law 1")
        reports = self.env["collections.report"].with_user(self.accountant)
        for row in table["rows"]:
            action = reports.open_drill("losses", {"date_from": "2000-01-01"}, row["drill"])
            found = self.env["collections.write.off"].search(action["domain"])
            self.assertEqual(sum(found.mapped("amount")), row["cells"]["written_off"])
        missing = {
            row["cells"]["name"]: (row["cells"]["state"], row["cells"]["amount"])
            for row in self.section(self.read_page(), "missing")["rows"]
        }
        self.assertEqual(missing["Old"], ("Not met", 5000))
        self.assertEqual(missing["Not related"], ("Unknown", 5000))
        # small enough: then nobody asks for the court
        self.assertNotIn(("Court", ("Unknown", 6200)), missing.items())

    def test_a_collector_sees_his_own_losses_and_another_company_none(self):
        mine = self.create_invoice(1000, days_overdue=400)
        theirs = self.create_invoice(300, days_overdue=400, debtor=self.second_debtor)
        self.assign()
        self.get_case().user_id = self.collector
        self.get_case(self.second_debtor).user_id = self.supervisor
        self.give_up(mine | theirs)
        off = self.env["collections.write.off"].search([("partner_id", "=", self.debtor.id)])
        self.recover(off, 100)
        figures = self.figures(self.collector)
        self.assertEqual((figures["written_off"], figures["recovered"]), (1000, 100))
        self.assertAlmostEqual(figures["ratio"], 90)
        self.assertEqual(self.figures(self.auditor)["written_off"], 1300)
        document = self.read_page(self.collector, group_by="partner")
        self.assertNotIn("Bodega Cusco", str(document))
        reports = self.env["collections.report"].with_user(self.collector)
        key = f"partner:{self.second_debtor.id}:{self.company.currency_id.id}"
        options = {"date_from": "2000-01-01"}
        self.assertEqual(reports.open_drill("losses", options, key)["domain"], [("id", "in", [])])
        self.assertFalse(reports.get_rows("losses", options, key)["rows"])
        other = self._create_company(name="Another company")
        stranger = new_test_user(
            self.env, "stranger", company_id=other.id, company_ids=[Command.set(other.ids)],
            groups="collections_management.collections_management_group_auditor",
        )  # fmt: skip
        self.assertEqual(self.figures(stranger)["written_off"], 0)

    def test_what_names_nothing_is_refused(self):
        reports = self.env["collections.report"].with_user(self.accountant)
        for key in ("x", "reason:1", "reason:x:1", "nothing:1:1", "tax:1:1"):
            with self.refused("no row of this report"):
                reports.open_drill("losses", {}, key)
        self.assertTrue(self.section(self.read_page(), "groups")["empty"])
