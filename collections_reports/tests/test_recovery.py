import json
import random
from collections import Counter
from datetime import datetime, time

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..engine.attribution import METHODS, Event
from .common import ReportsCommon
from .test_engine_attribution import attribute_slowly


class RecoveryCommon(ReportsCommon):
    """A ledger of a year, and contacts with its debtors."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtors = cls.create_ledger(seed=5, count=30)
        cls.silent = cls.create_debtor("Silent")
        cls.pay(cls.create_document(cls.silent, 500, cls.day(100)), date=cls.day(50))
        cls.create_document(cls.silent, 900, cls.day(20))
        cls.env["collections.ledger"]._refresh(cls.company)
        rng = random.Random(5)
        cls.letter = cls.env.ref("collections_management.collections_channel_letter")
        for number in range(60):
            cls.create_contact(
                rng.choice(cls.debtors),
                ago=rng.randrange(0, 340),
                channel=rng.choice((cls.email, cls.letter)),
                hour=rng.randrange(8, 19),
                state=rng.choice(("sent", "delivered", "answered")),
                cost=rng.choice((0, 0.05)),
                step=cls.strategy.step_ids[number % 4] if number % 5 else None,
            )

    @classmethod
    def create_contact(cls, debtor, ago, channel=None, hour=12, step=None, **values):
        moment = datetime.combine(cls.day(ago), time(hour))
        return cls.env["collections.contact"].create(
            {
                "case_id": cls.get_case(debtor).id,
                "company_id": cls.company.id,
                "channel_id": (channel or cls.email).id,
                "step_id": step.id if step else False,
                "sent_on": moment,
                "scheduled_on": moment,
                "state": "delivered",
                **values,
            }
        )

    def report(self, user=None, **options):
        reports = self.env["collections.report"].with_user(user or self.accountant)
        options = {
            "date_from": self.day(330).isoformat(),
            "date_to": self.day(0).isoformat(),
        } | options
        companies = self.env.context.get("allowed_company_ids") or self.company.ids
        return reports.with_context(allowed_company_ids=companies).get_page("recovery", options)[
            "document"
        ]

    def get_table(self, document):
        [section] = [one for one in document["sections"] if one["type"] == "table"]
        return section

    def get_cells(self, document, column="recovered"):
        return {row["cells"]["name"]: row["cells"].get(column)
                for row in self.get_table(document)["rows"]}  # fmt: skip

    def read_payments(self, first, last, company=None):
        """The payments as a person finds them in the books, one by one."""
        lines = self.env["account.move.line"].search(
            [
                ("company_id", "=", (company or self.company).id),
                ("parent_state", "=", "posted"),
                ("account_type", "=", "asset_receivable"),
                ("journal_id.type", "in", ("bank", "cash", "credit")),
                ("balance", "<", 0),
                ("date", ">=", first),
                ("date", "<=", last),
            ],
            order="date, id",
        )
        return lines.filtered(
            lambda line: (
                line.move_id.move_type == "entry"
                and not line.move_id.reversal_move_ids.filtered(lambda move: move.state == "posted")
            )
        )


@tagged("post_install", "-at_install")
class TestRecovery(RecoveryCommon):
    """What is credited to contacts equals a plain reading, and loses no cent."""

    def read_recovery(self, method, days, half_life, key):
        """The same debtor by debtor, payment by payment, contact by contact."""
        credited, total = Counter(), 0
        payments = self.read_payments(self.day(330), self.day(0))
        for debtor in [*self.debtors, self.silent]:
            paid = [
                Event(line.id, line.date.toordinal(), round(-line.balance * 100))
                for line in payments
                if line.partner_id.commercial_partner_id == debtor
            ]
            contacts = self.get_case(debtor).contact_ids.sorted(lambda c: (c.sent_on.date(), c.id))
            asked = [Event(contact.id, contact.sent_on.date().toordinal()) for contact in contacts]
            names = {contact.id: key(contact) for contact in contacts}
            for payment, parts in attribute_slowly(paid, asked, method, days, half_life):
                total += payment.amount
                for contact_id, part in parts.items():
                    credited[names[contact_id]] += part
                if not parts:
                    credited["Paid without a contact"] += payment.amount
        return {name: amount / 100 for name, amount in credited.items()}, total / 100

    def test_every_method_equals_the_plain_reading(self):
        for method in METHODS:
            for days in (5, 60):
                with self.subTest(method=method, days=days):
                    shown = self.get_cells(self.report(method=method, days=days))
                    expected, total = self.read_recovery(
                        method, days, 7, lambda contact: contact.channel_id.name
                    )
                    self.assertGreaterEqual(len(expected), 2)
                    self.assertEqual(
                        {name: value for name, value in shown.items() if value}, expected
                    )
                    self.assertAlmostEqual(sum(shown.values()), total)

    def test_every_grouping_adds_up_to_the_same_payments(self):
        total = -sum(self.read_payments(self.day(330), self.day(0)).mapped("balance"))
        self.assertGreater(total, 0)
        for group in ("channel", "step", "template", "hour", "weekday", "collector", "tone"):
            with self.subTest(group=group):
                document = self.report(group=group, method="decay")
                self.assertAlmostEqual(sum(filter(None, self.get_cells(document).values())), total)
                [totals] = self.get_table(document)["totals"]
                self.assertAlmostEqual(totals["cells"]["recovered"], total)
                self.assertEqual(totals["cells"]["contacts"], self.env[
                    "collections.contact"
                ].search_count([("sent_on", ">=", self.day(330))]))  # fmt: skip

    def test_contacts_are_counted_as_they_went(self):
        outcome = self.env["collections.outcome"].search([("reached", "=", True)], limit=1)
        before = self.report(group="hour")
        self.create_contact(self.debtors[0], 3, self.task, hour=21, state="answered",
                            outcome_id=outcome.id, cost=2)  # fmt: skip
        self.create_contact(self.debtors[0], 3, self.task, hour=21, state="failed",
                            reason="not_reached", sent_on=False)  # fmt: skip
        for values in (
            {"channel": self.task, "state": "sent"},  # a task that nobody has done yet
            {"state": "cancelled"},
            {"state": "failed", "reason": "bounced"},
            {"state": "answered", "direction": "in"},
        ):
            self.create_contact(self.debtors[0], 3, hour=21, **values)
        self.assertNotIn("21:00-21:59", self.get_cells(before))
        document = self.report(group="hour")
        for column, expected in (("contacts", 2), ("delivered", 1), ("answered", 1),
                                 ("right_party", 1), ("cost", 2)):  # fmt: skip
            self.assertEqual(self.get_cells(document, column)["21:00-21:59"], expected, column)

    def test_a_thank_you_recovers_nothing(self):
        thanks = self.create_contact(self.debtors[0], 3, hour=22)
        move = self.read_payments(self.day(330), self.day(0))[0].move_id
        self.env["collections.receipt"].create(
            {"case_id": thanks.case_id.id, "company_id": self.company.id, "move_id": move.id,
             "currency_id": self.company.currency_id.id, "contact_id": thanks.id}
        )  # fmt: skip
        self.assertNotIn("22:00-22:59", self.get_cells(self.report(group="hour")))

    def test_a_reversed_payment_is_taken_off(self):
        debtor = self.debtors[0]
        invoice = self.create_document(debtor, 77, self.day(40))
        before = sum(self.get_cells(self.report()).values())
        payment = self.pay(invoice, date=self.day(20))
        self.assertAlmostEqual(sum(self.get_cells(self.report()).values()), before + 77)
        payment.move_id._reverse_moves([{"date": self.day(10)}], cancel=True)
        self.assertAlmostEqual(sum(self.get_cells(self.report()).values()), before)

    def test_who_was_never_contacted_paid_without_a_contact(self):
        nobody = "Paid without a contact"
        before = self.get_cells(self.report())
        self.create_contact(self.silent, 55)
        after = self.get_cells(self.report())
        self.assertAlmostEqual(after[nobody], before[nobody] - 500)
        self.assertAlmostEqual(sum(after.values()), sum(before.values()))

    def test_rows_open_the_records_behind_them(self):
        reports = self.env["collections.report"].with_user(self.accountant)
        options = {"date_from": self.day(330).isoformat(), "date_to": self.day(0).isoformat()}
        paid = 0
        for row in self.get_table(self.report())["rows"]:
            key = row["drills"].get("recovered") or row["drill"]
            action = reports.open_drill("recovery", options, key)
            lines = self.env["account.move.line"].search(action["domain"])
            self.assertAlmostEqual(-sum(lines.mapped("balance")), row["cells"]["recovered"])
            paid += row["cells"]["recovered"]
            if row["drill"].startswith("contacts"):
                action = reports.open_drill("recovery", options, row["drill"])
                contacts = self.env["collections.contact"].search(action["domain"])
                self.assertEqual(len(contacts), row["cells"]["contacts"])
        self.assertTrue(paid)
        for key in ("nonsense", "payments:0:1", "contacts:x:y"):
            with self.assertRaises(UserError):
                reports.open_drill("recovery", options, key)

    def test_it_is_said_that_this_is_no_cause(self):
        document = self.report()
        self.assertIn("not a cause", self.get_table(document)["note"])
        [uplift] = [one for one in document["sections"] if one["type"] == "figures"]
        [figure] = uplift["figures"]
        self.assertIsNone(figure["value"])
        self.assertIn("No random hold-out", figure["undefined"])
        json.dumps(document)

    def test_odd_options_are_mended(self):
        document = self.report(days=-5, half_life=0, method=None, group=None)
        self.assertTrue(self.get_table(document)["rows"])
        with self.assertRaises(UserError):
            self.report(group="luck")

    def test_a_company_without_anything_says_so(self):
        document = self.report(date_from="1990-01-01", date_to="1990-12-31")
        table = self.get_table(document)
        self.assertFalse(table["rows"])
        self.assertIn("choose other days", table["empty"])

    # -- nobody reads amounts of cases he may not see, and currencies are never added -------------

    def test_a_collector_reads_his_own_cases_only(self):
        mine, other, _third = self.debtors
        self.get_case(mine).user_id = self.collector
        others = self.get_case(other) | self.get_case(_third) | self.get_case(self.silent)
        others.user_id = self.supervisor
        payments = self.read_payments(self.day(330), self.day(0))
        own = -sum(line.balance for line in payments if line.partner_id == mine)
        self.assertTrue(own)
        shown = self.get_cells(self.report(self.collector))
        self.assertAlmostEqual(sum(filter(None, shown.values())), own)
        [uplift] = [one for one in self.report(self.collector)["sections"]
                    if one["type"] == "figures"]  # fmt: skip
        self.assertIn("managers", uplift["figures"][0]["undefined"])

    def test_companies_with_two_currencies_stand_apart(self):
        company = self.setup_other_company(name="Second", currency_id=self.other_currency.id)[
            "company"
        ]
        company.partner_id.tz = "UTC"
        self.assertEqual(company.currency_id, self.other_currency)
        env = self.env(context={**self.env.context, "allowed_company_ids": company.ids})
        debtor = self.debtors[0]
        invoice = env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": debtor.id,
                "company_id": company.id,
                "invoice_date": self.day(40),
                "date": self.day(40),
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Goods", "price_unit": 64, "tax_ids": [Command.clear()]}
                    )
                ],
            }
        )
        invoice.action_post()
        env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"payment_date": self.day(20)})._create_payments()
        self.create_document(debtor, 10, self.day(1))
        env["collections.ledger"]._refresh(company)
        case = env["collections.case"].search([("company_id", "=", company.id)])
        if not case:  # paid at once: a case is opened by a debt
            invoice.copy({"invoice_date": self.day(5)}).action_post()
            env["collections.ledger"]._refresh(company)
            case = env["collections.case"].search([("company_id", "=", company.id)])
        moment = datetime.combine(self.day(25), time(12))
        env["collections.contact"].create(
            {"case_id": case.id, "company_id": company.id, "channel_id": self.email.id,
             "sent_on": moment, "scheduled_on": moment, "state": "delivered"}
        )  # fmt: skip
        reader = self.accountant
        alone = self.get_table(self.report())
        reader.company_ids = [Command.link(company.id)]
        both = self.with_companies(self.company | company)
        self.assertEqual([row for row in both["rows"] if row["currency"] != company.currency_id.id],
                         alone["rows"])  # fmt: skip
        [foreign] = [row for row in both["rows"] if row["currency"] == company.currency_id.id]
        self.assertEqual(foreign["cells"]["recovered"], 64)
        self.assertEqual(len(both["totals"]), 2)

    def with_companies(self, companies):
        reports = self.env["collections.report"].with_user(self.accountant)
        options = {"date_from": self.day(330).isoformat(), "date_to": self.day(0).isoformat()}
        page = reports.with_context(allowed_company_ids=companies.ids).get_page("recovery", options)
        return self.get_table(page["document"])
