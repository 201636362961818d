import secrets
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, email_normalize, format_datetime

from ..engine.health import BROKEN, GOOD, Facts, judge, worst
from ..models.collections_contact import DONE_STATES

DAYS = 7
TOKEN = "collections_management.health_token"  # noqa: S105  (the name of the parameter)
CRONS = ("run_cron", "run_cron_resume", "run_cron_deliver")


class CollectionsHealth(models.TransientModel):
    """What a manager must look at in a company, as it was at the moment of looking.

    The facts are read for all companies at once, in a fixed number of queries; what they mean is
    decided in ``engine/health.py``, what is said about it in ``collections_health_words.py``.
    """

    _name = "collections.health"
    _description = "Health of the Collections"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    looked_on = fields.Datetime(readonly=True, default=fields.Datetime.now)
    mark = fields.Selection(
        [("good", "In order"), ("attention", "Look at this"), ("broken", "Not working")],
        readonly=True,
    )
    summary = fields.Char(compute="_compute_summary")
    line_ids = fields.One2many("collections.health.line", "health_id", readonly=True)
    mail_answer = fields.Text(readonly=True, help="What the mail server said when it was tried.")
    mail_refused = fields.Boolean(readonly=True)

    @api.depends("company_id")
    def _compute_display_name(self):
        for health in self:
            health.display_name = self.env._("Health of %(name)s", name=health.company_id.name)

    @api.depends("line_ids.mark")
    @api.depends_context("lang")
    def _compute_summary(self):
        for health in self:
            marks = health.line_ids.mapped("mark")
            if broken := marks.count(BROKEN):
                health.summary = self.env._("%(count)s broken: start there.", count=broken)
            elif others := len(marks) - marks.count(GOOD):
                health.summary = self.env._("%(count)s to look at, nothing broken.", count=others)
            else:
                health.summary = self.env._("Everything is in order.")

    # -- the screen ------------------------------------------------------------------------------

    @api.model
    def action_open(self):
        """Look at the health of the current company now."""
        self._check_manager()
        health = self.sudo().create({"company_id": self.env.company.id})
        health._look()
        return health._get_action()

    def action_refresh(self):
        """Look again."""
        return self.with_company(self.company_id).action_open()

    def action_try_mail(self):
        """Connect to the outgoing mail server as a batch of messages would, and say what it said.

        The server is asked to take a message from our sender; none is sent.
        """
        self._check_manager()
        self.ensure_one()
        self.check_access("read")
        health_sudo = self.sudo()
        answer, refused = health_sudo._try_mail()
        health_sudo.write({"mail_answer": answer, "mail_refused": refused})
        health_sudo._look()
        return self._get_action()

    def _get_action(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Health"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [[False, "form"]],
            "target": "main",
        }

    def _check_manager(self):
        if not self.env.user.has_group(
            "collections_management.collections_management_group_manager"
        ):
            raise AccessError(self.env._("The health page is for collections managers."))

    def _look(self):
        """Write what is found now into the lines of this page."""
        self.ensure_one()
        found = self._get_findings(self.company_id, mail_refused=self.mail_refused)
        [finding] = found.values()
        self.write(
            {
                "looked_on": fields.Datetime.now(),
                "mark": finding["mark"],
                "line_ids": [
                    Command.clear(),
                    *(Command.create(line) for line in self._prepare_lines(finding)),
                ],
            }
        )

    def _try_mail(self):
        """Return ``(what the mail server said, whether that is bad)``."""
        company = self.company_id
        email = self.env.ref("collections_management.collections_channel_email")
        if obstacle := email._get_obstacle(company):
            return obstacle[1], True
        sender = email_normalize(self.env["collections.contact"]._get_sender(company))
        servers = self.env["ir.mail_server"].with_company(company)
        server, address = servers._find_mail_server(sender)
        if not server:
            return self.env._("No outgoing mail server takes messages of %s.", sender), True
        try:
            server.with_context(collections_sender=address).test_smtp_connection()
        except UserError as error:
            return self.env._("%(server)s: %(error)s", server=server.name, error=error), True
        return (
            self.env._(
                "%(server)s answered on %(moment)s and takes messages of %(sender)s.",
                server=server.name,
                moment=format_datetime(self.env, fields.Datetime.now()),
                sender=address,
            ),
            False,
        )

    # -- findings --------------------------------------------------------------------------------

    @api.model
    def _get_findings(self, companies, mail_refused=False):
        """Return what there is to say about companies.

        :param bool mail_refused: the mail server was tried a moment ago and refused
        :return: ``{company: {"mark", "facts": Facts, "failures": [row], "lines": {line: (mark,
            reason)}}}``
        """
        now = fields.Datetime.now()
        self.env.flush_all()
        common = self._get_common_facts()
        parts = [
            self._get_run_facts(companies),
            self._get_queue_facts(companies),
            self._get_bank_facts(companies),
            self._get_log_facts(companies),
        ]
        failures = self._get_failures(companies)
        email = self.env.ref("collections_management.collections_channel_email")
        findings = {}
        for company in companies:
            rows = failures.get(company.id, [])
            obstacle = email._get_obstacle(company)
            facts = Facts(
                active=company.collections_active,
                safe_mode=company.collections_safe_mode,
                test_address=bool(company.collections_test_email),
                bank_days=company.collections_stale_bank_days,
                mail_obstacle=obstacle and obstacle[0],
                mail_refused=mail_refused,
                reached=sum(row["reached"] for row in rows),
                failed=sum(row["failed"] for row in rows),
                **common,
                **{name: value for part in parts for name, value in part[company.id].items()},
            )
            today = self.env["collections.ledger"]._today(company)
            lines = judge(facts, now, today)
            findings[company] = {
                "mark": worst([mark for mark, _reason in lines.values()]),
                "facts": facts,
                "failures": rows,
                "lines": lines,
            }
        return findings

    def _get_common_facts(self):
        """Return the facts that are the same for every company: scheduled jobs, incoming mail."""
        crons = [
            self.env.ref(f"collections_management.collections_{name}").sudo() for name in CRONS
        ]
        servers = self.env["fetchmail.server"].sudo().search([("active", "=", True)])
        confirmed = servers.filtered(lambda server: server.state == "done")
        fetched = confirmed.filtered(lambda server: server.server_type != "local")
        state = "ok" if confirmed else "draft" if servers else "none"
        if any(confirmed.mapped("error_date")):
            state = "error"
        moments = [moment for moment in fetched.mapped("date") if moment]
        return {
            "crons_off": sum(not cron.active for cron in crons),
            "cron_next": crons[0].nextcall,
            "fetch_state": state,
            # A local script hands messages on when they come: there is nothing to fetch.
            "fetched_on": max(moments, default=None) if fetched else fields.Datetime.now(),
        }

    def _get_run_facts(self, companies):
        runs = self.env["collections.run"].sudo()
        groups = runs._read_group([("company_id", "in", companies.ids)], ["company_id"], ["id:max"])
        latest = {run.company_id.id: run for run in runs.browse([id_ for _c, id_ in groups])}
        done = {
            company.id: moment
            for company, moment in runs._read_group(
                [("company_id", "in", companies.ids), ("state", "=", "done")],
                ["company_id"],
                ["date_end:max"],
            )
        }
        return {
            company.id: {
                "run_state": run.state or None,
                "run_started": run.date_start or None,
                "run_next_try": run.next_try or None,
                "run_warned": bool(run.warning),
                "last_done": done.get(company.id),
            }
            for company in companies
            for run in [latest.get(company.id, runs)]
        }

    def _get_queue_facts(self, companies):
        now = fields.Datetime.now()
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT company_id,
                       count(*) FILTER (WHERE state IN ('queued', 'sending')) AS queued,
                       min(scheduled_on) FILTER (
                           WHERE state = 'queued' AND scheduled_on <= %s) AS oldest_due,
                       count(*) FILTER (WHERE state = 'held') AS held,
                       count(*) FILTER (WHERE state = 'held' AND reason = ANY(%s)) AS obstructed,
                       count(*) FILTER (WHERE state = 'awaiting') AS awaiting,
                       count(*) FILTER (WHERE state = 'uncertain') AS uncertain
                  FROM collections_contact
                 WHERE company_id = ANY(%s)
                   AND state IN ('queued', 'sending', 'held', 'awaiting', 'uncertain')
              GROUP BY company_id
                """,
                now,
                self.env["collections.delivery"]._get_obstacle_codes(),
                companies.ids,
            )
        )
        found = {row.pop("company_id"): row for row in rows}
        return {company.id: found.get(company.id, {}) for company in companies}

    def _get_failures(self, companies):
        """Return the outcomes of the last days by channel, those that failed most first.

        A call of a colleague that reached nobody is no fault of the house: only what leaves by
        itself counts.

        :return: ``{company id: [{"channel_id", "failed", "reached", "reason"}]}``; reason is the
            most frequent one
        """
        since = fields.Datetime.now() - timedelta(days=DAYS)
        rows = self.env.execute_query_dict(
            SQL(
                """
                WITH outcome AS (
                    SELECT company_id, channel_id, reason, state
                      FROM collections_contact
                     WHERE company_id = ANY(%(companies)s) AND state = 'failed'
                       AND write_date >= %(since)s
                 UNION ALL
                    SELECT contact.company_id, contact.channel_id, NULL, contact.state
                      FROM collections_run run
                      JOIN collections_contact contact ON contact.run_id = run.id
                     WHERE run.company_id = ANY(%(companies)s) AND run.date >= %(since)s::date
                       AND contact.state = ANY(%(done)s)
                )
                SELECT company_id, channel_id, count(*) FILTER (WHERE state = 'failed') AS failed,
                       count(*) FILTER (WHERE state <> 'failed') AS reached,
                       mode() WITHIN GROUP (ORDER BY reason) AS reason
                  FROM outcome
                  JOIN collections_channel channel ON channel.id = channel_id
                   AND channel.is_manual IS NOT TRUE
              GROUP BY company_id, channel_id
              ORDER BY failed DESC, channel_id
                """,
                companies=companies.ids,
                since=since,
                done=list(DONE_STATES),
            )
        )
        found = {}
        for row in rows:
            found.setdefault(row.pop("company_id"), []).append(row)
        return found

    def _get_bank_facts(self, companies):
        rows = self.env.execute_query(
            SQL(
                "SELECT line.company_id, max(move.date) FROM account_bank_statement_line line"
                " JOIN account_move move ON move.id = line.move_id"
                " WHERE line.company_id = ANY(%s) GROUP BY line.company_id",
                companies.ids,
            )
        )
        found = dict(rows)
        return {company.id: {"bank_last": found.get(company.id)} for company in companies}

    def _get_log_facts(self, companies):
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (company_id) company_id, state, date"
                " FROM collections_log_check WHERE company_id = ANY(%s) AND state <> 'running'"
                " AND user_id IS NULL ORDER BY company_id, date DESC, id DESC",
                companies.ids,
            )
        )
        found = {row[0]: {"log_state": row[1], "log_checked": row[2]} for row in rows}
        return {company.id: found.get(company.id, {}) for company in companies}

    # -- for a monitoring program ----------------------------------------------------------------

    @api.model
    def _get_report(self):
        """Return the marks and counts of every company that collects: no names, no amounts."""
        companies = self.env["res.company"].sudo().search([("collections_active", "=", True)])
        findings = self.sudo()._get_findings(companies)
        return {
            "mark": worst([finding["mark"] for finding in findings.values()]),
            "companies": [
                {
                    "id": company.id,
                    "mark": finding["mark"],
                    "lines": {name: mark for name, (mark, _why) in finding["lines"].items()},
                    "counts": self._get_counts(finding["facts"]),
                }
                for company, finding in findings.items()
            ],
        }

    def _get_counts(self, facts):
        now = fields.Datetime.now()
        return {
            "queued": facts.queued,
            "held": facts.held,
            "awaiting": facts.awaiting,
            "uncertain": facts.uncertain,
            "oldest_queued_minutes": self._get_minutes(facts.oldest_due, now),
            "minutes_since_last_run": self._get_minutes(facts.last_done, now),
            "reached_in_7_days": facts.reached,
            "failed_in_7_days": facts.failed,
        }

    def _get_minutes(self, moment, now):
        return int((now - moment).total_seconds() // 60) if moment else None

    @api.model
    def _ensure_token(self):
        """Make the token that a monitoring program shows, once."""
        parameters = self.env["ir.config_parameter"].sudo()
        if not parameters.get_param(TOKEN):
            parameters.set_param(TOKEN, secrets.token_urlsafe(32))
