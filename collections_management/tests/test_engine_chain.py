"""The hash chain: equal input, equal hash; whatever is touched is found and named."""

import json
import string
import time
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.collections_management.engine import chain

CASE = 7
MOMENT = datetime(2026, 1, 5, 9, 30, 0, 123456)

texts = st.text(string.printable + "áéñ€\u2028", max_size=12)
optional_ids = st.none() | st.integers(1, 99)
entries = st.builds(
    chain.Entry,
    entry_id=st.integers(1, 10**6),
    case_id=st.just(CASE),
    sequence=st.just(0),
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),
    event=st.sampled_from(["planned", "sent", "held"]),
    user_id=optional_ids,
    contact_id=optional_ids,
    run_id=optional_ids,
    data=st.dictionaries(texts, texts, max_size=3).map(chain.canonical),
    content_digest=st.none() | texts,
)


def build(contents):
    """Chain the entries as the log does."""
    links, previous = [], chain.genesis(CASE)
    for sequence, entry in enumerate(contents, 1):
        entry = replace(entry, sequence=sequence)
        links.append(chain.Link(entry, previous, chain.digest(previous, entry)))
        previous = links[-1].hash
    return links


chains = st.lists(entries, min_size=3, max_size=8).map(build)


def an_entry(**values):
    defaults = {
        "entry_id": 1,
        "case_id": CASE,
        "sequence": 1,
        "moment": MOMENT,
        "event": "planned",
        "user_id": None,
        "contact_id": None,
        "run_id": None,
        "data": "{}",
        "content_digest": None,
    }
    return chain.Entry(**(defaults | values))


def faults_of(links, head=None):
    """The faults as (sequence, kind, until); ``head`` is the link the case remembers."""
    head = head or links[-1]
    faults = chain.verify(CASE, links, head.entry.sequence, head.hash)
    return [(fault.sequence, fault.kind, fault.until) for fault in faults]


class TestCanonical(TestCase):
    def test_equal_data_gives_the_same_text_whatever_its_order(self):
        self.assertEqual(
            chain.canonical({"b": [1, (True, None)], "a": {"y": "ñ", "x": date(2026, 1, 5)}}),
            '{"a":{"x":"2026-01-05","y":"\\u00f1"},"b":[1,[true,null]]}',
        )
        self.assertEqual(chain.canonical(None), "{}")

    @given(st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts))
    def test_flat_data_is_sorted_json(self, data):
        self.assertEqual(
            chain.canonical(data), json.dumps(data, sort_keys=True, separators=(",", ":"))
        )

    def test_an_amount_keeps_its_digits(self):
        self.assertEqual(chain.canonical({"amount": Decimal("10.50")}), '{"amount":"10.50"}')

    def test_a_moment_keeps_its_microseconds(self):
        self.assertEqual(chain.canonical({"at": MOMENT}), '{"at":"2026-01-05T09:30:00.123456"}')

    def test_a_refused_value_is_named_with_its_key(self):
        for data, words in [
            ({"amount": 1.5}, "amount is a float"),
            ({"lines": [{"id": 1}, {"id": {2}}]}, r"lines\[1\].id is a set"),
            ({"amount": Decimal("NaN")}, "amount is not a finite amount"),
            ({"a": {3: "x"}}, "the key a.3 is not a text"),
            ({"body": b"x"}, "body is a bytes"),
        ]:
            with self.subTest(data=data), self.assertRaisesRegex(ValueError, words):
                chain.canonical(data)


class TestDigest(TestCase):
    @given(entries)
    def test_equal_entries_have_equal_hashes(self, entry):
        self.assertEqual(chain.digest("00", entry), chain.digest("00", replace(entry)))

    @given(entries, entries)
    def test_different_entries_have_different_hashes(self, one, other):
        self.assertEqual(one == other, chain.digest("00", one) == chain.digest("00", other))

    def test_values_cannot_slide_from_one_field_into_the_next(self):
        one = an_entry(event="sent", data='","')
        other = an_entry(event='sent","', data="")
        self.assertNotEqual(chain.digest("00", one), chain.digest("00", other))

    def test_no_contact_is_not_contact_zero(self):
        self.assertNotEqual(
            chain.digest("00", an_entry(contact_id=None)),
            chain.digest("00", an_entry(contact_id=0)),
        )

    def test_each_case_begins_on_its_own(self):
        self.assertNotEqual(chain.genesis(1), chain.genesis(2))

    def test_a_content_digest_depends_on_salt_and_place(self):
        digests = {
            chain.content_digest("salt", ["a", None]),
            chain.content_digest("salt", [None, "a"]),
            chain.content_digest("salt", ["a", ""]),
            chain.content_digest("pepper", ["a", None]),
        }
        self.assertEqual(len(digests), 4)


