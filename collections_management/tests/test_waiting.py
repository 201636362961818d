from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CollectionsCommon


@tagged("post_install", "-at_install")
class TestWaiting(CollectionsCommon):
    """The page of everything that waits for the decision of one person."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.create_invoice(100, days_overdue=5)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.case = cls.get_case(cls.debtor)
        cls.case.user_id = cls.collector

    def look(self, user):
        """Open the page as a user; return it and its counts."""
        page = self.env["collections.waiting"].with_user(user).with_company(self.company)
        page = page.browse(page.action_open()["res_id"])
        rows = page.rows or []
        for row in rows:
            found = page.env[row["model"]].search_count(row["domain"])
            self.assertEqual(found, row["count"], row["label"])
        return page, {row["key"]: row["count"] for row in rows}

    def ask_all(self, user):
        """Let a user ask for one of each kind."""
        case = {"case_id": self.case.id}
        self.env["collections.promise"].create(
            {**case, "date_due": self.today + timedelta(days=2)}
        ).write({"state": "awaiting", "user_id": user.id})
        self.env["collections.agreement"].create(case).write(
            {"state": "awaiting", "user_id": user.id, "approval_role": "manager"}
        )
        self.env["collections.write.off"].create(case).write(
            {"state": "requested", "requested_by_id": user.id}
        )
        self.env["collections.credit.release"].create({**case, "requested_by_id": user.id})
        self.env["collections.escalation"].create(
            {**case, "kind": "legal", "reason": "x", "requested_by_id": user.id}
        )
        self.charge(user)

    def charge(self, user):
        """A fee that somebody asked to charge, and to give up."""
        policy = self.env["collections.fee.policy"].create(
            {
                "name": "Interest",
                "company_id": self.company.id,
                "rate_source": "own",
                "mode": "approval",
                "tier_ids": [Command.create({"days": 1, "percent": 12})],
                "date_start": self.today - timedelta(days=3000),
                "product_id": self.env["product.product"]
                .create({"name": "Charges", "type": "service", "taxes_id": False})
                .id,
                "journal_id": self.company_data["default_journal_sale"].id,
            }
        )
        self.fee = self.env["collections.fee"]._charge(policy, self.case)
        self.fee.write(
            {
                "asked_by_id": user.id,
                "waiver_state": "asked",
                "waiver_asked_by_id": user.id,
                "amount_company": 50,
            }
        )

    def test_nothing_waits(self):
        page, counts = self.look(self.supervisor)
        self.assertEqual((page.summary, counts), ("Nothing waits for your decision.", {}))

    def test_each_kind_is_counted_for_who_may_decide_it(self):
        self.strategy.step_ids.mode = "approval"
        self.create_invoice(90, days_overdue=5, debtor=self.create_debtor("Bodega Norte"))
        self.run_night()
        self.ask_all(self.collector)  # what is promised is not written about
        common = dict.fromkeys(
            ("promises", "fees", "credit_releases", "escalations", "messages", "runs"), 1
        )
        self.company.collections_fee_limit_supervisor = 49
        page, counts = self.look(self.supervisor)
        self.assertEqual(counts, common)
        self.assertEqual(page.summary, "5 decisions wait for you.")
        self.company.collections_fee_limit_supervisor = 50
        self.assertEqual(self.look(self.supervisor)[1], common | {"waivers": 1})
        self.assertEqual(
            self.look(self.manager)[1],
            common | dict.fromkeys(("waivers", "write_offs", "agreements"), 1),
        )

    def test_nobody_is_asked_about_what_he_asked_for(self):
        self.ask_all(self.manager)
        self.assertEqual(self.look(self.manager)[1], {})

    def test_who_said_yes_is_not_asked_again_where_two_persons_decide(self):
        self.strategy.step_ids.mode = "approval"
        contact = self.plan()
        contact.write({"needs_second": True, "approved_by_id": self.supervisor.id})
        self.assertEqual(self.look(self.supervisor)[1], {})
        self.assertEqual(self.look(self.manager)[1], {"messages": 1})

    def test_the_page_is_of_who_opened_it(self):
        page, _counts = self.look(self.supervisor)
        other = self.create_user("supervisor", login="test_other_supervisor")
        with self.assertRaises(AccessError):
            page.with_user(other).read(["rows"])
        for user in (self.collector, self.auditor):
            with self.assertRaises(AccessError):
                self.env["collections.waiting"].with_user(user).action_open()
