from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

# What a contact made by hand is told by; an answer that is written down later repeats it.
CONTACT_VALUES = ("uuid", "medium", "note", "person", "moment", "duration", "reason")


class CollectionsOutcome(models.Model):
    """What may come of a call, a visit or a message, and what follows from it."""

    _name = "collections.outcome"
    _description = "Outcome of a Contact"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    key = fields.Char(size=1, copy=False, help="1 to 9: the key that chooses it in My Day.")
    icon = fields.Char(default="fa-phone", help="A Font Awesome 4 icon.")
    medium = fields.Selection(
        [
            ("any", "Calls and visits"),
            ("call", "Calls"),
            ("visit", "Visits"),
            ("written", "Messages"),
        ],
        string="After",
        required=True,
        default="any",
    )
    reached = fields.Boolean(
        string="Debtor Reached",
        default=True,
        help="It counts for the quiet days and for the limits of the contact rules.",
    )
    consequence = fields.Selection(
        [
            ("none", "Nothing more"),
            ("hold", "Leave the case alone for some days"),
            ("retry", "Try again after some hours"),
            ("callback", "Ask when to call back"),
            ("task", "A task for the supervisor"),
            ("bad_number", "Mark the number as wrong"),
            ("promise", "Ask for the promise"),
            ("dispute", "Ask for the dispute"),
            ("agreement", "Ask for the agreement"),
            ("deceased", "Leave alone for good, and a task for the supervisor"),
        ],
        required=True,
        default="none",
    )
    days = fields.Integer(help="How long the case is left alone.", aggregator=None)
    hours = fields.Float(help="How long after it is tried again.", aggregator=None)
    hold_reason = fields.Selection(
        selection=lambda self: (
            self.env["collections.hold"]._fields["reason"]._description_selection(self.env)
        ),
        default="pause",
    )

    _code_unique = models.Constraint("UNIQUE (code)", "The code of an outcome is used once.")
    _key_unique = models.UniqueIndex(
        "(key) WHERE active AND key IS NOT NULL", "Another outcome has this key."
    )
    _key_digit = models.Constraint("CHECK (key ~ '^[1-9]$')", "The key is a digit from 1 to 9.")

    @api.constrains("consequence", "days", "hours")
    def _check_terms(self):
        for outcome in self:
            if outcome.consequence == "hold" and not 1 <= outcome.days <= 365:
                raise ValidationError(
                    self.env._(
                        "%(outcome)s: say for how many days the case is left alone, 1 to 365.",
                        outcome=outcome.name,
                    )
                )
            if outcome.consequence == "retry" and not 0 < outcome.hours <= 720:
                raise ValidationError(
                    self.env._(
                        "%(outcome)s: say after how many hours it is tried again, up to 720.",
                        outcome=outcome.name,
                    )
                )

    def _get_media(self):
        """Return the media this outcome fits, as the channels name them."""
        return ("call", "visit") if self.medium == "any" else (self.medium,)

    # -- questions: `_ask_<consequence>(case, values)`; the outcome is noted with their answer

    def _ask(self, case, values):
        """Return what is asked before this outcome is noted, so that both are noted or neither.

        :param dict values: what the collector entered, see ``collections.case.work_outcome``
        :return: None, the action of a dialog that notes the outcome with what it creates (a model
            with ``collections.outcome.answer.mixin``), or ``{"ask": "callback"}``
        """
        self.ensure_one()
        method = getattr(self, f"_ask_{self.consequence}", None)
        return method(case, values) if method else None

    def _ask_callback(self, case, values):
        return None if values.get("callback") else {"ask": "callback"}

    def _ask_promise(self, case, values):
        return self._get_dialog("collections_promise_action_new", case, values)

    def _ask_dispute(self, case, values):
        return self._get_dialog("collections_dispute_action_new", case, values)

    def _ask_agreement(self, case, values):
        return self._get_dialog("collections_agreement_action_new", case, values)

    def _get_dialog(self, name, case, values):
        """Return a dialog whose record answers this outcome of a case."""
        action = self.env["ir.actions.act_window"]._for_xml_id(f"collections_management.{name}")
        known = {name: values[name] for name in CONTACT_VALUES if name in values}
        context = {
            "default_case_id": case.id,
            "collections_outcome": {"id": self.id, "case": case.id, **known},
        }
        return {**action, "target": "new", "context": context}

    # -- consequences: `_follow_<consequence>(case, values)`

    def _follow(self, case, values):
        """Do what follows from this outcome on a case, once it is noted.

        What could not be asked, without a connection or on a visit, is still to be written down:
        the case is on top of the list until it is.
        """
        self.ensure_one()
        if not values.get("answered") and self._ask(case, values):
            case._set_callback(
                fields.Datetime.now(), self.env._("%s: still to be written down", self.name)
            )
        elif method := getattr(self, f"_follow_{self.consequence}", None):
            method(case, values)

    def _follow_hold(self, case, values):
        until = self.env["collections.ledger"]._today(case.company_id) + timedelta(days=self.days)
        self.env["collections.hold"].create(
            {
                "case_id": case.id,
                "reason": self.hold_reason or "pause",
                "note": values.get("note") or self.name,
                "date_until": until,
            }
        )

    def _follow_retry(self, case, values):
        later = fields.Datetime.now() + timedelta(hours=self.hours)
        case._set_callback(case._get_allowed_moment(later) or later, self.name)

    def _follow_callback(self, case, values):
        case._call_back(case._parse_callback(values["callback"], values), values)

    def _follow_task(self, case, values):
        case._ask_supervisor(self.name, values.get("note"))

    def _follow_bad_number(self, case, values):
        person = case._get_persons().filtered(lambda one: one.id == values.get("person"))
        (person or case.partner_id)._mark_bad_phone()

    def _follow_deceased(self, case, values):
        self.env["collections.hold"].create(
            {"case_id": case.id, "reason": "deceased", "note": values.get("note") or False}
        )
        case._ask_supervisor(self.name, values.get("note"))


class CollectionsHold(models.Model):
    """Whom nobody writes to any more."""

    _inherit = "collections.hold"

    reason = fields.Selection(
        selection_add=[("deceased", "Deceased")], ondelete={"deceased": "set default"}
    )
