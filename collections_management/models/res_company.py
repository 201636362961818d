from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import email_normalize

from ..engine.places import get_possible_zones, is_zone


class ResCompany(models.Model):
    _inherit = "res.company"

    collections_active = fields.Boolean(
        string="Collect Receivables", default=True, help="The nightly run works this company."
    )
    collections_safe_mode = fields.Boolean(
        string="Safe Mode", default=True, help="Every message goes to the test address."
    )
    collections_test_email = fields.Char(string="Test Address")
    collections_email_from = fields.Char(string="Collections Sender")
    collections_reply_to = fields.Char(string="Collections Reply-To")
    collections_user_id = fields.Many2one(
        "res.users", string="Default Collector", help="Gets the cases of new debtors."
    )
    collections_actor = fields.Selection(
        [("own", "Its own invoices"), ("others", "Debts of others, as an agency")],
        string="Collects",
        default="own",
        required=True,
        help="Some laws bind only who collects for others: the contact rules follow.",
    )
    collections_stale_bank_days = fields.Integer(
        string="Bank Freshness",
        default=7,
        help="Nobody is dunned while the last bank statement is older. 0: not checked.",
    )

    collections_cost_percent = fields.Float(
        string="Cost of a Message",
        help="What a message may cost, in percent of what it asks for; above it the step speaks "
        "through a cheaper channel. 0: not limited.",
    )

    _cost_percent_positive = models.Constraint(
        "CHECK (collections_cost_percent >= 0)", "The cost of a message cannot be negative."
    )
    _stale_bank_positive = models.Constraint(
        "CHECK (collections_stale_bank_days >= 0)", "Days of bank freshness cannot be negative."
    )

    @api.constrains("collections_test_email", "collections_email_from", "collections_reply_to")
    def _check_collections_addresses(self):
        names = ("collections_test_email", "collections_email_from", "collections_reply_to")
        for company in self:
            for name in names:
                if company[name] and not email_normalize(company[name]):
                    raise ValidationError(
                        self.env._(
                            "%(address)s is not an e-mail address (%(field)s of %(company)s).",
                            address=company[name],
                            field=self._fields[name]._description_string(self.env),
                            company=company.name,
                        )
                    )

    def _get_collections_zone(self):
        """Return the name of the time zone in which this company lives its days: the one it was
        given, else that of its place, else the user's. Days of cases, holds and promises are days
        of the company, wherever their reader sits."""
        self.ensure_one()
        partner = self.sudo().partner_id
        if partner.tz and is_zone(partner.tz):
            return partner.tz
        possible = get_possible_zones(partner.country_id.code, partner.state_id.code)
        return next(iter(possible), self.env.user.tz or "UTC")

    def _get_collections_managers(self):
        """Return who manages the collections of this company: who is told when something breaks."""
        self.ensure_one()
        group = self.env.ref("collections_management.collections_management_group_manager")
        return group.all_user_ids.filtered(
            lambda user: user.active and not user.share and self in user.company_ids
        )

    def _get_collections_supervisor(self):
        """Extension point: who supervises the cases of this company, or an empty record.

        The first of its supervisors, else of its managers.
        """
        self.ensure_one()
        for role in ("supervisor", "manager"):
            group = self.env.ref(f"collections_management.collections_management_group_{role}")
            users = group.user_ids.filtered(
                lambda user: user.active and not user.share and self in user.company_ids
            )
            if users:
                return users.sorted("id")[:1]
        return self.env["res.users"]

    def _restart_after_safe_mode(self):
        """Forget what safe mode "sent" to nobody, so that going live starts on true ground.

        Positions come back to what really reached the debtors; the log keeps everything.
        """
        contacts = (
            self.env["collections.contact"]
            .sudo()
            .search([("company_id", "in", self.ids), ("safe_mode", "=", True)])
        )
        self.env["collections.position"].sudo()._forget(contacts)
        return len(contacts)

    def write(self, vals):
        going_live = (
            self.filtered("collections_safe_mode")
            if vals.get("collections_safe_mode") is False
            else self.browse()
        )
        result = super().write(vals)
        if going_live:
            going_live._restart_after_safe_mode()
            going_live.filtered(lambda company: not company.collections_live_on)._start()
        return result
