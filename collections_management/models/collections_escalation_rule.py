import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..engine.night import trace
from .collections_escalation import LIVE

_logger = logging.getLogger(__name__)
AT_ONCE = 1000  # cases of a rule that are taken further in one night


class CollectionsEscalationRule(models.Model):
    """An ordered rule that takes cases further by itself, or proposes it; the first match wins."""

    _name = "collections.escalation.rule"
    _description = "Escalation Rule"
    _inherit = ["mail.thread", "collections.case.rule.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one("res.company", help="Empty: every company.")
    domain = fields.Char(
        default="[('days_past_due', '>', 90)]", tracking=True, help="Which cases it takes further."
    )
    kind = fields.Selection(
        [("supervisor", "Supervisor"), ("legal", "Legal"), ("agency", "Outside Agency")],
        required=True,
        default="supervisor",
        tracking=True,
    )
    mode = fields.Selection(
        [("proposal", "Proposes: a supervisor approves"), ("automatic", "By itself")],
        required=True,
        default="proposal",
        tracking=True,
        help="By itself: this rule is the approval; managers answer for it.",
    )
    team_id = fields.Many2one("collections.team", ondelete="restrict")
    user_id = fields.Many2one(
        "res.users", string="In Charge", domain=[("share", "=", False)], ondelete="restrict"
    )
    lawyer_id = fields.Many2one("res.partner", ondelete="restrict")
    instrument_id = fields.Many2one("collections.legal.instrument", ondelete="restrict")
    agency_id = fields.Many2one("collections.agency", ondelete="restrict")
    wait_days = fields.Integer(
        string="Days Before Again",
        default=60,
        help="A case that was refused, recalled or closed is left alone by this rule so long.",
    )
    fault = fields.Char(
        compute=None, store=True, readonly=True, help="Why it did nothing last night."
    )

    _wait_positive = models.Constraint("CHECK (wait_days >= 0)", "Days cannot be negative.")

    @api.constrains("kind", "agency_id")
    def _check_agency(self):
        for rule in self:
            if rule.kind == "agency" and not rule.agency_id:
                raise ValidationError(self.env._("Say to which agency the cases go."))

    def _get_targets(self):
        """Extension point: what the escalations of this rule get, as of ``_request``."""
        self.ensure_one()
        if self.kind == "agency":
            return {"agency_id": self.agency_id.id, "user_id": self.user_id.id}
        if self.kind == "legal":
            return {
                "lawyer_id": self.lawyer_id.id,
                "instrument_id": self.instrument_id.id,
                "user_id": self.user_id.id,
            }
        return {"team_id": self.team_id.id, "user_id": self.user_id.id}

    def _get_case_domain(self, company):
        """Return the domain of the cases this rule takes further tonight."""
        today = self.env["collections.ledger"]._today(company)
        since = fields.Date.subtract(today, days=self.wait_days)
        taken = Domain("state", "in", LIVE)
        if self.kind != "supervisor":  # from the supervisor a case may go further
            taken &= Domain("kind", "!=", "supervisor") | Domain("state", "=", "requested")
        recent = Domain("rule_id", "=", self.id) & Domain("date_end", ">", since)
        return (
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "open")
            & Domain("amount_net_overdue", ">", 0)
            & ~Domain("escalation_ids", "any", taken | recent)
            & self._get_domain()
        )

    @api.model
    def _run(self, company, run=None):
        """Take further what the rules of a company say, one search and one creation per rule.

        A rule that cannot be asked any more stops nobody else's night: its fault is written on it.
        """
        for rule in self.search([("company_id", "in", [company.id, False])]):
            fault = False
            try:
                with self.env.cr.savepoint():
                    cases = (
                        self.env["collections.case"]
                        .with_company(company)
                        .search(rule._get_case_domain(company), limit=AT_ONCE)
                    )
                    if cases:
                        self.env["collections.escalation"]._request(
                            cases, rule.kind, rule.name, rule=rule, **rule._get_targets()
                        )
            except psycopg2.OperationalError:
                raise  # the server's trouble: no rule's fault
            except (UserError, ValueError, SyntaxError, TypeError) as error:
                fault = str(error).strip().partition("\n")[0]
                _logger.warning("%s: %s left out: %s", trace(run=run and run.id), rule.name, fault)
            if (rule.fault or False) != fault:
                rule.sudo().fault = fault

    def action_open_escalations(self):
        """Open what this rule took further."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_escalation_action"
        )
        return {**action, "domain": [("rule_id", "in", self.ids)], "context": {}}
