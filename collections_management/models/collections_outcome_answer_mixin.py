from odoo import api, models
from odoo.exceptions import UserError


class CollectionsOutcomeAnswerMixin(models.AbstractModel):
    """What an outcome asks for, as a promise: the contact is noted with it, or not at all."""

    _name = "collections.outcome.answer.mixin"
    _description = "Answer of an Outcome"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if contact := self.env.context.get("collections_outcome"):
            records._note_outcome(contact)
        return records

    def _note_outcome(self, contact):
        """Note the outcome that the dialog was opened for, see ``collections.outcome._ask``."""
        if not isinstance(contact, dict):
            raise UserError(self.env._("collections_outcome: the values of a contact."))
        # what these records make in their turn answers nothing
        cases = self.case_id.with_context(collections_outcome=False)
        for case in cases.filtered(lambda one: one.id == contact.get("case")):
            case._answer_outcome(contact.get("id"), contact)
