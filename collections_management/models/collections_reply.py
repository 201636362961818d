import logging
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from ..engine.night import trace
from .collections_delivery import CONFLICTS

_logger = logging.getLogger(__name__)

# How much of an answer the log keeps as evidence; the whole is in the case's messages.
KEPT_CHARACTERS = 100_000


class CollectionsReply(models.Model):
    """One e-mail that came back: an answer, a machine's message, or a report on one of ours.

    It is stored first, whatever else happens, and what follows from it is done at once or, when
    somebody else has the case in hand, by the scheduled job: a mail server hands a message over
    once. One that no case could be found for keeps the message itself, until a person says whose
    it is.
    """

    _name = "collections.reply"
    _description = "Incoming E-mail"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "subject"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    case_id = fields.Many2one(
        "collections.case",
        string="Debtor",
        ondelete="restrict",
        index="btree_not_null",
        domain="[('company_id', '=', company_id), ('state', '!=', 'merged')]",
        help="Whose it is. Its message moves to the case.",
    )
    contact_id = fields.Many2one("collections.contact", readonly=True, ondelete="set null")
    message_id = fields.Many2one("mail.message", readonly=True, ondelete="set null")
    kind = fields.Selection(
        [
            ("reply", "Answer"),
            ("machine", "Automatic message"),
            ("delivered", "Delivered"),
            ("read", "Read"),
            ("failed", "Bounced"),
        ],
        required=True,
        readonly=True,
        default="reply",
    )
    machine = fields.Char(
        string="Told by", readonly=True, help="Machine word: how it was told from a person's."
    )
    email_from = fields.Char(string="From", readonly=True)
    subject = fields.Char(readonly=True)
    detail = fields.Char(readonly=True, help="What the server said.")
    is_address_bad = fields.Boolean(readonly=True)
    state = fields.Selection(
        [
            ("unplaced", "Unidentified"),
            ("new", "To be noted"),
            ("done", "Noted"),
            ("dismissed", "Dismissed"),
        ],
        required=True,
        readonly=True,
        default="new",
    )

    _new_idx = models.Index("(id) WHERE state = 'new'")

    @api.depends("subject", "email_from")
    def _compute_display_name(self):
        for reply in self:
            reply.display_name = reply.subject or reply.email_from or str(reply.id)

    def write(self, vals):
        """By hand only the debtor is chosen: a message or a state written here would be noted as
        if it had come by mail."""
        fixed = [
            name
            for name in vals
            if name == "company_id"
            or (name in self._fields and self._fields[name].store and self._fields[name].readonly)
        ]
        if fixed and not self.env.su:
            labels = [self._fields[name]._description_string(self.env) for name in fixed]
            raise UserError(
                self.env._("%(fields)s: told by the e-mail, not by hand.", fields=", ".join(labels))
            )
        return super().write(vals)

    # -- receiving -------------------------------------------------------------------------------

    @api.model
    def _prepare_reply(self, case, arrival, post):
        """Return the values of a message about to be posted on a case, None for a colleague's.

        :param arrival: engine ``Arrival``
        :param dict post: arguments of ``message_post``
        """
        sender = email_normalize(post.get("email_from") or "") or ""
        case = case.sudo()
        contact = case._find_answered_contact(list(arrival.references))
        author = self.env["res.partner"].sudo().browse(post.get("author_id") or [])
        tester = contact.safe_mode and sender == email_normalize(contact.address or "")
        if author and not author.partner_share and not tester:
            return None
        return {
            "company_id": case.company_id.id,
            "case_id": case.id,
            "contact_id": (contact or case._find_last_contact(sender)).id,
            "kind": "machine" if arrival.machine else "reply",
            "machine": arrival.machine,
            "email_from": post.get("email_from"),
            "subject": post.get("subject"),
        }

    @api.model
    def _receive(self, values):
        """Store what came and do what follows from it, now or a little later."""
        reply = self.create(values)
        reply._try_to_note()
        return reply

    @api.model
    def _receive_report(self, contact, report, words):
        """Store what a report says of a contact's message.

        :param report: engine ``Report``
        :param str words: what the server said
        """
        if report.kind in ("failed", "delivered", "read"):
            self._receive(
                {
                    "company_id": contact.company_id.id,
                    "case_id": contact.case_id.id,
                    "contact_id": contact.id,
                    "kind": report.kind,
                    "detail": words[:500],
                    "is_address_bad": report.bad_address,
                }
            )

    def _try_to_note(self):
        """Do what follows from these, one by one; who is in use is left for the next turn."""
        for reply in self:
            try:
                with self.env.cr.savepoint():
                    if reply._note():
                        reply.state = "done"
            except CONFLICTS as error:
                self.env.invalidate_all(flush=False)
                _logger.info("%s: noted later: %s", trace(reply=reply.id), str(error).strip())
            if reply.state == "new":
                cron = self.env.ref("collections_management.collections_reply_cron_note")
                cron.sudo()._trigger(fields.Datetime.now() + timedelta(minutes=1))

    def _note(self):
        """Do what follows.

        :return: False when it is too early
        """
        self.ensure_one()
        return {
            "reply": self._note_reply,
            "machine": self._note_machine,
            "failed": self._note_failed,
        }.get(self.kind, self._note_progress)()

    def _note_reply(self):
        if self.contact_id.state == "sending":  # its own outcome comes first
            return False
        self.contact_id._receive_status("answered")
        case = self.case_id._get_survivor()
        self._log(case, "replied", {"message": self.message_id.id})
        case._pause_for_answer()
        case._ask_to_read(
            self.env._("Answer: %(subject)s", subject=self.subject or self.email_from),
            self.message_id.preview,
        )
        return True

    def _note_machine(self):
        self._log(self.case_id._get_survivor(), "auto_replied", {"told_by": self.machine})
        return True

    def _note_progress(self):
        if self.contact_id.state == "sending":
            return False
        self.contact_id._receive_status(self.kind)
        return True

    def _note_failed(self):
        """A bounce: the contact failed. In safe mode it is the test address that failed."""
        contact = self.contact_id
        if contact.state == "sending":
            return False
        if contact.state not in ("uncertain", "sent"):
            return True  # told before, or it arrived after all
        values = {"reason": "bounced", "detail": self.detail}
        if contact.safe_mode:
            contact.write({"state": "failed", **values})
            contact._log("failed", {"reason": "bounced"})
            return True
        if self.is_address_bad:
            self.env["res.partner"]._mark_bad_email(contact.address)
        contact._receive_status("failed", values)
        return True

    def _log(self, case, event, data):
        """Write a log entry with what was said."""
        body = str(self.message_id.body or "")[:KEPT_CHARACTERS]
        content = {"subject": self.subject, "body": body, "address": self.email_from}
        self.env["collections.log"]._append(
            [
                {
                    "case_id": case.id,
                    "contact_id": self.contact_id.id or None,
                    "event": event,
                    "data": {key: value for key, value in data.items() if value},
                    "content": {key: value for key, value in content.items() if value},
                    "user_id": None if self.env.su else self.env.uid,
                }
            ]
        )

    @api.model
    def _cron_note(self):
        """Do what follows from what came while its case was in somebody else's hands."""
        commit_progress = self.env["ir.cron"]._commit_progress
        replies = self.search([("state", "=", "new")], order="id")
        commit_progress(remaining=len(replies))
        for reply in replies:
            reply = reply.try_lock_for_update()
            reply.filtered(lambda reply: reply.state == "new")._try_to_note()
            if not commit_progress(1):
                break

    # -- unidentified ----------------------------------------------------------------------------

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Keep a message nobody could place, and ask who manages collections whose it is."""
        arrival = self._get_arrival()
        machine = arrival and arrival.machine
        reply = self.create(
            {
                **(custom_values or {}),
                "state": "unplaced",
                "kind": "machine" if machine else "reply",
                "machine": machine,
                "email_from": msg_dict.get("email_from"),
                "subject": msg_dict.get("subject"),
            }
        )
        if reply.kind == "reply":
            for user in reply.company_id._get_collections_managers():
                reply.with_context(mail_activity_quick_update=True).activity_schedule(
                    "collections_management.mail_activity_type_reply",
                    summary=self.env._("Whose answer is this?"),
                    note=Markup("<p>%s</p>") % (reply.email_from or ""),
                    user_id=user.id,
                )
        return reply

    def message_post(self, **kwargs):
        """A message nobody could place notifies nobody: its activity does."""
        if self._get_arrival() and kwargs.get("message_type") == "email":
            kwargs.update(subtype_id=self.env.ref("mail.mt_note").id, partner_ids=[])
        reply = self.with_context(collections_arrival=None, mail_post_autofollow_author_skip=True)
        return super(CollectionsReply, reply).message_post(**kwargs)

    def _check_unplaced(self):
        self.check_access("write")
        if self.filtered(lambda reply: reply.state != "unplaced"):
            raise UserError(self.env._("Only an unidentified e-mail can be placed or dismissed."))

    def action_place(self):
        """Move each message to the case that was chosen for it; it counts as its answer."""
        self._check_unplaced()
        for reply in self:
            if not reply.case_id:
                raise UserError(
                    self.env._("Choose the debtor of “%(mail)s”.", mail=reply.display_name)
                )
            case = reply.case_id
            case.check_access("read")
            mail = reply.sudo()
            mail.message_id = mail.message_ids.filtered(lambda m: m.message_type == "email")[:1]
            mail.activity_unlink(["collections_management.mail_activity_type_reply"])
            mail.message_change_thread(case.sudo())
            mail.contact_id = case.sudo()._find_last_contact(
                email_normalize(reply.email_from or "") or ""
            )
            mail.state = "new"
            mail._try_to_note()
        return True

    def action_dismiss(self):
        """Put aside what concerns no debtor."""
        self._check_unplaced()
        self.sudo().activity_unlink(["collections_management.mail_activity_type_reply"])
        self.sudo().state = "dismissed"
        return True
