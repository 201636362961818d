from odoo import api, fields, models
from odoo.tools import SQL


class CollectionsCase(models.Model):
    """The promises of a debtor."""

    _inherit = "collections.case"

    promise_ids = fields.One2many("collections.promise", "case_id")
    promise_count = fields.Integer(string="Promises", compute="_compute_promise_count")
    broken_promise_count = fields.Integer(string="Broken Promises", readonly=True)
    next_promise_date = fields.Date(
        string="Next Promise", readonly=True, index="btree_not_null", help="Day of the next one."
    )

    def _compute_promise_count(self):
        counts = dict(
            self.env["collections.promise"]._read_group(
                [("case_id", "in", self.ids)], ["case_id"], ["__count"]
            )
        )
        for case in self:
            case.promise_count = counts.get(case, 0)

    def _store_promises(self):
        """Write how many promises were broken and when the next one is due, in one statement."""
        if not self:
            return
        self.env["collections.promise"].flush_model(["state", "date_due", "case_id"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_case kase
                   SET broken_promise_count = fresh.broken, next_promise_date = fresh.next
                  FROM (SELECT kase.id,
                               count(*) FILTER (WHERE promise.state = 'broken') AS broken,
                               min(promise.date_due)
                                   FILTER (WHERE promise.state IN ('open', 'due')) AS next
                          FROM collections_case kase
                     LEFT JOIN collections_promise promise ON promise.case_id = kase.id
                         WHERE kase.id = ANY(%s) GROUP BY kase.id) fresh
                 WHERE kase.id = fresh.id
                   AND (kase.broken_promise_count, kase.next_promise_date)
                       IS DISTINCT FROM (fresh.broken::int, fresh.next)
                """,
                self.ids,
            )
        )
        self.invalidate_model(["broken_promise_count", "next_promise_date"])

    def action_open_promises(self):
        """Open the promises of the case."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_promise_action"
        )
        return {
            **action,
            "domain": [("case_id", "=", self.id)],
            "context": {"default_case_id": self.id},
        }

    def action_promise(self):
        """Ask what the debtor promises."""
        self.ensure_one()
        return self._get_promise_action({})

    def _get_promise_action(self, context):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_promise_action_new"
        )
        return {**action, "context": {"default_case_id": self.id, **context}}

    def _merge_into(self, target):
        """The promises of a merged debtor go on: on the case that stays, by all his entries."""
        promises = self.env["collections.promise"].sudo().search([("case_id", "in", self.ids)])
        partners = (self | target).partner_id
        promises |= target.sudo().promise_ids
        promises._raise_marks(partners)
        result = super()._merge_into(target)
        promises.write({"case_id": target.id})
        (self | target)._store_promises()
        return result

    @api.model
    def _get_history_domains(self):
        return super()._get_history_domains() | {
            "promises": [("event", "=like", "promise_%")],
        }


class CollectionsPromise(models.Model):
    _inherit = "collections.promise"

    def _raise_marks(self, partners):
        """Take the entries of merged debtors that were in the books when these promises were made
        for what they are: no payments since."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_promise promise
                   SET ledger_mark = greatest(promise.ledger_mark, known.mark)
                  FROM (SELECT promise.id, max(line.id) AS mark
                          FROM collections_promise promise
                          JOIN account_move_line line
                            ON line.company_id = promise.company_id
                           AND line.create_date < promise.create_date
                          JOIN res_partner partner ON partner.id = line.partner_id
                         WHERE promise.id = ANY(%s) AND partner.commercial_partner_id = ANY(%s)
                      GROUP BY promise.id) known
                 WHERE promise.id = known.id
                """,
                self.ids,
                partners.ids,
            )
        )
        self.invalidate_recordset(["ledger_mark"])


class CollectionsHold(models.Model):
    """A hold that a promise set ends with it."""

    _inherit = "collections.hold"

    reason = fields.Selection(
        selection_add=[("promise", "Promise")], ondelete={"promise": "cascade"}
    )
    promise_id = fields.Many2one(
        "collections.promise", readonly=True, index="btree_not_null", ondelete="restrict"
    )


class AccountMoveLine(models.Model):
    """What was promised of a receivable."""

    _inherit = "account.move.line"

    collections_promise_text = fields.Char(
        string="Promise", compute="_compute_collections_promise_text"
    )

    @api.depends_context("lang")
    def _compute_collections_promise_text(self):
        standing = self.env["collections.promise"].search(
            [
                ("line_ids", "in", self.ids),
                ("state", "in", ("awaiting", "open", "due", "partly", "broken")),
            ],
            order="id",
        )
        latest = {line.id: promise for promise in standing for line in promise.line_ids}
        labels = dict(standing._fields["state"]._description_selection(self.env))
        for line in self:
            promise = latest.get(line._origin.id)
            line.collections_promise_text = (
                f"{labels[promise.state]}: {promise.display_name}" if promise else False
            )

    def _get_broken_counts(self):
        """Return ``{line id: number of broken promises about it}``."""
        self.env["collections.promise"].flush_model(["state"])
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT rel.line_id, count(*)::int FROM collections_promise_line_rel rel"
                    " JOIN collections_promise promise ON promise.id = rel.promise_id"
                    " WHERE rel.line_id = ANY(%s) AND promise.state = 'broken'"
                    " GROUP BY rel.line_id",
                    self.ids,
                )
            )
        )
