from werkzeug.exceptions import Forbidden, RequestEntityTooLarge

from odoo import http
from odoo.http import request
from odoo.tools import consteq

from ..engine.signature import is_signed

ROUTE = "/collections_whatsapp/webhook/<string:key>"
MAX_BYTES = 3 * 1024 * 1024


class CollectionsWhatsapp(http.Controller):
    """Where WhatsApp posts what happened: checked, stored, answered; a job does the work."""

    def _find(self, key):
        """Return the account of a webhook key, archived ones too: their apps still post."""
        accounts_sudo = request.env["collections.whatsapp.account"].sudo()
        account_sudo = accounts_sudo.with_context(active_test=False).search(
            [("webhook_key", "=", key)], limit=1
        )
        if not account_sudo:
            raise Forbidden()
        return account_sudo

    @http.route(ROUTE, type="http", auth="public", methods=["GET"], csrf=False, save_session=False)
    def verify(self, key, **kw):
        """Answer the question with which Meta sees whose address this is."""
        account_sudo = self._find(key)
        token = (account_sudo.verify_token or "").encode()
        told = (kw.get("hub.verify_token") or "").encode()
        if kw.get("hub.mode") != "subscribe" or not token or not consteq(token, told):
            raise Forbidden()
        return request.make_response(
            kw.get("hub.challenge") or "", [("Content-Type", "text/plain; charset=utf-8")]
        )

    @http.route(
        ROUTE,
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_BYTES,
    )
    def receive(self, key):
        """Store a signed body and answer."""
        account_sudo = self._find(key)
        if (request.httprequest.content_length or 0) > MAX_BYTES:
            raise RequestEntityTooLarge()
        body = request.httprequest.get_data()
        if len(body) > MAX_BYTES:
            raise RequestEntityTooLarge()
        signature = request.httprequest.headers.get("X-Hub-Signature-256", "")
        if not is_signed(body, signature, account_sudo.app_secret):
            raise Forbidden()
        request.env["collections.whatsapp.event"]._store(account_sudo, body)
        return request.make_response("", [("Content-Type", "text/plain")])
