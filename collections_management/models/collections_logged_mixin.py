from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_list, formatLang

HEAD_FIELDS = {"log_sequence", "log_hash"}

# The head only moves forward. The condition costs nothing when it does.
GUARD_SQL = """
CREATE OR REPLACE FUNCTION collections_log_refuse_head() RETURNS trigger AS $body$
BEGIN
    RAISE EXCEPTION 'The collections log only grows: the head of case % cannot go back.', OLD.id
        USING ERRCODE = 'insufficient_privilege';
END
$body$ LANGUAGE plpgsql;
"""


class CollectionsLoggedMixin(models.AbstractModel):
    """What a case needs to have a log: the head of its chain, its entries, their check."""

    _name = "collections.logged.mixin"
    _description = "Logged in the Collections Log"

    log_sequence = fields.Integer("Last Log Number", readonly=True, copy=False, aggregator=None)
    log_hash = fields.Char("Last Log Hash", readonly=True, copy=False)
    log_ids = fields.One2many("collections.log", "case_id", readonly=True, copy=False)
    log_count = fields.Integer("Log Entries", related="log_sequence")

    def init(self):
        super().init()
        if self._abstract:
            return
        table = SQL.identifier(self._table)
        self.env.cr.execute(SQL(GUARD_SQL.replace("%", "%%")))
        # room in each page for the next head: the indexes of the case need no new entries
        self.env.cr.execute(SQL("ALTER TABLE %s SET (fillfactor = 60)", table))
        self.env.cr.execute(SQL("DROP TRIGGER IF EXISTS collections_log_head_guard ON %s", table))
        self.env.cr.execute(
            SQL(
                """CREATE TRIGGER collections_log_head_guard
                    BEFORE UPDATE OF log_sequence, log_hash ON %s FOR EACH ROW
                    WHEN (COALESCE(NEW.log_sequence, 0) < COALESCE(OLD.log_sequence, 0)
                          OR (NEW.log_sequence = OLD.log_sequence
                              AND NEW.log_hash IS DISTINCT FROM OLD.log_hash))
                    EXECUTE FUNCTION collections_log_refuse_head()""",
                table,
            )
        )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_head_untouched(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_head_untouched(vals)
        return super().write(vals)

    @api.model
    def _check_head_untouched(self, vals):
        if HEAD_FIELDS.intersection(vals):
            raise UserError(self.env._("The log is written by the system only."))

    def action_open_log(self):
        """Show the entries of these cases."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_log_action"
        )
        return action | {"domain": [("case_id", "in", self.ids)], "context": {}}

    def action_verify_log(self):
        """Verify the log of these cases: say that it is intact, or show what is wrong."""
        self.check_access("read")
        checks = self.env["collections.log.check"].sudo()._check_cases(self)
        faulty = checks.filtered("fault_count")
        if faulty or not self.env["collections.log"]._is_guarded():
            return (faulty or checks).with_env(self.env)._get_result_action()
        count = sum(checks.mapped("entry_count"))
        number = formatLang(self.env, count, digits=0)
        message = self.env._("%s entries verified, chain intact", number)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": message, "sticky": False},
        }

    def action_erase_contents(self):
        """Erase, after asking for the legal reason, every content of these cases."""
        content_model = self.env["collections.log.content"]
        contents = content_model.search(content_model._get_erasable_domain(self))
        if not contents:
            names = format_list(self.env, self.mapped("display_name"))
            raise UserError(self.env._("No content is left to erase in %s", names))
        return content_model._get_erase_action(contents)

    def _log(self, event, data=None, **values):
        """Append one such entry per case; `values` as in `collections.log._append`."""
        return self.env["collections.log"]._append(
            {"case_id": case.id, "event": event, "data": data, **values} for case in self
        )
