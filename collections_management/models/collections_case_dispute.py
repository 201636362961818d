from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .collections_dispute import STANDING_STATES


class CollectionsCase(models.Model):
    """The disputes of a case, counted set-based; and how other systems open one."""

    _inherit = "collections.case"

    dispute_ids = fields.One2many("collections.dispute", "case_id", string="Disputes")
    open_dispute_count = fields.Integer(string="Open Disputes", readonly=True, default=0)

    _disputed_idx = models.Index("(company_id) WHERE open_dispute_count > 0")

    def _count_disputes(self):
        """Write how many disputes of these cases stand, in one statement."""
        if not self:
            return
        self.env["collections.dispute"].flush_model(["case_id", "state"])
        self.flush_model(["open_dispute_count"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_case kase SET open_dispute_count = counted.number
                  FROM (SELECT wanted.id, count(dispute.id) AS number
                          FROM unnest(%s) AS wanted (id)
                     LEFT JOIN collections_dispute dispute
                            ON dispute.case_id = wanted.id AND dispute.state = ANY(%s)
                      GROUP BY wanted.id) counted
                 WHERE kase.id = counted.id
                   AND kase.open_dispute_count IS DISTINCT FROM counted.number
                """,
                self.ids,
                list(STANDING_STATES),
            )
        )
        self.invalidate_recordset(["open_dispute_count"], flush=False)

    def action_open_disputes(self):
        """Open the disputes of the case."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_dispute_action"
        )
        return {
            **action,
            "domain": [("case_id", "=", self.id)],
            "context": {"default_case_id": self.id},
        }

    @api.model
    def open_dispute(
        self, receivable, reason, debtor=None, vat=None, ref=None, company=None, amount=None,
        description=None, said_by=None, channel=None,
    ):  # fmt: skip
        """Open a dispute on a receivable: it is not asked for until the dispute is decided.

        :param int receivable: id of the journal item, as :meth:`get_case` returns it
        :param reason: code or id of a ``collections.dispute.reason``
        :param float amount: the contested part, in the receivable's currency; None: all of it
        :param str description: what the debtor says
        :param str said_by: who said so
        :param str channel: code of the channel it was said through
        :return: ``{"id", "receivable", "amount", "currency", "state", "until"}``
        """
        case = self._get_api_case(debtor, vat, ref, company)
        case.check_access("write")
        if type(receivable) is not int or receivable not in case.receivable_ids.ids:
            raise UserError(
                self.env._("receivable: %(value)s is no open receivable of this case.",
                           value=receivable)
            )  # fmt: skip
        if amount is not None and (type(amount) not in (int, float) or not amount > 0):
            raise UserError(self.env._("amount: a number above zero."))
        for name, value in (("description", description), ("said_by", said_by)):
            if value is not None:
                self._check_api_text(name, value)
        values = {
            "case_id": case.id,
            "line_id": receivable,
            "reason_id": self._get_api_reason(reason).id,
            "description": description,
            "said_by": said_by,
            "channel_id": channel and self._get_api_channel(channel, None).id,
        }
        if amount is not None:
            values["amount"] = amount
        return self.env["collections.dispute"].create(values)._get_api_data()

    @api.model
    def _get_api_reason(self, reason):
        """Return the reason of a code or an id.

        :raise UserError: naming the codes there are
        """
        reasons = self.env["collections.dispute.reason"].search([("active", "=", True)])
        found = reasons.filtered(
            lambda each: reason in ((each.id,) if type(reason) is int else (each.code,))
        )
        if not found or not reason:
            raise UserError(
                self.env._("reason: %(value)s is none of %(known)s.", value=reason,
                           known=", ".join(filter(None, reasons.mapped("code"))))
            )  # fmt: skip
        return found

    def _merge_into(self, target):
        disputes = self.env["collections.dispute"].search([("case_id", "in", self.ids)])
        self._move_line_holds(target)
        result = super()._merge_into(target)
        disputes.write({"case_id": target.id})
        (self | target)._count_disputes()
        return result

    def _move_line_holds(self, target):
        """Move the standing holds of single receivables to the case that stays. By SQL: for a
        moment the receivables are still the merged debtor's."""
        self.env["collections.hold"].flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE collections_hold SET case_id = %s WHERE case_id = ANY(%s)"
                " AND line_id IS NOT NULL AND lifted_on IS NULL",
                target.id,
                self.ids,
            )
        )
        self.env["collections.hold"].invalidate_model(flush=False)
        self.env["collections.case"].invalidate_model(["hold_ids"], flush=False)
