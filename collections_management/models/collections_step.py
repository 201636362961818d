from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine.ladder import Rung

TONES = [("friendly", "Friendly"), ("neutral", "Neutral"), ("firm", "Firm"), ("formal", "Formal")]
# Who at the debtor's is written to.
ROLES = [
    ("accounts_payable", "Accounts payable"),
    ("owner", "Owner"),
    ("legal", "Legal"),
    ("other", "Other"),
]


class CollectionsStep(models.Model):
    """One rung of a strategy: when it speaks, through what, in which tone, and who releases it."""

    _name = "collections.step"
    _description = "Collections Step"
    _order = "strategy_id, days, id"

    name = fields.Char(required=True, translate=True)
    strategy_id = fields.Many2one(
        "collections.strategy", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="strategy_id.company_id")
    active = fields.Boolean(default=True)
    days = fields.Integer(
        string="Days from Due Date",
        required=True,
        help="Negative: that many days before the due date (a preventive reminder).",
    )
    timing = fields.Char(compute="_compute_timing")
    icon = fields.Char(compute="_compute_icon", help="Icon of the first channel it tries.")
    tone = fields.Selection(TONES, required=True, default="neutral")
    role = fields.Selection(
        ROLES,
        string="Writes To",
        required=True,
        default="accounts_payable",
        help="The person of this role at the debtor's. Without one: accounts payable, then the "
        "invoice address, then the company itself.",
    )
    mode = fields.Selection(
        [
            ("automatic", "Automatic"),
            ("approval", "Needs approval"),
            ("manual", "Manual task"),
        ],
        required=True,
        default="automatic",
        help="Automatic: it leaves by itself. Needs approval: a supervisor releases it. Manual "
        "task: the collector gets a task and does it.",
    )
    mandatory = fields.Boolean(help="Never jumped over, as a formal notice.")
    channel_ids = fields.Many2many(
        "collections.channel",
        "collections_step_channel_rel",
        "step_id",
        "channel_id",
        string="Channels",
    )
    channel_mode = fields.Selection(
        [
            ("first", "The first that reaches the debtor"),
            ("cheapest", "The cheapest that reaches the debtor"),
            ("worked", "The last that reached the debtor, else the first"),
            ("all", "All at once"),
        ],
        string="Which Channel",
        required=True,
        default="first",
        help="A channel that the debtor prefers, among those of the step, comes before.",
    )
    template_ids = fields.Many2many(
        "mail.template",
        "collections_step_template_rel",
        "step_id",
        "template_id",
        string="Texts",
        domain=[("model", "=", "collections.contact")],
        help="One text per tone. A debtor who is to be treated in another tone gets that text.",
    )
    instructions = fields.Text(translate=True, help="What the collector is to do, for a task.")
    repeat_every = fields.Integer(string="Repeat Every (Days)", help="0: not repeated.")
    repeat_limit = fields.Integer(string="Repetitions at Most")

    _days_unique = models.Constraint(
        "UNIQUE (strategy_id, days)",
        "Two steps of a strategy cannot fall on the same day: use several channels in one step.",
    )
    _repeat_positive = models.Constraint(
        "CHECK (repeat_every >= 0 AND repeat_limit >= 0)", "Repetitions cannot be negative."
    )
    _days_sane = models.Constraint(
        "CHECK (days BETWEEN -365 AND 3650)",
        "A step stands between one year before and ten years after the due date.",
    )

    @api.depends("days")
    def _compute_timing(self):
        for step in self:
            if step.days < 0:
                step.timing = self.env._("%(days)s days before", days=-step.days)
            elif step.days == 0:
                step.timing = self.env._("On the due date")
            else:
                step.timing = self.env._("%(days)s days after", days=step.days)

    @api.depends("mode", "channel_ids.icon", "channel_ids.sequence")
    def _compute_icon(self):
        for step in self:
            step.icon = step._get_channels()[:1].icon or "fa-circle-o"

    @api.depends("name", "days")
    def _compute_display_name(self):
        for step in self:
            step.display_name = f"{step.days:+d} · {step.name}" if step.name else ""

    @api.constrains("mode", "channel_ids", "template_ids")
    def _check_complete(self):
        for step in self:
            if step.mode == "manual":
                continue
            if not step.channel_ids:
                raise ValidationError(
                    self.env._("Step %(step)s has no channel to go out through.", step=step.name)
                )
            speaking = step.channel_ids.filtered(lambda channel: channel._needs_text())
            if speaking and not step.template_ids:
                raise ValidationError(
                    self.env._("Step %(step)s has no text to send.", step=step.name)
                )

    def _to_rung(self):
        """Return the step as the ladder engine sees it."""
        self.ensure_one()
        return Rung(self.id, self.days, self.mandatory, self.repeat_every, self.repeat_limit)

    def _get_channels(self):
        """Return the channels in the order they are tried; a manual step is always a task."""
        self.ensure_one()
        if self.mode == "manual":
            return self.env["collections.channel"]._get_task_channel()
        return self.channel_ids.sorted()

    def _get_template(self, tone=None):
        """Return the text in a tone, else in the step's own tone, else the first there is."""
        self.ensure_one()
        texts = self.template_ids
        for wanted in (tone, self.tone):
            if match := texts.filtered(lambda text, wanted=wanted: text.collections_tone == wanted):
                return match[0]
        return texts[:1]
