from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class CollectionsEscalation(models.Model):
    """A placement with an outside agency: what it was given, what it may see, what it tells."""

    _inherit = "collections.escalation"

    agency_id = fields.Many2one(
        "collections.agency", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    tail_days = fields.Integer(readonly=True, help="Of the contract on the day of the placement.")
    report_ids = fields.One2many(
        "collections.agency.report", "escalation_id", string="Reports of the Agency"
    )
    report_count = fields.Integer(compute="_compute_report_count")
    last_report_date = fields.Date(compute="_compute_report_count")

    def _compute_report_count(self):
        found = {
            escalation: (count, last)
            for escalation, count, last in self.env["collections.agency.report"]._read_group(
                [("escalation_id", "in", self.ids)], ["escalation_id"], ["__count", "date:max"]
            )
        }
        for escalation in self:
            count, last = found.get(escalation, (0, False))
            escalation.report_count = count
            escalation.last_report_date = last

    def _get_targets(self):
        return super()._get_targets() | {"agency_id": self.agency_id.id}

    @api.model
    def _check_targets(self, cases, kind, targets):
        super()._check_targets(cases, kind, targets)
        if kind != "agency":
            return
        agency = self.env["collections.agency"].sudo().browse(targets.get("agency_id") or ())
        if not agency:
            raise UserError(self.env._("Say to which agency the cases go."))
        for company in cases.company_id:
            agency._check_may_place(company)

    def _get_hold_note(self):
        if self.kind == "agency":
            return self.agency_id.display_name
        return super()._get_hold_note()

    def _on_start(self):
        result = super()._on_start()
        placed = self.filtered(lambda escalation: escalation.kind == "agency")
        for agency, of_agency in placed.grouped("agency_id").items():
            of_agency.write({"tail_days": agency.tail_days})
        if placed:
            placed._queue_packages()
        return result

    @api.model
    def _get_portal_domain(self, user):
        """Return the domain of the placements a portal user may work: his agency's, while they
        last."""
        return (
            Domain("kind", "=", "agency")
            & Domain("state", "=", "active")
            & Domain("agency_id.active", "=", True)
            & Domain("agency_id.user_ids", "in", user.ids)
        )

    @api.model
    def _find_for_portal(self, user, escalation_id=None):
        """Return with all rights the placements a portal user may work, or the one of an id.

        Nothing else of collections is open to him, so this is the only door.
        """
        domain = self._get_portal_domain(user)
        if escalation_id is not None:
            domain &= Domain("id", "=", escalation_id)
        return self.sudo().search(domain, order="amount_start desc, id")

    def _get_portal_lines(self):
        """Return the receivables an agency collects: those it was given that are still open."""
        self.ensure_one()
        return self.receivable_ids.filtered(
            lambda line: line.parent_state == "posted" and line.amount_residual > 0
        ).sorted(lambda line: (line.date_maturity or line.date, line.id))

    def _get_portal_amounts(self):
        """Return ``{currency: amount}`` of what is still open of what was given."""
        self.ensure_one()
        amounts = {}
        for line in self._get_portal_lines():
            amounts[line.currency_id] = (
                amounts.get(line.currency_id, 0) + line.amount_residual_currency
            )
        return amounts
