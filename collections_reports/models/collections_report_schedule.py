import json
from datetime import timedelta, timezone
from urllib.parse import quote
from zoneinfo import ZoneInfo

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.collections_management.engine import public_holidays

from ..engine import periods

GROUP = "collections_management.collections_management_group_%s"
ROLES = ("collector", "supervisor", "manager")
DATES = {"date", "date_from", "date_to"}  # filters that a period sets
CRON = "collections_reports.collections_report_schedule_cron"


class CollectionsReportSchedule(models.Model):
    """A report sent to people again and again, to each with what he himself may see.

    The scheduled job turns what is due into one sending per recipient and period; how these leave
    is theirs (``collections.report.sending``).
    """

    _name = "collections.report.schedule"
    _description = "Scheduled Report"
    _inherit = ["mail.thread"]
    _order = "name, id"

    name = fields.Char(required=True, help="The subject of the mail.")
    active = fields.Boolean(default=True)
    code = fields.Selection("_get_code_selection", string="Report", required=True)
    company_ids = fields.Many2many(
        "res.company",
        string="Companies",
        required=True,
        default=lambda self: self.env.companies,
        help="Each recipient gets those of them that are his.",
    )
    company_id = fields.Many2one(
        "res.company",
        string="Lives by the Clock of",
        required=True,
        default=lambda self: self.env.company,
    )
    options = fields.Json(string="Filters as Kept", default=dict)
    options_text = fields.Char(string="Filters", compute="_compute_options_text")
    period = fields.Selection(
        "_get_period_selection",
        help="Seen from the day the mail leaves. Empty: the dates of the filters, every time.",
    )
    segment_ids = fields.Many2many(
        "collections.segment",
        string="Segments",
        help="Only what belongs to these segments; who has nothing of them gets no mail.",
    )
    frequency = fields.Selection(
        [("daily", "Each working day"), ("weekly", "Each week"), ("monthly", "Each month")],
        required=True,
        default="weekly",
    )
    weekday = fields.Selection(
        [("0", "Monday"), ("1", "Tuesday"), ("2", "Wednesday"), ("3", "Thursday"),
         ("4", "Friday"), ("5", "Saturday"), ("6", "Sunday")],
        default="0",
    )  # fmt: skip
    month_day = fields.Integer(
        string="Day of the Month",
        default=1,
        help="The next working day, if it is none; the last day of a shorter month.",
    )
    hour = fields.Float(string="At", default=7.0)
    next_on = fields.Datetime(
        string="Next", compute="_compute_next_on", store=True, index=True, copy=False
    )
    file_format = fields.Selection(
        [("pdf", "PDF"), ("xlsx", "Workbook (XLSX)"), ("both", "PDF and workbook")],
        string="Format",
        required=True,
        default="pdf",
    )
    user_ids = fields.Many2many(
        "res.users", string="People", domain=[("share", "=", False)], tracking=True
    )
    to_collectors = fields.Boolean(
        string="Collectors", tracking=True, help="Each with his own cases."
    )
    to_supervisors = fields.Boolean(
        string="Supervisors", tracking=True, help="Each with the cases of his teams."
    )
    to_managers = fields.Boolean(string="Managers", tracking=True)
    team_ids = fields.Many2many(
        "collections.team",
        string="Of These Teams",
        help="Collectors and supervisors of these teams only; empty: of all.",
    )
    recipient_count = fields.Integer(string="Recipients", compute="_compute_recipient_count")
    sending_ids = fields.One2many("collections.report.sending", "schedule_id", readonly=True)
    last_on = fields.Datetime(string="Last Sent", compute="_compute_last")
    failed_count = fields.Integer(string="Not Sent", compute="_compute_last")

    _hour_in_day = models.Constraint("CHECK (hour >= 0 AND hour < 24)", "A day has 24 hours.")
    _month_day_exists = models.Constraint(
        "CHECK (month_day BETWEEN 1 AND 31)", "A month has the days 1 to 31."
    )

    @api.model
    def _get_code_selection(self):
        reports = [
            self.env[name]
            for name in self.env.registry["collections.report.base"]._inherit_children
        ]
        reports = sorted(
            (report for report in reports if report._report_code),
            key=lambda report: report._report_sequence,
        )
        return [(report._report_code, report._get_title()) for report in reports]

    @api.model
    def _get_period_selection(self):
        words = {
            "today": self.env._("Today"),
            "yesterday": self.env._("Yesterday"),
            "this_week": self.env._("This week so far"),
            "last_week": self.env._("Last week"),
            "this_month": self.env._("This month so far"),
            "last_month": self.env._("Last month"),
            "this_quarter": self.env._("This quarter so far"),
            "last_quarter": self.env._("Last quarter"),
            "this_year": self.env._("This year so far"),
            "last_year": self.env._("Last year"),
        }
        return [(name, words[name]) for name in periods.RANGES]

    # -- computed --------------------------------------------------------------------------------

    @api.depends("frequency", "weekday", "month_day", "hour", "active", "company_id")
    def _compute_next_on(self):
        for schedule in self:
            schedule.next_on = schedule.active and schedule._get_next(fields.Datetime.now())

    @api.depends("options", "code", "period", "segment_ids")
    @api.depends_context("lang", "uid")
    def _compute_options_text(self):
        reports = self.env["collections.report"]
        for schedule in self:
            try:
                report = reports._get_report(schedule.code)
                read = report._read_options(schedule._get_options())
                if schedule.period:  # which tells the dates, another time others
                    read = {name: read[name] for name in read.keys() - DATES}
                words = reports._get_filter_words(report, read)
            except (AccessError, UserError) as error:
                schedule.options_text = str(error)
                continue
            schedule.options_text = " · ".join(f"{label}: {value}" for label, value in words)

    @api.depends("user_ids", "to_collectors", "to_supervisors", "to_managers", "team_ids")
    def _compute_recipient_count(self):
        for schedule in self:
            schedule.recipient_count = len(schedule._get_recipients())

    @api.depends("sending_ids.state")
    def _compute_last(self):
        for schedule in self:
            sent = schedule.sending_ids.filtered("sent_on").mapped("sent_on")
            schedule.last_on = max(sent, default=False)
            failed = schedule.sending_ids.filtered(lambda one: one.state in ("failed", "uncertain"))
            schedule.failed_count = len(failed)

    # -- constraints -----------------------------------------------------------------------------

    @api.constrains("code", "options", "segment_ids", "period")
    def _check_options(self):
        """The filters can be read, by a person who may read the report."""
        for schedule in self:
            report = self.env["collections.report"]._get_report(schedule.code)
            try:
                report._read_options(schedule._get_options())
            except UserError as error:
                raise ValidationError(str(error)) from None

    @api.constrains("user_ids", "to_collectors", "to_supervisors", "to_managers")
    def _check_recipients(self):
        for schedule in self:
            if not schedule.user_ids and not schedule._has_roles():
                raise ValidationError(
                    self.env._("“%s” has no recipient: choose people or roles.", schedule.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        schedules = super().create(vals_list)
        schedules._check_author()
        return schedules

    def write(self, vals):
        result = super().write(vals)
        self._check_author()
        return result

    def _check_author(self):
        """Only a manager sends mails to others, and nobody a report he may not read himself.

        No constraint: these are checked as the superuser.
        """
        if self.env.su:
            return
        manager = self.env.user.has_group(GROUP % "manager")
        for schedule in self:
            self.env["collections.report"]._get_report(schedule.code)
            if not manager and (schedule._has_roles() or schedule.user_ids != self.env.user):
                raise ValidationError(
                    self.env._("You may have a report sent to yourself; a manager to others.")
                )

    def _has_roles(self):
        self.ensure_one()
        return any(self[f"to_{role}s"] for role in ROLES)

    # -- when, what, whom ------------------------------------------------------------------------

    def _get_next(self, after):
        """Return the next moment it is due after another, both in UTC."""
        self.ensure_one()
        company = self.company_id.sudo()
        zone = ZoneInfo(company._get_collections_zone())
        local = after.replace(tzinfo=timezone.utc).astimezone(zone).replace(tzinfo=None)
        holiday = public_holidays.get_checker(company.country_id.code, company.state_id.code)
        slot = periods.next_slot(
            self.frequency or "weekly",
            self.hour,
            local,
            weekday=int(self.weekday or 0),
            month_day=self.month_day or 1,
            is_free=lambda day: day.isoweekday() > 5 or bool(holiday(day)),
        )
        return slot.replace(tzinfo=zone).astimezone(timezone.utc).replace(tzinfo=None)

    def _get_options(self):
        """Return the filters as they are today: dates follow the period, segments are added."""
        self.ensure_one()
        options = dict(self.options or {})
        if self.segment_ids:
            options["segment_ids"] = self.segment_ids.ids
        if not self.period:
            return options
        today = self.env["collections.ledger"]._today(self.company_id)
        first, last = periods.get_range(self.period, today)
        options.update(date=last.isoformat(), date_to=last.isoformat())
        options["date_from"] = first.isoformat()
        if self.period == "today":  # a report over a period: the month until today
            options["date_from"] = first.replace(day=1).isoformat()
        if options.get("compare"):
            options["compare"] = periods.get_range_before(self.period, today)[1].isoformat()
        return options

    def _get_recipients(self):
        """Return the people it goes to: those named, and those of the roles."""
        self.ensure_one()
        users = self.env["res.users"].sudo()
        found = self.user_ids.sudo()
        teams = self.team_ids.sudo()
        for role in ROLES:
            if not self[f"to_{role}s"]:
                continue
            group = self.env.ref(GROUP % role)
            people = users.search(
                [
                    ("all_group_ids", "in", group.ids),
                    ("company_ids", "in", self.company_ids.ids),
                    ("share", "=", False),
                ]
            )
            people = people.filtered(lambda user, role=role: self._get_role(user) == role)
            if teams and role == "collector":
                people &= teams.member_ids.user_id
            elif teams and role == "supervisor":
                people &= teams.supervisor_ids
            found |= people
        return found.filtered("active").with_env(self.env)

    def _get_role(self, user):
        """Return the highest role of a person."""
        return next((role for role in reversed(ROLES) if user.has_group(GROUP % role)), None)

    # -- actions ---------------------------------------------------------------------------------

    @api.model
    def _open_new(self, code, options=None):
        """Return the action that asks how often and to whom a report is to be sent.

        :param dict options: the filters as the screen has them
        """
        report = self.env["collections.report"]._get_report(code)
        read = report._dump_options(report._read_options(options))
        names = {one["name"] for one in report._get_filters()}
        segments = read.pop("segment_ids", None) or []
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send “%s” Regularly", report._get_title()),
            "res_model": "collections.report.schedule",
            "views": [[False, "form"]],
            "target": "new",
            "context": {
                "default_name": report._get_title(),
                "default_code": code,
                "default_options": read,
                "default_segment_ids": [Command.set(segments)],
                "default_user_ids": [Command.set(self.env.user.ids)],
                "default_period": "last_month" if "date_from" in names else "today",
                "default_frequency": "monthly" if "date_from" in names else "weekly",
            },
        }

    def action_preview(self):
        """Show the file as the caller himself would get it."""
        self.ensure_one()
        self.env["collections.report"]._get_report(self.code)
        ending = "xlsx" if self.file_format == "xlsx" else "pdf"
        options = quote(json.dumps(self._get_options()))
        return {
            "type": "ir.actions.act_url",
            "url": f"/collections/report/{self.code}/{ending}?options={options}",
            "target": "new",
        }

    def action_send_now(self):
        """Send it at once to all its recipients, besides the times it is due."""
        self.ensure_one()
        self.check_access("write")
        if self.sending_ids.filtered(lambda one: one.state in ("pending", "sending")):
            message = self.env._("It is on its way already.")
        else:
            now = fields.Datetime.now()
            count = len(self._create_sendings(f"{now:%Y-%m-%d %H:%M:%S}"))
            message = self.env._("%s mails are on their way.", count)
            self.env.ref(CRON).sudo()._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": "success"},
        }

    def action_open_sendings(self):
        """Show what became of each mail."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Mails of %s", self.name),
            "res_model": "collections.report.sending",
            "views": [[False, "list"], [False, "form"]],
            "domain": [("schedule_id", "=", self.id)],
        }

    # -- the scheduled job -----------------------------------------------------------------------

    def _create_sendings(self, period):
        """Note to whom it goes this time; who has one of this period already gets no other."""
        self.ensure_one()
        sendings = self.env["collections.report.sending"].sudo()
        known = sendings.search([("schedule_id", "=", self.id), ("period", "=", period)]).user_id
        return sendings.create(
            [
                {"schedule_id": self.id, "user_id": user.id, "period": period}
                for user in self._get_recipients() - known
            ]
        )

    @api.model
    def _cron_send(self):
        """Turn what is due into mails to send and send them, each in a transaction of its own."""
        commit = self.env["ir.cron"]._commit_progress
        sendings = self.env["collections.report.sending"]
        sendings._give_up_interrupted()
        commit()
        now = fields.Datetime.now()
        for schedule in self.search([("next_on", "<=", now)], order="next_on, id"):
            schedule = schedule.try_lock_for_update().filtered(
                lambda one: one.active and one.next_on and one.next_on <= now
            )
            if schedule:
                schedule._plan_sendings(now)
                commit()
        sendings._send_pending()

    def _plan_sendings(self, now):
        """Note the mails of the moment that has come; a day late they are still those of it."""
        zone = ZoneInfo(self.company_id.sudo()._get_collections_zone())
        # moments missed while nothing ran are one mail, not many
        slot = self._get_latest(now).replace(tzinfo=timezone.utc).astimezone(zone)
        self._create_sendings(slot.date().isoformat())
        self.next_on = self._get_next(now)

    def _get_latest(self, now):
        """Return the last moment it was due until now."""
        moment = self.next_on
        while (following := self._get_next(moment)) <= now:
            moment = following
        return moment

    @api.autovacuum
    def _gc_sendings(self):
        """Forget what became of mails of more than a year ago."""
        limit = fields.Datetime.now() - timedelta(days=365)
        old = self.env["collections.report.sending"].search(
            [("create_date", "<", limit), ("state", "not in", ("pending", "sending"))], limit=5000
        )
        old.unlink()
