import json

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ..engine import documents


class CollectionsReportAging(models.AbstractModel):
    """From a row of the aging down to the entries behind it."""

    _inherit = "collections.report.aging"

    @api.model
    def _get_key_sql(self, options, key):
        """Return the condition on the items (``item``, ``partner``, ``move``) of a row.

        :param str key: ``<group>:<value>:<currency>``, several joined by ``/``, and after ``|`` the
            name of a column
        :raise UserError: when it names nothing
        """
        path, _sep, column = key.partition("|")
        conditions = []
        groups, buckets = self._get_groups(), self._get_buckets(options)
        try:
            for part in path.split("/"):
                group_by, rest = part.split(":", 1)
                value, money = rest.rsplit(":", 1)
                group = groups[group_by]
                if value:
                    number = group.get("model") or group_by == "age"
                    conditions.append(SQL("%s = %s", group["sql"], int(value) if number else value))
                else:
                    conditions.append(SQL("%s IS NULL", group["sql"]))
                conditions.append(SQL("item.money_id = %s", int(money)))
            if column:
                names = {one.name: number for number, one in enumerate(buckets)} | {"credit": -1}
                conditions.append(SQL("item.bucket = %s", names[column]))
        except (KeyError, ValueError):
            raise UserError(self.env._("“%s” is no row of this report.", key[:80])) from None
        return SQL(" AND ").join(conditions)

    @api.model
    def _get_behind_sql(self, options, key):
        """Return as SQL the ids of the journal items behind a row or cell."""
        return SQL(
            """
            SELECT item.line_id FROM (%s) item
              JOIN account_move move ON move.id = item.move_id
         LEFT JOIN res_partner partner ON partner.id = item.partner_id
             WHERE %s
            """,
            self._get_items_sql(options, options["date"]),
            self._get_key_sql(options, key),
        )

    @api.model
    def _get_drill(self, options, key):
        self._get_key_sql(options, key)  # refuses what names nothing
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_reports.account_move_line_action_behind"
        )
        asked = json.dumps(
            {"code": self._report_code, "options": self._dump_options(options), "key": key}
        )
        day = options["date"]
        return action | {
            "name": self.env._("Open on %s", format_date(self.env, day)),
            "domain": [("collections_report_key", "=", asked)],
            "context": {"collections_open_on": day.isoformat(), "create": False},
        }

    @api.model
    def _get_rows(self, options, key):
        """Return what is under a row: debtors under any other group, entries under a debtor."""
        last = key.split("/")[-1].split(":")[0]
        if last == "partner":
            return self._get_entry_rows(options, key)
        buckets = self._get_buckets(options)
        nested = options | {"group_by": "partner"}
        columns = self._get_columns(options, buckets)
        rows = self._query(
            SQL(
                """
                SELECT * FROM (%s) summed ORDER BY abs(total) + abs(before) DESC, key LIMIT %s
                """,
                self._get_sums_sql(nested, buckets, "partner", self._get_key_sql(options, key)),
                options["limit"],
            )
        )
        for one in rows:
            one["key"] = str(one["key"] or "")
        return [
            self._make_row(nested, columns, one, "partner", f"{key}/") | {"level": 1}
            for one in self._put_names(nested, rows)
        ]

    @api.model
    def _get_entries_sql(self, options, condition=None, limit=None):
        """Return the statement of single entries, with all that is told of them."""
        return SQL(
            """
            SELECT item.line_id, item.move_id, item.partner_id, item.money_id, item.value,
                   item.bucket, item.age, item.date, item.due, move.name AS document,
                   move.ref AS reference, debtor.complete_name AS debtor, debtor.vat,
                   person.name AS collector, %(team)s AS team_name,
                   item.currency_id, item.amount_currency
              FROM (%(items)s) item
              JOIN account_move move ON move.id = item.move_id
         LEFT JOIN res_partner partner ON partner.id = item.partner_id
         LEFT JOIN res_partner debtor ON debtor.id = item.partner_id
         LEFT JOIN res_users worker ON worker.id = item.user_id
         LEFT JOIN res_partner person ON person.id = worker.partner_id
         LEFT JOIN collections_team team ON team.id = item.team_id
             WHERE %(condition)s
          ORDER BY %(order)s %(limit)s
            """,
            items=self._get_items_sql(options, options["date"]),
            team=self.env["collections.team"]._field_to_sql("team", "name"),
            condition=condition or SQL("TRUE"),
            order=(
                SQL("item.due, item.line_id")
                if condition
                else SQL("debtor.complete_name, item.partner_id, item.due, item.line_id")
            ),
            limit=SQL("LIMIT %s", limit) if limit else SQL(),
        )

    def _get_entry_rows(self, options, key):
        """Return the entries under a debtor's row, in the columns of its table."""
        buckets = self._get_buckets(options)
        columns = self._get_columns(options, buckets)
        condition = self._get_key_sql(options, key)
        found = self._query(self._get_entries_sql(options, condition, options["limit"]))
        level = key.count("/") + 1
        rows = []
        for one in found:
            cells = dict.fromkeys(column["name"] for column in columns)
            cells |= self._spread(buckets, one)
            cells["items"] = None
            cells["group"] = {
                "model": "account.move",
                "id": one["move_id"],
                "name": self._get_entry_words(options, one),
            }
            rows.append(
                documents.row(
                    f"{key}/line:{one['line_id']}", cells, currency=one["money_id"], level=level
                )
            )
        return rows

    def _get_entry_words(self, options, one):
        """Return an entry in words: its document, when it was due, how late it was."""
        values = {
            "document": one["document"],
            "day": format_date(self.env, one["due"]),
            "days": one["age"],
        }
        if options["basis"] == "due" and one["age"] > 0:
            return self.env._("%(document)s, due %(day)s, %(days)s days late", **values)
        return self.env._("%(document)s, due %(day)s", **values)

    @api.model
    def _spread(self, buckets, one):
        """Return the cells of the money of one entry: its value in its bucket, and in total."""
        name = "credit" if one["bucket"] < 0 else buckets[one["bucket"]].name
        late = one["value"] if name not in ("credit", "not_due") else 0
        return {name: one["value"], "total": one["value"], "overdue": late}

    # -- every entry -----------------------------------------------------------------------------

    def _get_entry_columns(self, options, buckets):
        first = [
            documents.column("debtor", self.env._("Debtor"), "record"),
            documents.column("vat", self.env._("Tax ID")),
            documents.column("document", self.env._("Document"), "record"),
            documents.column("reference", self.env._("Reference")),
            documents.column("date", self.env._("Date"), "date"),
            documents.column("due", self.env._("Due"), "date"),
            documents.column("age", self.env._("Days"), "days"),
            documents.column("collector", self.env._("Collector")),
            documents.column("team_name", self.env._("Team")),
        ]
        return self._get_columns(options, buckets, first)

    def _get_entry_section(self, options, buckets):
        columns = self._get_entry_columns(options, buckets)
        found = self._query(self._get_entries_sql(options, limit=options["limit"]))
        [count] = self._query(
            SQL("SELECT count(*) FROM (%s) item", self._get_items_sql(options, options["date"]))
        )
        return documents.table(
            "entries",
            self.env._("Every entry"),
            columns,
            [self._make_entry_row(buckets, one) for one in found],
            totals=[],
            more=count["count"] - len(found),
            empty=self.env._("Nothing was open on this day with these filters."),
        )

    def _make_entry_row(self, buckets, one):
        cells = {name: one[name] for name in ("vat", "reference", "age", "collector", "team_name")}
        cells |= {"date": one["date"].isoformat(), "due": one["due"].isoformat()}
        cells["debtor"] = {"model": "res.partner", "id": one["partner_id"], "name": one["debtor"]}
        cells["document"] = {
            "model": "account.move",
            "id": one["move_id"],
            "name": one["document"],
        }
        cells |= self._spread(buckets, one)
        return documents.row(f"line:{one['line_id']}", cells, currency=one["money_id"])

    @api.model
    def _iter_rows(self, options, section):
        """Yield every group, or every entry: a workbook holds what a screen cuts."""
        buckets = self._get_buckets(options)
        if section["name"] == "entries":
            for one in self._iter_query(self._get_entries_sql(options)):
                yield self._make_entry_row(buckets, one)
        elif section["name"] == "groups" and section["more"]:
            columns = section["columns"]
            [found, _totals] = self._get_sums(options, buckets, options["group_by"], None)
            for one in self._put_names(options, found):
                yield self._make_row(options, columns, one)
        else:
            yield from section["rows"]
