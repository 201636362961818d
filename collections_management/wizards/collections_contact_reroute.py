from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_list


class CollectionsContactReroute(models.TransientModel):
    """Send contacts through another channel than the one the step chose."""

    _name = "collections.contact.reroute"
    _description = "Reroute Contacts"

    contact_ids = fields.Many2many("collections.contact", required=True, readonly=True)
    channel_id = fields.Many2one("collections.channel", string="Through")
    summary = fields.Char(compute="_compute_summary")
    reachable_count = fields.Integer(compute="_compute_summary")

    @api.depends("contact_ids", "channel_id")
    @api.depends_context("lang")
    def _compute_summary(self):
        for wizard in self:
            found = wizard._get_addresses()
            missing = wizard.contact_ids.filtered(lambda contact, f=found: contact.id not in f)
            wizard.reachable_count = len(found)
            wizard.summary = wizard._explain(found, missing) if wizard.channel_id else False

    def _explain(self, found, missing):
        text = self.env._(
            "%(found)s of %(all)s can go through %(channel)s.",
            found=len(found),
            all=len(self.contact_ids),
            channel=self.channel_id.name,
        )
        if missing:
            names = missing[:5].mapped("partner_id.display_name")
            rest = len(missing) - len(names)
            names += [self.env._("%(count)s more", count=rest)] if rest else []
            text += " " + self.env._(
                "These stay as they are, it does not reach them: %(debtors)s.",
                debtors=format_list(self.env, names),
            )
        return text

    def _get_addresses(self):
        """Return ``{contact id: address}`` of those the channel reaches.

        Where the step wrote through it already and the message did not arrive, the next person is
        meant; where it did, or still may, nobody is told the same again.
        """
        channel = self.channel_id
        if not channel:
            return {}
        spoken = self.contact_ids._get_spoken()
        open_to = self.contact_ids.filtered(
            lambda contact: (
                contact.channel_id != channel
                and not spoken[contact].filtered(
                    lambda twin: twin.channel_id == channel and twin.state != "failed"
                )
            )
        )
        before = open_to.browse().union(*(spoken[contact] for contact in open_to))
        used = before._get_used_addresses(channel)
        addresses = {
            (case_id, role): address
            for role, group in open_to.grouped(lambda contact: contact.step_id.role).items()
            for case_id, address in channel._get_addresses(group.case_id, role, used).items()
        }
        return {
            contact.id: addresses[contact.case_id.id, contact.step_id.role]
            for contact in open_to
            if (contact.case_id.id, contact.step_id.role) in addresses
        }

    def action_confirm(self):
        """Move those that the channel reaches; the rest stays as it is."""
        self.ensure_one()
        contacts = self.contact_ids
        contacts._check_supervisor()
        contacts._check_revocable()
        if not self.channel_id:
            raise UserError(self.env._("Choose the channel."))
        found = self._get_addresses()
        if not found:
            raise UserError(
                self.env._("%(channel)s reaches none of them.", channel=self.channel_id.name)
            )
        moved = contacts.browse(found)
        spoken = moved._get_spoken()
        for contact in moved.sudo():
            contact.write(
                {
                    "channel_id": self.channel_id.id,
                    "address": found[contact.id],
                    "turn": spoken[contact]._get_next_turn(self.channel_id),
                }
            )
        if self.channel_id.is_manual:
            moved.sudo().write({"state": "queued", "scheduled_on": fields.Datetime.now()})
        else:  # a task needs no approval: what was one and becomes a message does
            moved.sudo().filtered("run_id.needs_second").write({"needs_second": True})
            unapproved = moved.filtered(
                lambda contact: contact.state == "queued" and not contact._is_approved()
            )
            unapproved.sudo().write({"state": "awaiting"})
        moved._log("note", {"rerouted": self.channel_id.id})
        return {"type": "ir.actions.client", "tag": "soft_reload"}
