from odoo import api, fields, models
from odoo.exceptions import UserError


class CollectionsLetterBatch(models.Model):
    """Printed letters that are handed to snailmail instead of being taken to the post."""

    _inherit = "collections.letter.batch"

    state = fields.Selection(
        selection_add=[("snailmail", "Handed to Snailmail")],
        ondelete={"snailmail": lambda batches: batches.write({"state": "cancelled"})},
    )
    can_snailmail = fields.Boolean(compute="_compute_can_snailmail")

    @api.depends(
        "state", "safe_mode", "company_id.collections_snailmail", "company_id.collections_safe_mode"
    )
    def _compute_can_snailmail(self):
        for batch in self:
            company = batch.company_id.sudo()
            batch.can_snailmail = (
                batch.state == "printed"
                and company.collections_snailmail
                # what was printed as a test never leaves, and the other way round
                and batch.safe_mode == company.collections_safe_mode
            )

    def action_snailmail(self):
        """Ask before the letters of a printed batch are handed to snailmail."""
        self.ensure_one()
        letters = self._get_snailmail_letters()
        return self.env["collections.snailmail.post"]._open(letters, self)

    def _get_snailmail_letters(self):
        """Return the letters that may be handed over.

        :raise UserError: when there is none
        """
        self._check_person()
        if not self.can_snailmail:
            raise UserError(
                self.env._(
                    "Only a printed batch is handed to snailmail, where the company's settings "
                    "allow it, and safe mode is as it was when the batch was printed."
                )
            )
        letters = self.sudo().contact_ids.filtered(
            lambda contact: contact.state == "sending" and contact.reason == "printed"
        )
        if not letters:
            raise UserError(self.env._("No letter of this batch waits to be posted."))
        letters._check_snailmail_address()
        return letters.with_env(self.env)

    def _hand_to_snailmail(self):
        """Hand the letters over; the printed pages are thrown away."""
        batch = self.sudo().try_lock_for_update(allow_referencing=True)
        if not batch:
            raise UserError(self.env._("Somebody else is posting these letters."))
        letters = self._get_snailmail_letters()
        letters.sudo()._hold("to_print")
        letters._hand_over()
        batch.write(
            {
                "state": "snailmail",
                "posted_on": fields.Datetime.now(),
                "posted_by_id": self.env.uid,
            }
        )
        return letters

    def action_cancel(self):
        if self.filtered(lambda batch: batch.state == "snailmail"):
            raise UserError(self.env._("Letters handed to snailmail cannot be taken back."))
        return super().action_cancel()
