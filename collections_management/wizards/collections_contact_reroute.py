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
        """Return ``{contact id: address}`` of those the channel reaches and that this step has not
        spoken to through it already."""
        channel, contacts = self.channel_id, self.contact_ids
        if not channel:
            return {}
        addresses = {
            (case_id, role): address
            for role, group in contacts.grouped(lambda contact: contact.step_id.role).items()
            for case_id, address in channel._get_addresses(group.case_id, role).items()
        }
        twins = self.env["collections.contact"].search(
            [
                ("case_id", "in", contacts.case_id.ids),
                ("channel_id", "=", channel.id),
                ("state", "not in", ("cancelled", "skipped")),
            ]
        )
        taken = {(twin.case_id, twin.step_id, twin.cycle) for twin in twins}
        return {
            contact.id: addresses[contact.case_id.id, contact.step_id.role]
            for contact in contacts
            if (contact.case_id.id, contact.step_id.role) in addresses
            and (contact.case_id, contact.step_id, contact.cycle) not in taken
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
        for contact in moved.sudo():
            contact.write({"channel_id": self.channel_id.id, "address": found[contact.id]})
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
