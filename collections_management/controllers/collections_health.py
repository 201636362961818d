from werkzeug.exceptions import Unauthorized

from odoo import http
from odoo.http import request
from odoo.tools import consteq

from ..wizards.collections_health import TOKEN

GROUP = "collections_management.collections_management_group_manager"


class CollectionsHealthController(http.Controller):
    """How the collections are, for a monitoring program: marks and counts, no debtor's data."""

    @http.route(
        "/collections/health",
        type="http",
        auth="public",
        methods=["GET"],
        csrf=False,
        save_session=False,
        sitemap=False,
    )
    def health(self):
        """Answer 200 while nothing is broken, 503 else; 401 without the token."""
        self._check_token()
        report = request.env["collections.health"].sudo()._get_report()
        status = 503 if report["mark"] == "broken" else 200
        headers = [("Cache-Control", "no-store")]
        return request.make_json_response(report, headers=headers, status=status)

    def _check_token(self):
        """Accept the token of the system parameter, or the API key of a collections manager."""
        header = request.httprequest.headers.get("Authorization", "")
        kind, _space, token = header.partition(" ")
        expected = request.env["ir.config_parameter"].sudo().get_param(TOKEN)
        if kind.lower() != "bearer" or not token:
            raise Unauthorized("Authorization: Bearer <token>")
        if expected and consteq(token.encode(), expected.encode()):
            return
        keys = request.env["res.users.apikeys"].sudo()
        user_id = keys._check_credentials(scope="rpc", key=token)
        if not user_id or not request.env["res.users"].sudo().browse(user_id).has_group(GROUP):
            raise Unauthorized("The token is not known.")