class TestVerify(TestCase):
    @given(st.lists(entries, max_size=8).map(build))
    def test_an_untouched_chain_is_intact(self, links):
        head = links[-1] if links else chain.Link(an_entry(sequence=0), "", "")
        self.assertEqual(faults_of(links, head), [])

    def test_a_case_without_a_head_yet_is_intact(self):
        self.assertEqual(chain.verify(CASE, [], None, None), [])

    @given(chains, st.data())
    def test_any_changed_field_is_found(self, links, data):
        at = data.draw(st.integers(0, len(links) - 1))
        name = data.draw(st.sampled_from([field.name for field in fields(chain.Entry)]))
        old = getattr(links[at].entry, name)
        if isinstance(old, datetime):
            new = old + timedelta(microseconds=1)
        elif name in ("event", "data", "content_digest"):
            new = (old or "") + "x"
        else:
            new = (old or 0) + 1
        touched = replace(links[at], entry=replace(links[at].entry, **{name: new}))
        faults = faults_of([*links[:at], touched, *links[at + 1 :]], links[-1])
        kinds = {kind for _sequence, kind, _until in faults}
        self.assertTrue(kinds & {chain.CHANGED, chain.REORDERED}, faults)

    @given(chains, st.data())
    def test_any_changed_byte_of_a_hash_is_found(self, links, data):
        at = data.draw(st.integers(0, len(links) - 1))
        name = data.draw(st.sampled_from(["previous", "hash"]))
        place = data.draw(st.integers(0, 63))
        old = getattr(links[at], name)
        new = old[:place] + ("0" if old[place] != "0" else "1") + old[place + 1 :]
        touched = [*links[:at], replace(links[at], **{name: new}), *links[at + 1 :]]
        self.assertIn((at + 1, chain.CHANGED, at + 1), faults_of(touched, links[-1]))

    @given(chains, st.data())
    def test_any_removed_entry_is_named(self, links, data):
        at = data.draw(st.integers(0, len(links) - 1))
        kind = chain.TRUNCATED if at == len(links) - 1 else chain.MISSING
        rest = [*links[:at], *links[at + 1 :]]
        self.assertEqual(faults_of(rest, links[-1]), [(at + 1, kind, at + 1)])

    @given(chains, st.data())
    def test_a_cut_tail_is_named(self, links, data):
        kept = data.draw(st.integers(0, len(links) - 1))
        self.assertEqual(
            faults_of(links[:kept], links[-1]), [(kept + 1, chain.TRUNCATED, len(links))]
        )

    @given(chains, st.data())
    def test_two_exchanged_entries_are_named(self, links, data):
        at = data.draw(st.integers(0, len(links) - 2))
        one, other = links[at], links[at + 1]
        swapped = [
            replace(other, entry=replace(other.entry, sequence=at + 1)),
            replace(one, entry=replace(one.entry, sequence=at + 2)),
        ]
        faults = faults_of([*links[:at], *swapped, *links[at + 2 :]], links[-1])
        for sequence in (at + 1, at + 2):
            self.assertIn((sequence, chain.REORDERED, sequence), faults)

    @given(chains, st.data())
    def test_rows_given_in_another_order_are_found(self, links, data):
        at = data.draw(st.integers(0, len(links) - 2))
        rows = [*links[:at], links[at + 1], links[at], *links[at + 2 :]]
        self.assertIn((at + 1, chain.REORDERED, at + 1), faults_of(rows, links[-1]))

    @given(chains, entries, st.data())
    def test_a_slipped_in_entry_is_found(self, links, entry, data):
        at = data.draw(st.integers(0, len(links) - 1))
        previous = links[at].previous
        entry = replace(entry, sequence=at + 1)
        forged = chain.Link(entry, previous, chain.digest(previous, entry))
        shifted = [
            replace(link, entry=replace(link.entry, sequence=link.entry.sequence + 1))
            for link in links[at:]
        ]
        self.assertTrue(faults_of([*links[:at], forged, *shifted], links[-1]))
        doubled = faults_of([*links[: at + 1], forged, *links[at + 1 :]], links[-1])
        self.assertIn((at + 1, chain.INSERTED, at + 1), doubled)

    def test_a_rewritten_entry_with_a_new_hash_is_found_by_the_next(self):
        links = build([an_entry(entry_id=number) for number in range(3)])
        entry = replace(links[1].entry, event="cancelled")
        links[1] = chain.Link(entry, links[1].previous, chain.digest(links[1].previous, entry))
        self.assertEqual(faults_of(links), [(3, chain.REPLACED, 3)])

    def test_a_rewritten_tail_is_found_by_the_head(self):
        old = build([an_entry(entry_id=number) for number in range(3)])
        new = build([old[0].entry, *(replace(x.entry, user_id=9) for x in old[1:])])
        self.assertEqual(faults_of(new, old[-1]), [(3, chain.REPLACED, 3)])

    def test_an_entry_past_the_head_is_found(self):
        links = build([an_entry(entry_id=number) for number in range(3)])
        self.assertEqual(faults_of(links, links[0]), [(2, chain.INSERTED, 3)])

    def test_an_entry_of_another_case_is_found(self):
        links = build([an_entry(case_id=CASE + 1)])
        self.assertEqual(faults_of(links), [(1, chain.CHANGED, 1)])

    def test_a_fault_reads_as_a_sentence(self):
        self.assertEqual(str(chain.Fault(7, 3, chain.CHANGED, 3)), "case 7, entry 3: changed")
        self.assertEqual(str(chain.Fault(7, 3, chain.MISSING, 5)), "case 7, entry 3-5: missing")

    def test_ten_thousand_entries_are_hashed_quickly(self):
        moment = datetime(2026, 1, 5)
        rows = [an_entry(entry_id=number, moment=moment) for number in range(10_000)]
        began = time.perf_counter()
        for row in rows:
            chain.digest("0" * 64, row)
        self.assertLess(time.perf_counter() - began, 0.5)  # far above: about 0.05 s
