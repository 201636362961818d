from odoo import http


class CollectionsReportController(http.Controller):
    """Reports as files."""
