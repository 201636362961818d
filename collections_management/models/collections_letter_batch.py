from base64 import b64encode

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, split_every

from ..report import pdf_pages

PART = 50  # letters printed between two commits
AT_ONCE = 200  # more than that are printed by the scheduled job


class CollectionsLetterBatch(models.Model):
    """Letters that are printed together and go to the post together.

    They are printed in parts, each kept as an attachment and committed by itself, so that a
    thousand letters need no more memory than fifty, and a stop goes on where it stood.
    """

    _name = "collections.letter.batch"
    _description = "Batch of Letters"
    _order = "id desc"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", string="Printed by", readonly=True, ondelete="set null")
    state = fields.Selection(
        [
            ("printing", "Printing"),
            ("printed", "Printed, to be posted"),
            ("posted", "Posted"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="printing",
        readonly=True,
        index=True,
    )
    safe_mode = fields.Boolean(readonly=True, help="Marked as a test; not to be posted.")
    contact_ids = fields.One2many("collections.contact", "letter_batch_id", string="Letters")
    letter_count = fields.Integer(string="Number of Letters", compute="_compute_letter_count")
    todo_count = fields.Integer(string="Still to Print", compute="_compute_letter_count")
    page_count = fields.Integer(string="Pages", readonly=True)
    pdf = fields.Binary(string="Letters to Print", attachment=True, readonly=True)
    pdf_name = fields.Char(compute="_compute_pdf_name")
    printed_on = fields.Datetime(readonly=True)
    posted_on = fields.Datetime(readonly=True)
    posted_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    outdated_text = fields.Char(
        compute="_compute_outdated_text",
        help="Debtors who have paid, or whose case stands still, since their letter was printed.",
    )

    @api.depends("create_date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for batch in self:
            day = fields.Datetime.context_timestamp(batch, batch.create_date or batch._now()).date()
            batch.display_name = self.env._(
                "Letters of %(day)s (No. %(number)s)",
                day=format_date(self.env, day),
                number=batch.id or "–",
            )

    def _now(self):
        return fields.Datetime.now()

    @api.depends("contact_ids.state")
    def _compute_letter_count(self):
        counts = {}
        for batch, state, count in self.env["collections.contact"]._read_group(
            [("letter_batch_id", "in", self.ids)], ["letter_batch_id", "state"], ["__count"]
        ):
            counts.setdefault(batch.id, {})[state] = count
        for batch in self:
            found = counts.get(batch.id, {})
            batch.letter_count = sum(found.values()) - found.get("skipped", 0)
            batch.todo_count = found.get("held", 0)

    @api.depends("safe_mode")
    def _compute_pdf_name(self):
        for batch in self:
            test = "TEST-" if batch.safe_mode else ""
            batch.pdf_name = f"{test}letters-{batch.id}.pdf"

    @api.depends("state", "contact_ids.state")
    def _compute_outdated_text(self):
        for batch in self:
            outdated = batch.state == "printed" and batch.sudo()._get_outdated()
            names = [contact.partner_id.display_name for contact in outdated or ()]
            batch.outdated_text = ", ".join(sorted(names)) or False

    # -- printing --------------------------------------------------------------------------------

    @api.model
    def _open(self, letters):
        """Put letters that wait into a batch per company and print them.

        Up to ``AT_ONCE`` letters are printed at once, more by the scheduled job.
        """
        batches = self.sudo().browse()
        for company, contacts in letters.grouped("company_id").items():
            contacts = contacts.try_lock_for_update().filtered_domain(
                contacts._get_to_print_domain()
            )
            contacts = contacts.filtered(lambda contact: not contact.letter_batch_id)
            if not contacts:
                continue
            batch = self.sudo().create(
                {
                    "company_id": company.id,
                    "user_id": self.env.uid,
                    "safe_mode": company.sudo().collections_safe_mode,
                }
            )
            batch._arrange(contacts.sudo())
            batches |= batch
        if not batches:
            raise UserError(self.env._("These letters are being printed by somebody else."))
        for batch in batches:
            if batch.todo_count <= AT_ONCE:
                batch._print_all()
            else:
                self.env.ref(
                    "collections_management.collections_letter_batch_cron_print"
                ).sudo()._trigger()
        return batches.with_env(self.env)

    def _arrange(self, contacts):
        """Take letters in, ordered as the post wants them: country, postal code, city, name."""
        partners = self._get_partners(contacts)
        home = self.company_id.country_id

        def place(contact):
            partner = partners.get(contact.id)
            if not partner:
                return (2, "", "", "", "")
            abroad = bool(partner.country_id and partner.country_id != home)
            return (
                int(abroad),
                (partner.country_id.name or "") if abroad else "",
                partner.zip or "",
                partner.city or "",
                contact.partner_id.name or "",
            )

        for position, contact in enumerate(contacts.sorted(place), start=1):
            contact.write({"letter_batch_id": self.id, "letter_position": position})

    def _get_partners(self, contacts):
        """Return ``{contact id: partner whose postal address is used}``."""
        partner_ids = contacts.channel_id[:1]._letter_get_partner_ids(contacts.case_id)
        partners = self.env["res.partner"].sudo().browse(set(partner_ids.values()))
        by_id = {partner.id: partner for partner in partners}
        return {
            contact.id: by_id[partner_ids[contact.case_id.id]]
            for contact in contacts
            if contact.case_id.id in partner_ids
        }

    def _get_todo(self):
        return self.contact_ids.filtered(lambda contact: contact.state == "held").sorted(
            "letter_position"
        )

    def _print_all(self, after_part=None):
        """Print what is still to be printed, then join the parts.

        :param after_part: called with the number of letters after each part; a false answer stops
        :return: whether the batch is complete
        """
        self.ensure_one()
        for ids in split_every(PART, self._get_todo().ids):
            self._print_part(self.env["collections.contact"].browse(ids))
            if after_part and not after_part(len(ids)) and self._get_todo():
                return False
        self._finish()
        return True

    def _print_part(self, letters):
        """Check again, render and print letters; they are under way from now on."""
        delivery = self.env["collections.delivery"]
        size = len(letters)
        first = letters[:1].letter_position
        letters = delivery._drop_refused(letters)
        partners = self._get_partners(letters) if letters else {}
        lost = letters.filtered(lambda contact: contact.id not in partners)
        lost._skip("no_postal_address")
        letters -= lost
        contents = delivery._prepare_contents(letters, letters.channel_id) if letters else {}
        letters = letters.filtered(lambda contact: contact.id in contents)
        if not letters:
            return size
        addresses = letters.channel_id._letter_addresses(letters.case_id)
        for contact in letters:  # safe mode changes no address of paper: it marks every page
            contents[contact.id]["address"] = addresses[contact.case_id.id]
        pdf, pages = letters._print_letters(contents, partners, self.safe_mode)
        self._mark_printed(letters, contents)
        self.env["ir.attachment"].create(
            {
                "name": f"part-{first:06}",
                "res_model": self._name,
                "res_id": self.id,
                "raw": pdf,
                "mimetype": "application/pdf",
            }
        )
        self.page_count += sum(pages)
        return size

    @api.model
    def _get_heading(self):
        """Return what stands across every page of a test."""
        return self.env._("TEST - DO NOT POST")

    def _mark_printed(self, letters, contents):
        """Note exactly what each letter says, and that it is under way."""
        delivery, log = self.env["collections.delivery"], self.env["collections.log"].sudo()
        logs = log._append(
            [delivery._get_sending_entry(contact, contents[contact.id]) for contact in letters]
        )
        kept = self.env["collections.log.content"].sudo().search([("log_id", "in", logs.ids)])
        kept_by_contact = {content.log_id.contact_id.id: content.id for content in kept}
        for contact in letters:
            contact.write(
                {
                    "state": "sending",
                    "reason": "printed",
                    "detail": False,
                    "attempts": contact.attempts + 1,
                    "address": contents[contact.id]["address"],
                    "tone": contact._get_tone(),
                    "content_id": kept_by_contact.get(contact.id),
                    "claim": False,
                }
            )

    def _get_parts(self):
        return (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("res_field", "=", False),
                    ("name", "=like", "part-%"),
                ],
                order="name",
            )
        )

    def _finish(self):
        """Join the parts to the one document that is printed."""
        parts = self._get_parts()
        if not parts:
            self.write({"state": "cancelled"})
            return
        pdf = parts.raw if len(parts) == 1 else pdf_pages.join([part.raw for part in parts])
        self.write({"pdf": b64encode(pdf), "state": "printed", "printed_on": fields.Datetime.now()})
        parts.unlink()

    @api.model
    def _cron_print(self):
        """Print what was asked for; out of time, the rest at the next turn."""
        progress = self.env["ir.cron"]._commit_progress
        batches = self.search([("state", "=", "printing")], order="id")
        progress(remaining=sum(batches.mapped("todo_count")))
        for batch in batches:
            batch = batch.try_lock_for_update()
            if not batch or batch.state != "printing":
                continue
            if not batch._print_all(lambda count: progress(count) > 5):
                return
            progress()

    # -- what a person does ----------------------------------------------------------------------

    def _check_person(self):
        self.env["collections.contact"]._check_collector()
        self.check_access("read")

    def _get_outdated(self):
        """Return ``{contact: (reason, detail)}`` of printed letters that do not stand any more."""
        self.ensure_one()
        letters = self.contact_ids.filtered(
            lambda contact: contact.state == "sending" and contact.step_id and contact.cycle
        )
        if not letters:
            return {}
        refused = self.env["collections.planner"]._recheck(letters)
        return {letters.browse(id_): reason for id_, reason in refused.items()}

    def action_take_out(self):
        """Leave out the letters that do not stand any more."""
        self._check_person()
        for batch in self.sudo().filtered(lambda batch: batch.state == "printed"):
            for contact, reason in batch._get_outdated().items():
                contact._skip(*reason)
        self.invalidate_recordset()
        return True

    def action_posted(self):
        """Confirm that these letters went to the post: only now do they count as sent."""
        self._check_person()
        for batch in self:
            if batch.safe_mode:
                raise UserError(
                    self.env._("These letters were printed in safe mode: they are not posted.")
                )
            if batch.outdated_text and not self.env.context.get("collections_posted_all"):
                raise UserError(
                    self.env._(
                        "Take these letters out before you post the others, they do not stand any "
                        "more: %(names)s",
                        names=batch.outdated_text,
                    )
                )
        self.sudo()._settle(self.env.user)
        return True

    def action_posted_all(self):
        """Confirm that all were posted, those that do not stand any more included."""
        return self.with_context(collections_posted_all=True).action_posted()

    def action_finish_test(self):
        """Let letters of safe mode count as sent, as every other test message."""
        self._check_person()
        if not all(batch.safe_mode for batch in self):
            raise UserError(self.env._("These letters are no test: say when they are posted."))
        self.sudo()._settle(self.env.user)
        return True

    def _settle(self, user):
        """Mark the letters of printed batches as sent, and climb the ladder."""
        positions = self.env["collections.position"]
        for batch in self.filtered(lambda batch: batch.state == "printed"):
            batch.try_lock_for_update(allow_referencing=True)
            letters = batch.contact_ids.filtered(lambda contact: contact.state == "sending")
            climbs = positions._prepare_climbs(letters)
            for contact in letters:
                contact.cost = contact.channel_id._get_cost(contact, {})
                contact._mark_sent(f"letter/{batch.id}", climbs[contact.id])
            self.env["collections.log"]._append(
                [
                    {
                        "case_id": contact.case_id.id,
                        "contact_id": contact.id,
                        "run_id": contact.run_id.id or None,
                        "event": "sent",
                        "data": {},
                        "user_id": user.id,
                    }
                    for contact in letters
                ]
            )
            batch.write(
                {
                    "state": "posted",
                    "posted_on": fields.Datetime.now(),
                    "posted_by_id": user.id,
                }
            )

    def action_cancel(self):
        """Give a batch up before it is posted: its letters wait to be printed again."""
        self._check_person()
        if self.filtered(lambda batch: batch.state == "posted"):
            raise UserError(self.env._("Posted letters cannot be taken back."))
        for batch in self.sudo():
            letters = batch.contact_ids.filtered(
                lambda contact: contact.state in ("sending", "held")
            )
            under_way = letters.filtered(lambda contact: contact.state == "sending")
            letters.write({"letter_batch_id": False, "letter_position": 0})
            under_way._hold("to_print")
            batch._get_parts().unlink()
            batch.write({"state": "cancelled", "pdf": False})
        return True

    def action_download(self):
        """Download the letters."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/pdf/{self.pdf_name}?download=true",
            "target": "self",
        }
