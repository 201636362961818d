from odoo import api, fields, models
from odoo.exceptions import UserError

from .collections_contact import REVOCABLE_STATES


class CollectionsContact(models.Model):
    """What a person may change of a contact before it leaves: its words and its way."""

    _inherit = "collections.contact"

    custom_subject = fields.Char(readonly=True)
    custom_body = fields.Html(
        string="Words of a Person",
        readonly=True,
        sanitize_attributes=True,
        sanitize_style=True,
        help="Goes out instead of the step's text.",
    )
    custom_totals = fields.Char(
        readonly=True, help="What was owed when the words were written; else it does not leave."
    )

    @api.depends("custom_subject", "custom_body")
    def _compute_preview(self):
        return super()._compute_preview()

    def _render_content(self):
        edited = self.filtered("custom_body")
        result = super(CollectionsContact, self - edited)._render_content()
        for contact in edited:
            result[contact.id] = {
                "subject": contact.custom_subject,
                "body": contact.custom_body,
                "address": contact.address or "",
            }
        return result

    def _drop_outdated(self):
        """Hold back the edited ones whose debtor owes something else by now.

        The words of a person may name an amount: they do not follow the ledger as a text does.

        :return: those that may leave
        """
        edited = self.filtered("custom_body")
        if not edited:
            return self
        edited._forget_letters()
        outdated = edited.filtered(
            lambda contact: contact.custom_totals != contact._get_custom_totals()
        )
        outdated._hold("edited")
        return self - outdated

    def _get_custom_totals(self):
        """Return what the contact tells is owed, per currency, to be compared later."""
        self.ensure_one()
        return self.net_overdue_text or ""

    def _check_revocable(self):
        """:raise UserError: naming those that have left, or are leaving, already"""
        self.check_access("read")
        gone = self.filtered(lambda contact: contact.state not in REVOCABLE_STATES)
        if gone:
            raise UserError(
                self.env._(
                    "Only what has not left yet can be changed: %(contacts)s",
                    contacts=", ".join(gone[:5].mapped("display_name")),
                )
            )

    def action_edit(self):
        """Open the words of a contact to be changed for this debtor alone."""
        self.ensure_one()
        self._check_supervisor()
        self._check_revocable()
        if self.is_manual:
            raise UserError(self.env._("A task has no message to edit."))
        wizard = self.env["collections.contact.edit"].create(
            {"contact_id": self.id, "subject": self.preview_subject, "body": self.preview}
        )
        return self._open_dialog(wizard, self.env._("Edit the message"))

    def action_reroute(self):
        """Open the choice of another channel for these contacts."""
        self._check_supervisor()
        self._check_revocable()
        wizard = self.env["collections.contact.reroute"].create({"contact_ids": self.ids})
        return self._open_dialog(wizard, self.env._("Send through another channel"))

    def _open_dialog(self, wizard, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": wizard._name,
            "res_id": wizard.id,
            "views": [[False, "form"]],
            "target": "new",
        }
