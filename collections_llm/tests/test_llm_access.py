from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.collections_management.tests.test_security import SecurityCommon


@tagged("post_install", "-at_install")
class TestLlmAccess(SecurityCommon):
    """Only administrators choose who reads what debtors write."""

    def test_off_by_default(self):
        self.assertFalse(self.company.collections_llm_active)
        self.assertIsNone(self.company._ask_collections_llm("hola"))
        self.assertFalse(self.env["collections.llm.call"].search([]))

    def test_nobody_but_an_administrator_reads_the_key(self):
        self.company.collections_llm_key = "secret"
        for user in (self.collector, self.supervisor, self.manager):
            with self.assertRaises(AccessError):
                self.company.with_user(user).read(["collections_llm_key"])
            with self.assertRaises(AccessError):
                self.company.with_user(user).write({"collections_llm_url": "https://x.example"})

    def test_an_administrator_sets_it_in_the_settings(self):
        admin = self.env.ref("base.user_admin")
        admin.company_ids |= self.company
        admin.company_id = self.company
        settings = (
            self.env["res.config.settings"]
            .with_user(admin)
            .create(
                {
                    "collections_llm_active": True,
                    "collections_llm_url": "https://llm.example/v1",
                    "collections_llm_model": "small",
                }
            )
        )
        settings.execute()
        self.assertEqual(self.company.collections_llm_url, "https://llm.example/v1")

    def test_only_safe_addresses_and_sensible_limits(self):
        for url in ("http://llm.example/v1", "ftp://x", "https://", "https://u:p@x.example", "x"):
            with self.assertRaises(ValidationError, msg=url):
                self.company.collections_llm_url = url
        self.company.collections_llm_url = "http://127.0.0.1:8080/v1"
        self.company.collections_llm_active = True
        self.assertIsNone(self.company._ask_collections_llm("hola"), "which model is not said")
        for values in ({"seconds": 0}, {"seconds": 31}, {"cap": -1}, {"confidence": 0},
                       {"confidence": 1.2}):  # fmt: skip
            with self.assertRaises(ValidationError, msg=values):
                self.company.write({f"collections_llm_{name}": v for name, v in values.items()})

    def test_who_sees_the_questions(self):
        call = self.env["collections.llm.call"].create(
            {"company_id": self.company.id, "outcome": "proposed"}
        )
        self.assertEqual(call.with_user(self.manager).outcome, "proposed")
        self.assertEqual(call.with_user(self.auditor).outcome, "proposed")
        with self.assertRaises(AccessError):
            call.with_user(self.collector).read(["outcome"])
        with self.assertRaises(AccessError):
            call.with_user(self.manager).outcome = "slow"
        foreign = self.env["res.company"].create({"name": "Other"})
        other = self.env["collections.llm.call"].create(
            {"company_id": foreign.id, "outcome": "proposed"}
        )
        with self.assertRaises(AccessError):
            other.with_user(self.manager).read(["outcome"])

    def test_old_questions_are_forgotten(self):
        calls = self.env["collections.llm.call"]
        old = calls.create(
            {"company_id": self.company.id, "outcome": "slow", "moment": "2020-01-01 00:00:00"}
        )
        new = calls.create({"company_id": self.company.id, "outcome": "slow"})
        calls._gc_calls()
        self.assertFalse(old.exists())
        self.assertTrue(new.exists())
