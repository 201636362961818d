from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

MOST_BYTES = 10 * 1024 * 1024
ENDINGS = (".pdf", ".jpg", ".jpeg", ".png", ".doc", ".docx", ".xls", ".xlsx", ".csv", ".txt")


class CollectionsAgencyReport(models.Model):
    """What an agency tells of a placed case: words only, amounts come from the ledger alone."""

    _name = "collections.agency.report"
    _description = "Report of an Agency"
    _order = "date desc, id desc"
    _rec_name = "kind"

    escalation_id = fields.Many2one(
        "collections.escalation",
        string="Placement",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    case_id = fields.Many2one(related="escalation_id.case_id", store=True)
    company_id = fields.Many2one(related="escalation_id.company_id", store=True)
    agency_id = fields.Many2one(related="escalation_id.agency_id", store=True)
    currency_id = fields.Many2one(related="escalation_id.currency_id")
    user_id = fields.Many2one("res.users", readonly=True, required=True)
    kind = fields.Selection(
        [
            ("contacted", "Contacted"),
            ("promised", "Promised to pay"),
            ("paid_claim", "Says it has paid"),
            ("unreached", "Could not be reached"),
            ("refused_pay", "Refuses to pay"),
            ("other", "Something else"),
        ],
        required=True,
        readonly=True,
    )
    date = fields.Date(required=True, readonly=True)
    amount = fields.Monetary(readonly=True)
    date_promised = fields.Date(string="Promised for", readonly=True)
    note = fields.Text(readonly=True)
    attachment_ids = fields.Many2many("ir.attachment", string="Files", readonly=True)

    @api.model
    def _report(self, escalation, user, values, files=()):
        """Keep what an agency tells and tell the collector.

        :param dict values: ``kind``, ``date``, ``amount``, ``date_promised``, ``note``, as entered
        :param files: ``[(name, bytes)]``
        :raise UserError: naming what is wrong
        """
        vals = self._check_values(escalation, values)
        for name, content in files:
            self._check_file(name, content)
        report = self.create({**vals, "escalation_id": escalation.id, "user_id": user.id})
        report.attachment_ids = self.env["ir.attachment"].create(
            [
                {"name": name, "raw": content, "res_model": escalation._name,
                 "res_id": escalation.id}
                for name, content in files
            ]
        )  # fmt: skip
        escalation.case_id.with_user(user).sudo()._log(
            "agency_reported",
            {"escalation": escalation.id, "report": report.kind, "date": report.date},
            content={"note": report.note} if report.note else None,
        )
        escalation.message_post(
            body=report._get_sentence(),
            author_id=user.partner_id.id,
            subtype_xmlid="mail.mt_note",
            attachment_ids=report.attachment_ids.ids,
        )
        if report.kind in ("paid_claim", "promised", "refused_pay"):
            kinds = dict(self._fields["kind"]._description_selection(self.env))
            responsible = escalation.case_id.user_id or escalation._get_responsible()
            escalation.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("The agency reports: %(what)s", what=kinds[report.kind]),
                note=report.note or "",
                user_id=(responsible or self.env.user).id,
            )
        return report

    def _check_values(self, escalation, values):
        """Return the values as fields; refuse what is not there or cannot be."""
        kind = values.get("kind")
        if kind not in self._fields["kind"].get_values(self.env):
            raise UserError(self.env._("Say what happened."))
        today = self.env["collections.ledger"]._today(escalation.company_id)
        day = self._parse_day(self.env._("Day"), values.get("date")) or today
        if day > today:
            raise UserError(self.env._("Day: it has not come yet."))
        if day < escalation.date_start:
            raise UserError(self.env._("Day: the case was not placed with you yet."))
        promised = self._parse_day(self.env._("Promised for"), values.get("date_promised"))
        amount = self._parse_amount(escalation, values.get("amount"))
        if kind == "promised" and not promised:
            raise UserError(self.env._("Promised for: give the day of the promise."))
        if promised and promised < day:
            raise UserError(self.env._("Promised for: a day that has not passed."))
        return {
            "kind": kind,
            "date": day,
            "amount": amount,
            "date_promised": promised,
            "note": (values.get("note") or "").strip()[:2000],
        }

    def _parse_day(self, label, text):
        try:
            return fields.Date.to_date(text or False)
        except ValueError as error:
            raise UserError(self.env._("%(field)s: this is no day.", field=label)) from error

    def _parse_amount(self, escalation, text):
        text = (text or "").strip().replace(" ", "")
        if not text:
            return 0
        if "," in text and "." not in text:  # 1500,50 as well as 1500.50
            text = text.replace(",", ".")
        try:
            amount = float(text.replace(",", ""))
        except ValueError as error:
            raise UserError(self.env._("Amount: write it as 1500.50.")) from error
        if not 0 <= amount < 1e12:
            raise UserError(self.env._("Amount: above zero."))
        return escalation.currency_id.round(amount)

    def _check_file(self, name, content):
        if not name.lower().endswith(ENDINGS):
            raise UserError(
                self.env._("%(name)s: only PDF, pictures, Word, Excel or text.", name=name)
            )
        if len(content) > MOST_BYTES:
            raise UserError(self.env._("%(name)s: larger than 10 MB.", name=name))

    def _get_sentence(self):
        """Return what was told in one line."""
        self.ensure_one()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        parts = [f"{format_date(self.env, self.date)}: {kinds[self.kind]}"]
        if self.amount:
            parts.append(format_amount(self.env, self.amount, self.currency_id))
        if self.date_promised:
            parts.append(self.env._("for %(day)s", day=format_date(self.env, self.date_promised)))
        if self.note:
            parts.append(self.note)
        return " · ".join(parts)
