from odoo import api, fields, models
from odoo.exceptions import UserError


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

    def _get_chat(self, person):
        """Extension point: ``(channel, address)`` in which a person of the debtor is written to
        from Odoo, or nothing: then the collector writes with the WhatsApp of his own phone."""
        return ()

    def _get_person(self, person):
        """Tell the screen whether a person is written to from Odoo: ``open`` when there is a
        conversation already, ``new`` when one can be begun."""
        chat = self._get_chat(person)
        known = chat and chat[1] in self.sudo().conversation_ids.mapped("address")
        state = ("open" if known else "new") if chat else ""
        return super()._get_person(person) | {"chat": state}

    def work_conversation(self, person, values):
        """Open the conversation with a person of the debtor, to write to him from Odoo.

        :param int person: id of one of those on the card
        :param dict values: ``reason`` (why now, where the contact rules speak against it)
        """
        self._check_desk()
        partner = self._get_persons().filtered(lambda one: one.id == person)
        chat = partner and self._get_chat(partner)
        if not chat:
            raise UserError(self.env._("This person is not written to from here."))
        reason = self._get_reason(values)
        if not reason and (why := self._get_breach("written")[1]):
            raise UserError(why)
        channel, address = chat
        talk = self.env["collections.conversation"].sudo()._get_or_create(
            channel, self.company_id, address, partner.name
        )  # fmt: skip
        if not talk.case_id:
            talk._bind(self, partner)
        if talk.case_id._get_survivor() != self:
            raise UserError(
                self.env._(
                    "The conversation with %(address)s is with %(debtor)s.",
                    address=talk.address,
                    debtor=talk.case_id.display_name,
                )
            )
        if reason:
            self._log("note", {}, content={"note": f"{channel.name}: {reason}"})
        action = self.action_open_conversations()
        return {
            **action,
            "view_mode": "form",
            "views": [[False, "form"]],
            "domain": [],
            "res_id": talk.id,
        }

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
