import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .collections_delivery import CONFLICTS

_logger = logging.getLogger(__name__)


class CollectionsConversation(models.Model):
    """What follows from what was said, in the turn of the conversation; and who answers."""

    _inherit = "collections.conversation"

    @api.model
    def _wake_bot(self, delay=0):
        """Have the conversations with something new take their turn."""
        cron = self.env.ref("collections_management.collections_conversation_cron_answer")
        cron.sudo()._trigger(fields.Datetime.now() + timedelta(seconds=delay))

    @api.model
    def _cron_answer(self, batch_size=200):
        """Let every conversation with something new take its turn, one transaction each."""
        commit_progress = self.env["ir.cron"]._commit_progress
        groups = self.env["collections.conversation.message"]._read_group(
            [("state", "=", "new")], ["conversation_id"], limit=batch_size
        )
        commit_progress(remaining=len(groups))
        for [conversation] in groups:
            conversation = conversation.try_lock_for_update()
            if conversation:
                conversation._try_turn()
            if not commit_progress(1):
                break
        if len(groups) == batch_size:
            self._wake_bot()

    def _try_turn(self):
        """Take a turn; when the case is in use later, and when something breaks by a person."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                if not self._get_inside()._take_turn():
                    self._wake_bot(delay=30)
        except CONFLICTS as error:
            self.env.invalidate_all(flush=False)
            _logger.info("conversation %s: later: %s", self.id, str(error).strip())
            self._wake_bot(delay=5)
        except Exception:
            self.env.invalidate_all(flush=False)
            _logger.exception("conversation %s: its turn broke, a person answers", self.id)
            self._get_new()._note_in()
            self._get_new().write({"state": "done"})
            self._hand_over("fault")

    def _get_inside(self):
        """Return the conversation in the language of who reads what its turn leaves behind: tasks,
        notes and summaries. What the debtor reads is in the conversation's own."""
        self.ensure_one()
        lang = self._get_answer_user().lang or self.company_id.partner_id.lang
        return self.with_context(lang=lang) if lang else self

    def _get_new(self):
        """Return what came since the last turn, in the order in which it was said."""
        return self.env["collections.conversation.message"].search(
            [("conversation_id", "=", self.id), ("state", "=", "new")], order="moment, id"
        )

    def _take_turn(self):
        """Note what is new on the case, and answer it or leave it to a person.

        :return: False when it is too early: what is answered is being sent this very moment
        """
        self.ensure_one()
        if not self.case_id:
            self._identify()
        for message in self._get_new():
            contact = message.contact_id or self._find_answered(message)
            if contact.state == "sending":
                return False
            if contact:
                message.contact_id = contact
                if not self.case_id or (contact.safe_mode and contact.case_id != self.case_id):
                    self._bind(contact.case_id._get_survivor())
                contact._receive_status("answered")
            message._note_in()
            message.state = "done"
            if self.state == "closed":
                self.write({"state": "bot", "user_id": False, "dialogue": False})
            if self.state == "bot" and self.company_id.collections_bot:
                self._answer(message)
            elif self._answer_stop(message):
                continue
            elif self.state == "person":
                self._wait_for_person(message)
            else:
                self._hand_over("bot_off")
        return True

    # -- a person ---------------------------------------------------------------------------------

    def _wait_for_person(self, message):
        """Tell who answers that there is something to read."""
        self.waiting_since = self.waiting_since or message.moment
        case = self.case_id._get_survivor() if self.case_id else self.case_id
        if case:
            case._pause_for_answer()
            case._ask_to_read(
                self.env._("Answer by %(channel)s", channel=self.channel_id.name),
                message._get_preview(),
            )

    def _hand_over(self, reason, summary=None):
        """Leave the conversation to a person, with what there is to know.

        :param str reason: a code of the log's words
        :param str summary: what was asked, said and understood
        """
        self.ensure_one()
        user = self._get_answer_user()
        self.write(
            {
                "state": "person",
                "user_id": user.id,
                "dialogue": False,
                "summary": summary or self.summary,
                "waiting_since": self.waiting_since or fields.Datetime.now(),
            }
        )
        words = self.env["collections.log"]._get_data_words().get(reason, reason)
        title = self.env._("%(channel)s: %(reason)s", channel=self.channel_id.name, reason=words)
        if not self.case_id:
            self._ask_whose(title)
            return
        self._log("handed_over", {"to": user.id or None, "reason": reason}, {"note": summary or ""})
        case = self.case_id._get_survivor()
        case._pause_for_answer()
        case._ask_to_read(title, summary or self.preview)

    def _get_answer_user(self):
        """Extension point: who answers a conversation that is handed over, or an empty record."""
        self.ensure_one()
        case = self.case_id
        return (case.user_id or case._get_answer_users())[:1] if case else self.env["res.users"]

    def _ask_whose(self, title):
        """Ask the managers whose an unidentified conversation is, once."""
        kind = "collections_management.mail_activity_type_reply"
        if self.activity_ids:
            return
        for user in self.company_id._get_collections_managers():
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                kind, summary=self.env._("Whose conversation is this?"), note=title, user_id=user.id
            )

    def _check_may_answer(self):
        """:raise UserError: when the user may read but not answer"""
        self.check_access("write")

    def action_place(self):
        """Put the conversation on the case that was chosen: what was said goes into its log."""
        self._check_may_answer()
        for conversation in self:
            if not conversation.case_id:
                raise UserError(
                    self.env._("Choose the debtor of “%(who)s”.", who=conversation.display_name)
                )
            conversation.case_id.check_access("read")
            conversation.sudo()._settle_owner()
        return True

    def _settle_owner(self):
        """Do on the case what its messages would have done had it been known."""
        self.ensure_one()
        self.activity_unlink(["collections_management.mail_activity_type_reply"])
        self.message_line_ids._note_in()
        self.message_line_ids.filtered(
            lambda message: message.state in ("sent", "delivered", "read")
        )._log_out()

    def write(self, vals):
        """By hand only the debtor of an unidentified one and the language are chosen."""
        if not self.env.su:
            if extra := set(vals) - {"case_id", "lang", "activity_ids", "message_follower_ids"}:
                labels = [self._fields[name]._description_string(self.env) for name in extra]
                raise UserError(
                    self.env._("%(fields)s: not set by hand.", fields=", ".join(sorted(labels)))
                )
            if "case_id" in vals and any(
                talk.case_id.id not in (False, vals["case_id"]) for talk in self
            ):
                raise UserError(
                    self.env._("It is known whose conversation this is: its log is on that case.")
                )  # fmt: skip
        result = super().write(vals)
        if vals.get("case_id") and not self.env.su:
            for conversation in self.sudo():
                conversation.partner_id = conversation.case_id.partner_id
        return result

    def action_take_over(self):
        """Answer it oneself from now on."""
        self._check_may_answer()
        for conversation in self.sudo():
            if conversation.state != "person":
                conversation._log("handed_over", {"to": self.env.uid, "reason": "by_user"})
            conversation.write({"state": "person", "user_id": self.env.uid, "dialogue": False})
        return True

    def action_hand_back(self):
        """Let the automatic answers go on."""
        self._check_may_answer()
        for conversation in self.sudo().filtered(lambda talk: talk.state == "person"):
            conversation._end_person("bot")
            conversation._log("handed_back")
        return True

    def action_close(self):
        """Put aside what needs no answer; the next message opens it again."""
        self._check_may_answer()
        for conversation in self.sudo().filtered(lambda talk: talk.state != "closed"):
            conversation._end_person("closed")
            conversation._log("conversation_closed")
        return True

    def _end_person(self, state):
        self.write(
            {
                "state": state,
                "user_id": False,
                "dialogue": False,
                "summary": False,
                "waiting_since": False,
                "unread_count": 0,
            }
        )
        self.activity_unlink(["collections_management.mail_activity_type_reply"])

    def action_reopen(self):
        """Take a closed conversation up again."""
        return self.action_take_over()

    def send_message(self, text):
        """Say something to the debtor, as a person.

        :return: the conversation as :meth:`get_conversation` returns it
        """
        self.ensure_one()
        self._check_may_answer()
        text = (text or "").strip()
        if not text:
            raise UserError(self.env._("Write something first."))
        conversation = self.sudo()
        if fault := conversation._get_say_fault():
            raise UserError(fault[1])
        conversation._take_for(self.env.user)
        conversation._say(text, user=self.env.user)
        return self.get_conversation()

    def send_window_text(self, text_id, reason=False):
        """Say an approved text, after the time for free text is over: we begin, so the contact
        rules are asked.

        :param str reason: why now, where they speak against it; it is logged
        :raise UserError: why not
        """
        self.ensure_one()
        self._check_may_answer()
        conversation = self.sudo()
        fault = conversation._get_say_fault()
        if fault and fault[0] != "window_closed":
            raise UserError(fault[1])
        known = {text["id"] for text in self.channel_id._get_window_texts(conversation)}
        if text_id not in known:
            raise UserError(self.env._("This text is not available any more."))
        if conversation.opted_out_on:
            raise UserError(self.env._("The debtor asked not to be written to by this channel."))
        reason = (reason or "").strip()
        if not reason and (why := self._get_window_breach()):
            raise UserError(why)
        if reason and self.case_id:
            self.case_id._log("note", {}, content={"note": f"{self.channel_id.name}: {reason}"})
        conversation._take_for(self.env.user)
        conversation.channel_id._say_window_text(conversation, text_id, self.env.user)
        return self.get_conversation()

    def _get_window_breach(self):
        """Return what speaks against writing first at this moment, or an empty string."""
        return self.case_id._get_breach("written")[1] if self.case_id else ""

    def _take_for(self, user):
        """Note that a person answers it; what waited is answered."""
        if self.state != "person":
            self._log("handed_over", {"to": user.id, "reason": "by_user"})
        self.write(
            {"state": "person", "user_id": user.id, "dialogue": False, "waiting_since": False,
             "unread_count": 0}
        )  # fmt: skip

    def mark_read(self):
        """Note that somebody who may answer has read it."""
        self.ensure_one()
        self.check_access("read")
        if self.has_access("write") and self.unread_count:
            self.sudo().unread_count = 0
        return True

    @api.readonly
    def get_conversation(self, limit=60, before=False):
        """Return the conversation for its screen, the latest messages last.

        :param int before: only messages older than the one with this id
        """
        self.ensure_one()
        self.check_access("read")
        domain = [("conversation_id", "=", self.id)]
        if before:
            first = self.env["collections.conversation.message"].browse(before).exists()
            domain += ["|", ("moment", "<", first.moment), "&", ("moment", "=", first.moment),
                       ("id", "<", first.id)]  # fmt: skip
        messages = self.env["collections.conversation.message"].search(
            domain, order="moment desc, id desc", limit=limit + 1
        )
        more, messages = len(messages) > limit, messages[:limit][::-1]
        fault = self.sudo()._get_say_fault()
        texts = self._get_texts(fault)
        return {
            "id": self.id,
            "name": self.display_name,
            "state": self.state,
            "channel": self.channel_id.name,
            "icon": self.channel_id.icon,
            "user": self.user_id.name or False,
            "summary": self.summary or False,
            "unread": self.unread_count,
            "may_answer": self.has_access("write"),
            "opted_out": bool(self.opted_out_on),
            "window_until": fields.Datetime.to_string(self.window_until) or False,
            "fault": fault and {"code": fault[0], "text": fault[1]},
            "texts": texts,
            "breach": (texts and self._get_window_breach()) or "",
            "more": more,
            "messages": [message._get_screen_data() for message in messages],
        }  # fmt: skip

    def _get_texts(self, fault):
        """Return what may be said although free text may not."""
        if not fault or fault[0] != "window_closed" or self.opted_out_on:
            return []
        return self.channel_id.sudo()._get_window_texts(self.sudo())
