"""Helpers for tests of pay links."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

from odoo import Command

from odoo.addons.collections_management.tests.browser import BrowserCase
from odoo.addons.collections_management.tests.common import CollectionsCommon

from ..controllers.collections_pay_link import throttle

PHONE = (
    "Mozilla/5.0 (Linux; Android 14; SM-A155M) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/130.0.0.0 Mobile Safari/537.36"
)


class PayLinkCommon(CollectionsCommon):
    """A debtor with three invoices, and Odoo's demo provider in his company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.lang = "en_US"
        cls.method = cls.env.ref("payment_demo.payment_method_demo")
        cls.provider = cls.create_provider(cls.company)
        cls.old = cls.create_invoice(1000, days_overdue=40)
        cls.late = cls.create_invoice(200, days_overdue=5)
        cls.next = cls.create_invoice(50, days_overdue=-10)
        cls.refresh()
        cls.case = cls.get_case()
        cls.case.user_id = cls.collector

    @classmethod
    def create_provider(cls, company):
        """Odoo's demo provider, as a company turns it on; any other one is off."""
        cls.env["payment.provider"].search([("company_id", "=", company.id)]).state = "disabled"
        cls.method.active = True
        return cls.env["payment.provider"].create(
            {
                "name": "Demo",
                "code": "demo",
                "company_id": company.id,
                "state": "test",
                "is_published": True,
                "inline_form_view_id": cls.env.ref("payment_demo.inline_form").id,
                "payment_method_ids": [Command.set(cls.method.ids)],
            }
        )

    @classmethod
    def refresh(cls):
        cls.env["collections.ledger"]._refresh(cls.company)

    @classmethod
    def create_contact(cls, case=None, **values):
        """A message that waits to leave."""
        case = case or cls.case
        return cls.env["collections.contact"].create(
            {
                "case_id": case.id,
                "company_id": case.company_id.id,
                "channel_id": cls.email.id,
                "step_id": cls.strategy.step_ids[1].id,
                "state": "queued",
                **values,
            }
        )

    def get_token(self, case=None):
        return (case or self.case)._get_pay_url().rpartition("/")[2]

    def get_link(self, token):
        return self.env["collections.pay.link"]._find(token)

    def get_events(self, case=None):
        return (case or self.case).log_ids.sorted("sequence").mapped("event")


class PayLinkHttpCase(BrowserCase, PayLinkCommon):
    """The page, opened as a debtor's phone does."""

    def setUp(self):
        super().setUp()
        throttle.forget()
        self.addCleanup(throttle.forget)

    def open(self, path, agent=PHONE, **kwargs):
        self.env.flush_all()
        page = self.url_open(path, headers={"User-Agent": agent}, **kwargs)
        self.env.invalidate_all()
        return page

    def get_chosen(self, page):
        """The receivables whose boxes are ticked on a page."""
        boxes = re.findall(r"<input[^>]*type=\"checkbox\"[^>]*>", page.text)
        return self.env["account.move.line"].browse(
            int(re.search(r'value="(\d+)"', box)[1]) for box in boxes if "checked" in box
        )

    def get_form(self, token, lines, part=None):
        """The page of the ways to pay: its payment context, or the fault it was refused with."""
        query = [f"i={line.id}" for line in lines] + ([f"part={part}"] if part else [])
        page = self.open(f"/c/{token}/pay?{'&'.join(query)}")
        if "fault" in (found := parse_qs(urlsplit(page.url).query)):
            return found["fault"][0]
        form = re.search(r"<form id=\"o_payment_form\".*?>", page.text, re.DOTALL)[0]
        return {
            key.replace("-", "_"): unescape(value)
            for key, value in re.findall(r'data-([\w-]+)="([^"]*)"', form)
        }

    def get_params(self, form):
        """What Odoo's payment form sends, and what a browser could make of it."""
        return {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "token_id": None,
            "amount": float(form["amount"]),
            "flow": "direct",
            "tokenization_requested": True,
            "landing_route": "https://elsewhere.example",
            "is_validation": False,
            "access_token": "",
            "csrf_token": "x",
        }

    def begin(self, token, lines, form=None, part=None, **values):
        """Press the button of the form; returns the new transaction."""
        form = form or self.get_form(token, lines, part)
        self.env.flush_all()
        result = self.make_jsonrpc_request(
            form["transaction_route"], self.get_params(form) | values
        )
        self.env.invalidate_all()
        return self.env["payment.transaction"].search([("reference", "=", result["reference"])])

    def simulate(self, tx, state, poll=True):
        """Let the provider say what became of a payment, and the page of the status ask for it."""
        self.env.flush_all()
        self.make_jsonrpc_request(
            "/payment/demo/simulate_payment",
            {"reference": tx.reference, "payment_details": "1234", "simulated_state": state},
        )
        if poll:
            self.make_jsonrpc_request("/payment/status/poll", {})
        self.env.invalidate_all()

    def pay_by_link(self, token, invoices, state="done", **kwargs):
        lines = self.get_receivable(invoices)
        tx = self.begin(token, lines, **kwargs)
        self.simulate(tx, state)
        return tx
