from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_promise import PromiseCommon


@tagged("post_install", "-at_install")
class TestPromiseApi(PromiseCommon):
    """Promises that another system records."""

    def setUp(self):
        super().setUp()
        self.cases = self.env["collections.case"].with_user(self.collector)
        self.day = fields.Date.to_string(self.today + timedelta(days=4))

    def register(self, **values):
        return self.cases.register_promise(**{"debtor": self.debtor.id, "date": self.day, **values})

    def test_it_records_what_is_overdue(self):
        found = self.register(note="Told the bot")
        promise = self.case.promise_ids
        self.assertEqual(found["id"], promise.id)
        self.assertEqual((found["state"], found["amount"], found["date"]), ("open", 100, self.day))
        self.assertEqual(found["receivables"], self.get_receivable(self.invoice).ids)
        self.assertEqual(promise.user_id, self.collector)
        self.assertTrue(self.case.is_held)

    def test_it_replaces_only_when_told_to(self):
        first = self.register()
        with self.assertRaisesRegex(UserError, "has recorded a promise"), self.cr.savepoint():
            self.register()
        second = self.register(amount=50, replace=True, type=self.kind.id, currency="USD")
        self.assertEqual(second["replaces"], [first["id"]])
        third = self.register(
            replace=True, receivables=self.get_receivable(self.invoice).ids, amount=10
        )
        self.assertEqual(third["replaces"], [second["id"]])

    def test_beyond_the_limits_it_waits(self):
        self.segment.promise_limit_days = 2
        found = self.register()
        self.assertEqual(found["state"], "awaiting")
        self.assertIn("2 days", found["why_to_approve"])

    def test_what_is_wrong_is_told_by_its_name(self):
        for words, values in (
            ("^date: soon is no day", {"date": "soon"}),
            ("^date: ", {"date": None}),
            ("is over already", {"date": "2001-01-01"}),
            ("^amount: a number", {"amount": "100"}),
            ("^amount: a number", {"amount": True}),
            ("above zero", {"amount": 0}),
            ("more than is owed", {"amount": 1e6}),
            ("^receivables: a list", {"receivables": 5}),
            ("^receivables: a list", {"receivables": []}),
            ("^receivables: a list", {"receivables": ["a"]}),
            ("not this debtor's", {"receivables": [10**9]}),
            ("^note: a text", {"note": 1}),
            ("^replace: true or false", {"replace": 1}),
            ("^type: there is no", {"type": 10**9}),
            ("^type: there is no", {"type": "x"}),
            ("^currency: XXX is none", {"currency": "XXX"}),
            ("^debtor: no case", {"debtor": 10**9}),
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(UserError, words),
                self.cr.savepoint(),
            ):
                self.register(**values)
        self.assertFalse(self.case.promise_ids)

    def test_who_only_reads_records_nothing(self):
        self.cases = self.env["collections.case"].with_user(self.auditor)
        with self.assertRaises(AccessError):
            self.register()
