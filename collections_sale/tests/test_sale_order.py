from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.collections_management.tests.common import CollectionsCommon


class SaleCommon(CollectionsCommon):
    """A debtor on credit hold who orders again; orders are blocked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {"collections_credit_order": "block", "collections_credit_invoice": "block"}
        )
        cls.salesperson = cls.create_salesperson("test_salesperson")
        cls.product = cls.env["product.product"].create(
            {"name": "Cement", "list_price": 10, "taxes_id": [Command.clear()]}
        )
        cls.invoice = cls.create_invoice(1000, days_overdue=20)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.case = cls.get_case()
        cls.case.with_user(cls.supervisor)._put_on_credit_hold("Cheques bounced")

    @classmethod
    def create_salesperson(cls, login, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env,
            login=login,
            groups="sales_team.group_sale_salesman",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    @classmethod
    def create_order(cls, quantity=5, partner=None, user=None, company=None, **values):
        company = company or cls.company
        order = cls.env["sale.order"].with_company(company).create(
            {
                "partner_id": (partner or cls.debtor).id,
                "company_id": company.id,
                "user_id": (user or cls.salesperson).id,
                "order_line": [
                    Command.create({"product_id": cls.product.id, "product_uom_qty": quantity})
                ],
                **values,
            }
        )  # fmt: skip
        return order.with_user(user or cls.salesperson)

    def request(self, order, user=None):
        order = order.with_user(user or self.salesperson)
        action = order.action_request_credit_release()
        wizard = (
            self.env[action["res_model"]]
            .with_user(order.env.user)
            .with_context(**action["context"])
            .create({"note": "They pay tomorrow"})
        )
        wizard.action_ask()
        return self.env["collections.credit.release"].search([], order="id desc", limit=1)


@tagged("post_install", "-at_install")
class TestOrdersOnHold(SaleCommon):
    def test_blocked_warned_or_nothing(self):
        for mode, confirmed, told in (
            ("block", False, False), ("warn", True, True), ("off", True, False)
        ):  # fmt: skip
            self.company.collections_credit_order = mode
            order = self.create_order()
            with self.subTest(mode):
                self.assertEqual(bool(order.collections_credit_text), mode != "off")
                if confirmed:
                    order.action_confirm()
                else:
                    with self.assertRaisesRegex(UserError, "on credit hold since"):
                        order.action_confirm()
                self.assertEqual(order.state == "sale", confirmed)
                notes = " ".join(order.sudo().message_ids.mapped("body"))
                self.assertEqual("on credit hold" in notes, told)

    def test_a_salesperson_sees_no_more_than_that(self):
        order = self.create_order()
        self.assertIn("on credit hold since", order.collections_credit_text)
        self.assertNotIn("1,000", order.collections_credit_text)
        self.assertNotIn("Cheques", order.collections_credit_text)
        with self.assertRaises(UserError) as refusal:
            order.action_confirm()
        self.assertNotIn("1,000", str(refusal.exception))
        for model in ("collections.case", "collections.credit.release", "collections.log"):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(self.salesperson).search([])
        self.company.collections_credit_show_amount = True
        order.invalidate_recordset()
        self.assertIn("1,000.00", order.collections_credit_text)

    def test_who_has_just_paid_is_not_blocked(self):
        order = self.create_order()
        self.pay(self.invoice)
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        self.assertFalse(self.case.is_credit_hold)

    def test_whom_it_is_invoiced_to_counts(self):
        other = self.create_debtor("Bodega Norte")
        order = self.create_order(partner=other)
        self.assertFalse(order.collections_credit_text)
        order.action_confirm()
        order = self.create_order(partner=other, partner_invoice_id=self.debtor.id)
        with self.assertRaises(UserError):
            order.action_confirm()

    def test_a_contact_of_the_debtor_is_the_debtor(self):
        branch = self.env["res.partner"].create({"name": "Branch", "parent_id": self.debtor.id})
        with self.assertRaises(UserError):
            self.create_order(partner=branch).action_confirm()

    def test_in_one_company_only(self):
        other = self.setup_other_company()["company"]
        other.collections_credit_order = "block"
        seller = self.create_salesperson("test_foreign_seller", other)
        order = self.create_order(company=other, user=seller)
        self.assertFalse(order.collections_credit_text)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_in_another_currency_it_is_blocked_all_the_same(self):
        currency = self.setup_other_currency("EUR", rates=[("2016-01-01", 2.0)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "Euro", "currency_id": currency.id}
        )
        order = self.create_order(pricelist_id=pricelist.id)
        self.assertEqual(order.currency_id, currency)
        with self.assertRaises(UserError):
            order.action_confirm()

    def test_several_orders_are_confirmed_together_or_not_at_all(self):
        orders = self.create_order() | self.create_order(partner=self.create_debtor("Bodega"))
        with self.assertRaisesRegex(UserError, self.debtor.name), self.env.cr.savepoint():
            orders.action_confirm()
        self.assertEqual(set(orders.mapped("state")), {"draft"})

    def test_a_confirmed_order_tells_nothing(self):
        self.company.collections_credit_order = "warn"
        order = self.create_order()
        order.action_confirm()
        self.assertFalse(order.collections_credit_text)


@tagged("post_install", "-at_install")
class TestReleases(SaleCommon):
    def test_an_approved_order_goes_through_once(self):
        order, other = self.create_order(), self.create_order()
        request = self.request(order)
        self.assertEqual(self.request(order), request, "asked for once")
        self.assertRecordValues(
            request,
            [
                {
                    "state": "requested",
                    "requested_by_id": self.salesperson.id,
                    "order_id": order.id,
                    "document": order.sudo().display_name,
                }
            ],
        )
        self.assertTrue(order.collections_credit_asked)
        self.assertEqual(request.activity_ids.user_id, self.case.supervisor_id)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            order.action_confirm()
        request.with_user(self.supervisor).action_approve()
        self.assertIn("approved", " ".join(order.sudo().message_ids.mapped("body")))
        with self.assertRaises(UserError), self.env.cr.savepoint():
            other.action_confirm()
        order.action_confirm()
        self.assertEqual((order.state, request.state), ("sale", "used"))
        self.assertTrue(self.case.is_credit_hold)
        order.sudo()._action_cancel()
        order.sudo().action_draft()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            order.action_confirm()
        self.assertIn("credit_asked", self.case.log_ids.mapped("event"))

    def test_a_refused_order_stays_and_may_be_asked_for_again(self):
        order = self.create_order()
        request = self.request(order)
        request.with_user(self.supervisor).action_refuse()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            order.action_confirm()
        self.assertNotEqual(self.request(order), request)

    def test_nobody_approves_their_own_request(self):
        self.supervisor.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        request = self.request(self.create_order(), self.supervisor)
        with self.assertRaisesRegex(UserError, "somebody else"):
            request.with_user(self.supervisor).action_approve()
        with self.assertRaises(UserError):
            request.with_user(self.salesperson).action_approve()
        request.with_user(self.manager).action_approve()

    def test_a_colleague_s_order_is_not_asked_for(self):
        order = self.create_order()
        other = self.create_salesperson("test_other_seller")
        with self.assertRaises(AccessError):
            self.request(order, other)


@tagged("post_install", "-at_install")
class TestOrdersFromOutside(SaleCommon):
    def test_an_order_of_the_portal_waits_as_a_quotation(self):
        order = self.create_order()
        portal = new_test_user(self.env, login="test_portal", groups="base.group_portal")
        order.with_user(portal).sudo()._validate_order()
        self.assertEqual(order.state, "sent")
        [task] = order.sudo().activity_ids
        self.assertEqual(task.user_id, self.salesperson)
        order.with_user(portal).sudo()._validate_order()
        self.assertEqual(len(order.sudo().activity_ids), 1, "asked to see to it once")
        self.request(order).with_user(self.supervisor).action_approve()
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_what_is_paid_needs_no_credit(self):
        order = self.create_order()
        provider = self.env["payment.provider"].create(
            {"name": "Bank", "code": "none", "company_id": self.company.id}
        )
        self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                "reference": "T1",
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": self.debtor.id,
                "state": "done",
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        order.sudo()._validate_order()
        self.assertEqual(order.state, "sale")


@tagged("post_install", "-at_install")
class TestPortalPage(SaleCommon, HttpCase):
    def test_signing_in_the_portal_does_not_crash(self):
        order = self.create_order(require_signature=True, require_payment=False).sudo()
        order.state = "sent"
        response = self.url_open(
            f"/my/orders/{order.id}/accept",
            json={
                "params": {
                    "access_token": order._portal_ensure_token(),
                    "name": "Ana",
                    "signature": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9"
                    "QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
                }
            },
        )
        self.assertIn("redirect_url", response.json()["result"])
        self.env.invalidate_all()
        self.assertEqual((order.state, order.signed_by), ("sent", "Ana"))
        self.assertTrue(order.activity_ids)
