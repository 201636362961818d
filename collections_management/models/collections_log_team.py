from odoo import api, fields, models


class CollectionsLog(models.Model):
    """What the log says of who works a case."""

    _inherit = "collections.log"

    event = fields.Selection(
        selection_add=[
            ("covered", "Covered by a substitute"),
            ("returned", "Back from substitute"),
        ],
        ondelete={"covered": "cascade", "returned": "cascade"},
    )

    @api.model
    def _get_data_models(self):
        return super()._get_data_models() | {
            "team": "collections.team",
            ("covered", "by"): "res.users",
            ("returned", "by"): "res.users",
            ("assigned", "rule"): "collections.assignment.rule",
            ("assigned", "kept"): "res.users",
        }

    def _get_data(self):
        """Of a case that stays with its collector say that it does, not from whom to whom."""
        data = super()._get_data()
        if self.event == "assigned" and "from" in data and data["from"] == data.get("to"):
            data["kept"] = data.pop("to")
            del data["from"]
            if data.get("reason") == "stays":
                del data["reason"]
        return data

    @api.model
    def _get_data_words(self):
        return super()._get_data_words() | {
            "turn": self.env._("in turn"),
            "lightest": self.env._("who carried least"),
            "relief": self.env._("to level the load"),
            "stays": self.env._("keeps it"),
            "hand": self.env._("by hand"),
            "spread": self.env._("given out by hand"),
            "released": self.env._("released to the rules"),
            "waits": self.env._("waits for somebody to take it"),
            "no_team": self.env._("no rule gives it a team"),
            "no_members": self.env._("nobody works in the team"),
            "all_away": self.env._("everybody is away today"),
            "none_serves": self.env._("nobody serves its language or territory"),
            "all_full": self.env._("everybody carries all they can"),
            "left": self.env._("the collector has left"),
            "other_team": self.env._("the collector is of another team"),
        }

    @api.model
    def _get_summary_formats(self):
        formats = super()._get_summary_formats()
        formats["assigned"] = [
            self.env._("%(kept)s keeps it in team %(team)s: %(reason)s"),
            self.env._("%(kept)s keeps it in team %(team)s: rule “%(rule)s”"),
            self.env._("%(kept)s keeps it in team %(team)s"),
            self.env._("%(kept)s keeps it"),
            self.env._("Assigned from %(from)s to %(to)s, %(because)s: %(reason)s"),
            self.env._("Assigned from %(from)s to %(to)s in team %(team)s: %(reason)s"),
            self.env._("Assigned to %(to)s in team %(team)s: %(reason)s"),
            self.env._("Assigned from %(from)s to %(to)s: %(reason)s"),
            self.env._("Nobody instead of %(from)s, %(because)s: %(reason)s"),
            self.env._("Team %(team)s: %(reason)s"),
            self.env._("Assignment: %(reason)s"),
            *formats["assigned"],
        ]
        return formats | {
            "covered": [self.env._("%(by)s works it until %(until)s: its collector is away")],
            "returned": [self.env._("%(by)s hands it back: its collector is here again")],
        }

    @api.model
    def _get_event_icons(self):
        return super()._get_event_icons() | {
            "covered": "fa-user-plus",
            "returned": "fa-undo",
        }
