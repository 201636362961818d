import base64
import binascii
from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import UserError

LARGEST_PHOTO = 6_000_000  # bytes; the phone sends far less
POSITIONS = {"latitude": 90, "longitude": 180}


class CollectionsVisit(models.Model):
    """A visit to a debtor: where, when and what came of it, as the phone of the collector noted.

    ``visited_on`` is the clock of the device, ``received_on`` ours: a phone may have been out of
    reach for hours. The device's ``uuid`` makes sending twice note once. Never changed afterwards.
    """

    _name = "collections.visit"
    _description = "Field Visit"
    _order = "visited_on desc, id desc"
    _rec_name = "partner_id"

    case_id = fields.Many2one("collections.case", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    partner_id = fields.Many2one(related="case_id.partner_id")
    user_id = fields.Many2one(
        "res.users", string="Collector", required=True, readonly=True, ondelete="restrict",
        default=lambda self: self.env.user,
    )  # fmt: skip
    uuid = fields.Char(required=True, readonly=True, copy=False)
    visited_on = fields.Datetime(
        string="Visited", required=True, default=fields.Datetime.now, help="By the phone's clock."
    )
    received_on = fields.Datetime(
        string="Arrived Here", required=True, readonly=True, default=fields.Datetime.now
    )
    latitude = fields.Float(digits=(10, 7), readonly=True, aggregator=None)
    longitude = fields.Float(digits=(10, 7), readonly=True, aggregator=None)
    accuracy = fields.Integer(readonly=True, aggregator=None, help="Metres.")
    position_reason = fields.Char(
        string="No Position", readonly=True, help="Why the phone told no position."
    )
    has_position = fields.Boolean(readonly=True)
    map_url = fields.Char(compute="_compute_map_url")
    photo = fields.Image(max_width=1600, max_height=1600)
    outcome_id = fields.Many2one(
        "collections.outcome",
        required=True,
        ondelete="restrict",
        domain=[("medium", "in", ("any", "visit"))],
    )
    receipt_number = fields.Char(help="Of the receipt left with the debtor.")
    note = fields.Text()
    reason = fields.Char(
        "Why Outside the Rules",
        help="Needed where the contact rules speak against a visit at that moment.",
    )
    contact_id = fields.Many2one("collections.contact", readonly=True, ondelete="restrict")

    _uuid_unique = models.Constraint("UNIQUE (uuid)", "This visit is noted already.")

    @api.depends("latitude", "longitude", "has_position")
    def _compute_map_url(self):
        for visit in self:
            place = f"{visit.latitude:.6f}/{visit.longitude:.6f}"
            visit.map_url = (
                visit.has_position
                and f"https://www.openstreetmap.org/?mlat={visit.latitude:.6f}"
                f"&mlon={visit.longitude:.6f}#map=18/{place}"
            )

    @api.model_create_multi
    def create(self, vals_list):
        """A visit is a contact that was made: it is logged, and its outcome has consequences."""
        for vals in vals_list:
            vals.setdefault("uuid", f"form-{uuid4()}")
            if not self.env.su:  # who was there answers for it, and our clock is ours
                vals.update(user_id=self.env.uid, received_on=fields.Datetime.now())
        visits = super().create(vals_list)
        for visit in visits:
            visit.case_id._check_desk()
            visit._note_contact()
        return visits

    def write(self, vals):
        if not self.env.su:
            raise UserError(self.env._("A visit is evidence: it is not changed afterwards."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A visit is evidence: it is not deleted."))

    def _note_contact(self):
        """Make the contact of this visit and its entry in the log."""
        self.ensure_one()
        case = self.case_id
        outcome = case._get_outcome(self.outcome_id.id, "visit")
        values = self._get_outcome_values()
        if why := case._get_unexcused("visit", values):
            raise UserError(
                self.env._("Say why you visited outside the contact rules. %(why)s", why=why)
            )
        contact, is_new = case._log_outcome(outcome, values)
        self.sudo().contact_id = contact
        if is_new:
            case._follow_outcome(outcome, {"note": self.note or "", "medium": "visit"})
            case.invalidate_recordset()
            case._score()

    def _get_outcome_values(self):
        parts = [self.note]
        if self.receipt_number:
            parts.append(self.env._("Receipt %(number)s", number=self.receipt_number))
        if self.has_position:
            parts.append(f"{self.latitude:.6f}, {self.longitude:.6f} (±{self.accuracy} m)")
        elif self.position_reason:
            parts.append(self.env._("No position: %(why)s", why=self.position_reason))
        return {
            "uuid": self.uuid,
            "medium": "visit",
            "note": " · ".join(filter(None, parts)),
            "moment": fields.Datetime.to_string(self.visited_on),
            "reason": self.reason,
            "late": self.env.context.get("collections_late"),
        }


class CollectionsCase(models.Model):
    """Visits come from phones that may have been out of reach."""

    _inherit = "collections.case"

    visit_ids = fields.One2many("collections.visit", "case_id", readonly=True)
    visit_count = fields.Integer(compute="_compute_visit_count", compute_sudo=True)

    def _compute_visit_count(self):
        counts = dict(
            self.env["collections.visit"]._read_group(
                [("case_id", "in", self.ids)], ["case_id"], ["__count"]
            )
        )
        for case in self:
            case.visit_count = counts.get(case, 0)

    def action_open_visits(self):
        """Open the visits of these cases."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_visit_action"
        )
        return {**action, "domain": [("case_id", "in", self.ids)], "context": {}}

    def work_visit(self, values):
        """Note a visit that a phone queued; the same ``uuid`` again changes nothing.

        :param dict values: ``uuid``, ``outcome``, ``moment`` (ISO, of the phone), ``latitude``,
            ``longitude``, ``accuracy`` or ``position_reason``, ``photo`` (base64), ``receipt``,
            ``note``, ``reason`` and ``late`` as in :meth:`work_outcome`
        :return: ``{"visit": id, "created": bool, "follow": what the screen asks next, ...}``
        """
        self.ensure_one()
        self.env["collections.worklist"]._check_desk()
        self.check_access("write")
        self._get_reference(values)
        known = self.env["collections.visit"].sudo().search([("uuid", "=", values["uuid"])])
        if known and known.case_id != self:
            raise UserError(self.env._("uuid: this visit was to another debtor."))
        prepared = {} if known else self._prepare_visit(values)
        if not known and (why := self._get_unexcused("visit", values)):
            return {"visit": False, "created": False, "follow": {"ask": "reason", "why": why}}
        visits = self.env["collections.visit"].with_context(collections_late=values.get("late"))
        visit = known or visits.create(prepared).with_env(self.env)
        contact = {"uuid": visit.uuid, "medium": "visit"}
        follow = not known and visit.outcome_id._ask(self, contact)
        return self._answer(values, visit=visit.id, created=not known, follow=follow or False)

    def _prepare_visit(self, values):
        texts = {
            "note": self._get_note(values),
            "reason": self._get_reason(values),
            "receipt_number": self._get_short_text("receipt", values),
            "position_reason": self._get_short_text("position_reason", values),
        }
        return texts | {
            "case_id": self.id,
            "uuid": values["uuid"],
            "outcome_id": self._get_outcome(values.get("outcome"), "visit").id,
            "visited_on": self._parse_device("moment", values.get("moment")),
            "photo": self._get_photo(values.get("photo")),
            **self._get_position(values),
        }

    def _get_short_text(self, name, values):
        text = values.get(name) or ""
        if not isinstance(text, str):
            raise UserError(self.env._("%(name)s: a text.", name=name))
        return text.strip()[:250]

    def _get_position(self, values):
        """Return the position of a phone.

        :raise UserError: when it is none on Earth
        """
        given = {name: values.get(name) for name in POSITIONS}
        if any(value is None for value in given.values()):
            return {"has_position": False}
        for name, limit in POSITIONS.items():
            value = given[name]
            if type(value) not in (int, float) or not -limit <= value <= limit:
                raise UserError(
                    self.env._("%(name)s: a number from %(low)s to %(high)s.", name=name,
                               low=-limit, high=limit)
                )  # fmt: skip
        accuracy = values.get("accuracy") or 0
        accuracy = min(round(accuracy), 10**6) if type(accuracy) in (int, float) else 0
        return {**given, "has_position": True, "accuracy": accuracy}

    def _get_photo(self, photo):
        """Return a photo as it came.

        :raise UserError: when it is too large or no base64; the field itself refuses what is no
            picture
        """
        if not photo:
            return False
        try:
            size = len(base64.b64decode(photo, validate=True))
        except (TypeError, ValueError, binascii.Error):
            raise UserError(self.env._("photo: a picture, in base64.")) from None
        if size > LARGEST_PHOTO:
            raise UserError(self.env._("photo: too large; take it with less detail."))
        return photo
