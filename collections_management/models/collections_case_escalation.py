from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_list

from .collections_escalation import HELD_KINDS, LIVE


class CollectionsCase(models.Model):
    """Where a case stands that was taken further, and until when it can be claimed."""

    _inherit = "collections.case"

    escalation_kind = fields.Selection(
        [("supervisor", "Supervisor"), ("legal", "Legal"), ("agency", "Outside Agency")],
        string="Escalated to",
        readonly=True,
        index="btree_not_null",
    )
    escalation_ids = fields.One2many("collections.escalation", "case_id", string="Escalations")
    escalation_text = fields.Char(compute="_compute_escalation_text")
    prescription_date = fields.Date(
        string="Can Be Claimed Until",
        readonly=True,
        index="btree_not_null",
        help="When the claim of the oldest receivable is lost by prescription. Empty: no rule.",
    )
    prescription_alarm_date = fields.Date(readonly=True)
    prescription_told = fields.Date(readonly=True, help="The date that was last warned of.")
    prescription_rule_id = fields.Many2one(
        "collections.prescription.rule", readonly=True, ondelete="set null"
    )

    @api.depends("escalation_ids.state")
    @api.depends_context("lang")
    def _compute_escalation_text(self):
        live = self.env["collections.escalation"].search(
            [("case_id", "in", self.ids), ("state", "in", LIVE)]
        )
        by_case = {escalation.case_id: escalation for escalation in live}
        for case in self:
            escalation = by_case.get(case)
            case.escalation_text = escalation._get_sentence() if escalation else False

    def _get_live_escalations(self):
        return self.env["collections.escalation"].search(
            [("case_id", "in", self.ids), ("state", "in", LIVE)]
        )

    def _check_may_escalate(self, kind):
        """Refuse cases that owe nothing overdue or are escalated already.

        A case that is with the supervisor may go further.
        """
        settled = self.filtered(
            lambda case: case.state != "open" or case.currency_id.compare_amounts(
                case.amount_net_overdue, 0) <= 0
        )  # fmt: skip
        if settled:
            raise UserError(
                self.env._(
                    "Nothing overdue is owed by %(names)s.",
                    names=format_list(self.env, settled.mapped("display_name")),
                )
            )
        live = self.sudo()._get_live_escalations()
        if kind != "supervisor":
            live = live.filtered(lambda escalation: escalation.kind != "supervisor")
        if live:
            raise UserError(
                self.env._(
                    "Escalated already: %(names)s. Recall it first.",
                    names=format_list(self.env, live.mapped("display_name")),
                )
            )

    def _write_escalation_kind(self):
        """Copy to these cases what they are escalated to, in one statement."""
        self.env["collections.escalation"].flush_model()
        self.flush_model(["escalation_kind"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_case kase
                   SET escalation_kind = (
                       SELECT escalation.kind FROM collections_escalation escalation
                        WHERE escalation.case_id = kase.id AND escalation.state = 'active')
                 WHERE kase.id = ANY(%s)
                """,
                self.ids,
            )
        )
        self.invalidate_recordset(["escalation_kind"], flush=False)

    def _merge_into(self, target):
        """What is escalated goes with the debtor, unless the case that stays is escalated too."""
        live = self.sudo()._get_live_escalations().sorted("date_start")
        kept = target.sudo()._get_live_escalations()
        for escalation in live:
            if kept:
                escalation._end("closed", "merged")
            else:
                kept = escalation
                escalation.write({"case_id": target.id})
        result = super()._merge_into(target)
        (self | target)._write_escalation_kind()
        return result

    def action_open_escalations(self):
        """Open what these cases were escalated to."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_escalation_action"
        )
        return {**action, "domain": [("case_id", "in", self.ids)], "context": {}}


class CollectionsLedger(models.AbstractModel):
    """Who has paid is taken back from lawyers and agencies."""

    _inherit = "collections.ledger"

    @api.model
    def _refresh(self, company, partners=None, run=None):
        counts = super()._refresh(company, partners=partners, run=run)
        if not self._get_rehearsed_day():
            self.env["collections.escalation"]._end_paid(company, partners)
            if not run:  # a run does it by itself, once the cases are committed
                self.env["collections.prescription.rule"]._refresh(company, partners)
        return counts


class CollectionsRun(models.Model):
    """The night notes until when debts can be claimed; once the cases have their segments and
    collectors, the rules take them further."""

    _inherit = "collections.run"

    def _get_stage_work(self):
        work = super()._get_stage_work()
        work["refresh"][10] = self._refresh_prescriptions
        work["segment"][20] = self._escalate_cases
        return work

    def _refresh_prescriptions(self):
        self.env["collections.prescription.rule"]._refresh(self.company_id)

    def _escalate_cases(self):
        self.env["collections.escalation.rule"]._run(self.company_id, self)


class CollectionsHold(models.Model):
    """The hold of what is with lawyers or an agency."""

    _inherit = "collections.hold"

    reason = fields.Selection(
        selection_add=[("legal", "Legal track"), ("agency", "With an outside agency")],
        ondelete={"legal": "cascade", "agency": "cascade"},
    )

    def action_lift(self):
        """What is with lawyers or an agency is recalled, not lifted."""
        if not self.env.su and self.filtered(
            lambda hold: hold.reason in HELD_KINDS and not hold.lifted_on and not hold.line_id
        ):
            raise UserError(
                self.env._("The case is with lawyers or an agency: recall the escalation.")
            )
        return super().action_lift()


class CollectionsLog(models.Model):
    """What happens to an escalation, as entries of the log."""

    _inherit = "collections.log"

    event = fields.Selection(
        selection_add=[
            ("escalation_requested", "Escalation requested"),
            ("escalated", "Escalated"),
            ("escalation_refused", "Escalation refused"),
            ("escalation_recalled", "Escalation recalled"),
            ("escalation_closed", "Escalation closed"),
            ("legal_step", "Legal step"),
            ("agency_reported", "Agency reported"),
            ("package_built", "Package built"),
        ],
        ondelete={
            name: lambda _entries: None  # the log only grows
            for name in (
                "escalation_requested", "escalated", "escalation_refused", "escalation_recalled",
                "escalation_closed", "legal_step", "agency_reported", "package_built",
            )
        },
    )  # fmt: skip

    @api.model
    def _get_data_models(self):
        return super()._get_data_models() | {"step_kind": "collections.legal.step.kind"}

    @api.model
    def _get_data_words(self):
        words = super()._get_data_words()
        for model, name in (
            ("collections.escalation", "kind"),
            ("collections.escalation", "outcome"),
            ("collections.agency.report", "kind"),
        ):
            words |= dict(self.env[model]._fields[name]._description_selection(self.env))
        return words

    @api.model
    def _get_summary_formats(self):
        return super()._get_summary_formats() | {
            "escalation_requested": [self.env._("Escalation asked for: %(kind)s")],
            "escalated": [self.env._("Escalated: %(kind)s")],
            "escalation_refused": [self.env._("Escalation refused: %(kind)s")],
            "escalation_recalled": [self.env._("Recalled: %(kind)s")],
            "escalation_closed": [
                self.env._("Escalation closed: %(kind)s, %(outcome)s"),
                self.env._("Escalation closed: %(kind)s"),
            ],
            "legal_step": [self.env._("Legal step: %(step_kind)s on %(date)s")],
            "agency_reported": [self.env._("The agency reported: %(report)s")],
        }

    @api.model
    def _get_event_icons(self):
        return super()._get_event_icons() | {
            "escalation_requested": "fa-level-up",
            "escalated": "fa-level-up",
            "escalation_refused": "fa-thumbs-o-down",
            "escalation_recalled": "fa-undo",
            "escalation_closed": "fa-flag-checkered",
            "legal_step": "fa-balance-scale",
            "agency_reported": "fa-comment-o",
            "package_built": "fa-archive",
        }


class CollectionsEvent(models.Model):
    """Other systems may be told of escalations."""

    _inherit = "collections.event"

    @api.model
    def _get_public_name(self, event, contact_id):
        names = {
            "escalated": "case.escalated",
            "escalation_recalled": "case.recalled",
            "escalation_closed": "case.escalation_closed",
        }
        return names.get(event) or super()._get_public_name(event, contact_id)
