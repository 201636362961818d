import json
from tempfile import TemporaryFile

from werkzeug.utils import secure_filename

from odoo import fields, http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CollectionsReportController(http.Controller):
    """Reports as files, with the rights of who asks."""

    @http.route("/collections/report/<string:code>/xlsx", type="http", auth="user", readonly=True)
    def report_xlsx(self, code, options="{}"):
        """Return a report as a workbook."""
        read = self._read_options(options)
        with TemporaryFile() as file:
            request.env["collections.report"]._write_xlsx(code, read, file)
            file.seek(0)
            content = file.read()
        return self._make_file(content, code, "xlsx", XLSX)

    def _read_options(self, options):
        """Return the options of an address.

        :raise UserError: when they cannot be read
        """
        try:
            read = json.loads(options or "{}")
        except ValueError:
            read = None
        if not isinstance(read, dict):
            raise UserError(request.env._("The filters of the address cannot be read."))
        return read

    def _make_file(self, content, code, ending, kind):
        title = request.env["collections.report"]._get_report(code)._get_title()
        day = fields.Date.to_string(fields.Date.context_today(request.env.user))
        name = f"{secure_filename(title) or code}-{day}.{ending}"
        headers = [
            ("Content-Type", kind),
            ("Content-Length", len(content)),
            ("Content-Disposition", content_disposition(name)),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return request.make_response(content, headers)
