from odoo import fields, models


class ResCompany(models.Model):
    """Who has to look at a run of the company before it leaves."""

    _inherit = "res.company"

    collections_review_runs = fields.Boolean(
        string="Look at Each Run First", help="Nothing leaves until a supervisor approved it."
    )
    collections_second_amount = fields.Monetary(
        string="Two Persons above",
        help="A run that asks for more than this needs the approval of two persons. 0: no limit.",
    )
    collections_second_count = fields.Integer(
        string="Two Persons above Messages",
        help="A run of more messages than this needs the approval of two persons. 0: no limit.",
    )
    collections_forewarn = fields.Boolean(
        string="Forewarning", help="Managers read beforehand what the next run will send."
    )
    collections_forewarn_hour = fields.Float(
        string="Forewarning at", default=17.0, help="Hour of the day where the company is."
    )
    collections_forewarned_on = fields.Date(string="Last Forewarning", readonly=True)
    collections_hold_night = fields.Date(
        string="Night Held Back",
        help="What the run of this day plans waits for approval.",
    )

    _second_positive = models.Constraint(
        "CHECK (coalesce(collections_second_amount, 0) >= 0"
        " AND coalesce(collections_second_count, 0) >= 0)",
        "The limit above which two persons approve a run cannot be negative.",
    )
    _forewarn_hour_sane = models.Constraint(
        "CHECK (coalesce(collections_forewarn_hour, 0) >= 0"
        " AND coalesce(collections_forewarn_hour, 0) < 24)",
        "The hour of the forewarning lies between 0:00 and 23:59.",
    )

    def _get_review_reason(self, day):
        """Return why the run of a day waits for a person, or False.

        :param date day: in the company's calendar
        """
        self.ensure_one()
        if self.collections_hold_night == day:
            return "held"
        return "setting" if self.collections_review_runs else False

    def _has_run_limit(self):
        """Tell whether there is a limit above which a run needs two persons."""
        self.ensure_one()
        return bool(self.collections_second_amount or self.collections_second_count)
