from datetime import time

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import calendar

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class CollectionsContactWindow(models.Model):
    """Weekdays and hours, in the debtor's local time, in which contact is allowed."""

    _name = "collections.contact.window"
    _description = "Contact Hours"
    _order = "hour_from, id"

    rule_id = fields.Many2one(
        "collections.contact.rule", required=True, ondelete="cascade", index=True
    )
    monday = fields.Boolean("Mon", default=True)
    tuesday = fields.Boolean("Tue", default=True)
    wednesday = fields.Boolean("Wed", default=True)
    thursday = fields.Boolean("Thu", default=True)
    friday = fields.Boolean("Fri", default=True)
    saturday = fields.Boolean("Sat")
    sunday = fields.Boolean("Sun")
    hour_from = fields.Float("From", default=9.0, required=True)
    hour_to = fields.Float("To", default=18.0, required=True, help="24:00 is the end of the day.")

    _hours_in_day = models.Constraint(
        "CHECK (hour_from >= 0 AND hour_to <= 24 AND hour_from < hour_to)",
        "Contact hours must lie between 00:00 and 24:00 and end after they start.",
    )

    @api.constrains("hour_from", "hour_to", *DAYS)
    def _check_window(self):
        for window in self:
            if not window._get_weekdays():
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s: choose at least one weekday for its contact hours.",
                        rule=window.rule_id.name,
                    )
                )
            if not 0 <= _to_minutes(window.hour_from) < _to_minutes(window.hour_to) <= 24 * 60:
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s: contact hours must lie between 00:00 and 24:00 and end "
                        "after they start.",
                        rule=window.rule_id.name,
                    )
                )

    def _get_weekdays(self):
        """Return the ISO weekdays of the window, 1 = Monday."""
        self.ensure_one()
        return frozenset(number for number, day in enumerate(DAYS, 1) if self[day])

    def _to_engine(self):
        """Return the windows as a tuple for the engine."""
        return tuple(
            calendar.Window(
                window._get_weekdays(), _to_time(window.hour_from), _to_time(window.hour_to)
            )
            for window in self
        )


def _to_minutes(hours):
    return round(hours * 60)


def _to_time(hours):
    """Return 9.5 as 09:30; 24 is the end of the day."""
    hour, minute = divmod(_to_minutes(hours), 60)
    return calendar.END_OF_DAY if hour >= 24 else time(hour, minute)
