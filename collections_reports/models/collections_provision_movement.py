from odoo import fields, models
from odoo.tools import SQL

MOVED = ("adjusted", "used", "other")


class CollectionsProvision(models.Model):
    """What moved the provision since the last one, as the ledger says when it is read.

    opening + adjusted + used + other = held; held + to book = to provide.
    """

    _inherit = "collections.provision"

    previous_id = fields.Many2one(
        "collections.provision", string="Last Provision", readonly=True, ondelete="set null",
        copy=False,
    )  # fmt: skip
    amount_opening = fields.Monetary(string="Opening", readonly=True, copy=False)
    amount_adjusted = fields.Monetary(
        string="Booked Meanwhile", readonly=True, copy=False,
        help="Entries of other provisions and their reversals.",
    )  # fmt: skip
    amount_used = fields.Monetary(
        string="Used by Write-offs", readonly=True, copy=False,
        help="Debts that were written off against the provision.",
    )  # fmt: skip
    amount_other = fields.Monetary(string="Other Entries", readonly=True, copy=False)

    def _read_ledger(self):
        done = super()._read_ledger()
        self._read_movement()
        return done

    def _read_movement(self):
        """Read what moved the account of the provision since the last one."""
        previous = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "entry"),
                ("date", "<", self.date),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        accounts = self.company_id.collections_provision_account_id.ids
        opening = -previous._get_balance(accounts) if previous else 0
        moved = dict.fromkeys(MOVED, 0)
        for kind, amount in self.env.execute_query(self._get_movement_sql(previous, accounts)):
            moved[kind] = amount
        self.write(
            {
                "previous_id": previous.id,
                "amount_opening": opening,
                **{f"amount_{kind}": amount for kind, amount in moved.items()},
            }
        )

    def _get_movement_sql(self, previous, accounts):
        """Return the statement of what moved the account of the provision, by its cause."""
        return SQL(
            """
            SELECT CASE WHEN line.move_id IN (
                             SELECT move_id FROM collections_provision WHERE move_id IS NOT NULL
                              UNION SELECT reversal_id FROM collections_provision
                                     WHERE reversal_id IS NOT NULL) THEN 'adjusted'
                        WHEN line.move_id IN (
                             SELECT move_id FROM collections_write_off WHERE move_id IS NOT NULL
                              UNION SELECT reversal_id FROM collections_write_off
                                     WHERE reversal_id IS NOT NULL) THEN 'used'
                        ELSE 'other' END AS kind, -sum(line.balance)
              FROM account_move_line line
             WHERE line.company_id = %s AND line.account_id = ANY(%s)
               AND line.parent_state = 'posted' AND line.date <= %s AND line.date > %s
          GROUP BY 1
            """,
            self.company_id.id,
            accounts,
            self.date,
            previous.date or fields.Date.to_date("1900-01-01"),
        )

    def _forget(self):
        self.previous_id = False
        return super()._forget()
