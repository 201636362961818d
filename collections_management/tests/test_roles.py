from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CollectionsCommon


@tagged("post_install", "-at_install")
class TestRoles(CollectionsCommon):
    """Which person of a debtor is written to, and in which language."""

    def add_person(self, role, name=None, debtor=None, **values):
        name = name or role or "nobody"
        return self.env["res.partner"].create(
            {
                "name": name,
                "parent_id": (debtor or self.debtor).id,
                "email": f"{name}@debtor.example",
                "collections_role": role,
                "type": "contact",
                **values,
            }
        )

    def plan_step(self, role, **invoice):
        """Plan a step that writes to a role; returns the contact."""
        self.strategy.step_ids.role = role
        self.create_invoice(**invoice)
        return self.plan()

    def test_accounts_payable_comes_first(self):
        self.add_person(False, "invoices", type="invoice")
        self.add_person("owner")
        self.add_person("accounts_payable")
        self.assertEqual(
            self.plan_step("accounts_payable").address, "accounts_payable@debtor.example"
        )

    def test_a_step_writes_to_the_role_it_names(self):
        self.add_person("accounts_payable")
        self.add_person("legal")
        self.add_person("owner")
        self.assertEqual(self.plan_step("legal").address, "legal@debtor.example")

    def test_without_the_role_the_next_in_order_is_written_to(self):
        case = self.plan_step("legal").case_id
        people = self.email.with_context(collections_role="legal")

        def reached():
            return people._get_addresses(case)[case.id]

        self.assertEqual(reached(), self.debtor.email_normalized)
        self.add_person("owner")
        self.add_person(False)
        self.assertEqual(reached(), self.debtor.email_normalized)
        self.add_person(False, "invoices", type="invoice")
        self.assertEqual(reached(), "invoices@debtor.example")
        self.add_person("accounts_payable")
        self.assertEqual(reached(), "accounts_payable@debtor.example")
        legal = self.add_person("legal")
        self.assertEqual(reached(), "legal@debtor.example")
        legal.active = False
        self.assertEqual(reached(), "accounts_payable@debtor.example")

    def test_who_cannot_be_reached_is_left_out(self):
        legal = self.add_person("legal")
        payer = self.add_person("accounts_payable")
        case = self.plan_step("legal").case_id
        legal._mark_bad_email(legal.email)
        self.env["mail.blacklist"]._add(payer.email)
        self.assertEqual(
            self.email._get_addresses(case, "legal"), {case.id: self.debtor.email_normalized}
        )
        self.debtor.email = False
        self.assertEqual(self.email._get_addresses(case, "legal"), {})

    def test_two_steps_of_one_night_write_to_their_own_persons(self):
        other = self.create_debtor("Grupo Andino")
        for debtor in (self.debtor, other):
            self.add_person("owner", f"owner.{debtor.id}", debtor)
            self.add_person("accounts_payable", f"payer.{debtor.id}", debtor)
        steps = self.strategy.step_ids.sorted("days")
        steps[1].role, steps[2].role = "accounts_payable", "owner"
        self.create_invoice(days_overdue=5)
        self.create_invoice(days_overdue=15, debtor=other)
        planned = self.plan()
        self.assertEqual(
            {contact.partner_id: contact.address for contact in planned},
            {
                self.debtor: f"payer.{self.debtor.id}@debtor.example",
                other: f"owner.{other.id}@debtor.example",
            },
        )

    def test_the_addresses_of_many_cases_are_one_query(self):
        for number in range(20):
            debtor = self.create_debtor(f"Debtor{number}")
            self.add_person("legal", f"legal{number}", debtor)
            self.create_invoice(debtor=debtor)
        cases = self.plan().case_id
        self.env.flush_all()
        with self.assertQueryCount(1):
            email = self.email.with_context(collections_any_consent=True)
            found = email._get_addresses(cases, "legal")
        self.assertEqual(len(found), 20)

    def test_the_language_is_that_of_the_person(self):
        self.env["res.lang"]._activate_lang("es_419")
        self.template.with_context(lang="es_419").subject = "Su cuenta"
        self.add_person("accounts_payable", lang="es_419")
        self.debtor.lang = "en_US"
        contact = self.plan_step("accounts_payable")
        self.assertEqual(contact.recipient_id.collections_role, "accounts_payable")
        self.assertEqual(contact._get_lang(), "es_419")
        self.assertEqual(contact._render_content()[contact.id]["subject"], "Su cuenta")

    def test_of_two_persons_with_one_address_the_one_of_the_role_is_meant(self):
        self.add_person("accounts_payable", "first", email="both@debtor.example")
        legal = self.add_person("legal", "second", email="both@debtor.example")
        self.assertEqual(self.plan_step("legal").recipient_id, legal)

    def test_the_fallback_asks_for_the_same_role(self):
        self.add_person("legal")
        letter = self.env["collections.channel"].create(
            {"name": "Second e-mail", "code": "test_second", "kind": "email"}
        )
        self.strategy.step_ids.channel_ids = [Command.set((self.email | letter).ids)]
        contact = self.plan_step("legal")
        self.add_person("legal", "lawyer")
        fallback = self.env["collections.delivery"]._fall_back(contact)
        self.assertEqual((fallback.channel_id, fallback.address), (letter, "lawyer@debtor.example"))

    def test_rerouted_contacts_keep_to_the_role(self):
        self.add_person("legal")
        second = self.env["collections.channel"].create(
            {"name": "Second e-mail", "code": "test_second", "kind": "email"}
        )
        contact = self.plan_step("legal")
        contact.address = False
        wizard = self.env["collections.contact.reroute"].with_user(self.supervisor).create(
            {"contact_ids": contact.ids, "channel_id": second.id}
        )  # fmt: skip
        wizard.action_confirm()
        self.assertEqual((contact.channel_id, contact.address), (second, "legal@debtor.example"))

    def test_roles_are_edited_on_the_case(self):
        person = self.add_person("owner")
        case = self.plan_step("owner").case_id
        self.assertIn(person, case.person_ids)
        self.supervisor.group_ids |= self.env.ref("base.group_partner_manager")
        case.with_user(self.supervisor).write(
            {"person_ids": [Command.update(person.id, {"collections_role": "legal"})]}
        )
        self.assertEqual(person.collections_role, "legal")

    def test_who_may_not_edit_partners_may_not_edit_roles(self):
        person = self.add_person("owner")
        case = self.plan_step("owner").case_id
        with self.assertRaises(AccessError):
            case.with_user(self.supervisor).write(
                {"person_ids": [Command.update(person.id, {"collections_role": "legal"})]}
            )
