from odoo import api, fields, models


class CollectionsCase(models.Model):
    """The conversations with a debtor."""

    _inherit = "collections.case"

    conversation_ids = fields.One2many("collections.conversation", "case_id")
    conversation_count = fields.Integer(
        string="Conversations", compute="_compute_conversation_count"
    )

    def _compute_conversation_count(self):
        counts = dict(
            self.env["collections.conversation"]._read_group(
                [("case_id", "in", self.ids)], ["case_id"], ["__count"]
            )
        )
        for case in self:
            case.conversation_count = counts.get(case, 0)

    def action_open_conversations(self):
        """Open what is said with the debtor: the conversation itself when there is one."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_conversation_action"
        )
        action["context"] = {}
        if len(self.conversation_ids) == 1:
            return {
                **action,
                "views": [[False, "form"]],
                "view_mode": "form",
                "res_id": self.conversation_ids.id,
            }
        return {**action, "domain": [("case_id", "=", self.id)]}

    def _merge_into(self, target):
        """The conversations of a merged debtor go on with the case that stays."""
        talks = self.env["collections.conversation"].sudo().search([("case_id", "in", self.ids)])
        result = super()._merge_into(target)
        talks.write({"case_id": target.id})
        return result

    @api.model
    def _get_history_kinds(self):
        kinds = {}
        for key, label in super()._get_history_kinds().items():
            kinds[key] = label
            if key == "messages":
                kinds["conversations"] = self.env._("Conversations")
        return kinds
