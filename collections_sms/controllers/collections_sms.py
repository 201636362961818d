from psycopg2 import IntegrityError
from werkzeug.exceptions import Forbidden

from odoo import http
from odoo.http import request

NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


class CollectionsSms(http.Controller):
    """What debtors write back, told by Twilio."""

    @http.route(
        "/collections_sms/inbound/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def receive(self, token, **_told):
        """Store a text message that came; what follows from it is done by a job."""
        companies = request.env["res.company"].sudo()
        company = companies._find_collections_sms(token)
        fields = list(request.httprequest.form.items(multi=True))
        signature = request.httprequest.headers.get("X-Twilio-Signature", "")
        if not company or not company._is_collections_sms_signed(fields, signature):
            raise Forbidden()
        try:
            with request.env.cr.savepoint():
                company._receive_collections_sms(dict(fields))
        except IntegrityError:  # the same stranger's other message came at the same moment
            request.env.cr.rollback()
            company._receive_collections_sms(dict(fields))
        return request.make_response(NOTHING_TO_SAY, [("Content-Type", "text/xml")])
