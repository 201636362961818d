from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

TRIGGER = "on_collections_event"


class BaseAutomation(models.Model):
    """Rules that act when something happens in collections.

    Odoo's own triggers see what is written by the ORM; the night's run writes cases and contacts in
    sets. What happened is in the log either way, so this trigger listens to the events of the log.
    The rule acts a moment later, from :class:`collections.automation.firing`, on the record as it
    is then.
    """

    _name = "base.automation"
    _inherit = ["base.automation", "collections.cached.mixin"]

    trigger = fields.Selection(
        selection_add=[(TRIGGER, "When a collections event happens")],
        ondelete={TRIGGER: "cascade"},
    )
    collections_event_ids = fields.Many2many(
        "collections.event",
        string="Events",
        compute="_compute_collections_event_ids",
        store=True,
        readonly=False,
        domain="[('id', 'in', collections_event_choice_ids)]",
    )
    collections_event_choice_ids = fields.Many2many(
        "collections.event",
        compute="_compute_collections_event_choice_ids",
        compute_sudo=True,
        help="The events that are about records of the model of this rule.",
    )
    has_collections_events = fields.Boolean(
        compute="_compute_collections_event_choice_ids", compute_sudo=True
    )
    collections_firing_ids = fields.One2many("collections.automation.firing", "automation_id")
    collections_failed_count = fields.Integer(compute="_compute_collections_failed_count")

    @api.depends("trigger", "model_id")
    def _compute_collections_event_ids(self):
        for rule in self:
            fits = rule.trigger == TRIGGER
            rule.collections_event_ids &= rule.collections_event_choice_ids if fits else (
                self.env["collections.event"]
            )  # fmt: skip

    @api.depends("model_id")
    def _compute_collections_event_choice_ids(self):
        events = self.env["collections.event"].search([("code", "!=", False)])
        for rule in self:
            rule.collections_event_choice_ids = events.filtered(
                lambda event, rule=rule: event._is_about(rule.model_id.model)
            )
            rule.has_collections_events = bool(rule.collections_event_choice_ids)

    def _compute_collections_failed_count(self):
        counts = dict(
            self.env["collections.automation.firing"]._read_group(
                [("automation_id", "in", self.ids), ("state", "=", "failed")],
                ["automation_id"],
                ["__count"],
            )
        )
        for rule in self:
            rule.collections_failed_count = counts.get(rule, 0)

    @api.constrains("trigger", "model_id", "collections_event_ids")
    def _check_collections_events(self):
        for rule in self.filtered(lambda rule: rule.trigger == TRIGGER):
            if not rule.has_collections_events:
                raise ValidationError(
                    self.env._(
                        "No event of collections is about %(model)s: choose another trigger.",
                        model=rule.model_id.name,
                    )
                )
            if not rule.collections_event_ids:
                raise ValidationError(
                    self.env._("Choose at least one event for %(name)s.", name=rule.name)
                )
            if strange := rule.collections_event_ids - rule.collections_event_choice_ids:
                raise ValidationError(
                    self.env._(
                        "%(events)s: never about %(model)s, so the rule would never act.",
                        events=", ".join(strange.mapped("name")),
                        model=rule.model_id.name,
                    )
                )

    @api.model
    @tools.ormcache()
    def _get_collections_subscriptions(self):
        """Return which rules want what, cached: ``{code: ((rule id, model name), ...)}``."""
        subscriptions = {}
        for rule in self.sudo().search([("trigger", "=", TRIGGER)], order="id"):
            for event in rule.collections_event_ids:
                subscriptions.setdefault(event.code, []).append((rule.id, rule.model_name))
        return {code: tuple(rules) for code, rules in subscriptions.items()}

    def action_open_collections_firings(self):
        """Show what this rule did and could not do."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_automation.collections_automation_firing_action"
        )
        return {**action, "domain": [("automation_id", "=", self.id)], "context": {}}

    def _tell_failed(self, firing):
        """Ask the managers of collections to look at it: once, until somebody has."""
        self.ensure_one()
        if self.activity_ids:
            return
        for user in firing.company_id._get_collections_managers():
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("The rule %(name)s could not act", name=self.name),
                note=firing.error,
                user_id=user.id,
            )
