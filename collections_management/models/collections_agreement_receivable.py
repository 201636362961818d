from odoo import models
from odoo.exceptions import UserError


class CollectionsAgreement(models.Model):
    """Which receivables may be agreed on."""

    _inherit = "collections.agreement"

    def _check_receivables(self):
        """:raise UserError: when these receivables cannot be agreed, or owe something else now"""
        receivables = self.sudo().receivable_ids
        if not receivables:
            raise UserError(self._get_fault_sentences()["no_debt"])
        for sentence in self.sudo()._get_receivable_faults(receivables).values():
            raise UserError(sentence)
        owed = sum(receivables.mapped("amount_residual_currency"))
        if self.currency_id.compare_amounts(owed, self.amount_debt):
            raise UserError(
                self.env._(
                    "%(now)s is owed now, and it was worked out for %(then)s: work it out again.",
                    now=self._get_money(owed),
                    then=self._get_money(self.amount_debt),
                )
            )

    def _get_receivable_faults(self, lines):
        """Extension point: ``{line id: sentence}`` of receivables that may not be agreed."""
        faults = {}
        taken = self._get_taken(lines)
        for line in lines:
            if sentence := self._get_receivable_fault(line, taken.get(line._origin.id)):
                faults[line._origin.id] = sentence
        return faults

    def _get_taken(self, lines):
        """Return ``{line id: the active agreement about it}``."""
        found = self.env["collections.agreement"].sudo().search(
            [("receivable_ids", "in", lines._origin.ids), ("state", "=", "active")]
        )  # fmt: skip
        others = found - self._origin
        return {line.id: other for other in others for line in other.receivable_ids}

    def _get_receivable_fault(self, line, taken):
        name = line.move_id.name or line.display_name
        values = {"document": name}
        promise = self.env["collections.promise"].sudo().new(
            {"case_id": self.case_id.id, "currency_id": self.currency_id.id}
        )  # fmt: skip
        if taken:
            return self.env._(
                "%(document)s is in an agreement already: %(agreement)s.",
                agreement=taken.name,
                **values,
            )
        if line._origin.id in self._get_disputed_ids(line):
            return self.env._(
                "%(document)s is disputed: the dispute is solved before anything is agreed.",
                **values,
            )
        return promise.with_context(collections_agreement_check=True)._get_line_fault(line._origin)

    def _get_disputed_ids(self, lines):
        """Extension point: which receivables the debtor contests; a dispute of his holds them."""
        reasons = dict(self.env["collections.hold"]._fields["reason"].selection)
        if "dispute" not in reasons:
            return set()
        holds = self.env["collections.hold"].sudo().search(
            [
                ("line_id", "in", lines._origin.ids),
                ("reason", "=", "dispute"),
                ("lifted_on", "=", False),
            ]
        )  # fmt: skip
        return set(holds.line_id.ids)
