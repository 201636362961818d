from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command


class CollectionsVoiceCall(models.Model):
    """What a key does. In safe mode a tester pressed it: nothing is noted of the debtor."""

    _inherit = "collections.voice.call"

    def _do(self, effect, state):
        """Do what a key asked for.

        :return: ``done``, ``asked``, ``failed`` or ``test``
        """
        self.ensure_one()
        if self.safe_mode and effect in ("promise", "link", "stop", "wrong_number"):
            return "test"
        return getattr(self, f"_do_{effect}")(state)

    def _do_confirm(self, state):
        self.is_confirmed = True
        self._note("confirmed")
        self.contact_id._log("voice_confirmed")
        self.contact_id._receive_status("answered")
        return "done"

    def _do_promise(self, state):
        """Note a promise of all that was told, in each of its currencies; one that is beyond the
        limits, or cannot stand, is the collector's to settle."""
        try:
            with self.env.cr.savepoint():
                promises = self._create_promises(state.day)
        except UserError as error:
            self._note("promise", str(error))
            self._ask_collector(self.env._("Wanted to promise in an automated call"), str(error))
            return "failed"
        self._note("promise", ", ".join(promises.mapped("display_name")))
        if any(promise.state == "awaiting" for promise in promises):
            self._ask_collector(self.env._("A promise made in an automated call is to be approved"))
            return "asked"
        return "done"

    def _create_promises(self, day):
        contact, promises = self.contact_id, self.env["collections.promise"]
        letter = contact._get_letters()[contact.id]
        if not letter["totals"]:
            raise UserError(self.env._("There is nothing left to promise."))
        for total in letter["totals"]:
            lines = self.env["account.move.line"].union(
                *(item["line"] for item in letter["items"] if item["currency"] == total["currency"])
            )
            promises |= promises.create(
                {
                    "case_id": self.case_id.id,
                    "currency_id": total["currency"].id,
                    "amount": total["net"],
                    "date_due": day,
                    "line_ids": [Command.set(lines.ids)],
                    "replaces_ids": [Command.set(promises._get_rivals(lines).ids)],
                    "channel_id": contact.channel_id.id,
                    **({"person_id": self.partner_id.id} if self._is_a_person() else {}),
                }
            )
        return promises

    def _is_a_person(self):
        return self.partner_id.active and self.partner_id.commercial_partner_id == (
            self.case_id.partner_id
        )

    def _do_link(self, state):
        self.contact_id._log("voice_link")
        if self._send_pay_link():
            self._note("link")
            return "done"
        self._note("link", self.env._("No address reaches the debtor."))
        self._ask_collector(self.env._("Asked in an automated call how to pay"))
        return "failed"

    def _send_pay_link(self):
        """Extension point: send the debtor how to pay, now, through whatever reaches him.

        :return: whether something was queued
        """
        self.ensure_one()
        origin = self.contact_id.with_context(lang=self.contact_id._get_lang())
        intro = origin.env._("You asked us in a call how to pay.")
        return bool(self.case_id._tell_how_to_pay(origin, intro))

    def _do_transfer(self, state):
        if not self._get_person_phone():
            return "failed"
        self._note("transfer", self.case_id.user_id.name)
        self.contact_id._log("voice_transfer")
        return "done"

    def _do_stop(self, state):
        self._note("stop")
        self.contact_id._log("voice_stop")
        self._note_opt_out()
        return "done"

    def _note_opt_out(self):
        """Extension point: what follows when a debtor asks for no more calls: none comes."""
        self.ensure_one()
        self.env["collections.consent"].sudo()._withdraw(
            self.partner_id or self.case_id.partner_id,
            "voice",
            proof=self.env._("Asked for no more calls, in an automated call"),
            source="voice",
            company=self.case_id.company_id,
        )

    def _do_wrong_number(self, state):
        self.is_wrong_number = True
        self._note("wrong_number")
        self.contact_id._log("voice_wrong_number")
        self.partner_id._mark_bad_phone()
        return "done"

    def _ask_collector(self, summary, note=""):
        """Put on the collector's desk what the call could not settle."""
        case = self.case_id
        user = case.user_id or self.company_id.collections_user_id
        case.activity_schedule(
            "collections_management.mail_activity_type_contact",
            date_deadline=self.env["collections.ledger"]._today(self.company_id),
            summary=summary,
            note=note,
            user_id=(user or self.env.ref("base.user_admin")).id,
        )
