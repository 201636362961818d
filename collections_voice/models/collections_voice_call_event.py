from odoo import fields, models


class CollectionsVoiceCallEvent(models.Model):
    """What happened in a call, in the order in which we heard of it."""

    _name = "collections.voice.call.event"
    _description = "Event of a Call"
    _order = "id"
    _rec_name = "event"

    call_id = fields.Many2one(
        "collections.voice.call", required=True, ondelete="cascade", index=True
    )
    moment = fields.Datetime(required=True, default=fields.Datetime.now)
    event = fields.Selection(
        [
            ("dialled", "Asked for"),
            ("state", "State"),
            ("answered", "Somebody picked up"),
            ("said", "Said"),
            ("keys", "Keys pressed"),
            ("confirmed", "Said who they are"),
            ("promise", "Promise"),
            ("link", "How to pay, by message"),
            ("transfer", "Connected to a person"),
            ("stop", "No more calls"),
            ("wrong_number", "Wrong number"),
        ],
        required=True,
    )
    detail = fields.Char()
