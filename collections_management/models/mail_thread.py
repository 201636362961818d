from odoo import api, models
from odoo.tools import email_normalize
from odoo.tools.mail import unfold_references

from ..engine import incoming

CASE = "collections.case"
# What an answer to a case is treated by; see ``_message_route_process``.
ANSWERED = (CASE, "collections.reply")


def get_headers(message):
    """Return the headers of an ``EmailMessage`` as ``{lower-case name: [values]}``."""
    headers = {}
    for name, value in message.items():
        headers.setdefault(name.lower(), []).append(str(value))
    return headers


class MailThread(models.AbstractModel):
    """How e-mail that concerns collections finds its case; everything else is left to Odoo."""

    _inherit = "mail.thread"

    # -- answers ---------------------------------------------------------------------------------

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        """Lead what would open a case, which only the ledger does, to the debtor's own case or to
        the replies nobody could place; and what answers a merged case to the one that stays."""
        if message_dict.get("is_bounce") and self._is_answer_to_case(message, message_dict):
            message_dict["is_bounce"] = False  # autoresponders answer to the bounce address
        routes = super().message_route(message, message_dict, model, thread_id, custom_values)
        return [
            self._route_collections(route, message_dict) if route[0] == CASE else route
            for route in routes or ()
        ]

    def _is_answer_to_case(self, message, message_dict):
        """Tell whether what Odoo takes for a bounce answers a message of a case: it came to the
        bounce address, but neither from a mail server nor with a report in it."""
        parent = self.env["mail.message"].sudo().browse(message_dict.get("parent_id") or [])
        sender = email_normalize(message_dict.get("email_from") or "") or ""
        return (
            parent.model == CASE
            and not incoming.is_mailer(sender)
            and not any(
                part.get_content_type().startswith(("message/", "multipart/report", "text/rfc822"))
                for part in message.walk()
            )
        )

    def _route_collections(self, route, message_dict):
        """Return the route of a message to the case it belongs to."""
        _model, thread_id, values, user_id, _alias = route
        cases = self.env[CASE].sudo()
        if thread_id:
            case = cases.browse(thread_id)._get_survivor()
        else:
            case = cases._find_by_sender(
                email_normalize(message_dict.get("email_from") or ""),
                (values or {}).get("company_id"),
            )
        if case:
            return (CASE, case.id, None, user_id, None)
        company_id = (values or {}).get("company_id") or self.env.company.id
        return ("collections.reply", 0, {"company_id": company_id}, user_id, None)

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Tell the case, through the context, what its ``message_post`` cannot know any more."""
        if not any(route[0] in ANSWERED for route in routes or ()):
            return super()._message_route_process(message, message_dict, routes)
        arrival = incoming.Arrival(
            incoming.find_machine(get_headers(message), message_dict.get("subject")),
            tuple(self._get_answered_ids(message_dict)),
        )
        context_self = self.with_context(collections_arrival=arrival)
        return super(MailThread, context_self)._message_route_process(message, message_dict, routes)

    def _get_arrival(self):
        """Return the ``Arrival`` of the e-mail being posted, or None. No caller from outside can
        put one into a context: what comes as JSON is plain data."""
        arrival = self.env.context.get("collections_arrival")
        return arrival if isinstance(arrival, incoming.Arrival) else None

    def _get_answered_ids(self, message_dict):
        """Return the Message-Ids that a message answers, the nearest first."""
        references = unfold_references(message_dict.get("references") or "")
        nearest = [(message_dict.get("in_reply_to") or "").strip()]
        nearest += [reference.strip() for reference in reversed(references[-32:])]
        return [reference for reference in dict.fromkeys(nearest) if reference]

    @api.model
    def _detect_loop_sender(self, message, message_dict, routes):
        """A machine is not told that it writes too much: what it writes is kept, not answered."""
        machine = incoming.find_machine(get_headers(message), message_dict.get("subject"))
        if machine and any(route[0] in ANSWERED for route in routes or ()):
            return False
        return super()._detect_loop_sender(message, message_dict, routes)

    @api.model
    def _routing_reset_bounce(self, email_message, message_dict):
        """Who writes from an address has it: it is no bad one any more."""
        result = super()._routing_reset_bounce(email_message, message_dict)
        if sender := email_normalize(message_dict.get("email_from") or ""):
            self.env["res.partner"].sudo()._forget_bad_email(sender)
        return result

    # -- reports ---------------------------------------------------------------------------------

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """Note what a report says of a message of a case; the rest is for Odoo to count.

        A report of a message that arrived, was read or is still tried is no bounce.
        """
        contact = self._find_reported_contact(email_message, message_dict)
        if not contact:
            return super()._routing_handle_bounce(email_message, message_dict)
        report, words = self._read_report(email_message, message_dict)
        if report.kind == "failed" and not contact.safe_mode:
            super()._routing_handle_bounce(email_message, message_dict)
        self.env["collections.reply"].sudo()._receive_report(contact, report, words)
        return None

    def _find_reported_contact(self, email_message, message_dict):
        """Return the contact whose message a report is about, or an empty record."""
        references = list(message_dict.get("bounced_msg_ids") or ())
        for part in email_message.walk():
            if part.get_content_type() == "message/disposition-notification":
                blocks = self._get_report_fields(part)
                references += [block["original-message-id"] for block in blocks]
        references += self._get_answered_ids(message_dict)
        return self.env[CASE].sudo()._find_answered_contact(list(filter(None, references)))

    def _get_report_fields(self, part):
        """Return the blocks of fields of a machine-readable part, each a message of headers only;
        whatever is missing reads as an empty text."""
        payload = part.get_payload()
        blocks = payload if isinstance(payload, list) else []
        return [_Fields(get_headers(block)) for block in blocks]

    def _read_report(self, email_message, message_dict):
        """Return ``(Report, what the server said)``."""
        text = " ".join(get_text(email_message)[:4000].split())
        for part in email_message.walk():
            kind = part.get_content_type()
            if kind == "message/disposition-notification":
                blocks = self._get_report_fields(part)
                return incoming.read_disposition(blocks[0]["disposition"] if blocks else ""), ""
            if kind == "message/delivery-status":
                for block in self._get_report_fields(part):
                    if block["final-recipient"] or block["action"]:
                        words = block["diagnostic-code"] or block["status"] or text
                        report = incoming.read_delivery(block["action"], block["status"], words)
                        return report, " ".join(words.split())
        return incoming.read_delivery("", "", text), text


class _Fields(dict):
    """First values of headers; a missing one is an empty text."""

    def __init__(self, headers):
        super().__init__({name: values[0].strip() for name, values in headers.items()})

    def __missing__(self, name):
        return ""


def get_text(message):
    """Return the first plain text of a message, whatever its encoding."""
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True) or b""
            return payload.decode("utf-8", errors="replace")
    return ""
