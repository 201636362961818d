import smtplib
from contextlib import contextmanager

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, email_normalize
from odoo.tools.mail import formataddr, generate_tracking_message_id

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ..engine.delivery import ChannelDown, Outcome


def _watch(session):
    """Make an SMTP session remember whether the body of a message has begun to leave."""
    if session:
        send_data = session.data

        def data(message):
            session.body_started = True
            return send_data(message)

        session.data = data
    return session


class CollectionsChannel(models.Model):
    """The e-mail adapter: Odoo's own mail servers, one SMTP session per batch.

    It does not go through ``mail.mail``: whether a message left, did not leave or may have left
    has to be known exactly, and ``mail.mail`` folds the three into one exception. The message
    itself is an ordinary ``mail.message`` on the case, so that answers find their way back.
    """

    _inherit = "collections.channel"

    def _email_addresses(self, cases):
        """The person of the role that is asked for (``collections_role`` in the context), then
        accounts payable, then the invoice address, then the company itself; blacklisted and
        bounced ones, and those the step wrote to already (``collections_without``), are not
        addresses."""
        self.env["res.partner"].flush_model(
            ["email_normalized", "collections_role", "collections_bad_email", "type", "active"]
        )
        role = self.env.context.get("collections_role") or "accounts_payable"
        without = self.env.context.get("collections_without") or {}
        used = [(case_id, address) for case_id in without for address in without[case_id]]
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (kase.id) kase.id, partner.email_normalized
                  FROM collections_case kase
                  JOIN res_partner partner ON partner.commercial_partner_id = kase.partner_id
                   AND (partner.id = kase.partner_id OR partner.type = 'invoice'
                        OR partner.collections_role IN (%(role)s, 'accounts_payable'))
                 WHERE kase.id = ANY(%(cases)s)
                   AND partner.active
                   AND partner.email_normalized IS NOT NULL
                   AND partner.collections_bad_email IS DISTINCT FROM partner.email_normalized
                   AND NOT EXISTS (
                       SELECT FROM unnest(%(used_cases)s::int[], %(used)s::text[])
                                AS used (case_id, address)
                        WHERE used.case_id = kase.id AND used.address = partner.email_normalized)
                   AND NOT EXISTS (
                       SELECT FROM mail_blacklist
                        WHERE mail_blacklist.email = partner.email_normalized
                          AND mail_blacklist.active)
              ORDER BY kase.id, %(rank)s, partner.id
                """,
                role=role,
                cases=list(cases.ids),
                rank=self._get_role_rank_sql(role),
                used_cases=[case_id for case_id, _address in used],
                used=[address for _case_id, address in used],
            )
        )
        return dict(rows)

    def _get_role_rank_sql(self, role):
        """Return the order in which the persons of a debtor are written to, for a ``partner``."""
        return SQL(
            """
            CASE WHEN partner.collections_role = %s THEN 0
                 WHEN partner.collections_role = 'accounts_payable' THEN 1
                 WHEN partner.type = 'invoice' THEN 2 ELSE 3 END
            """,
            role,
        )

    def _email_obstacle(self, company):
        if not self.env["collections.contact"]._get_sender(company):
            return "no_sender", self.env._(
                "%(company)s has no e-mail address to send from: see Settings > Collections.",
                company=company.name,
            )
        if not self._email_has_server():
            return "no_mail_server", self.env._(
                "No outgoing mail server is configured. Add one in Settings > Technical > "
                "Outgoing Mail Servers."
            )
        return None

    def _email_has_server(self):
        """Extension point: whether e-mail can leave at all."""
        return bool(self.env["ir.mail_server"].sudo().search_count([], limit=1))

    def _email_render(self, contacts):
        return contacts._render_content()

    @contextmanager
    def _email_session(self, contacts):
        sender = contacts._get_sender(contacts.company_id)
        address = email_normalize(sender)
        server = self.env["ir.mail_server"].with_company(contacts.company_id)
        envelope = {  # what Odoo would look up again for every message
            "domain_notifications_email": server._get_default_from_address() or address,
            "domain_bounce_address": server._get_default_bounce_address() or address,
        }
        try:
            # with the name: Odoo writes what the session is for into each message
            session = server._connect__(smtp_from=sender)
        except (OSError, smtplib.SMTPException, UserError) as error:
            raise ChannelDown(str(error)) from error
        if session:
            session.envelope = envelope
        try:
            yield _watch(session)
        finally:
            if session:
                try:
                    session.quit()
                except (OSError, smtplib.SMTPException):
                    session.close()

    def _email_prepare(self, contacts, contents):
        """Build the messages of a batch: ``content["message"]``, or ``content["error"]``."""
        for contact in contacts:
            content = contents[contact.id]
            try:
                content["message"] = self._email_build(contact, content)
            except (UserError, ValueError, AssertionError) as error:
                content["error"] = str(error)

    def _email_build(self, contact, content):
        """Return the ``email.message.EmailMessage`` of a contact."""
        return self.env["ir.mail_server"]._build_email__(
            email_from=contact._get_sender(contact.company_id),
            email_to=[formataddr((contact.partner_id.name or "", content["address"]))],
            subject=content["subject"],
            body=content["body"],
            reply_to=contact._get_reply_to(),
            message_id=contact.mail_message_id.message_id,
            subtype="html",
            headers={
                "X-Collections-Contact": str(contact.id),
                "X-Odoo-Objects": f"collections.case-{contact.case_id.id}",
                "Auto-Submitted": "auto-generated",
            },
        )

    def _email_send(self, contact, content, session):
        if "error" in content:
            return Outcome("failed", "invalid_message", content["error"])
        message = content["message"]
        server = self.env["ir.mail_server"].with_context(
            send_validated_to=[email_normalize(content["address"])],
            **getattr(session, "envelope", {}),
        )
        if session:
            session.body_started = False
        try:
            reference = server.send_email(message, smtp_session=session)
        except (smtplib.SMTPServerDisconnected, MailDeliveryException) as error:
            cause = error if isinstance(error, smtplib.SMTPException) else error.__context__
            return self._email_outcome(cause or error, session)
        except AssertionError as error:
            return Outcome("failed", "invalid_address", str(error.args[0]))
        return Outcome("sent", reference=reference or "")

    def _email_outcome(self, error, session):
        """Say what an SMTP error means: the protocol tells when a message cannot have left.

        RFC 5321: the server answers for the sender, each recipient and the data; a negative answer
        means it was not taken. A connection lost before the body left means so too; one lost after
        that tells nothing.
        """
        message = str(error)
        match error:
            case smtplib.SMTPRecipientsRefused():
                code, text = next(iter(error.recipients.values()))
                message = f"{code} {text.decode(errors='replace')}"
                return Outcome("retry" if code < 500 else "failed", "recipient_refused", message)
            case smtplib.SMTPSenderRefused() | smtplib.SMTPDataError() | smtplib.SMTPHeloError():
                if error.smtp_code == 421:  # closing: nothing more goes through this session
                    return Outcome("retry", "server_closing", message, down=True)
                permanent = error.smtp_code >= 500
                return Outcome("failed" if permanent else "retry", "refused", message)
            case smtplib.SMTPNotSupportedError() | UnicodeError():
                return Outcome("failed", "invalid_address", message)
        started = getattr(session, "body_started", True)
        return Outcome("uncertain" if started else "retry", "connection_lost", message, down=True)

    def _email_prepare_message_vals(self, contact, content):
        """Return the values of the ``mail.message`` that stands for the e-mail on the case."""
        return {
            "model": "collections.case",
            "res_id": contact.case_id.id,
            "message_type": "email_outgoing",
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note"),
            "subject": content["subject"],
            "body": content["body"],
            "author_id": contact.company_id.partner_id.id,
            "email_from": self.env["collections.contact"]._get_sender(contact.company_id),
            "message_id": generate_tracking_message_id(f"{contact.id}-collections.contact"),
            "date": fields.Datetime.now(),
            "reply_to": contact._get_reply_to(),
        }
