"""Helpers that the tests of every collections addon may use."""

import socket
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from unittest.mock import patch

from aiosmtpd.controller import Controller

from odoo import Command, api, fields
from odoo.tests import new_test_user
from odoo.tools import SQL

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.base.models.ir_mail_server import IrMail_Server


class Mailbox:
    """A real SMTP server in a thread; keeps what it takes, refuses what it is told to."""

    def __init__(self):
        self.messages = []
        self.refuse = {}  # address -> SMTP answer
        self.after = None  # called with the envelope before the answer

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if answer := self.refuse.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.after and (answer := self.after(envelope)):
            return answer
        self.messages.append(envelope)
        return "250 Taken"

    @property
    def contact_ids(self):
        """The contacts that arrived, in order, as their header tells; other mails have none.

        The SMTP server reads every attribute of its handler for each connection: this one must
        not fail, or nobody is greeted any more.
        """
        headers = [
            message_from_bytes(envelope.content)["X-Collections-Contact"]
            for envelope in self.messages
        ]
        return [int(header) for header in headers if header]


class CollectionsCommon(AccountTestInvoicingCommon):
    """A company that collects: debtors, a strategy of known steps, one segment for everybody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What the scheduled jobs do, they do as the superuser; roles are tested as themselves.
        cls.env = cls.env(su=True)
        cls.company = cls.env.company
        cls.company.write(
            {
                "email": "cobranzas@company.example",
                "collections_safe_mode": False,
                "collections_stale_bank_days": 0,
            }
        )
        cls.today = fields.Date.context_today(cls.env["collections.ledger"])
        cls.env["res.company"].search([("id", "!=", cls.company.id)]).collections_active = False
        cls.env["collections.contact.rule"].search([]).active = False
        cls.env["collections.segment"].search([]).active = False
        cls.email = cls.env.ref("collections_management.collections_channel_email")
        cls.task = cls.env.ref("collections_management.collections_channel_task")
        cls.template = cls.env["mail.template"].create(
            {
                "name": "Test text",
                "model_id": cls.env["ir.model"]._get_id("collections.contact"),
                "subject": "Your account with {{ object.company_id.name }}",
                "body_html": '<p>Dear <t t-out="object.salutation_name"/>, <b>'
                '<t t-out="object.net_overdue_text"/></b></p>'
                '<t t-out="object.receivables_table"/>',
            }
        )
        cls.strategy = cls.create_strategy([(-7, {}), (3, {}), (10, {}), (30, {})])
        cls.segment = cls.env["collections.segment"].create(
            {"name": "Everybody", "strategy_id": cls.strategy.id}
        )
        cls.debtor = cls.create_debtor("Ferretería Lima")
        cls.collector = cls.create_user("collector")
        cls.supervisor = cls.create_user("supervisor")
        cls.manager = cls.create_user("manager")
        cls.auditor = cls.create_user("auditor")

    @classmethod
    def _create_company(cls, **values):
        """A company that lives by UTC as the tests do: the one that the database of the tests
        holds ready, or a new one."""
        company = cls.env.ref("__test__.company", raise_if_not_found=False)
        if company and not cls.country_code and values == {"name": company.name}:
            cls.env.user.company_ids = [Command.link(company.id)]
        else:
            company = super()._create_company(**values)
        company.partner_id.tz = "UTC"
        return company

    @classmethod
    def create_user(cls, role, **values):
        """A user with one role of collections and nothing else."""
        return new_test_user(
            cls.env,
            login=values.pop("login", f"test_{role}"),
            groups=f"collections_management.collections_management_group_{role}",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            **values,
        )

    @classmethod
    def create_debtor(cls, name, **values):
        """A company debtor that e-mail reaches."""
        values.setdefault("email", f"{name.split()[0].lower()}@debtor.example")
        values.setdefault("is_company", True)
        return cls.env["res.partner"].create({"name": name, **values})

    @classmethod
    def create_strategy(cls, steps, **values):
        """A strategy of ``[(days, step values)]``, quiet for no day unless told so."""
        return cls.env["collections.strategy"].create(
            {
                "name": "Test strategy",
                "quiet_days": 0,
                **values,
                "step_ids": [
                    Command.create(
                        {
                            "name": f"Step {days}",
                            "days": days,
                            "channel_ids": [Command.set(cls.email.ids)],
                            "template_ids": [Command.set(cls.template.ids)],
                            **step,
                        }
                    )
                    for days, step in steps
                ],
            }
        )

    @classmethod
    def create_invoice(cls, amount=100.0, days_overdue=5, debtor=None, **values):
        """A posted invoice of one untaxed line, overdue by that many days (negative: not due)."""
        due = cls.today - timedelta(days=days_overdue)
        invoice = cls.env["account.move"].create(
            {
                "move_type": values.pop("move_type", "out_invoice"),
                "partner_id": (debtor or cls.debtor).id,
                "invoice_date": min(due, cls.today),
                "invoice_date_due": due,
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Goods", "price_unit": amount, "tax_ids": [Command.clear()]}
                    )
                ],
                **values,
            }
        )
        invoice.action_post()
        return invoice

    @classmethod
    def get_receivable(cls, invoice):
        """The receivable lines of an invoice."""
        return invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    @classmethod
    def pay(cls, invoice, amount=None, date=None):
        """Pay an invoice, wholly or in part, and return the payment."""
        return cls._register_payment(
            invoice,
            payment_date=date or cls.today,
            **({"amount": amount} if amount is not None else {}),
        )

    @classmethod
    def get_case(cls, debtor=None):
        """The case of a debtor in the test company."""
        return cls.env["collections.case"].search(
            [
                ("partner_id", "=", (debtor or cls.debtor).id),
                ("company_id", "=", cls.company.id),
                ("state", "!=", "merged"),
            ]
        )

    def plan(self):
        """Refresh, segment and plan inside the test's transaction; return the new contacts."""
        before = self.env["collections.contact"].search([])
        self.env["collections.ledger"]._refresh(self.company)
        self.env["collections.segment"]._assign(self.company)
        cases = self.env["collections.case"].search(
            [("company_id", "=", self.company.id), ("state", "=", "open")]
        )
        if cases:
            self.env["collections.planner"]._plan(cases)
        return self.env["collections.contact"].search([]) - before

    @contextmanager
    def mailbox(self):
        """Run a real SMTP server that Odoo sends through; yields its :class:`Mailbox`."""
        box = Mailbox()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        # Without a name of its own it would look one up, in the DNS if need be, while all wait.
        controller = Controller(box, hostname="127.0.0.1", port=port, server_hostname="test")
        controller.start()
        self.env["ir.mail_server"].search([]).active = False
        server = self.env["ir.mail_server"].create(
            {"name": "Test", "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_encryption": "none"}
        )
        try:
            with patch.object(IrMail_Server, "_disable_send", lambda _self: False):
                yield box
        finally:
            controller.stop()
            server.active = False

    def deliver(self):
        """Send what is due, as the scheduled job does, with commits of its own."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            env["collections.delivery"]._deliver(env["res.company"].browse(self.company.ids))

    def assert_nowhere(self, tables, *words):
        """No row of these tables says any of these words, in whatever column."""
        self.env.flush_all()
        for table in tables:
            self.env.cr.execute(SQL("SELECT to_jsonb(t)::text FROM %s t", SQL.identifier(table)))
            rows = [row for [row] in self.env.cr.fetchall()]
            for word in words:
                self.assertFalse([row for row in rows if word in row], f"{table}: {word}")

    def get_tables(self, addon):
        """Return the tables of the models that an addon brings."""
        models = self.env["ir.model"].search([("transient", "=", False)])
        known = {model.model for model in models if addon in model.modules.split(", ")}
        return sorted(
            self.env[name]._table
            for name in known
            if self.env[name]._auto and self.env[name]._original_module == addon
        )

    def run_night(self):
        """A whole run of the company: refresh, segment, plan, deliver. Returns the run."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            run = env["collections.run"]._get_or_create(
                env["res.company"].browse(self.company.ids), "button"
            )
            run._work()
            run_id = run.id
        return self.env["collections.run"].browse(run_id)
