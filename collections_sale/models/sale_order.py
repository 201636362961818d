from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.collections_management.engine.credit import gate

UNCONFIRMED = ("draft", "sent")


class SaleOrder(models.Model):
    """An order of a debtor on credit hold: told on the form, noted or refused when a person
    confirms it, kept as a sent quotation when it comes from the shop or the portal."""

    _inherit = "sale.order"

    collections_credit_text = fields.Char(
        string="Credit Hold",
        compute="_compute_collections_credit",
        compute_sudo=True,
        groups="base.group_user",
    )
    collections_credit_asked = fields.Boolean(
        compute="_compute_collections_credit",
        compute_sudo=True,
        groups="base.group_user",
        help="A release is asked for, or approved and not used yet.",
    )

    @api.depends("partner_id", "partner_invoice_id", "company_id", "state")
    @api.depends_context("lang")
    def _compute_collections_credit(self):
        asking = self.filtered(lambda order: order.state in UNCONFIRMED)
        (self - asking).update(
            {"collections_credit_text": False, "collections_credit_asked": False}
        )
        standing = self.env["collections.credit.release"].search(
            [("order_id", "in", asking.ids), ("state", "in", ("requested", "approved"))]
        )
        for company, orders in asking.grouped("company_id").items():
            texts = orders._get_credit_texts(company)
            for order in orders:
                order.collections_credit_text = texts.get(order._get_credit_debtor(), False)
                order.collections_credit_asked = order in standing.order_id

    def _get_credit_texts(self, company):
        """Return ``{debtor: what the order tells}`` of those on credit hold."""
        if company.collections_credit_order == "off":
            return {}
        cases = self.env["collections.case"]._find_credit_cases(
            company, self.mapped(lambda order: order._get_credit_debtor())
        )
        return {
            case.partner_id: case._get_credit_notice(company.collections_credit_show_amount)
            for case in cases
        }

    def _get_credit_debtor(self):
        """Extension point: who will owe the order: whom it is invoiced to."""
        self.ensure_one()
        return (self.partner_invoice_id or self.partner_id).commercial_partner_id

    def _needs_credit(self):
        """Extension point: whether confirming it gives credit. What is paid already needs none."""
        self.ensure_one()
        return self.state in UNCONFIRMED and not (self.amount_total and self.sudo()._is_paid())

    def action_confirm(self):
        parked = self._pass_credit_hold()
        confirmed = self - parked
        return super(SaleOrder, confirmed).action_confirm() if confirmed or not self else True

    def _pass_credit_hold(self):
        """Note, refuse or park the orders of debtors on credit hold, as the company says.

        :return: those that stay quotations until somebody decides
        :raise UserError: naming the debtors, to a person who confirms
        """
        parked, refused, used = self.browse(), [], self.env["collections.credit.release"].sudo()
        person = not self.env.su and self.env.user._is_internal()
        asking = self.filtered(lambda order: order._needs_credit())
        for company, orders in asking.grouped("company_id").items():
            mode = company.sudo().collections_credit_order
            cases = mode != "off" and self.env["collections.case"]._get_credit_cases(
                company, orders.mapped(lambda order: order._get_credit_debtor())
            )
            requests = used._get_approved("order_id", orders) if cases else used
            for order in orders if cases else ():
                case = cases.get(order._get_credit_debtor())
                approved = order in requests.order_id
                verdict = gate(mode, held=bool(case), approved=approved, person=person)
                if verdict == "block":
                    refused.append(case._get_credit_notice(company.collections_credit_show_amount))
                elif verdict == "park":
                    parked |= order
                elif verdict == "warn":
                    order._message_log(
                        body=self.env._("Confirmed while the customer was on credit hold.")
                    )
                elif approved and case:
                    used |= requests.filtered(lambda each, order=order: each.order_id == order)
        if refused:
            self._refuse_for_credit(refused)
        used.write({"state": "used"})
        parked._park_for_credit()
        return parked

    def _refuse_for_credit(self, notices):
        """:raise UserError: saying who is on credit hold, and what can be done"""
        ask = self.env._("The order is not confirmed: request a release, or wait for the payment.")
        raise UserError("\n".join([*dict.fromkeys(notices), ask]))

    def _park_for_credit(self):
        """Keep these orders as sent quotations, and ask their salesperson to see to them."""
        for order in self.sudo():
            if order.state == "draft":
                order.state = "sent"
            case = (
                self.env["collections.case"]
                .sudo()
                ._find_credit_cases(order.company_id, order._get_credit_debtor())[:1]
            )
            user = order.user_id or case.supervisor_id or self.env.ref("base.user_admin")
            summary = order.env._("Ordered while on credit hold: request a release")
            known = order.activity_ids.filtered(lambda task, text=summary: task.summary == text)
            if not known:
                order.activity_schedule(
                    "mail.mail_activity_data_todo", summary=summary, user_id=user.id
                )

    def action_request_credit_release(self):
        """Ask that this order may be confirmed although its debtor is on credit hold."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Request Release"),
            "res_model": "collections.credit.ask",
            "views": [[False, "form"]],
            "target": "new",
            "context": {"default_order_id": self.id},
        }
