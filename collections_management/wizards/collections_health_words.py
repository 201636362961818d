from datetime import timedelta

from odoo import fields, models
from odoo.tools import format_date, format_datetime

from ..engine.health import LONG_RUN, NIGHT
from .collections_health import DAYS

HOUR = timedelta(hours=1)


class CollectionsHealth(models.TransientModel):
    """What the health page says: for each line a title, how it is, what to do, what to open."""

    _inherit = "collections.health"

    def _prepare_lines(self, finding):
        """Return the values of the lines of this page, in the order in which they are read."""
        titles, actions = self._get_titles(), self._get_actions()
        lines = []
        for code, (mark, reason) in finding["lines"].items():
            sentence, advice = getattr(self, f"_tell_{code}")(finding, reason)
            lines.append(
                {
                    "code": code,
                    "mark": mark,
                    "name": titles[code],
                    "sentence": sentence,
                    "advice": advice,
                    "action": actions.get(code),
                }
            )
        return lines

    def _get_titles(self):
        return {
            "run": self.env._("Last run"),
            "next_run": self.env._("Next run"),
            "queue": self.env._("What waits to leave"),
            "failures": self.env._("Failures of the last 7 days"),
            "outgoing": self.env._("Outgoing mail"),
            "incoming": self.env._("Incoming mail"),
            "bank": self.env._("Bank statements"),
            "safe_mode": self.env._("Safe mode"),
            "log": self.env._("Log"),
        }

    def _get_actions(self):
        """Extension point: ``{line: xml id of the action that opens what it is about}``."""
        return {
            "run": "collections_management.collections_run_action",
            "queue": "collections_management.collections_contact_action",
            "failures": "collections_management.collections_contact_action",
            "log": "collections_management.collections_log_check_action",
        }

    def _get_open_values(self, code):
        """Return what an action is opened with from a line: only what the line counted."""
        company = [("company_id", "=", self.company_id.id)]
        waiting = ("queued", "sending", "held", "awaiting", "uncertain")
        since = fields.Datetime.to_string(fields.Datetime.now() - timedelta(days=DAYS))
        domains = {
            "queue": [*company, ("state", "in", waiting)],
            "failures": [
                *company,
                ("state", "=", "failed"),
                ("write_date", ">=", since),
                ("channel_id.is_manual", "=", False),
            ],
        }
        return {"domain": domains.get(code, company), "context": {}}

    def _format(self, moment):
        return format_datetime(self.env, moment) if moment else ""

    # -- one method per line: (how it is, what to do) ---------------------------------------------

    def _tell_run(self, finding, reason):
        facts = finding["facts"]
        run = self.env["collections.run"].search([("company_id", "=", self.company_id.id)], limit=1)
        last_done = self._format(facts.last_done) or self.env._("never")
        again = self.env._("Open it, mend what it names, then press Run Now.")
        return {
            "off": (
                self.env._("This company does not collect: no run is made for it."),
                self.env._("Settings > Collections > Collect Receivables."),
            ),
            "never": (
                self.env._("No run has been made yet."),
                self.env._("Preview tonight, then press Run Now under Runs."),
            ),
            "running": (
                self.env._("Under way since %s.", self._format(facts.run_started)),
                "",
            ),
            "long": (
                self.env._(
                    "Under way since %(moment)s, more than %(hours)s hours.",
                    moment=self._format(facts.run_started),
                    hours=LONG_RUN // HOUR,
                ),
                self.env._(
                    "See whether its stage moves. If not, ask for the server's log of run=%s.",
                    run.id,
                ),
            ),
            "failed_again": (
                self.env._("It failed: %s", run.error or ""),
                self.env._("It is tried again on %s.", self._format(facts.run_next_try)),
            ),
            "failed": (self.env._("It failed: %s", run.error or ""), again),
            "late": (
                self.env._(
                    "The last one that ended well did so on %(moment)s, "
                    "more than %(hours)s hours ago.",
                    moment=last_done,
                    hours=NIGHT // HOUR,
                ),
                self.env._("See the next line: the scheduled job may not run."),
            ),
            "warned": (
                self.env._("It ended on %(moment)s and left something out.", moment=last_done),
                run.warning or "",
            ),
            "done": (self._tell_run_done(run, last_done), ""),
        }[reason]

    def _tell_run_done(self, run, moment):
        return self.env._(
            "It ended on %(moment)s after %(seconds)s seconds of work: %(cases)s cases, "
            "%(contacts)s contacts, %(sent)s sent, %(failed)s failed.",
            moment=moment,
            seconds=round(run.duration, 1),
            cases=run.case_count,
            contacts=run.contact_count,
            sent=run.sent_count,
            failed=run.failed_count,
        )

    def _tell_next_run(self, finding, reason):
        moment = self._format(finding["facts"].cron_next)
        return {
            "off": (self.env._("None: this company does not collect."), ""),
            "switched_off": (
                self.env._(
                    "%s of the 3 scheduled jobs of collections are switched off.",
                    finding["facts"].crons_off,
                ),
                self.env._("Settings > Technical > Scheduled Actions: switch on “Collections: …”."),
            ),
            "overdue": (
                self.env._("It was due on %s and has not begun.", moment),
                self.env._("The program that works the scheduled jobs does not run on the server."),
            ),
            "planned": (self.env._("On %s.", moment), ""),
        }[reason]

    def _tell_queue(self, finding, reason):
        facts = finding["facts"]
        counts = self.env._(
            "%(queued)s queued, %(held)s held, %(awaiting)s awaiting approval, "
            "%(uncertain)s with an unknown outcome.",
            queued=facts.queued,
            held=facts.held,
            awaiting=facts.awaiting,
            uncertain=facts.uncertain,
        )
        if facts.oldest_due:
            due = self.env._("The oldest was due on %s.", self._format(facts.oldest_due))
            counts = f"{counts} {due}"
        return {
            "stuck": (
                counts,
                self.env._("Nothing takes them: see the scheduled jobs and the mail server."),
            ),
            "uncertain": (
                counts,
                self.env._("Open the uncertain ones and say of each whether it left."),
            ),
            "obstructed": (
                counts,
                self.env._(
                    "%s wait for a setting: a mail server, a sender or a test address.",
                    facts.obstructed,
                ),
            ),
            "waiting": (counts, ""),
            "empty": (self.env._("Nothing waits."), ""),
        }[reason]

    def _tell_failures(self, finding, reason):
        if reason == "none":
            return self.env._("None."), ""
        words = self.env["collections.contact"]._get_reason_sentences()
        channels = self.env["collections.channel"]
        rows = [
            self.env._(
                "%(channel)s: %(failed)s of %(all)s failed, most often: %(reason)s",
                channel=channels.browse(row["channel_id"]).name,
                failed=row["failed"],
                all=row["failed"] + row["reached"],
                reason=words.get(row["reason"], row["reason"] or "?"),
            )
            for row in finding["failures"]
            if row["failed"]
        ]
        if reason == "many":
            return "\n".join(rows), self.env._("So many at once are a fault of the channel.")
        return "\n".join(rows), self.env._("Correct the addresses, then press Try Again on each.")

    def _tell_outgoing(self, finding, reason):
        email = self.env.ref("collections_management.collections_channel_email")
        if reason == "obstacle":
            _code, sentence = email._get_obstacle(self.company_id)
            return sentence, self.env._("Until then every e-mail is held, none is lost.")
        if reason == "refused":
            return self.mail_answer, self.env._(
                "Correct the server in Settings > Technical > Outgoing Mail Servers."
            )
        return self.mail_answer or self.env._(
            "A mail server is configured. Press Try to connect to it now."
        ), ""

    def _tell_incoming(self, finding, reason):
        setup = self.env._(
            "Settings > Technical > Incoming Mail Servers. Not needed when your mail server hands "
            "messages on to Odoo by itself."
        )
        moment = self._format(finding["facts"].fetched_on)
        return {
            "none": (self.env._("No mailbox is read: answers of debtors do not arrive."), setup),
            "draft": (self.env._("A mailbox is set up and not confirmed."), setup),
            "error": (
                self.env._("A mailbox could not be read the last time."),
                self.env._("Settings > Technical > Incoming Mail Servers says why."),
            ),
            "late": (
                self.env._("No mailbox has been read for a day; the last time: %s.", moment or "–"),
                self.env._("See whether the scheduled job “Mail: Fetchmail Service” runs."),
            ),
            "ok": (self.env._("Answers of debtors are read in; the last time: %s.", moment), ""),
        }[reason]

    def _tell_bank(self, finding, reason):
        facts = finding["facts"]
        last = facts.bank_last and format_date(self.env, facts.bank_last)
        fresh = self.env._("The last line is of %s.", last)
        return {
            "not_checked": (self.env._("Their age is not checked in this company."), ""),
            "none": (self.env._("This company keeps no bank statements in Odoo."), ""),
            "fresh": (fresh, ""),
            "soon": (
                fresh,
                self.env._("Import today's: from tomorrow on nobody is reminded."),
            ),
            "stale": (
                self.env._(
                    "The last line is of %(date)s, older than %(days)s days: nobody is reminded.",
                    date=last,
                    days=facts.bank_days,
                ),
                self.env._("Import the statements, or change the days in the settings."),
            ),
        }[reason]

    def _tell_safe_mode(self, finding, reason):
        address = self.company_id.collections_test_email
        return {
            "off": (self.env._("Off: messages go to the debtors."), ""),
            "on": (
                self.env._("On: every message goes to %s, none to a debtor.", address),
                self.env._("Switch it off in the settings when you go live."),
            ),
            "no_address": (
                self.env._("On, and no test address is set: nothing leaves at all."),
                self.env._("Settings > Collections > Test Address."),
            ),
        }[reason]

    def _tell_log(self, finding, reason):
        moment = self._format(finding["facts"].log_checked)
        return {
            "faulty": (
                self.env._("It did not verify on %s.", moment),
                self.env._("Open the check: it names the cases. Change nothing in the database."),
            ),
            "never": (
                self.env._("It has not been verified yet."),
                self.env._("It is, every week, by a scheduled job."),
            ),
            "old": (
                self.env._("It was verified on %s, more than 8 days ago.", moment),
                self.env._("See whether the scheduled job “Collections: verify the log” runs."),
            ),
            "intact": (self.env._("It was verified on %s and is intact.", moment), ""),
        }[reason]
