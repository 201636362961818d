import logging

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_normalize

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

_logger = logging.getLogger(__name__)

ATTEMPTS = 3
FIGURES = 5
MIMES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class CollectionsReportSending(models.Model):
    """A scheduled report on its way to one person.

    ``sending`` is committed before the mail leaves and ``sent`` right after. What a crash leaves at
    ``sending`` may have left or not: it becomes ``uncertain`` and is not sent again by itself.
    """

    _name = "collections.report.sending"
    _description = "Mail of a Scheduled Report"
    _order = "id desc"
    _rec_name = "user_id"

    schedule_id = fields.Many2one(
        "collections.report.schedule",
        string="Scheduled Report",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    user_id = fields.Many2one(
        "res.users", string="Recipient", required=True, readonly=True, ondelete="cascade"
    )
    period = fields.Char(required=True, readonly=True, help="The day it was due, or asked for.")
    state = fields.Selection(
        [
            ("pending", "On its way"),
            ("sending", "Leaving"),
            ("sent", "Sent"),
            ("nothing", "Nothing to tell"),
            ("failed", "Not sent"),
            ("uncertain", "Perhaps sent"),
        ],
        required=True,
        default="pending",
        readonly=True,
        index=True,
    )
    reason = fields.Char(readonly=True)
    attempts = fields.Integer(readonly=True)
    sent_on = fields.Datetime(readonly=True)

    _once = models.Constraint(
        "UNIQUE (schedule_id, user_id, period)", "A person gets a report once for its period."
    )

    def action_send_again(self):
        """Send what was not sent, or perhaps not."""
        self.check_access("read")
        self.schedule_id.check_access("write")
        again = self.filtered(lambda one: one.state in ("failed", "uncertain"))
        again.sudo().write({"state": "pending", "reason": False, "attempts": 0})
        self.env.ref("collections_reports.collections_report_schedule_cron").sudo()._trigger()

    # -- the scheduled job -----------------------------------------------------------------------

    @api.model
    def _give_up_interrupted(self):
        """What was leaving when the machine went down is uncertain: told, never sent twice."""
        for sending in self.search([("state", "=", "sending")]).try_lock_for_update():
            sending._speak()._close(
                "uncertain",
                self.env._("The work was interrupted while it was leaving; it may have arrived."),
            )

    @api.model
    def _send_pending(self):
        """Send what waits, one transaction each, as long as there is time."""
        commit = self.env["ir.cron"]._commit_progress
        pending = self.search([("state", "=", "pending")], order="id")
        commit(remaining=len(pending))
        for sending in pending:
            sending = sending.try_lock_for_update().filtered(lambda one: one.state == "pending")
            if sending:
                sending.write({"state": "sending", "attempts": sending.attempts + 1})
                commit()
                sending._speak()._send()
            if not commit(1):
                break

    def _speak(self):
        """Return it in the language of who set the schedule up and reads what went wrong."""
        return self.with_context(lang=self.schedule_id.create_uid.lang)

    def _send(self):
        """Make the file of one recipient and send it; what is wrong with it stops nobody else."""
        self.lock_for_update()
        try:
            with self.env.cr.savepoint():
                mail = self._prepare_mail()
                if not mail:
                    self._close("nothing")
                    return
                mail.send(raise_exception=True)
        except (AccessError, UserError) as error:
            self._close("failed", str(error))
        except (MailDeliveryException, OSError) as error:
            self._note_delivery_failure(error)
        except Exception as error:
            _logger.exception("The report %s cannot be made", self.schedule_id.code)
            self._close("failed", self.env._("The report could not be made: %s", error))
        else:
            self.write({"state": "sent", "sent_on": fields.Datetime.now(), "reason": False})

    def _note_delivery_failure(self, error):
        """Try again at the next turns of the job: the mail server may be away for a while."""
        words = " ".join(str(part) for part in error.args if part)[:500]
        if self.attempts < ATTEMPTS:
            self.write({"state": "pending", "reason": words})
        else:
            self._close("failed", words)

    def _close(self, state, reason=None):
        """Note how it ended; what went wrong is told on the schedule."""
        self.write({"state": state, "reason": reason and reason[:500]})
        if reason:
            self.schedule_id.message_post(
                body=self.env._(
                    "%(user)s got no mail of %(period)s: %(reason)s",
                    user=self.user_id.name,
                    period=self.period,
                    reason=reason,
                )
                if state == "failed"
                else self.env._(
                    "%(user)s, mail of %(period)s: %(reason)s",
                    user=self.user_id.name,
                    period=self.period,
                    reason=reason,
                ),
                author_id=self.env.ref("base.partner_root").id,
            )

    # -- what is sent ----------------------------------------------------------------------------

    def _get_recipient_env(self):
        """Return the environment of the recipient: his rights, companies, language and clock.

        :raise UserError: telling why nothing can be sent to him
        """
        user = self.user_id
        if not user.active:
            raise UserError(self.env._("the user is archived"))
        if not email_normalize(user.email):
            raise UserError(self.env._("the user has no e-mail address"))
        companies = self.schedule_id.company_ids & user.company_ids
        if not companies:
            raise UserError(self.env._("none of the companies is the user's"))
        # his main company first: its letterhead and its clock
        main = companies & user.company_id or companies[0]
        context = {
            "lang": user.lang or "en_US",
            "tz": user.tz,
            "allowed_company_ids": (main | companies).ids,
        }
        return self.env(user=user.id, context=context, su=False)

    def _prepare_mail(self):
        """Return the mail, made with the rights of its recipient; none when his cases are none of
        its segments."""
        schedule = self.schedule_id
        env = self._get_recipient_env()
        options = schedule._get_options()
        reports = env["collections.report"]
        report, read, content = reports._get_document(schedule.code, options)
        if schedule.segment_ids and not self._has_cases(env, report, read):
            return None
        body = env["ir.qweb"]._render(
            "collections_reports.report_mail",
            {
                "greeting": env._("Hello %s,", env.user.name),
                "because": env._(
                    "It was made with your rights. You get it because of the scheduled mail “%s”.",
                    schedule.name,
                ),
                "content": content,
                "figures": self._get_figures(reports, content),
                "filters": reports._get_filter_words(report, read),
                "url": reports._get_url(schedule.code, report._dump_options(read)),
            },
            lang=env.lang,
        )
        files = self._make_files(reports, report, read, content)
        root = self.env(user=SUPERUSER_ID, su=True)
        name = reports._get_file_name(schedule.code, options)
        return root["mail.mail"].create(
            {
                "subject": f"{schedule.name} · {content['subtitle'] or content['title']}",
                "body_html": body,
                "email_from": schedule.company_id.email_formatted
                or schedule.create_uid.email_formatted,
                "email_to": env.user.email_formatted,
                "auto_delete": True,
                "attachment_ids": [
                    fields.Command.create(
                        {
                            "name": f"{name}.{ending}",
                            "raw": data,
                            "mimetype": MIMES[ending],
                            # deleted with the mail; nobody else reads it meanwhile
                            "res_model": "mail.message",
                            "res_id": 0,
                        }
                    )
                    for ending, data in files.items()
                ],
            }
        )

    def _has_cases(self, env, report, options):
        domain = [*report._get_case_domain(options), ("state", "=", "open")]
        return bool(env["collections.case"].search_count(domain, limit=1))

    def _make_files(self, reports, report, options, content):
        """Return ``{ending: bytes}``."""
        schedule, files = self.schedule_id, {}
        if schedule.file_format in ("pdf", "both"):
            files["pdf"] = reports._print_document(report, options, content)
        if schedule.file_format in ("xlsx", "both"):
            files["xlsx"] = reports._make_xlsx(schedule.code, report._dump_options(options))
        return files

    def _get_figures(self, reports, content):
        """Return the main figures of a document in words, as ``[(label, words, before)]``."""
        found = []
        for section in content["sections"]:
            for item in section.get("figures", ()):
                tile = reports._prepare_tile(item)
                words = tile["value"] or tile["undefined"]
                found.append((tile["label"], words, tile["before"]))
        return found[:FIGURES]
