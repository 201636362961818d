from odoo import fields, models
from odoo.exceptions import UserError


class CollectionsAgreement(models.Model):
    """The debtor signs, and the agreement begins."""

    _inherit = "collections.agreement"

    def action_accept_copy(self, signed_by=None, copy=None, filename=None):
        """Take it as accepted by the copy that the debtor signed.

        :param copy: the document, as base64
        """
        self.ensure_one()
        self._check_collector()
        if not copy or not isinstance(signed_by, str) or not signed_by.strip():
            raise UserError(self.env._("Say who signed, and add the signed copy."))
        attachment = self.env["ir.attachment"].sudo().create(
            {
                "name": filename or f"{self.name}.pdf",
                "datas": copy,
                "res_model": self._name,
                "res_id": self.id,
            }
        )  # fmt: skip
        self.sudo()._accept(signed_by.strip(), "copy", user=self.env.user)
        self.message_post(
            body=self.env._("Signed on paper by %s.", signed_by.strip()),
            attachment_ids=attachment.ids,
        )
        return True

    # -- accepted --------------------------------------------------------------------------------

    def _has_to_be_signed(self):
        """Tell whether the debtor may sign it now."""
        self.ensure_one()
        return self.state == "proposed" and self.date_expiry >= self._get_today()

    def _accept(self, signed_by, how, signature=False, user=None):
        """Let the agreement begin; all checks are made again, for time has passed.

        :param user: who of ours took it, or None when the debtor signed on our page
        """
        self.ensure_one()
        self._lock()
        self._check_state("proposed")
        if not self._has_to_be_signed():
            raise UserError(self._get_state_sentence())
        if min(self.line_ids.mapped("date_due")) < self._get_today():
            raise UserError(self._get_fault_sentences()["past"])
        self._check_receivables()
        self.write(
            {
                "state": "active",
                "signed_by": signed_by,
                "signed_on": fields.Datetime.now(),
                "signed_how": how,
                "signature": signature,
                "accepted_on": self._get_today(),
                "next_date": min(self.line_ids.mapped("date_due")),
            }
        )
        self._log(
            "agreement_accepted",
            {"how": how},
            content={"note": signed_by},
            user_id=user.id if user else None,
        )
        self._book()
        self._promise()
        self._hold()
        self._withdraw_rivals()

    def _withdraw_rivals(self):
        """Cancel other proposals about the same receivables: they cannot be accepted any more."""
        rivals = self.search(
            [
                ("receivable_ids", "in", self.receivable_ids.ids),
                ("state", "in", ("draft", "awaiting", "proposed")),
            ]
        )
        for rival in rivals - self:
            reason = self.env._("%s was accepted instead.", self.name)
            rival.write(
                {
                    "state": "cancelled",
                    "reason": reason,
                    "ended_on": self._get_today(),
                    "access_token": False,
                }
            )
            rival._log("agreement_cancelled", content={"note": reason}, user_id=None)
