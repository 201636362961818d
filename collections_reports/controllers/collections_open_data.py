from tempfile import TemporaryFile

from werkzeug.wsgi import wrap_file

from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request


class CollectionsOpenDataController(http.Controller):
    """The export for BI as a file, with the rights of who asks."""

    @http.route("/collections/open_data/<int:export_id>", type="http", auth="user", readonly=True)
    def open_data(self, export_id):
        """Write the file on the disk and stream it: memory does not grow with the rows."""
        export = request.env["collections.open.export"].search([("id", "=", export_id)])
        if not export:
            raise UserError(request.env._("This export is gone: make it again."))
        file = TemporaryFile()  # noqa: SIM115  (closed by the response)
        try:
            export._write_file(file)
        except BaseException:
            file.close()
            raise
        size = file.tell()
        file.seek(0)
        headers = [
            ("Content-Type", "application/zip"),
            ("Content-Length", size),
            ("Content-Disposition", content_disposition(export._get_file_name())),
            ("X-Content-Type-Options", "nosniff"),
        ]
        response = request.make_response(wrap_file(request.httprequest.environ, file), headers)
        response.direct_passthrough = True
        response.call_on_close(file.close)
        return response
