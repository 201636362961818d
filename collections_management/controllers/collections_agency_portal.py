from odoo import http
from odoo.exceptions import MissingError, UserError
from odoo.http import content_disposition, request

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

PAGE = 20


class CollectionsAgencyPortal(CustomerPortal):
    """Where the people of an agency work the cases placed with it, and nothing else."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "collections_count" in counters:
            escalations = request.env["collections.escalation"].sudo()
            values["collections_count"] = escalations.search_count(
                escalations._get_portal_domain(request.env.user)
            )
        return values

    @http.route(
        ["/my/collections/cases", "/my/collections/cases/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def collections_cases(self, page=1, search="", **_kwargs):
        """List the cases placed with the agency of the user."""
        escalations = request.env["collections.escalation"]
        found = escalations._find_for_portal(request.env.user)
        if search:
            found = found.filtered(
                lambda one: search.lower() in (one.partner_id.display_name or "").lower()
            )
        pages = pager(
            url="/my/collections/cases",
            url_args={"search": search} if search else {},
            total=len(found),
            page=page,
            step=PAGE,
        )
        values = {
            "page_name": "collections_cases",
            "escalations": found[pages["offset"] : pages["offset"] + PAGE],
            "pager": pages,
            "search": search,
            "default_url": "/my/collections/cases",
        }
        return request.render("collections_management.portal_my_collections_cases", values)

    def _find_collections_case(self, escalation_id):
        """Return the placement of an id.

        :raise MissingError: when it is not one of the user's agency, or not any more
        """
        escalation = request.env["collections.escalation"]._find_for_portal(
            request.env.user, escalation_id
        )
        if not escalation:
            raise MissingError(request.env._("This case is not with you, or not any more."))
        return escalation

    @http.route(
        ["/my/collections/cases/<int:escalation_id>"], type="http", auth="user", website=True
    )
    def collections_case(self, escalation_id, **kwargs):
        """Show one placed case."""
        try:
            escalation = self._find_collections_case(escalation_id)
        except MissingError:
            return request.redirect("/my/collections/cases")
        return self._render_collections_case(escalation, sent=kwargs.get("sent"))

    def _render_collections_case(self, escalation, **extra):
        values = {
            "page_name": "collections_case",
            "escalation": escalation,
            "partner": escalation.partner_id,
            "lines": escalation._get_portal_lines(),
            "amounts": escalation._get_portal_amounts(),
            "reports": escalation.report_ids,
            "kinds": request.env["collections.agency.report"]
            ._fields["kind"]
            ._description_selection(request.env),
            "today": request.env["collections.ledger"].sudo()._today(escalation.company_id),
            "entered": {},
            "error": False,
            "sent": False,
            **extra,
        }
        return request.render("collections_management.portal_my_collections_case", values)

    @http.route(
        ["/my/collections/cases/<int:escalation_id>/report"],
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def collections_case_report(self, escalation_id, **post):
        """Keep what the agency tells of a case, with its files."""
        try:
            escalation = self._find_collections_case(escalation_id)
        except MissingError:
            return request.redirect("/my/collections/cases")
        files = [
            (upload.filename, upload.read())
            for upload in request.httprequest.files.getlist("files")
            if upload.filename
        ]
        try:
            with request.env.cr.savepoint():
                request.env["collections.agency.report"].sudo()._report(
                    escalation, request.env.user, post, files
                )
        except UserError as error:
            return self._render_collections_case(escalation, error=str(error), entered=post)
        return request.redirect(f"/my/collections/cases/{escalation.id}?sent=1")

    @http.route(
        ["/my/collections/cases/<int:escalation_id>/package"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def collections_case_package(self, escalation_id):
        """Download the package of a placed case."""
        try:
            escalation = self._find_collections_case(escalation_id)
        except MissingError:
            return request.redirect("/my/collections/cases")
        content = escalation.with_context(bin_size=False).package
        if not content:
            return request.redirect(f"/my/collections/cases/{escalation.id}")
        stream = request.env["ir.binary"]._get_stream_from(
            escalation, "package", filename=escalation.package_name
        )
        response = stream.get_response(as_attachment=True)
        response.headers["Content-Disposition"] = content_disposition(escalation.package_name)
        return response
