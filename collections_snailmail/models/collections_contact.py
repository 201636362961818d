import logging
from base64 import b64encode

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_list, html2plaintext

from odoo.addons.collections_management.engine.delivery import Outcome
from odoo.addons.collections_management.models.collections_letter_batch import PART
from odoo.addons.collections_management.report import pdf_pages
from odoo.addons.iap.tools.iap_tools import InsufficientCreditError

from ..engine.outcome import HOUSE, read_answer, read_failure

_logger = logging.getLogger(__name__)

REQUIRED_FIELDS = ("street", "city", "zip", "country_id")  # what snailmail asks of an address
NAMES_SHOWN = 10


class CollectionsContact(models.Model):
    """A letter that a person hands to snailmail.

    Handing over only queues it: delivery takes it up like any message, so it is checked again,
    ``sending`` is committed before snailmail is called, and a crash leaves it uncertain.
    """

    _inherit = "collections.contact"

    by_snailmail = fields.Boolean(
        string="Posted by Snailmail",
        readonly=True,
        copy=False,
        help="A person handed it to Odoo's snailmail, which prints and posts it.",
    )
    snailmail_letter_id = fields.Many2one(
        "snailmail.letter",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    snailmail_pdf = fields.Binary(
        string="Pages Handed to Snailmail", attachment=True, readonly=True, copy=False
    )
    snailmail_pdf_name = fields.Char(compute="_compute_snailmail_pdf_name")
    can_snailmail = fields.Boolean(compute="_compute_can_snailmail")

    @api.depends("safe_mode")
    def _compute_snailmail_pdf_name(self):
        for contact in self:
            test = "TEST-" if contact.safe_mode else ""
            contact.snailmail_pdf_name = f"{test}letter-{contact.id}.pdf"

    @api.depends(
        "state", "reason", "by_snailmail", "letter_batch_id", "channel_id",
        "company_id.collections_snailmail",
    )  # fmt: skip
    def _compute_can_snailmail(self):
        for contact in self:
            waits = contact.state == "held" and contact.reason == "to_print"
            failed = contact.state == "failed" and contact.by_snailmail
            contact.can_snailmail = (
                contact.channel_kind == "letter"
                and (failed or (waits and not contact.letter_batch_id))
                and contact.company_id.sudo().collections_snailmail
            )

    def _filter_snailmail(self):
        """Return those that snailmail posts: a letter may be sent through another channel yet."""
        return self.filtered(lambda c: c.by_snailmail and c.channel_id.kind == "letter")

    def _is_transactional(self):
        return super()._is_transactional() and not self._filter_snailmail()

    def _get_reason_sentences(self):
        return super()._get_reason_sentences() | {
            "snailmail": self.env._("It is handed to snailmail in a moment."),
            "snailmail_off": self.env._("The company's letters are not posted by snailmail."),
            "snailmail_test": self.env._("A test: safe mode is on, nothing was posted."),
            "snailmail_credit": self.env._(
                "Snailmail has no credit left: buy some, then try again."
            ),
            "snailmail_trial": self.env._(
                "The company has no account for snailmail: open one, then try again."
            ),
            "snailmail_price": self.env._("Snailmail has no price for the debtor's country."),
            "snailmail_fields": self.env._("Snailmail misses a part of the postal address."),
            "snailmail_format": self.env._("Snailmail did not take the pages of the letter."),
            "snailmail_refused": self.env._("Snailmail refused the letter."),
            "snailmail_silent": self.env._(
                "Snailmail did not answer: it may or may not have posted the letter."
            ),
        }

    # -- what a person does ----------------------------------------------------------------------

    def action_snailmail(self):
        """Ask before letters that are due are handed to snailmail."""
        return self.env["collections.snailmail.post"]._open(self._get_snailmail_letters())

    def action_retry(self):
        """A failed letter waits to be printed again, whoever posts it this time."""
        letters = self._filter_snailmail().filtered(lambda contact: contact.state == "failed")
        result = super().action_retry()
        letters.sudo().write({"by_snailmail": False, "letter_batch_id": False})
        return result

    def _get_snailmail_letters(self):
        """Return those of these letters, or of all that wait, that may be handed over.

        :raise UserError: when there is none, or an address is not complete
        """
        self._check_collector()
        self.check_access("read")
        contacts = self
        if not contacts:
            domain = self._get_to_print_domain() & fields.Domain(
                [
                    ("letter_batch_id", "=", False),
                    ("company_id.collections_snailmail", "=", True),
                    ("company_id", "in", self.env.companies.ids),
                ]
            )
            contacts = self.search(domain)
        letters = contacts.filtered("can_snailmail")
        if not letters:
            raise UserError(
                self.env._(
                    "No letter here waits to be posted by snailmail. The company allows it in "
                    "Settings > Collections, and the letter has to be due and not printed."
                )
            )
        letters.filtered(lambda contact: contact.state == "failed")._check_not_replaced()
        letters._check_snailmail_address()
        return letters

    def _hand_over(self):
        """Queue letters for snailmail, once, and wake delivery.

        :raise UserError: when somebody else has one of them in hand
        """
        letters = self.sudo().try_lock_for_update()
        if len(letters) < len(self):
            raise UserError(self.env._("Somebody else is posting these letters."))
        letters.write(
            {
                "state": "queued",
                "by_snailmail": True,
                "attempts": 0,
                "reason": "snailmail",
                "detail": False,
                "claim": False,
                "scheduled_on": fields.Datetime.now(),
            }
        )
        self._log("queued", {"reason": "snailmail"})
        self.env.ref("collections_management.collections_run_cron_deliver").sudo()._trigger()

    def _give_back_to_print(self, detail):
        """Let letters wait for the printer again, saying why."""
        self.write({"by_snailmail": False, "letter_batch_id": False})
        self._hold("to_print", detail)

    # -- address ---------------------------------------------------------------------------------

    def _get_missing_address(self):
        """Return ``{contact id: sentence}`` of the letters snailmail could not deliver: it names
        the debtor and what the address lacks."""
        partners = self.env["collections.letter.batch"]._get_partners(self.sudo())
        fields_ = self.env["res.partner"].fields_get(REQUIRED_FIELDS, ["string"])
        missing = {}
        for contact in self:
            partner = partners.get(contact.id, self.env["res.partner"]).sudo()
            lacks = [name for name in REQUIRED_FIELDS if not _is_filled(partner[name])]
            if lacks:
                missing[contact.id] = self.env._(
                    "%(debtor)s lacks %(fields)s",
                    debtor=contact.partner_id.sudo().display_name,
                    fields=format_list(self.env, [fields_[name]["string"] for name in lacks]),
                )
        return missing

    def _check_snailmail_address(self):
        """:raise UserError: naming each debtor, or company, and the fields its address lacks"""
        sentences = list(self._get_missing_address().values())
        fields_ = self.env["res.partner"].fields_get(REQUIRED_FIELDS, ["string"])
        for company in self.company_id.sudo():
            lacks = [n for n in REQUIRED_FIELDS if not _is_filled(company.partner_id[n])]
            if lacks:
                sentences.append(
                    self.env._(
                        "%(company)s, the sender, lacks %(fields)s",
                        company=company.name,
                        fields=format_list(self.env, [fields_[n]["string"] for n in lacks]),
                    )
                )
        if not sentences:
            return
        rest = len(sentences) - NAMES_SHOWN
        shown = sentences[:NAMES_SHOWN]
        if rest > 0:
            shown.append(self.env._("and %(count)s more", count=rest))
        raise UserError(
            self.env._(
                "Snailmail needs complete postal addresses. Complete them first:\n%(debtors)s",
                debtors="\n".join(shown),
            )
        )

    # -- what delivery does ----------------------------------------------------------------------

    def _add_snailmail_pages(self, contents):
        """Render letters on A4, each its own document, into ``contents``."""
        if not self:
            return
        partners = self.env["collections.letter.batch"]._get_partners(self)
        addresses = self.channel_id._letter_addresses(self.case_id)
        for start in range(0, len(self), PART):
            letters = self[start : start + PART].with_context(collections_snailmail=True)
            pdf, pages = letters._print_letters(contents, partners, letters[:1].safe_mode)
            first = 0
            for contact, count in zip(letters, pages, strict=True):
                contents[contact.id].update(
                    pages=pdf_pages.join([pdf], [(0, first, count)]),
                    postal_partner=partners[contact.id],
                    postal_address=addresses[contact.case_id.id],
                )
                first += count

    def _create_snailmail(self, content):
        """Create the letter, or take up the one of an earlier attempt; a test has none."""
        pdf = content["pages"]
        if not self.safe_mode:
            letter = self.snailmail_letter_id or self._create_snailmail_letter(content)
            pdf = letter._overwrite_margins(pdf)
            if letter.cover:
                pdf = letter._append_cover_page(pdf)
            self._attach_snailmail(letter, pdf, content["postal_partner"])
        self.snailmail_pdf = b64encode(pdf)

    def _create_snailmail_letter(self, content):
        company = self.company_id
        letter = (
            self.env["snailmail.letter"]
            .with_company(company)
            .create(
                {
                    "model": "collections.case",
                    "res_id": self.case_id.id,
                    "partner_id": content["postal_partner"].id,
                    "company_id": company.id,
                    "color": company.snailmail_color,
                    "cover": company.snailmail_cover,
                    "duplex": company.snailmail_duplex,
                }
            )
        )
        self.write({"snailmail_letter_id": letter.id, "mail_message_id": letter.message_id.id})
        return letter

    def _attach_snailmail(self, letter, pdf, partner):
        """Make a letter ready to leave with these pages."""
        attachment = self.env["ir.attachment"].create(
            {
                "name": self.snailmail_pdf_name,
                "raw": pdf,
                "mimetype": "application/pdf",
                "res_model": letter._name,
                "res_id": letter.id,
            }
        )
        previous = letter.attachment_id
        letter.write(
            {
                "attachment_id": attachment.id,
                "partner_id": partner.id,
                "state": "pending",
                "error_code": False,
                "info_msg": False,
            }
        )
        previous.unlink()

    def _send_snailmail(self, content, session):
        """Hand the letter to snailmail and return the ``Outcome``; never raises.

        What the house lacks it lacks for the letters behind this one too: they are not tried.
        """
        if self.safe_mode:
            return Outcome("sent", "snailmail_test", reference=f"test/{self.id}")
        letter = self.snailmail_letter_id.with_company(self.company_id)
        outcome = session.stopped or self._call_snailmail(letter)
        if outcome.code in HOUSE.values():
            session.stopped = outcome
            code = next(code for code, reason in HOUSE.items() if reason == outcome.code)
            letter._note_answer({"state": "error", "error_code": code})
        content["snailmail"] = letter._get_answer()
        return outcome

    def _call_snailmail(self, letter):
        reference, answers = f"snailmail/{letter.id}", []
        try:
            with self.env.cr.savepoint():
                letter._snailmail_print_valid_address()
                answers.append(letter._get_answer())
        except InsufficientCreditError as error:
            return Outcome("failed", HOUSE["CREDIT_ERROR"], str(error), reference)
        except Exception as error:  # noqa: BLE001  (an answer may be anything)
            if not answers:  # else it is known, and only storing it met somebody else's work
                _logger.info("snailmail and contact %s: %s", self.id, error)
                letter._note_answer({"state": "error", "error_code": "UNKNOWN_ERROR"})
                cause = error.__context__ if isinstance(error, AccessError) else None
                return read_failure(cause, str(error), reference)
        answer = answers[0]
        words = " ".join(html2plaintext(answer["info_msg"] or "").split())
        return read_answer(answer["state"], answer["error_code"], words, reference)


def _is_filled(value):
    return bool(value.strip() if isinstance(value, str) else value)
