import json
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..engine import documents
from ..engine import provision as engine

DEBTORS = 200
CHANGES = (-10, 0, 10)
LIST = "provisions"  # what opens them all


class CollectionsReportProvision(models.AbstractModel):
    """The provision as of a day: its matrix, what moved it, what it hangs on, and its proof."""

    _name = "collections.report.provision"
    _description = "Provision"
    _inherit = "collections.report.base"

    _report_code = "provision"
    _report_sequence = 60
    # Who reads provisions of all debtors: not collectors and supervisors, who see some.
    _report_groups = (
        "collections_management.collections_management_group_manager,"
        "collections_management.collections_management_group_auditor,"
        "account.group_account_readonly,account.group_account_user"
    )

    @api.model
    def _get_title(self):
        return self.env._("Provision")

    @api.model
    def _get_filters(self):
        return [
            self._filter(
                "date",
                self.env._("As of"),
                "date",
                default=self._today().isoformat(),
                help=self.env._("The last provision up to this day is shown."),
            ),
            self._filter(
                "booked",
                self.env._("Only With an Entry"),
                "boolean",
                help=self.env._("Leaves out proposals that were not booked."),
            ),
        ]

    @api.model
    def _read_options(self, raw):
        options = super()._read_options(raw)
        options["date"] = options["date"] or self._today()
        return options

    @api.model
    def _find_provisions(self, options):
        """Return the last provision of each company, an entry before a proposal of the same day."""
        states = ["entry"] if options["booked"] else ["entry", "draft"]
        domain = Domain("state", "in", states) & Domain("date", "<=", options["date"])
        domain &= Domain("computed_on", "!=", False)
        provisions = self.env["collections.provision"]
        for company in self.env.companies:
            own = domain & Domain("company_id", "=", company.id)
            last = provisions.search(own, limit=1)
            same_day = own & Domain("date", "=", last.date) & Domain("state", "=", "entry")
            provisions |= provisions.search(same_day, limit=1) or last
        return provisions

    # -- the document ----------------------------------------------------------------------------

    @api.model
    def _get_document(self, options):
        provisions = self._find_provisions(options)
        sections = []
        for provision in provisions:
            name = f"{provision.company_id.name}: " if len(provisions) > 1 else ""
            sections += [
                self._get_figures(provision, name),
                self._get_matrix(provision, name),
                self._get_movement(provision, name),
                self._get_sensitivity(provision, name),
                *self._get_tax_sections(options, provision, name),
                self._get_words(provision, name),
            ]
        if not provisions:
            sections.append(
                documents.text(
                    "none",
                    self.env._("No provision yet"),
                    [
                        self.env._(
                            "Nothing was provided up to this day. Open Provisions, press New and "
                            "read the ledger: the proposal is shown here."
                        )
                    ],
                    link=(self.env._("Provisions"), LIST),
                )
            )
        return documents.document(
            self._get_title(),
            sections,
            subtitle=self._get_company_words(),
            definitions=self._get_definitions(),
        )

    @api.model
    def _get_tax_sections(self, options, provision, name):
        """Extension point: what the tax law says of the same debts."""
        return []

    def _get_figures(self, provision, name):
        currency = provision.currency_id.id
        key = f"{provision.id}:all::"
        return documents.figures(
            f"figures_{provision.id}",
            name + format_date(self.env, provision.date),
            [
                documents.figure(
                    "open",
                    self.env._("Open, credits subtracted"),
                    provision.amount_open,
                    currency=currency,
                    drill=key,
                    sources=self.env._(
                        "Receivable entries and their reconciliations up to the day"
                    ),
                    caveat=None
                    if provision.is_tied
                    else self.env._("The items do not equal the balance of the ledger."),
                ),
                documents.figure(
                    "required",
                    self.env._("To provide"),
                    provision.amount_required,
                    currency=currency,
                    formula=self.env._(
                        "Open by age and segment x its percentage; credits not counted"
                    ),
                ),
                documents.figure(
                    "coverage",
                    self.env._("Provided of what is open"),
                    100 * provision.amount_required / provision.amount_open
                    if provision.amount_open > 0
                    else None,
                    "percent",
                    undefined=self.env._("Nothing is owed"),
                ),
                documents.figure(
                    "held",
                    self.env._("Provided already"),
                    provision.amount_held,
                    currency=currency,
                    sources=self.env._("Balance of the account of the provision before this entry"),
                ),
                documents.figure(
                    "difference",
                    self.env._("To book") if provision.state == "draft" else self.env._("Booked"),
                    provision.amount_difference,
                    currency=currency,
                    formula=self.env._("To provide - provided already"),
                ),
            ],
        )

    @api.model
    def _get_matrix_rows(self, provision):
        """Return the matrix as dicts: kind, days, segment, amount, provided and percent."""
        lines = self._get_visible_sql(
            "collections.provision.line", [("provision_id", "=", provision.id)]
        )
        segment = SQL("segment_id" if provision.by_segment else "NULL::int")
        return self._query(
            SQL(
                """
                SELECT kind, days, %(segment)s AS segment_id, max(percent) AS percent,
                       sum(amount) AS amount, sum(provided) AS provided,
                       count(DISTINCT partner_id) AS debtors
                  FROM collections_provision_line
                 WHERE id IN %(lines)s
              GROUP BY 1, 2, 3
              ORDER BY 3 NULLS FIRST, kind = 'credit', kind = 'late', days
                """,
                segment=segment,
                lines=lines,
            )
        )

    def _get_matrix(self, provision, name):
        rates = {
            (
                rate.segment_id.id or None,
                rate.kind,
                rate.days if rate.kind == "late" else None,
            ): rate
            for rate in provision.rate_ids
        }
        columns = [
            *([documents.column("segment", self.env._("Segment"))] if provision.by_segment else []),
            documents.column("age", self.env._("Age")),
            documents.column("debtors", self.env._("Debtors"), "integer"),
            documents.column("amount", self.env._("Open"), "money", total=True),
        ]
        if rates:
            columns += [
                documents.column("lost", self.env._("Lost in the past"), "money"),
                documents.column("base", self.env._("Of what was open"), "money"),
                documents.column("measured", self.env._("Measured (%)"), "percent"),
                documents.column("change", self.env._("Looking forward (%)"), "percent"),
                documents.column("scope", self.env._("Rests on")),
            ]
        columns += [
            documents.column("percent", self.env._("Provided (%)"), "percent"),
            documents.column("provided", self.env._("To provide"), "money", total=True),
        ]
        rows = [self._make_row(provision, one, rates) for one in self._get_matrix_rows(provision)]
        return documents.table(
            f"matrix_{provision.id}",
            name + self.env._("Matrix"),
            columns,
            rows,
            empty=self.env._("Nothing was owed on this day."),
        )

    def _make_row(self, provision, one, rates):
        segments = self.env["collections.segment"]
        rate = rates.get((one["segment_id"], one["kind"], one["days"]))
        key = f"{provision.id}:{one['kind']}:{one['days'] or ''}:{one['segment_id'] or ''}"
        cells = {
            "segment": segments.browse(one["segment_id"]).sudo().name or self.env._("None"),
            "age": self._get_age_words(one["kind"], one["days"]),
            "debtors": one["debtors"],
            "amount": one["amount"],
            "percent": one["percent"] if one["kind"] != "credit" else None,
            "provided": one["provided"],
        }
        if rate:
            words = dict(rate._fields["scope"]._description_selection(self.env))
            known = rate.scope != "entered"
            cells |= {
                "lost": rate.lost,
                "base": rate.amount,
                "change": rate.change,
                "measured": rate.measured if known else None,
                "scope": words[rate.scope],
            }
        return documents.row(
            key,
            cells,
            currency=provision.currency_id.id,
            expand=key,
            drill=key,
            muted=one["kind"] == "credit",
        )

    def _get_age_words(self, kind, days):
        if kind == "credit":
            return self.env._("Credits")
        if kind == "not_due":
            return self.env._("Not due")
        return self.env._("From day %(days)s", days=days or 0)

    def _get_movement(self, provision, name):
        difference = provision.amount_difference
        booked = provision.state == "entry"
        steps = [
            ("opening", self.env._("Opening"), provision.amount_opening),
            ("adjusted", self.env._("Booked by other provisions since"), provision.amount_adjusted),
            ("used", self.env._("Used by write-offs"), provision.amount_used),
            ("other", self.env._("Other entries"), provision.amount_other),
            (
                "charge",
                self.env._("Charge") if booked else self.env._("Charge proposed"),
                max(difference, 0),
            ),
            (
                "release",
                self.env._("Release") if booked else self.env._("Release proposed"),
                min(difference, 0),
            ),
            ("closing", self.env._("Closing"), provision.amount_required),
        ]
        currency = provision.currency_id.id
        since = (
            self.env._(
                "Since the provision of %s.", format_date(self.env, provision.previous_id.date)
            )
            if provision.previous_id
            else self.env._("Since the first entry: there was no provision before.")
        )
        return documents.table(
            f"movement_{provision.id}",
            name + self.env._("Movement"),
            [
                documents.column("step", self.env._("Step")),
                documents.column("amount", self.env._("Amount"), "money"),
            ],
            [
                documents.row(code, {"step": label, "amount": amount}, currency=currency)
                for code, label, amount in steps
            ],
            totals=[],
            note=since,
        )

    def _get_sensitivity(self, provision, name):
        lines = self._get_visible_sql(
            "collections.provision.line", [("provision_id", "=", provision.id)]
        )
        pairs = [
            (Decimal(amount), Decimal(percent))
            for amount, percent in self.env.execute_query(
                SQL(
                    "SELECT amount::text, percent::text FROM collections_provision_line"
                    " WHERE id IN %s AND percent <> 0",
                    lines,
                )
            )
        ]
        places, currency = provision.currency_id.decimal_places, provision.currency_id.id
        found = {
            change: engine.get_sensitivity(pairs, Decimal(change), places) for change in CHANGES
        }
        rows = [
            documents.row(
                f"change_{change}",
                {
                    "change": self.env._("Percentages as they are")
                    if not change
                    else self.env._(
                        "Each percentage %(change)s %%", change=f"{change:+d}".replace("-", "−")
                    ),
                    "provided": float(amount),
                    "difference": float(amount - found[0]),
                },
                currency=currency,
            )
            for change, amount in found.items()
        ]
        return documents.table(
            f"sensitivity_{provision.id}",
            name + self.env._("What it hangs on"),
            [
                documents.column("change", self.env._("If")),
                documents.column("provided", self.env._("To provide"), "money"),
                documents.column("difference", self.env._("Difference"), "money"),
            ],
            rows,
            totals=[],
            note=self.env._("No debt is provided for with more than itself."),
        )

    def _get_words(self, provision, name):
        """Return how the percentages were found, what was added, and what to know of it."""
        sentences = [
            self.env._("The items equal the balance of the receivable accounts.")
            if provision.is_tied
            else self.env._("The items do not equal the balance of the receivable accounts.")
        ]
        if provision.method == "entered":
            sentences.append(self.env._("The percentages were entered by age."))
        elif provision.method == "loss_rate":
            sentences.append(
                self.env._(
                    "Of what was open at %(window)s month-ends, the share that was never collected "
                    "%(horizon)s months later: written off, or open and more than %(days)s days "
                    "late.",
                    window=provision.window_months,
                    horizon=provision.horizon_months,
                    days=provision.default_days,
                )
            )
        else:
            sentences.append(
                self.env._(
                    "From what rolled from age to age over %(window)s months: the chance to be "
                    "written off or to come to %(days)s days late in the end.",
                    window=provision.window_months,
                    days=provision.default_days,
                )
            )
        if provision.rate_ids:
            sentences += [
                self.env._(
                    "Looking forward, %(segment)s: %(change)s %%, because %(reason)s",
                    segment=one.segment_id.name or self.env._("all segments"),
                    change=f"{one.change:+g}",
                    reason=one.reason,
                )
                for one in provision.forward_ids
            ]
            sentences += (provision.method_note or "").splitlines()
        return documents.text(
            f"words_{provision.id}", name + self.env._("How it was found"), sentences
        )

    def _get_definitions(self):
        return [
            documents.definition(
                self.env._("Loss-rate"),
                self.env._("Lost / open, added up over the month-ends, for each age"),
                self.env._(
                    "Receivables as of past month-ends, their reconciliations, write-offs, "
                    "recoveries"
                ),
                self.env._(
                    "Credit notes count as collected: what was wrong is not a loss of credit."
                ),
            ),
            documents.definition(
                self.env._("Roll-rate"),
                self.env._(
                    "(Lost + what rolled on x the rate of where it went) / what left the age"
                ),
                self.env._("The same, from each month-end to the next"),
                self.env._(
                    "In default everything counts as lost; what is collected after it is not seen."
                ),
            ),
            documents.definition(
                self.env._("To provide"),
                self.env._("Open x percentage, rounded for each debtor, age and currency"),
                self.env._("Receivables as of the day"),
                self.env._(
                    "IFRS 9 5.5.15 and B5.5.35: losses over the whole life of trade receivables. "
                    "Credits of a debtor are not set against his debts."
                ),
            ),
        ]

    # -- behind a row ----------------------------------------------------------------------------

    def _read_key(self, key):
        """Return ``(provision, kind, days, segment)`` of a row.

        :raise UserError: when it names nothing that the reader may read
        """
        try:
            number, kind, days, segment, *rest = key.split(":")
            provision = self.env["collections.provision"].search([("id", "=", int(number))])
            found = (int(days) if days else None, int(segment) if segment else None)
            partner = int(rest[0]) if rest else None
        except ValueError:
            provision, kind, found, partner = None, None, (), None
        if not provision or kind not in ("all", "late", "not_due", "credit"):
            raise UserError(self.env._("“%s” is no row of this report.", key[:80]))
        return provision, kind, *found, partner

    @api.model
    def _get_rows(self, options, key):
        """Return the debtors of a row."""
        provision, kind, days, segment, _partner = self._read_key(key)
        domain = Domain("provision_id", "=", provision.id) & Domain("kind", "=", kind)
        if kind == "late":
            domain &= Domain("days", "=", days or 0)
        if provision.by_segment:
            domain &= Domain("segment_id", "=", segment or False)
        lines = self._get_visible_sql("collections.provision.line", domain)
        rows = self._query(
            SQL(
                """
                SELECT partner_id, sum(amount) AS amount, sum(provided) AS provided,
                       max(percent) AS percent
                  FROM collections_provision_line WHERE id IN %s
              GROUP BY 1 ORDER BY sum(provided) DESC, sum(amount) DESC, 1 LIMIT %s
                """,
                lines,
                DEBTORS,
            )
        )
        # names only, of what the reader's own amounts belong to
        partners = self.env["res.partner"].sudo()
        return [
            documents.row(
                f"{key}:{one['partner_id'] or 0}",
                {
                    "segment": None,
                    "age": partners.browse(one["partner_id"]).display_name
                    or self.env._("Without a debtor"),
                    "amount": one["amount"],
                    "percent": one["percent"] if kind != "credit" else None,
                    "provided": one["provided"],
                },
                currency=provision.currency_id.id,
                level=1,
                drill=f"{key}:{one['partner_id'] or 0}",
            )
            for one in rows
        ]

    @api.model
    def _get_behind_sql(self, options, key):
        """Return as SQL the ids of the journal items behind a row."""
        provision, kind, days, segment, partner = self._read_key(key)
        lines = self.env["account.move.line"]._search(
            [("company_id", "=", provision.company_id.id)]
        )
        conditions = [SQL("TRUE")]
        if kind == "credit":
            conditions.append(SQL("item.amount < 0"))
        elif kind != "all":
            first, last = self._get_ages(provision, days if kind == "late" else None)
            conditions.append(SQL("item.amount >= 0"))
            age = SQL("%s - item.due", provision.date)
            if first is not None:
                conditions.append(SQL("%s >= %s", age, first))
            if last is not None:
                conditions.append(SQL("%s < %s", age, last))
        if provision.by_segment and kind != "all":
            conditions.append(
                SQL(
                    "(SELECT segment_id FROM collections_case WHERE partner_id = item.partner_id"
                    " AND company_id = item.company_id AND state <> 'merged')"
                    " IS NOT DISTINCT FROM %s",
                    segment,
                )
            )
        if partner is not None:
            conditions.append(SQL("coalesce(item.partner_id, 0) = %s", partner))
        return SQL(
            "(SELECT item.line_id FROM (%s) item WHERE %s)",
            self.env["collections.ledger"]._get_open_on_sql(provision.date, lines),
            SQL(" AND ").join(conditions),
        )

    def _get_ages(self, provision, days):
        """Return ``(first day of an age, first day of the next)``; None: not due."""
        rates = provision.rate_ids.filtered(lambda rate: rate.kind == "late")
        bands = provision.company_id.sudo().collections_provision_band_ids
        starts = sorted(set((rates or bands).mapped("days")))
        later = [start for start in starts if days is None or start > days]
        return days, later[0] if later else None

    @api.model
    def _get_drill(self, options, key):
        if key == LIST:
            return self.env["ir.actions.act_window"]._for_xml_id(
                "collections_management.collections_provision_action"
            )
        provision = self._read_key(key)[0]
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_reports.account_move_line_action_behind"
        )
        asked = json.dumps(
            {"code": self._report_code, "options": self._dump_options(options), "key": key}
        )
        return action | {
            "name": self.env._("Open on %s", format_date(self.env, provision.date)),
            "domain": [("collections_report_key", "=", asked)],
            "context": {"collections_open_on": provision.date.isoformat(), "create": False},
        }
