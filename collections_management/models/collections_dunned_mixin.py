from odoo import api, fields, models
from odoo.tools import SQL, Query

# Debtors read their own invoices in the portal: what collections notes on them is not theirs.
READERS = (
    "collections_management.collections_management_group_collector,"
    "collections_management.collections_management_group_auditor,"
    "account.group_account_readonly,account.group_account_invoice"
)


class CollectionsDunnedMixin(models.AbstractModel):
    """What an invoice and a journal item show of collections, as columns, filters and groups.

    The case is found by company and debtor with a join, never stored: a ledger of a million lines
    is not rewritten when a case opens.
    """

    _name = "collections.dunned.mixin"
    _description = "Shown with its Collections State"

    collections_step_id = fields.Many2one(
        "collections.step",
        string="Dunning Step",
        readonly=True,
        copy=False,
        ondelete="set null",
        groups=READERS,
    )
    collections_date = fields.Date(string="Dunning Date", readonly=True, copy=False, groups=READERS)
    collections_case_id = fields.Many2one(
        "collections.case",
        compute="_compute_collections_case_id",
        search="_search_collections_case_id",
        compute_sudo=True,
        groups=READERS,
    )
    collections_user_id = fields.Many2one(
        related="collections_case_id.user_id",
        string="Collector",
        readonly=True,
        related_sudo=False,
        groups=READERS,
    )
    collections_segment_id = fields.Many2one(
        related="collections_case_id.segment_id",
        string="Segment",
        readonly=True,
        related_sudo=False,
        groups=READERS,
    )
    collections_hold = fields.Char(
        compute="_compute_collections_hold",
        compute_sudo=True,
        groups=READERS,
    )
    collections_why = fields.Char(
        string="Collections: What Next",
        compute="_compute_collections_hold",
        compute_sudo=True,
        groups=READERS,
        help="What collections does next about it, or why it is left alone.",
    )

    def _get_collections_debtor(self):
        """Return the debtor (commercial partner) of one record."""
        return self.partner_id.commercial_partner_id

    def _get_collections_partner_column(self):
        """Return the name of the column that leads to the debtor."""
        return "partner_id"

    def _compute_collections_case_id(self):
        cases = self.env["collections.case"].search(
            [
                ("partner_id", "in", self.partner_id.commercial_partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("state", "!=", "merged"),
            ]
        )
        by_key = {(case.company_id.id, case.partner_id.id): case.id for case in cases}
        for record in self:
            key = (record.company_id.id, record._get_collections_debtor().id)
            record.collections_case_id = by_key.get(key, False)

    def _search_collections_case_id(self, operator, value):
        self._check_field_access(self._fields["collections_case_id"], "read")
        if operator not in ("in", "not in", "any", "not any", "any!", "not any!"):
            return NotImplemented
        cases = self.env["collections.case"].sudo(self.env.su or operator.endswith("!"))
        if operator.rstrip("!") in ("any", "not any"):
            ids = cases._search(value) if not isinstance(value, Query) else value
            members = self._get_case_member_domain(ids.subselect())
            return ~members if operator.startswith("not") else members
        values = set(value)
        members = self._get_case_member_domain(tuple(values - {False}) or (0,))
        if False in values:
            members |= ~self._get_case_member_domain(None)
        return members if operator == "in" else ~members

    def _get_case_member_domain(self, case_ids):
        """Return the domain of the records that belong to these cases (None: to any).

        Looked up from each record on: to read the documents of one debtor, the cases of a
        collector are not gathered. For many records the database gathers them by itself.
        """
        column = self._get_collections_partner_column()
        which = SQL() if case_ids is None else SQL("AND kase.id IN %s", case_ids)

        def to_sql(model, alias, _query):
            return SQL(
                """EXISTS (
                    SELECT FROM res_partner debtor
                      JOIN collections_case kase
                        ON kase.partner_id = debtor.commercial_partner_id
                       AND kase.state <> 'merged' %(which)s
                     WHERE debtor.id = %(partner)s AND kase.company_id = %(company)s)""",
                which=which,
                partner=SQL.identifier(alias, column, to_flush=model._fields[column]),
                company=SQL.identifier(alias, "company_id", to_flush=model._fields["company_id"]),
            )

        return fields.Domain.custom(to_sql=to_sql)

    def _join_collections_case(self, alias, query):
        """Join the case of each record and return its alias."""
        partner = query.make_alias(alias, "collections_partner")
        query.add_join(
            "LEFT JOIN",
            partner,
            "res_partner",
            SQL(
                "%s = %s",
                SQL.identifier(partner, "id"),
                SQL.identifier(alias, self._get_collections_partner_column()),
            ),
        )
        case = query.make_alias(alias, "collections_case")
        query.add_join(
            "LEFT JOIN",
            case,
            "collections_case",
            SQL(
                "%(case)s.partner_id = %(partner)s.commercial_partner_id"
                " AND %(case)s.company_id = %(record)s.company_id AND %(case)s.state <> 'merged'",
                case=SQL.identifier(case),
                partner=SQL.identifier(partner),
                record=SQL.identifier(alias),
            ),
        )
        return case

    def _field_to_sql(self, alias, field_expr, query=None):
        columns = {
            "collections_case_id": "id",
            "collections_user_id": "user_id",
            "collections_segment_id": "segment_id",
        }
        if field_expr in columns and query is not None:
            case = self._join_collections_case(alias, query)
            return SQL.identifier(case, columns[field_expr])
        return super()._field_to_sql(alias, field_expr, query)

    @api.depends("collections_case_id")
    @api.depends_context("lang")
    def _compute_collections_hold(self):
        holds = self.env["collections.hold"].search(
            [("case_id", "in", self.collections_case_id.ids), ("is_active", "=", True)]
        )
        for record in self:
            case = record.collections_case_id
            own = holds.filtered(
                lambda hold, case=case, record=record: (
                    hold.case_id == case
                    and (not hold.line_id or hold.line_id in record._get_collections_lines())
                )
            )
            text = " · ".join(own.mapped("display_name"))
            if record.no_followup and record._is_collectible():
                text = text or self.env._("Excluded from follow-up")
            record.collections_hold = text or False
            record.collections_why = (
                (text or case.decision_text) if case and record._is_collectible() else False
            )
