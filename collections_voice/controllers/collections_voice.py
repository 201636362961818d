from werkzeug.exceptions import Forbidden, NotFound

from odoo import SUPERUSER_ID, http
from odoo.http import request

from odoo.addons.collections_management.engine.form_signature import is_signed

TALKS = ("answer", "keys", "dialled")
FORM = "application/x-www-form-urlencoded"


class CollectionsVoice(http.Controller):
    """Where the provider asks what to say, and tells what became of a call."""

    @http.route(
        "/collections_voice/<string:token>/<string:what>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        sitemap=False,
    )
    def hear(self, token, what, **_params):
        """Check who speaks, and of which call; then answer at once.

        Nobody is told which of it was wrong.
        """
        if what not in (*TALKS, "status"):
            raise NotFound()
        call = request.env["collections.voice.call"].with_user(SUPERUSER_ID)._get_by_token(token)
        params = request.httprequest.form.to_dict()
        if not call or not self._is_signed(call, what) or not call._is_of(params):
            raise Forbidden()
        # who does what a debtor's key asks for is the house, not the visitor
        call = call.with_context(allowed_company_ids=call.company_id.ids)
        if what == "status":
            call._receive(params)
            return request.make_response("", status=204)
        turn = request.httprequest.args.get("turn")
        answer = call._talk(what, {**params, "turn": turn})
        return request.make_response(answer, headers=[("Content-Type", "text/xml; charset=utf-8")])

    def _is_signed(self, call, what):
        """Tell whether the provider sent this request; the address is ours as the world sees it,
        whatever a proxy made of it."""
        incoming = request.httprequest
        query = incoming.query_string.decode("latin-1")
        url = call._get_url(what, f"?{query}" if query else "")
        is_form = incoming.mimetype == FORM
        return is_form and is_signed(
            call.account_id.sudo().auth_token,
            url,
            list(incoming.form.items(multi=True)),
            incoming.headers.get("X-Twilio-Signature", ""),
        )
