from datetime import timedelta

from odoo import api, fields, models

from .collections_contact import DONE_STATES


class CollectionsCase(models.Model):
    """E-mail that arrives on a case: who answers what, and what follows from it."""

    _inherit = "collections.case"

    # An answer belongs to the message it answers, not to whatever was said first.
    _mail_flat_thread = False

    # -- finding ---------------------------------------------------------------------------------

    def _get_survivor(self):
        """Return the case that goes on for this one: itself, or the one it was merged into."""
        self.ensure_one()
        if self.state != "merged":
            return self
        survivor = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "=", self.partner_id.id),
                ("state", "!=", "merged"),
            ],
            limit=1,
        )
        return survivor or self

    @api.model
    def _find_by_sender(self, address, company_id=None):
        """Return the case of the debtor who writes from an address, empty when it cannot be told.

        Open cases come before closed ones. Of several debtors who share an address, the one last
        written to there is meant; when none was, a person has to say.

        :param str address: normalized
        """
        if not address:
            return self.browse()
        partners = (
            self.env["res.partner"]
            .with_context(active_test=False)
            .search([("email_normalized", "=", address)])
        )
        domain = [
            ("partner_id", "in", partners.commercial_partner_id.ids),
            ("state", "!=", "merged"),
        ]
        if company_id:
            domain.append(("company_id", "=", company_id))
        cases = self.search(domain)
        cases = cases.filtered(lambda case: case.state == "open") or cases
        if len(cases) < 2:
            return cases
        return self.env["collections.contact"].search(
            [("case_id", "in", cases.ids), ("address", "=", address), ("sent_on", "!=", False)],
            order="sent_on desc, id desc",
            limit=1,
        ).case_id  # fmt: skip

    @api.model
    def _find_answered_contact(self, references):
        """Return the contact whose message is answered, empty when none of them is a contact's.

        :param references: Message-Ids, the nearest first
        """
        messages = self.env["mail.message"].sudo().search(
            [("message_id", "in", references), ("model", "=", self._name)]
        )  # fmt: skip
        # By case, which is indexed; the message is not.
        contacts = self.env["collections.contact"].search(
            [("case_id", "in", messages.mapped("res_id")),
             ("mail_message_id", "in", messages.ids)]
        )  # fmt: skip
        rank = {reference: place for place, reference in enumerate(references)}
        return contacts.sorted(lambda contact: rank[contact.mail_message_id.message_id])[:1]

    def _find_last_contact(self, address):
        """Return the last message to an address in the last 30 days: what a mail without
        references from there answers."""
        return self.env["collections.contact"].search(
            [
                ("case_id", "=", self.id),
                ("address", "=", address),
                ("channel_id.kind", "=", "email"),
                ("state", "in", DONE_STATES),
                ("sent_on", ">", fields.Datetime.now() - timedelta(days=30)),
            ],
            order="sent_on desc, id desc",
            limit=1,
        )

    def _get_answer_users(self):
        """Extension point: who is told of an answer."""
        self.ensure_one()
        return (
            self.user_id
            or self.company_id.collections_user_id
            or self.company_id._get_collections_managers()
        )

    # -- receiving -------------------------------------------------------------------------------

    def message_post(self, **kwargs):
        """Take an e-mail from outside as what it is: an answer, or a machine's.

        The company, which is the author of our messages, gets no copy of what is answered to it:
        its address may be the one the answer came to. A machine's message notifies nobody, so
        that nothing answers it.
        """
        arrival = self._get_arrival()
        if not arrival or kwargs.get("message_type") != "email":
            return super().message_post(**kwargs)
        case = self.with_context(collections_arrival=None, mail_post_autofollow_author_skip=True)
        reply = self.env["collections.reply"].sudo()._prepare_reply(case, arrival, kwargs)
        note = self.env.ref("mail.mt_note").id
        if not reply:  # a colleague answers by e-mail: Odoo's own affair
            company = case.sudo().company_id.partner_id
            others = [id_ for id_ in kwargs.get("partner_ids") or () if id_ != company.id]
            return super(CollectionsCase, case).message_post(**{**kwargs, "partner_ids": others})
        if reply["machine"]:
            kwargs.update(subtype_id=note, partner_ids=[])
        else:
            kwargs.update(
                subtype_id=self.env.ref("mail.mt_comment").id,
                partner_ids=case.sudo()._get_answer_users().partner_id.ids,
            )
        message = super(CollectionsCase, case).message_post(**kwargs)
        self.env["collections.reply"].sudo()._receive({**reply, "message_id": message.id})
        return message

    # -- what follows ----------------------------------------------------------------------------

    def _pause_for_answer(self):
        """Give the collector time to read an answer before the next automatic message.

        A second answer prolongs the pause instead of adding one.
        """
        self.ensure_one()
        days = self.company_id.collections_reply_pause_days
        if not days or self.state != "open":
            return
        today = self.env["collections.ledger"]._today(self.company_id)
        until = today + timedelta(days=days)
        standing = self.hold_ids.filtered(
            lambda hold: (
                hold.reason == "answered"
                and not hold.line_id
                and not hold.lifted_on
                and (not hold.date_until or hold.date_until >= today)
            )
        )[:1]
        if not standing:
            self.env["collections.hold"].create(
                {
                    "case_id": self.id,
                    "reason": "answered",
                    "date_from": today,
                    "date_until": until,
                }
            )
        elif standing.date_until and standing.date_until < until:
            standing.date_until = until

    def _ask_to_read(self, summary, note):
        """Put an answer on the desk of who works the case; one task however many answers."""
        self.ensure_one()
        kind = self.env.ref("collections_management.mail_activity_type_reply")
        standing = self.activity_ids.filtered(lambda activity: activity.activity_type_id == kind)
        if standing:
            standing.write({"summary": summary, "note": note})
            return
        for user in self._get_answer_users():
            # Quick: the message itself notifies, in the way this user wants to be notified.
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                "collections_management.mail_activity_type_reply",
                date_deadline=self.env["collections.ledger"]._today(self.company_id),
                summary=summary,
                note=note,
                user_id=user.id,
            )
