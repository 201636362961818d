import io
import json
import re
from datetime import date, datetime, timezone
from typing import NamedTuple

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import MissingError, UserError
from odoo.tools import SQL, format_amount, format_date, format_datetime

from ..engine import chain

# What the database refuses, whoever asks through SQL. ALWAYS: in replica sessions too.
GUARD_SQL = """
CREATE OR REPLACE FUNCTION collections_log_refuse() RETURNS trigger AS $body$
BEGIN
    RAISE EXCEPTION 'The collections log only grows: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$body$ LANGUAGE plpgsql;
DROP TRIGGER IF EXISTS collections_log_guard_row ON collections_log;
CREATE TRIGGER collections_log_guard_row BEFORE UPDATE OR DELETE ON collections_log
    FOR EACH ROW EXECUTE FUNCTION collections_log_refuse();
ALTER TABLE collections_log ENABLE ALWAYS TRIGGER collections_log_guard_row;
DROP TRIGGER IF EXISTS collections_log_guard_table ON collections_log;
CREATE TRIGGER collections_log_guard_table BEFORE TRUNCATE ON collections_log
    FOR EACH STATEMENT EXECUTE FUNCTION collections_log_refuse();
ALTER TABLE collections_log ENABLE ALWAYS TRIGGER collections_log_guard_table;
"""

COLUMNS = (
    "id",
    "case_id",
    "sequence",
    "moment",
    "event",
    "user_id",
    "contact_id",
    "run_id",
    "data",
    "content_digest",
    "previous_hash",
    "hash",
)
COPY_NULL = r"\N"
# How a summary tells apart what the data keep as text.
NUMBER = re.compile(r"-?\d+(\.\d+)?")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?")


class Linked(NamedTuple):
    """Entries linked to their chains, not written yet."""

    links: list
    contents: list  # [(entry id, prepared content)]
    heads: dict  # {case id: (number, hash)} to be written on the cases


def copy_text(value):
    """Return a text as COPY reads it (`replace` is many times faster than `translate`)."""
    if value is None:
        return COPY_NULL
    value = value.replace("\\", r"\\").replace("\t", r"\t")
    return value.replace("\n", r"\n").replace("\r", r"\r")


def array_text(values):
    """Return an array as one text: parsed far faster than as many parameters."""
    return "{" + ",".join(map(str, values)) + "}"


def copy_lines(cr, table, columns, lines):
    """Insert rows by COPY, the fastest way in: lines of `columns`, separated by tabs."""
    cr.copy_from(io.StringIO("\n".join(lines)), table, columns=columns)


