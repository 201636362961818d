from odoo import fields, models
from odoo.exceptions import UserError


class CollectionsContact(models.Model):
    """What other systems may do with contacts, and the contacts they made; see ``docs/api.md``."""

    _inherit = "collections.contact"

    direction = fields.Selection(
        [("out", "To the debtor"), ("in", "From the debtor")], default="out", readonly=True
    )
    duration = fields.Integer(readonly=True, aggregator=None, help="Seconds it took.")
    external_reference = fields.Char(
        readonly=True, copy=False, help="The id of the system that made the contact."
    )

    _external_unique = models.UniqueIndex(
        "(company_id, external_reference) WHERE external_reference IS NOT NULL",
        "This contact of the other system is logged already.",
    )

    def approve(self):
        """Release these contacts, as the button does.

        :return: ``{"queued": [ids], "awaiting": [ids], "other": [ids]}``: those that leave now,
            those that wait for a second person, and those that did not wait for approval
        """
        if not self:
            raise UserError(self.env._("ids: give the ids of contacts."))
        missing = self - self.search([("id", "in", self.ids)])
        if missing:
            raise UserError(
                self.env._("ids: there is no contact %(ids)s.",
                           ids=", ".join(map(str, missing.ids)))
            )  # fmt: skip
        waiting = self.filtered(lambda contact: contact.state == "awaiting")
        if waiting:
            waiting.action_approve()
        else:
            self._check_supervisor()
        states = {"queued": [], "awaiting": [], "other": (self - waiting).ids}
        for contact in waiting:
            states[contact.state].append(contact.id)
        return states

    def _get_reason_sentences(self):
        return super()._get_reason_sentences() | {
            "not_reached": self.env._("Nobody was reached."),
        }

    def _create_external(
        self, case, channel, reference, outcome, direction, moment, duration, reached, more=None
    ):
        """Create a contact that was made elsewhere, with its log entry; see
        ``collections.case.log_external_contact``.

        :param dict more: codes and ids that the log entry tells beside
        """
        outgoing = direction == "out"
        contact = self.create(
            {
                "case_id": case.id,
                "company_id": case.company_id.id,
                "channel_id": channel.id,
                "state": "answered" if reached else "failed",
                "reason": False if reached else "not_reached",
                "planned_on": fields.Date.to_date(moment),
                "scheduled_on": moment,
                # what the debtor began is none of our limited contacts
                "sent_on": moment if outgoing and reached else False,
                "amount": case.amount_net_overdue,
                "direction": direction,
                "duration": duration,
                "external_reference": reference,
            }
        )
        data = {
            "channel": channel.id,
            "direction": direction,
            "moment": fields.Datetime.to_string(moment),
            "seconds": duration,
            "reference": reference,
            **(more or {}),
        }
        self.env["collections.log"].sudo()._append(
            [
                {
                    "case_id": case.id,
                    "contact_id": contact.id,
                    "event": "answered" if reached else "failed",
                    "data": data if reached else {**data, "reason": "not_reached"},
                    "user_id": case.env.uid,
                    "content": {"note": outcome} if outcome else None,
                }
            ]
        )
        if reached:
            zone = case.company_id._get_collections_zone()
            day = fields.Datetime.context_timestamp(case.with_context(tz=zone), moment).date()
            if not case.last_contact_date or case.last_contact_date < day:
                self.env["collections.position"]._note_contact(contact, day)
        return contact

    def _get_api_data(self):
        """Return one contact as plain JSON."""
        self.ensure_one()
        return {
            "id": self.id,
            "case": self.case_id.id,
            "debtor": self.case_id._get_api_debtor(),
            "channel": self.channel_id.code,
            "step": self.step_id.name or False,
            "state": self.state,
            "reason": self.reason or False,
            "scheduled_on": fields.Datetime.to_string(self.scheduled_on) or False,
            "currency": self.currency_id.name,
            "amount": self.amount,
        }
