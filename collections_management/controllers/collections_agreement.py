import binascii

from odoo import SUPERUSER_ID, http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request
from odoo.tools import consteq

PAGE = "/my/agreements/<int:agreement_id>"


class CollectionsAgreementPortal(http.Controller):
    """The agreement as the debtor reads and signs it: by its link, or as himself.

    Nothing of what collections thinks of him is on the page: terms, schedule, clauses, payments.
    """

    def _find(self, agreement_id, access_token):
        """Return the agreement with all rights, when who asks may read it.

        :raise MissingError: when there is none, or it is not for who asks
        """
        agreement = request.env["collections.agreement"].browse(agreement_id)
        found = agreement.with_user(SUPERUSER_ID).exists()
        if found and self._may_read(agreement, found, access_token):
            return found.with_context(lang=found.partner_id.lang or request.env.lang)
        raise MissingError(request.env._("This agreement does not exist."))

    def _may_read(self, agreement, agreement_sudo, access_token):
        token = agreement_sudo.access_token
        if token and access_token and consteq(token, str(access_token)):
            return True
        user = request.env.user
        if user._is_public():
            return False
        if user.share:
            own = user.partner_id.commercial_partner_id == agreement_sudo.partner_id
            return own and agreement_sudo.state not in ("draft", "awaiting", "cancelled")
        try:
            agreement.check_access("read")
        except AccessError:
            return False
        return True

    @http.route(PAGE, type="http", auth="public", website=True, sitemap=False)
    def page(self, agreement_id, access_token=None, **_kwargs):
        """Show the agreement."""
        try:
            agreement = self._find(agreement_id, access_token)
        except MissingError:
            return request.render(
                "collections_management.agreement_gone",
                {"no_breadcrumbs": True, "page_name": "agreement"},
                status=404,
            )
        request.update_context(lang=agreement.env.lang)
        values = agreement._get_document_values() | {
            "page_name": "agreement",
            "no_breadcrumbs": True,
            "res_company": agreement.company_id,
            "token": agreement.access_token or "",
        }
        response = request.render("collections_management.agreement_page", values)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @http.route(PAGE + "/pdf", type="http", auth="public", website=True, sitemap=False)
    def pdf(self, agreement_id, access_token=None, **_kwargs):
        """Hand the document over."""
        try:
            agreement = self._find(agreement_id, access_token)
        except MissingError:
            raise request.not_found() from None
        content = agreement._make_pdf()
        name = agreement.name.replace("/", "-")
        return request.make_response(
            content,
            headers=[
                ("Content-Type", "application/pdf"),
                ("Content-Disposition", f'inline; filename="{name}.pdf"'),
                ("Cache-Control", "no-store"),
            ],
        )

    @http.route(PAGE + "/accept", type="jsonrpc", auth="public", website=True, sitemap=False)
    def accept(self, agreement_id, access_token=None, name=None, signature=None):
        """Take the debtor's signature."""
        access_token = access_token or request.httprequest.args.get("access_token")
        try:
            agreement = self._find(agreement_id, access_token)
        except MissingError:
            return {"error": request.env._("This link does not open an agreement.")}
        if not self._is_debtor(agreement, access_token):
            return {"error": agreement.env._("Only the debtor signs here.")}
        if not signature or not isinstance(name, str) or not name.strip():
            return {"error": agreement.env._("Write your name and sign.")}
        try:
            with request.env.cr.savepoint():
                agreement._accept(name.strip()[:120], "portal", signature=signature)
                request.env.cr.flush()
        except UserError as error:
            return {"error": str(error)}
        except (TypeError, ValueError, binascii.Error):
            return {"error": agreement.env._("The signature could not be read: sign again.")}
        agreement._after_signature()
        return {"force_refresh": True, "redirect_url": agreement.get_portal_url()}

    def _is_debtor(self, agreement, access_token):
        """Who has the link signs, and the debtor as himself; a collector does not sign for him."""
        user = request.env.user
        if user._is_public() or user.share:
            return True
        return user.partner_id.commercial_partner_id == agreement.partner_id