class CollectionsLog(models.Model):
    """One entry of a case's log: written once by :meth:`_append`, never touched again.

    A field added here by another addon is not part of the hash and must have no default:
    the database refuses to fill it in the existing rows.
    """

    _name = "collections.log"
    _description = "Collections Log Entry"
    _log_access = False
    _order = "case_id desc, sequence desc"
    _rec_name = "summary"

    case_id = fields.Many2one("collections.case", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="case_id.company_id")
    partner_id = fields.Many2one(related="case_id.partner_id")
    sequence = fields.Integer("Number", required=True, readonly=True, aggregator=None)
    moment = fields.Datetime(required=True, readonly=True)
    event = fields.Selection(
        [
            ("case_opened", "Case opened"),
            ("refreshed", "Balances refreshed"),
            ("segmented", "Segment assigned"),
            ("decision_needed", "Decision needed"),
            ("planned", "Contact planned"),
            ("verdict", "Contact rules decided"),
            ("held", "Held"),
            ("released", "Hold released"),
            ("queued", "Queued"),
            ("sending", "Sending"),
            ("sent", "Sent"),
            ("delivered", "Delivered"),
            ("read", "Read"),
            ("answered", "Answered"),
            ("replied", "Answer received"),
            ("auto_replied", "Automatic reply"),
            ("failed", "Failed"),
            ("uncertain", "Outcome unknown"),
            ("resolved", "Outcome resolved"),
            ("cancelled", "Cancelled"),
            ("skipped", "Skipped"),
            ("approved", "Approved"),
            ("assigned", "Assigned"),
            ("note", "Note"),
            ("merged", "Debtor merged"),
            ("case_closed", "Case closed"),
            ("case_reopened", "Case reopened"),
            ("settings", "Settings changed"),
            ("erased", "Content erased"),
        ],
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one(
        "res.users", readonly=True, ondelete="restrict", help="Empty: done by the system."
    )
    contact_id = fields.Many2one(
        "collections.contact", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    run_id = fields.Many2one("collections.run", readonly=True, ondelete="restrict")
    data = fields.Text(required=True, readonly=True)
    content_digest = fields.Char(readonly=True)
    previous_hash = fields.Char(required=True, readonly=True)
    hash = fields.Char(required=True, readonly=True)
    content_ids = fields.One2many("collections.log.content", "log_id")
    summary = fields.Char(compute="_compute_summary")
    icon = fields.Char(compute="_compute_icon")

    _case_sequence_unique = models.Constraint(
        "UNIQUE (case_id, sequence)", "A log entry has its number once in its case."
    )
    # Both grow with the table: a few pages each, almost free to keep.
    _moment_idx = models.Index("USING brin (moment)")
    _run_idx = models.Index("USING brin (run_id)")
    # What people did: a small part of it.
    _person_idx = models.Index("(moment) WHERE user_id IS NOT NULL")

    def init(self):
        self.env.cr.execute(SQL(GUARD_SQL.replace("%", "%%")))

    @api.depends("event", "data")
    @api.depends_context("lang", "tz")
    def _compute_summary(self):
        labels = dict(self._fields["event"]._description_selection(self.env))
        formats = self._get_summary_formats()
        read = {entry: entry._get_data() for entry in self}
        names = self._get_data_names(read)
        words = self._get_data_words()
        amounts = self._get_data_amounts()
        currencies = self._get_data_currencies(read)
        for entry, data in read.items():
            currency = currencies[entry]
            values = {
                key: names.get((entry.event, key, value))
                or words.get(value)
                or self._format_value(value, currency if key in amounts else None)
                for key, value in data.items()
            }
            label = labels.get(entry.event, entry.event)
            entry.summary = entry._get_summary(label, formats.get(entry.event, ()), values)

    def _get_data(self):
        """The data as a dict, without what is empty or no plain value."""
        try:
            data = json.loads(self.data or "{}")
            return {
                key: value
                for key, value in data.items()
                if isinstance(value, str | int) and not isinstance(value, bool) and value != ""
            }
        except (ValueError, AttributeError):  # tampered with: the verification tells it
            return {}

    @api.model
    def _format_value(self, value, currency=None):
        """Return a day, a moment or (with its currency) an amount as the reader writes it."""
        if not isinstance(value, str):
            return value
        try:
            if currency and NUMBER.fullmatch(value):
                return format_amount(self.env, float(value), currency)
            if DAY.fullmatch(value):
                return format_date(self.env, date.fromisoformat(value))
            if MOMENT.fullmatch(value):
                moment, zone = datetime.fromisoformat(value), self.env.context.get("tz")
                return format_datetime(self.env, moment, tz=zone, dt_format="short")
        except ValueError:  # looks like a day, and is none
            return value
        return value

    @api.model
    def _get_data_currencies(self, read):
        """Return {entry: currency of its amounts}: the one it names, else its company's."""
        codes = {data["currency"] for data in read.values() if "currency" in data}
        named = {}
        if codes:
            currencies = self.env["res.currency"].with_context(active_test=False)
            found = currencies.search([("name", "in", list(codes))])
            named = {currency.name: currency for currency in found}
        return {
            entry: named.get(data.get("currency")) or entry.company_id.sudo().currency_id
            for entry, data in read.items()
        }

    def _get_summary(self, label, formats, values):
        """The first format whose names are all in the data, else the label of the event."""
        for text in formats:
            try:
                return text % values
            except (KeyError, TypeError, ValueError):
                continue
        return label

    @api.model
    def _get_data_names(self, read):
        """Return {(event, key, id): name} of the records that the data refers to."""
        models_by_key = self._get_data_models()
        wanted = {}
        for entry, data in read.items():
            for key, value in data.items():
                model = models_by_key.get((entry.event, key)) or models_by_key.get(key)
                if model and isinstance(value, int):
                    wanted.setdefault(model, set()).add((entry.event, key, value))
        names = {}
        for model, keys in wanted.items():
            records = self.env[model].sudo().browse({key[2] for key in keys}).exists()
            found = {record.id: record.display_name for record in records}
            names.update((key, found.get(key[2], f"#{key[2]}")) for key in keys)
        return names

    @api.model
    def _get_data_models(self):
        """Extension point: {key of the data, or (event, key): model its id belongs to}."""
        return {
            "segment": "collections.segment",
            "strategy": "collections.strategy",
            "step": "collections.step",
            "channel": "collections.channel",
            "rule": "collections.contact.rule",
            "line": "account.move.line",
            ("assigned", "from"): "res.users",
            ("assigned", "to"): "res.users",
            ("merged", "from"): "collections.case",
            ("merged", "into"): "collections.case",
        }

    @api.model
    def _get_data_amounts(self):
        """Extension point: the keys of the data that are amounts of money."""
        return {"amount", "booked", "credit", "overdue", "paid", "total"}

    @api.model
    def _get_data_words(self):
        """Extension point: {code in the data: what it means to the reader}."""
        words = {}
        for model, name in (("collections.contact", "state"), ("collections.hold", "reason")):
            field = self.env[model]._fields[name]
            words.update(field._description_selection(self.env))
        return words | {
            code: sentence.rstrip(".")
            for code, sentence in self.env["collections.contact"]._get_reason_sentences().items()
        }

    @api.model
    def _get_summary_formats(self):
        """Extension point: {event: texts}, the fullest first; the names are keys of the data."""
        reason = {
            "held": [
                self.env._("Held until %(until)s: %(reason)s"),
                self.env._("Held: %(reason)s"),
            ],
            "released": [self.env._("Hold released: %(reason)s")],
            "queued": [self.env._("Queued: %(reason)s")],
            "failed": [
                self.env._("Failed by %(channel)s: %(reason)s"),
                self.env._("Failed: %(reason)s"),
            ],
            "uncertain": [self.env._("Outcome unknown: %(reason)s")],
            "cancelled": [self.env._("Cancelled: %(reason)s")],
            "skipped": [self.env._("Skipped: %(reason)s")],
            "case_closed": [self.env._("Case closed: %(reason)s")],
        }
        return reason | {
            "case_opened": [self.env._("Case opened with %(overdue)s overdue")],
            "case_reopened": [self.env._("Case reopened with %(overdue)s overdue")],
            "refreshed": [self.env._("Balances refreshed: %(overdue)s overdue")],
            "segmented": [
                self.env._("Segment %(segment)s, strategy %(strategy)s"),
                self.env._("Strategy %(strategy)s"),
            ],
            "planned": [
                self.env._("Planned: %(step)s by %(channel)s"),
                self.env._("Planned: %(step)s"),
                self.env._("Contact planned by %(channel)s"),
            ],
            "verdict": [
                self.env._("Contact rule %(rule)s: %(state)s, from %(moment)s"),
                self.env._("Contact rule %(rule)s: %(state)s"),
                self.env._("Contact rules: %(state)s"),
            ],
            "sent": [self.env._("Sent by %(channel)s")],
            "delivered": [self.env._("Delivered by %(channel)s")],
            "answered": [self.env._("Answered by %(channel)s")],
            "resolved": [self.env._("Outcome resolved: %(state)s")],
            "assigned": [
                self.env._("Assigned from %(from)s to %(to)s"),
                self.env._("Assigned to %(to)s"),
                self.env._("Assigned to nobody, was %(from)s"),
            ],
            "merged": [self.env._("Merged into %(into)s"), self.env._("Merged from %(from)s")],
            "erased": [self.env._("Content erased of %(count)s entries")],
        }

    @api.depends("event")
    def _compute_icon(self):
        icons = self._get_event_icons()
        for entry in self:
            entry.icon = icons.get(entry.event, "fa-circle-o")

    @api.model
    def _get_event_icons(self):
        """Extension point: {event: Font Awesome 4 icon} for timelines."""
        return {
            "case_opened": "fa-folder-open-o",
            "refreshed": "fa-refresh",
            "segmented": "fa-filter",
            "decision_needed": "fa-map-signs",
            "planned": "fa-calendar-plus-o",
            "verdict": "fa-gavel",
            "held": "fa-pause-circle-o",
            "released": "fa-play-circle-o",
            "queued": "fa-clock-o",
            "sending": "fa-paper-plane-o",
            "sent": "fa-paper-plane",
            "delivered": "fa-check",
            "read": "fa-eye",
            "answered": "fa-reply",
            "replied": "fa-reply",
            "auto_replied": "fa-magic",
            "failed": "fa-exclamation-triangle",
            "uncertain": "fa-question-circle-o",
            "resolved": "fa-check-circle-o",
            "cancelled": "fa-ban",
            "skipped": "fa-step-forward",
            "approved": "fa-thumbs-o-up",
            "assigned": "fa-user-o",
            "note": "fa-sticky-note-o",
            "merged": "fa-compress",
            "case_closed": "fa-folder-o",
            "case_reopened": "fa-folder-open",
            "settings": "fa-cog",
            "erased": "fa-eraser",
        }

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise UserError(self.env._("The log is written by the system only."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("The log only grows: an entry cannot be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The log only grows: an entry cannot be deleted."))

    @api.model
    def _append(self, entries):
        """Append entries to the log of their cases and return them, in the order given.

        Each entry is a dict::

            case_id     int, required
            event       a code of the field `event`, required
            data        dict of codes, ids, amounts (Decimal) and dates; no personal text
            contact_id, run_id    int or None
            user_id     int or None; by default the user, None for the superuser
            content     dict of subject, body, address, note: kept apart, only its digest
                        enters the chain

        The number of queries is constant. Two transactions that append to one case at once
        end in a serialization failure of the second, which Odoo retries.
        """
        linked = self._link(entries)
        self._write_heads(linked.heads)
        return self._store(linked)

    @api.model
    def _link(self, entries, born=()):
        """Link entries to the chains of their cases, but leave the writing to the caller.

        For who writes on the same cases anyway: a row written twice in one transaction has all
        its foreign keys checked again, which costs more than the rest. The caller writes
        ``heads`` on the cases (:meth:`_get_heads_sql`), then calls :meth:`_store`.

        :param born: ids of cases that the caller is about to create
        :return: Linked
        """
        entries = list(entries)
        if not entries:
            return Linked([], [], {})
        self._check_entries(entries)
        heads = {case_id: (0, chain.genesis(case_id)) for case_id in born}
        heads |= self._lock_heads(sorted({entry["case_id"] for entry in entries} - heads.keys()))
        moment = datetime.now(timezone.utc).replace(tzinfo=None)
        contents = self.env["collections.log.content"]._prepare_contents(entries)
        uid = None if self.env.uid == SUPERUSER_ID else self.env.uid
        links = []
        for index, entry_id in enumerate(self._reserve_ids(len(entries))):
            vals = entries[index]
            sequence, previous = heads[vals["case_id"]]
            entry = self._prepare_entry(
                entry_id, sequence + 1, vals, moment, contents.get(index), uid
            )
            digest = chain.digest(previous, entry)
            links.append(chain.Link(entry, previous, digest))
            heads[entry.case_id] = (entry.sequence, digest)
        contents = [(links[index].entry.entry_id, content) for index, content in contents.items()]
        return Linked(links, contents, heads)

    @api.model
    def _store(self, linked):
        """Write linked entries whose heads are written already, and return them."""
        if linked.links:
            self._insert_links(linked.links)
            self.env["collections.log.content"]._insert_contents(linked.contents)
            self._forget_heads(linked.heads)
            self.env["collections.event"]._publish_links(linked.links)
        return self.browse([link.entry.entry_id for link in linked.links])

    @api.model
    def _check_entries(self, entries):
        """Refuse unknown events and keys: a mistake of the caller, told in English."""
        events = set(self._fields["event"].get_values(self.env))
        keys = {"case_id", "event", "data", "contact_id", "run_id", "user_id", "content"}
        for entry in entries:
            if entry["event"] not in events:
                raise ValueError(f"log: unknown event {entry['event']!r}")
            if not keys.issuperset(entry):
                raise ValueError(f"log: unknown keys {sorted(set(entry) - keys)}")

    @api.model
    def _prepare_entry(self, entry_id, sequence, vals, moment, content, uid):
        """Return the Entry of one dict of ``_append``."""
        return chain.Entry(
            entry_id,
            vals["case_id"],
            sequence,
            moment,
            vals["event"],
            vals.get("user_id", uid) or None,
            vals.get("contact_id") or None,
            vals.get("run_id") or None,
            chain.canonical(vals.get("data")),
            content and content["digest"],
        )

    @api.model
    def _lock_heads(self, case_ids):
        """Lock the cases and return {case id: (last number, last hash)}.

        The lock leaves room for foreign keys: others may still refer to the case.
        """
        cases = self.env["collections.case"]
        cases.flush_model(["log_sequence", "log_hash"])
        rows = self.env.execute_query(
            SQL(
                """SELECT id, COALESCE(log_sequence, 0), log_hash FROM %s
                    WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE""",
                SQL.identifier(cases._table),
                case_ids,
            )
        )
        if len(rows) != len(case_ids):
            missing = set(case_ids).difference(row[0] for row in rows)
            raise MissingError(self.env._("These cases do not exist: %s", sorted(missing)))
        return {
            case_id: (sequence, last_hash or chain.genesis(case_id))
            for case_id, sequence, last_hash in rows
        }

    @api.model
    def _reserve_ids(self, count):
        """Take the ids before the rows are made: they are hashed too."""
        rows = self.env.execute_query(
            SQL("SELECT nextval('collections_log_id_seq') FROM generate_series(1, %s)", count)
        )
        return [row[0] for row in rows]

    @api.model
    def _insert_links(self, links):
        null = COPY_NULL
        lines = []
        for link in links:
            entry = link.entry
            lines.append(
                f"{entry.entry_id}\t{entry.case_id}\t{entry.sequence}\t{entry.moment}"
                f"\t{entry.event}\t{entry.user_id or null}\t{entry.contact_id or null}"
                f"\t{entry.run_id or null}\t{copy_text(entry.data)}"
                f"\t{entry.content_digest or null}\t{copy_text(link.previous)}\t{link.hash}"
            )
        copy_lines(self.env.cr, self._table, COLUMNS, lines)

    @api.model
    def _write_heads(self, heads):
        """Let the cases remember their last entry: {case id: (number, hash)}."""
        if not heads:
            return
        self.env.cr.execute(
            SQL(
                """UPDATE %s AS c SET log_sequence = head.sequence, log_hash = head.hash
                     FROM %s WHERE c.id = head.id""",
                SQL.identifier(self.env["collections.case"]._table),
                self._get_heads_sql(heads),
            )
        )

    @api.model
    def _get_heads_sql(self, heads):
        """Return {case id: (number, hash)} as an item of FROM: head (id, sequence, hash)."""
        return SQL(
            "unnest(%s::int[], %s::int[], %s::text[]) AS head (id, sequence, hash)",
            array_text(heads),
            array_text(sequence for sequence, _hash in heads.values()),
            array_text(last_hash for _sequence, last_hash in heads.values()),
        )

    @api.model
    def _forget_heads(self, case_ids):
        """Read the heads of these cases again when they are asked for."""
        names = ["log_sequence", "log_hash", "log_ids", "log_count"]
        self.env["collections.case"].browse(case_ids).invalidate_recordset(names, flush=False)

    @api.model
    def _verify(self, cases):
        """Return the faults (`chain.Fault`) in the logs of these cases."""
        return [fault for batch in self._verify_batches(cases.ids) for fault in batch[1]]

    @api.model
    def _verify_batches(self, case_ids, size=500):
        """Yield (number of entries, faults) per batch of cases: memory stays constant."""
        for start in range(0, len(case_ids), size):
            batch = case_ids[start : start + size]
            count, faults = self._verify_chains(batch)
            yield count, faults + self.env["collections.log.content"]._verify_contents(batch)

    @api.model
    def _verify_chains(self, case_ids):
        """Return (number of entries, faults) of these cases, straight from the database."""
        chains = {case_id: [] for case_id in case_ids}
        rows = self.env.execute_query(
            SQL(
                """SELECT previous_hash, hash, id, case_id, sequence, moment, event, user_id,
                          contact_id, run_id, data, content_digest
                     FROM collections_log WHERE case_id = ANY(%s) ORDER BY case_id, sequence""",
                case_ids,
            )
        )
        for previous, own, *values in rows:
            chains[values[1]].append(chain.Link(chain.Entry(*values), previous, own))
        heads = self.env.execute_query(
            SQL(
                "SELECT id, log_sequence, log_hash FROM %s WHERE id = ANY(%s) ORDER BY id",
                SQL.identifier(self.env["collections.case"]._table),
                case_ids,
            )
        )
        faults = []
        for case_id, sequence, last_hash in heads:
            faults += chain.verify(case_id, chains[case_id], sequence, last_hash)
        return len(rows), faults

    @api.model
    def _is_guarded(self):
        """Whether the database still refuses changes: the triggers are there and enabled."""
        rows = self.env.execute_query(
            SQL(
                """SELECT COUNT(*) FROM pg_trigger
                    WHERE NOT tgisinternal AND tgenabled = 'A' AND tgrelid IN
                          ('collections_log'::regclass, 'collections_log_content'::regclass)
                      AND tgname LIKE 'collections_log%%guard%%'"""
            )
        )
        return rows[0][0] == 4

    @api.model
    def _get_fault_text(self, fault):
        """Say a fault in the reader's language, with the numbers of its entries."""
        texts = {
            chain.CHANGED: self.env._("was changed after it was written"),
            chain.REORDERED: self.env._("is not at its own place"),
            chain.MISSING: self.env._("is missing"),
            chain.INSERTED: self.env._("was slipped in"),
            chain.REPLACED: self.env._(
                "does not fit the entry before it: one of them was replaced"
            ),
            chain.TRUNCATED: self.env._("is missing at the end"),
            "content_changed": self.env._("has a content that was changed"),
            "content_missing": self.env._("has lost its content"),
            "content_erased": self.env._("had its content erased without a record of it"),
        }
        numbers = str(fault.sequence)
        if fault.until != fault.sequence:
            numbers = f"{fault.sequence}-{fault.until}"
        return self.env._("Entry %(number)s %(what)s", number=numbers, what=texts[fault.kind])
