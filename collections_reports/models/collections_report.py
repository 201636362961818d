from odoo import api, fields, models
from odoo.exceptions import UserError


class CollectionsReport(models.AbstractModel):
    """The door to all reports: what a screen, an export or a scheduled mail asks."""

    _name = "collections.report"
    _description = "Reports of Collections"

    @api.model
    def _get_report(self, code):
        """Return the report of a code, once it is certain that the reader may read it.

        :raise UserError: for an unknown code
        :raise AccessError: for a reader without the right
        """
        for report in self._get_all_reports():
            if report._report_code == code:
                report._check_reader()
                return report
        raise UserError(self.env._("There is no report “%s”.", str(code)[:50]))

    @api.model
    def _get_all_reports(self):
        """Return the models of all reports, in their order."""
        names = self.env.registry["collections.report.base"]._inherit_children
        reports = [self.env[name] for name in names]
        found = [report for report in reports if report._report_code]
        return sorted(found, key=lambda report: report._report_sequence)

    @api.model
    def _get_reports(self):
        """Return the models of the reports that the reader may read."""
        return [report for report in self._get_all_reports() if report._may_read()]

    @api.model
    def _get_document(self, code, options=None):
        """Return ``(report, its options, its document)``, held against the books."""
        report = self._get_report(code)
        read = report._read_options(options)
        content = self._stamp(report, report._get_document(read))
        content["notes"] += report._get_checks(read)
        return report, read, content

    def _stamp(self, report, content):
        content = report._finish(content)
        return content | {"made_on": fields.Datetime.to_string(fields.Datetime.now())}

    @api.model
    def get_page(self, code, options=None, whole=False):
        """Return what the screen of a report shows: its filters, its options and its document.

        :param whole: False: the document may leave places for parts that take longer, to be asked
            for by their names with :meth:`get_part`. What holds it against the books, which can
            take as long as the report, is asked with :meth:`get_checks`.
        """
        report = self._get_report(code)
        read = report._read_options(options)
        get = report._get_document if whole else report._get_screen_document
        return {
            "filters": report._get_filters(),
            "options": report._dump_options(read),
            "document": self._stamp(report, get(read)),
        }

    @api.model
    def get_part(self, code, options, name):
        """Return what a part of a report brings to its screen, ``{"sections", "definitions",
        "currencies"}``."""
        report = self._get_report(code)
        sections, terms = report._get_part(report._read_options(options), str(name))
        content = report._finish({"sections": sections})
        return {"sections": sections, "definitions": terms, "currencies": content["currencies"]}

    @api.model
    def get_checks(self, code, options=None):
        """Return sentences that hold a report against the books."""
        report = self._get_report(code)
        return report._get_checks(report._read_options(options))

    @api.model
    def get_rows(self, code, options, key):
        """Return the rows under a row, and the currencies of their money."""
        report = self._get_report(code)
        rows = report._get_rows(report._read_options(options), str(key))
        content = {"sections": [{"rows": rows}]}
        return {"rows": rows, "currencies": report._finish(content)["currencies"]}

    @api.model
    def open_drill(self, code, options, key):
        """Return the action that shows the records behind a figure."""
        report = self._get_report(code)
        return report._get_drill(report._read_options(options), str(key))
