from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date


class CollectionsSegment(models.Model):
    """Whether its debtors are told about their promises."""

    _inherit = "collections.segment"

    promise_reminder_template_id = fields.Many2one(
        "mail.template",
        string="Reminder of a Promise",
        domain="[('model', '=', 'collections.contact')]",
        ondelete="set null",
        help="Sent by e-mail the day before a promise is due. Empty: nobody is reminded.",
    )
    promise_broken_template_id = fields.Many2one(
        "mail.template",
        string="Broken Promise",
        domain="[('model', '=', 'collections.contact')]",
        ondelete="set null",
        help="Sent by e-mail the day a promise turns out broken, instead of that night's step. "
        "Empty: the ladder goes on at once.",
    )


class CollectionsPromise(models.Model):
    """What is written to the debtor about his promise."""

    _inherit = "collections.promise"

    reminded_on = fields.Date(readonly=True)

    @api.model
    def _settle(self, company, partners=None, run=None):
        counts = super()._settle(company, partners, run)
        if not self.env["collections.ledger"]._get_rehearsed_day():
            self._remind(company, run)
        return counts

    def _ask_collectors(self):
        result = super()._ask_collectors()
        if not self.env["collections.ledger"]._get_rehearsed_day():
            broken = self.filtered(lambda promise: promise.state in ("broken", "partly"))
            broken._write_to_debtors("broken", "promise_broken_template_id")
        return result

    @api.model
    def _remind(self, company, run=None):
        """Plan the reminders of the promises that are due tomorrow."""
        today = self.env["collections.ledger"]._today(company)
        promises = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "open"),
                ("date_due", "=", today + timedelta(days=1)),
                ("date", "<", today),
                ("reminded_on", "=", False),
                ("case_id.segment_id.promise_reminder_template_id", "!=", False),
            ]
        )
        promises.write({"reminded_on": today})
        promises._write_to_debtors("reminder", "promise_reminder_template_id", run)

    def _write_to_debtors(self, kind, template_field, run=None):
        """Plan one message for each debtor whose segment has a text for it, at its allowed moment.

        Who has a contact under way, or is left alone for another cause, hears nothing of it.
        """
        by_case = {
            promise.case_id: promise
            for promise in self
            if promise.case_id.segment_id[template_field]
        }
        cases = self.env["collections.case"].union(*by_case)
        for company, own in cases.grouped("company_id").items():
            self._plan_messages(kind, own, by_case, company, run)

    def _plan_messages(self, kind, cases, by_case, company, run):
        ledger = self.env["collections.ledger"]
        cases = cases.filtered(lambda case: case.id not in ledger._get_pending(cases))
        cases -= self._get_muted(cases, kind)
        channel = self.env.ref("collections_management.collections_channel_email")
        addresses = channel._get_addresses(cases)
        cases = cases.filtered(lambda case: case.id in addresses)
        verdicts = self.env["collections.contact.rule"]._get_verdicts(
            cases,
            dict.fromkeys(cases.ids, channel.code),
            ledger._now(),
            ledger._get_history(cases),
        )
        state = self.env["collections.receipt"]._get_first_state(company, run)
        contacts = self.env["collections.contact"].create(
            [
                {
                    "case_id": case.id,
                    "company_id": company.id,
                    "channel_id": channel.id,
                    "run_id": run.id if run else False,
                    "state": state,
                    "reason": "run_review" if state == "awaiting" else False,
                    "planned_on": ledger._today(company),
                    "scheduled_on": verdicts[case.id].moment.replace(tzinfo=None),
                    "address": addresses[case.id],
                    "promise_id": by_case[case].id,
                    "promise_message": kind,
                }
                for case in cases
                if verdicts[case.id].moment
            ]
        )
        contacts._log("planned", {"channel": channel.id})

    @api.model
    def _get_muted(self, cases, kind):
        """Return the cases that nobody writes to about promises now: held for another cause, or,
        once a promise is broken, for any."""
        if not cases:
            return cases
        ledger = self.env["collections.ledger"]
        holds = ledger._get_holds(cases, ledger._today(cases.company_id))
        if holds["company"]:
            return cases
        own = "promise" if kind == "reminder" else None
        return cases.filtered(
            lambda case: any(hold.reason != own for hold in holds.get(case.id, ()))
        )


class CollectionsContact(models.Model):
    """A message about a promise: a contact of no step."""

    _inherit = "collections.contact"

    promise_id = fields.Many2one(
        "collections.promise", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    promise_message = fields.Selection(
        [("reminder", "Reminder of a promise"), ("broken", "Broken promise")], readonly=True
    )
    promise_text = fields.Char(compute="_compute_promise_text", string="Promise in Words")
    promise_left_text = fields.Char(
        compute="_compute_promise_text", string="Left of the Promise in Words"
    )

    @api.depends("promise_id.amount_paid", "address")
    def _compute_promise_text(self):
        """The promise as its debtor reads it: in his language, a foreign currency is named."""
        for contact in self:
            promise = contact.promise_id.sudo()
            contact.promise_text = contact.promise_left_text = False
            if promise:
                lang = contact._get_lang()
                env = contact.with_context(lang=lang).env
                contact.promise_text = env._(
                    "%(amount)s for %(date)s",
                    amount=contact._get_paid_text(promise.currency_id, promise.amount),
                    date=format_date(env, promise.date_due, lang_code=lang),
                )
                left = promise.amount - promise.amount_paid
                contact.promise_left_text = contact._get_paid_text(promise.currency_id, left)

    def mail_allowed_qweb_expressions(self):
        return (
            *super().mail_allowed_qweb_expressions(),
            "object.promise_text",
            "object.promise_left_text",
        )

    def _get_template(self):
        if self.step_id or not self.promise_id:
            return super()._get_template()
        segment = self.case_id.segment_id
        return (
            segment.promise_reminder_template_id
            if self.promise_message == "reminder"
            else segment.promise_broken_template_id
        )

    def _get_reason_sentences(self):
        return super()._get_reason_sentences() | {
            "promise_changed": self.env._("The promise it is about stands otherwise now."),
        }

    def _get_why_chain(self):
        if self.step_id or not self.promise_id:
            return super()._get_why_chain()
        promise = self.promise_id.sudo()
        return [
            (self.env._("Facts"), f"{promise.display_name}: {promise.state_text}"),
            (self.env._("Segment"), self.case_id.segment_id.name or "–"),
        ]


class CollectionsDelivery(models.AbstractModel):
    """Messages about promises are checked again like everything that leaves."""

    _inherit = "collections.delivery"

    def _drop_refused(self, contacts):
        contacts = super()._drop_refused(contacts)
        about = contacts.filtered(lambda contact: not contact.step_id and contact.promise_id)
        for contact in about:
            if not contact._get_template():
                contact._skip("promise_changed")
                contacts -= contact
                continue
            states = ("open", "due") if contact.promise_message == "reminder" else (
                "broken", "partly"
            )  # fmt: skip
            muted = self.env["collections.promise"]._get_muted(
                contact.case_id, contact.promise_message
            )
            if contact.promise_id.state not in states or muted:
                contact._skip("held" if muted else "promise_changed")
                contacts -= contact
        return contacts
