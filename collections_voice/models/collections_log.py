from odoo import fields, models


def keep_entries(_entries):
    """Leave the entries as they are after uninstalling: the database refuses any change."""


class CollectionsLog(models.Model):
    _inherit = "collections.log"

    event = fields.Selection(
        selection_add=[
            ("voice_confirmed", "Said who they are"),
            ("voice_ended", "Call ended"),
            ("voice_link", "Asked how to pay"),
            ("voice_transfer", "Connected to a person"),
            ("voice_stop", "No more calls"),
            ("voice_wrong_number", "Wrong number"),
        ],
        ondelete={
            "voice_confirmed": keep_entries,
            "voice_ended": keep_entries,
            "voice_link": keep_entries,
            "voice_transfer": keep_entries,
            "voice_stop": keep_entries,
            "voice_wrong_number": keep_entries,
        },
    )

    def _get_summary_formats(self):
        return super()._get_summary_formats() | {
            "voice_confirmed": [self.env._("In the call, the person said who they are")],
            "voice_ended": [
                self.env._("Call ended after %(seconds)s seconds: %(status)s"),
                self.env._("Call ended: %(status)s"),
            ],
            "voice_link": [self.env._("In the call, the debtor asked how to pay by message")],
            "voice_transfer": [self.env._("In the call, the debtor was connected to a person")],
            "voice_stop": [self.env._("In the call, the debtor asked for no more calls")],
            "voice_wrong_number": [self.env._("In the call, somebody said it is the wrong number")],
        }

    def _get_event_icons(self):
        return super()._get_event_icons() | {
            "voice_confirmed": "fa-user-circle-o",
            "voice_ended": "fa-phone-square",
            "voice_link": "fa-link",
            "voice_transfer": "fa-volume-control-phone",
            "voice_stop": "fa-ban",
            "voice_wrong_number": "fa-user-times",
        }

    def _get_data_words(self):
        calls = self.env["collections.voice.call"]
        return super()._get_data_words() | calls._get_state_words()
