from odoo import http
from odoo.http import request
from odoo.tools import format_date


class ForewarningController(http.Controller):
    """The page behind the link of a forewarning: it asks, and only its button acts."""

    @http.route("/collections/night/<string:token>", type="http", auth="public", sitemap=False)
    def night(self, token, what=None, **_kwargs):
        """Show the night of a link; on a POST hold it back, or let it go ahead again."""
        forewarning = request.env["collections.forewarning"].sudo()
        found = forewarning._read_token(token)
        if not found:
            return request.render(
                "collections_management.forewarning_page", {"state": "invalid"}, status=404
            )
        company, user, day = found
        values = {"company": company, "day": format_date(request.env, day, lang_code=user.lang)}
        state = "held" if company.collections_hold_night == day else "ask"
        if request.httprequest.method == "POST":
            if what == "release":
                forewarning._release_night(company, day)
                state = "released"
            else:
                values["count"] = forewarning._hold_night(company, user, day)
                state = "held"
        request.update_context(lang=user.lang)
        return request.render("collections_management.forewarning_page", {**values, "state": state})
