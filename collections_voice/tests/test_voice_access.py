from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import VoiceCommon


@tagged("post_install", "-at_install")
class TestVoiceAccess(VoiceCommon):
    """Who sees calls, and who sets up the account."""

    def test_collectors_read_the_calls_of_their_cases(self):
        contact, call, _phone = self.call()
        contact.case_id.user_id = self.collector
        own = call.with_user(self.collector)
        self.assertEqual(own.state, "queued")
        self.assertTrue(own.event_ids.mapped("event"))
        contact.case_id.user_id = self.supervisor
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            call.with_user(self.collector).read(["state"])
        with self.assertRaises(AccessError):
            call.event_ids.with_user(self.collector).read(["event"])
        for user in (self.supervisor, self.manager, self.auditor):
            with self.subTest(user=user.login):
                self.assertEqual(call.with_user(user).state, "queued")

    def test_nobody_changes_a_call_or_reads_its_address(self):
        _contact, call, _phone = self.call()
        for user in (self.collector, self.supervisor, self.manager, self.auditor):
            with self.subTest(user=user.login):
                for attempt in (
                    lambda user=user: call.with_user(user).write({"keys": "1"}),
                    lambda user=user: call.with_user(user).unlink(),
                    lambda user=user: call.with_user(user).read(["token"]),
                    lambda user=user: call.with_user(user).read(["answer"]),
                    lambda user=user: call.event_ids.with_user(user).write({"detail": "x"}),
                ):
                    with self.assertRaises(AccessError):
                        attempt()

    def test_only_administrators_set_up_the_account(self):
        administrator = new_test_user(
            self.env, "voice_admin",
            "base.group_system,collections_management.collections_management_group_manager",
            company_id=self.company.id, company_ids=self.company.ids,
        )  # fmt: skip
        account = self.account.with_user(administrator)
        self.assertTrue(account.auth_token)
        account.write({"name": "Calls"})
        self.assertEqual(account.action_check()["params"]["type"], "success")
        self.assertEqual(self.account.with_user(self.manager).state, "ok")
        for user in (self.manager, self.auditor):
            account = self.account.with_user(user)
            with self.subTest(user=user.login):
                for attempt in (
                    lambda account=account: account.read(["auth_token"]),
                    lambda account=account: account.write({"name": "x"}),
                    lambda account=account: account.action_check(),
                    lambda account=account: account.action_call_me(),
                ):
                    with self.assertRaises(AccessError):
                        attempt()
        with self.assertRaises(AccessError):
            self.account.with_user(self.collector).read(["state"])

    def test_another_company_sees_nothing(self):
        _contact, call, _phone = self.call()
        company = self.env["res.company"].create({"name": "Another"})
        other = new_test_user(
            self.env, "voice_other",
            "base.group_system,collections_management.collections_management_group_manager",
            company_id=company.id, company_ids=company.ids,
        )  # fmt: skip
        for record in (call, call.event_ids, self.account):
            with self.subTest(record=record), self.assertRaises(AccessError):
                record.with_user(other).read(["display_name"])
        self.assertFalse(self.env["collections.voice.call"].with_user(other).search([]))

    def test_accountants_open_a_contact_without_its_calls(self):
        contact, _call, _phone = self.call()
        accountant = new_test_user(
            self.env, "voice_accountant", "account.group_account_invoice",
            company_id=self.company.id, company_ids=self.company.ids,
        )  # fmt: skip
        form = contact.with_user(accountant).get_view(view_type="form")
        self.assertNotIn("voice_call_ids", form["arch"])
        self.assertIn("voice_call_ids", contact.with_user(self.collector).get_view()["arch"])

    def test_employees_without_a_role_see_nothing(self):
        _contact, call, _phone = self.call()
        nobody = new_test_user(self.env, "voice_nobody", "base.group_user")
        for record in (call, call.event_ids, self.account):
            with self.subTest(record=record), self.assertRaises(AccessError):
                record.with_user(nobody).read(["display_name"])
        with self.assertRaises(AccessError):
            self.account.with_user(nobody).action_check()
