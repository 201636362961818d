import time
from urllib.parse import urlencode

from werkzeug.exceptions import NotFound, TooManyRequests

from odoo import SUPERUSER_ID
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.http import request, route
from odoo.tools import SQL

from odoo.addons.payment.controllers.portal import PaymentPortal
from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing

from ..engine.quote import QuoteError
from ..engine.throttle import Throttle
from ..engine.visit import is_preview

PAGE = "/c/<string:token>"
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
}
# The page itself loads nothing but its own; the one with the payment form is the providers' too.
POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MOST_CHOSEN = 500
throttle = Throttle()


class CollectionsPayLinkPage(PaymentPortal):
    """The page of a debtor, for who has the link: what is owed now, and paying it.

    A token that opens nothing is answered with one page, whatever the reason: no name is on it.
    """

    # -- what a token opens ----------------------------------------------------------------------

    def _open(self, token):
        """Return the link of a token with all rights, in the language of who got it; None when it
        opens nothing.

        :raise TooManyRequests: to who guesses
        """
        address = request.httprequest.remote_addr or ""
        if throttle.is_blocked(address, time.monotonic()):
            raise TooManyRequests()
        links = request.env["collections.pay.link"].with_user(SUPERUSER_ID)
        # How Odoo finds ways to pay depends on who asks: here it is the public.
        link = links._find(token).sudo().with_user(request.env.ref("base.public_user")).sudo()
        if not link:
            throttle.add_fault(address, time.monotonic())
            return None
        lang = link._get_page_lang()
        request.update_context(lang=lang)
        return link.with_context(lang=lang, allowed_company_ids=link.company_id.ids)

    def _answer(self, template, values, status=200, policy=POLICY):
        response = request.render(f"collections_portal.{template}", values, status=status)
        response.headers.update(HEADERS)
        if policy:
            response.headers["Content-Security-Policy"] = policy
        return response

    def _answer_gone(self):
        return self._answer("pay_link_gone", {}, status=404)

    def _get_base_values(self, link):
        company = link.company_id
        return {
            "link": link,
            "company": company,
            "debtor": link._get_speaker()._get_salutation_name(),
            "is_test": company.collections_safe_mode,
            "path": f"/c/{link._get_token()}",
        }

    def _is_preview(self):
        headers = request.httprequest.headers
        purpose = headers.get("Sec-Purpose") or headers.get("Purpose")
        return is_preview(
            request.httprequest.method, request.httprequest.user_agent.string, purpose
        )

    # -- pages -----------------------------------------------------------------------------------

    @route(PAGE, type="http", auth="public", methods=["GET"], sitemap=False, save_session=False)
    def page(self, token, fault=None, **_kwargs):
        """Show what is owed now. A program that makes a preview sees who sent the link, not to
        whom, and counts as nobody."""
        link = self._open(token)
        if not link:
            return self._answer_gone()
        if self._is_preview():
            return self._answer("pay_link_preview", {"company": link.company_id})
        if not request.env.user._is_internal():  # a collector looks at it, too
            link._note_click()
        debts = link._get_debts()
        pages = []
        for debt in debts:
            asked = sum(item["claim"] for item in debt["items"])
            _providers, methods = link._get_methods(asked, debt["currency"])
            pages.append(
                {
                    **debt,
                    "can_pay": bool(methods) and debt["can_choose"],
                    "instructions": link._get_instructions(debt) if debt["items"] else None,
                }
            )
        values = self._get_base_values(link) | {
            "debts": pages,
            "owes": any(debt["items"] or debt["contested"] for debt in debts),
            "payment": link._get_last_payment(),
            "fault": link._get_fault_sentences().get(fault),
            "partial": link.company_id.collections_pay_partial,
            "page_lang": request.env["res.lang"]._get_data(code=link.env.lang),
        }
        return self._answer("pay_link_page", values)

    @route(
        PAGE + "/pay", type="http", auth="public", methods=["GET"], sitemap=False,
        website=True, multilang=False,
    )  # fmt: skip
    def pay(self, token, part=None, **_kwargs):
        """Show the ways to pay what was chosen, with the amount as it is now."""
        link = self._open(token)
        if not link:
            return self._answer_gone()
        values = self._get_base_values(link)
        try:
            choice = self._get_choice(link, part)
        except QuoteError as error:
            return self._go_back(values["path"], error.code)
        amount = float(choice["quote"].amount)
        providers, methods = link._get_methods(amount, choice["currency"])
        if not methods:
            return self._go_back(values["path"], "no_method")
        query = urlencode(
            [("i", line_id) for line_id in choice["lines"].ids]
            + ([("part", str(choice["quote"].amount))] if part else [])
        )
        values |= choice | {
            "amount": amount,
            "partner_id": link.partner_id.id,
            "providers_sudo": providers,
            "payment_methods_sudo": methods,
            # What is saved with a debtor is for himself, who logs in; a link is handed on.
            "tokens_sudo": request.env["payment.token"],
            "show_tokenize_input_mapping": dict.fromkeys(providers.ids, False),
            "transaction_route": f"{values['path']}/transaction?{query}",
            "landing_route": values["path"],
            "access_token": "",
            "availability_report": {},
            "res_company": link.company_id,
            "no_header": True,
            "no_footer": True,
        }
        return self._answer("pay_link_pay", values, policy=None)

    def _get_choice(self, link, part):
        """Return what was chosen in the address, checked.

        :raise QuoteError: when it cannot be paid
        """
        if link.company_id.collections_safe_mode:
            raise QuoteError("test")
        chosen = request.httprequest.args.getlist("i")[:MOST_CHOSEN]
        if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in chosen):
            raise QuoteError("changed")
        return link._get_choice([int(text) for text in chosen], part or None)

    def _go_back(self, path, fault):
        response = request.redirect(f"{path}?{urlencode({'fault': fault})}")
        response.headers.update(HEADERS)
        return response

    # -- paying ----------------------------------------------------------------------------------

    @route(PAGE + "/transaction", type="jsonrpc", auth="public")
    def transaction(
        self, token, provider_id=None, payment_method_id=None, amount=None, flow=None, **kwargs
    ):
        """Begin the payment of what was chosen and return what its provider needs.

        Who presses twice begins one payment: cases are locked, and the same choice of a moment ago
        is the same payment. What is being paid cannot be paid again.
        """
        link = self._open(token)
        if not link:
            raise NotFound()
        kwargs.pop("access_token", None)
        self._validate_transaction_kwargs(kwargs)
        sentences = link._get_fault_sentences()
        request.env.cr.execute(
            SQL("SELECT id FROM collections_case WHERE id = %s FOR UPDATE", link.case_id.id)
        )
        try:
            choice = self._get_choice(link, request.httprequest.args.get("part"))
        except QuoteError as error:
            raise ValidationError(sentences[error.code]) from error
        quote = choice["quote"]
        if not isinstance(amount, int | float) or choice["currency"].compare_amounts(
            amount, float(quote.amount)
        ):
            raise ValidationError(sentences["changed"])
        providers, methods = link._get_methods(float(quote.amount), choice["currency"])
        provider = providers.filtered(lambda one: one.id == provider_id)
        method = methods.filtered(lambda one: one.id == payment_method_id)
        if (
            flow not in ("redirect", "direct")
            or not provider
            or provider not in method.provider_ids
        ):
            raise ValidationError(sentences["no_method"])
        tx = link._find_same_payment(choice, provider, method, flow)
        if tx:
            PaymentPostProcessing.monitor_transaction(tx)
        else:
            tx = self._begin(link, choice, provider, method, flow)
        return tx._get_processing_values()

    def _begin(self, link, choice, provider, method, flow):
        """Create the transaction of a choice."""
        lines = choice["lines"]
        letter = {"items": choice["items"]}
        tx = self._create_transaction(
            provider_id=provider.id,
            payment_method_id=method.id,
            token_id=None,
            amount=float(choice["quote"].amount),
            currency_id=choice["currency"].id,
            partner_id=link.partner_id.id,
            flow=flow,
            tokenization_requested=False,
            landing_route=f"/c/{link._get_token()}",
            reference_prefix=link._get_speaker()._get_letter_reference(letter),
            custom_create_values={
                "invoice_ids": [
                    Command.set(lines.move_id.filtered(lambda move: move.is_invoice()).ids)
                ],
                "collections_pay_link_id": link.id,
                "collections_line_ids": [Command.set(lines.ids)],
                "collections_credit_ids": [Command.set(choice["credits"].ids)],
            },
        )
        tx._log_collections("payment_begun")
        return tx
