"""The log only grows, in every way somebody may try, and its verification tells the truth."""

import json
import re
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.collections_management.engine import chain

GROUP = "collections_management.collections_management_group_"


@tagged("post_install", "-at_install")
class LogCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.log = cls.env["collections.log"]
        cls.content = cls.env["collections.log.content"]
        cls.collector = cls._new_user("collector")
        cls.supervisor = cls._new_user("supervisor")
        cls.manager = cls._new_user("manager")
        cls.auditor = cls._new_user("auditor")
        cls.outsider = new_test_user(
            cls.env, "log-outsider", groups="base.group_user,base.group_allow_export"
        )
        cls.case = cls._new_case("Ana Quispe")
        cls.other_case = cls._new_case("Beto Rojas")

    @classmethod
    def _new_user(cls, role):
        return new_test_user(
            cls.env, f"log-{role}", groups=f"base.group_user,base.group_allow_export,{GROUP}{role}"
        )

    @classmethod
    def _new_case(cls, name, company=None):
        return cls.env["collections.case"].create(
            {
                "company_id": (company or cls.company).id,
                "partner_id": cls.env["res.partner"].create({"name": name}).id,
            }
        )

    def _append(self, *events, case=None, **values):
        case = case or self.case
        return self.log._append(
            [{"case_id": case.id, "event": event, **values} for event in events]
        )

    def _faults(self, *cases):
        faults = self.log._verify(self.env["collections.case"].concat(*(cases or [self.case])))
        return [(fault.sequence, fault.kind) for fault in faults]

    @contextmanager
    def _as_table_owner(self, *tables):
        """What the owner of the tables can do: put the guards aside for a moment."""
        tables = tables or ("collections_log",)
        for table in tables:
            self.env.cr.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield self.env.cr
        self.env.cr.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            self.env.cr.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        self.env.invalidate_all()

    @contextmanager
    def _refused(self, error, words=""):
        with mute_logger("odoo.sql_db"), self.assertRaisesRegex(error, words):
            with self.env.cr.savepoint():
                yield


class TestLogAppend(LogCase):
    def test_entries_are_numbered_chained_and_remembered_by_the_case(self):
        start = self.case.log_sequence
        first, second = self._append("planned", "sent", data={"amount": Decimal("10.50")})
        self.assertEqual((first.sequence, second.sequence), (start + 1, start + 2))
        self.assertEqual(second.previous_hash, first.hash)
        self.assertRecordValues(
            self.case,
            [{"log_sequence": start + 2, "log_hash": second.hash, "log_count": start + 2}],
        )
        self.assertEqual(json.loads(first.data), {"amount": "10.50"})
        self.assertEqual(self.case.log_ids[:2], second + first)
        self.assertEqual(self._faults(), [])

    def test_one_call_serves_many_cases_in_the_order_given(self):
        entries = self.log._append(
            [
                {"case_id": self.other_case.id, "event": "planned"},
                {"case_id": self.case.id, "event": "planned"},
                {"case_id": self.other_case.id, "event": "sent"},
            ]
        )
        self.assertEqual(entries.mapped("event"), ["planned", "planned", "sent"])
        self.assertEqual(entries[0].case_id, self.other_case)
        self.assertEqual(entries[2].previous_hash, entries[0].hash)
        self.assertEqual(self._faults(self.case, self.other_case), [])

    def test_the_number_of_queries_does_not_depend_on_the_number_of_entries(self):
        def count(number):
            before = self.env.cr.sql_log_count
            self._append(*["note"] * number)
            return self.env.cr.sql_log_count - before

        self._append("note")
        self.assertEqual(count(1), count(50))

    def test_who_did_it_is_the_user_and_nobody_for_the_system(self):
        by_user = self.log.with_user(self.collector)._append(
            [{"case_id": self.case.id, "event": "note"}]
        )
        by_user_raised = (
            self.log.with_user(self.collector)
            .sudo()
            ._append([{"case_id": self.case.id, "event": "note"}])
        )
        by_system = self._append("note")
        self.assertEqual(by_user.user_id, self.collector)
        self.assertEqual(by_user_raised.user_id, self.collector)
        self.assertFalse(by_system.user_id)

    def test_awkward_texts_survive_the_way_to_the_database(self):
        content = {"subject": "Año\tnuevo\\", "body": "a\r\nb\\N\0", "note": "\\N", "address": ""}
        data = {"code": 'ñ"\\\t\n,|{}', "day": date(2026, 1, 5), "ids": [1, None, True]}
        entry = self._append("sent", data=data, content=content)
        self.assertEqual(json.loads(entry.data), {**data, "day": "2026-01-05"})
        self.assertRecordValues(
            entry.content_ids,
            [
                {
                    "subject": "Año\tnuevo\\",
                    "body": "a\r\nb\\N",
                    "note": "\\N",
                    "address": False,
                    "status": "kept",
                }
            ],
        )
        self.assertEqual(self._faults(), [])

    def test_a_message_is_shown_without_its_scripts(self):
        entry = self._append("sent", content={"body": "<p>Hi</p><script>alert(1)</script>"})
        self.assertIn("Hi", entry.content_ids.body_html)
        self.assertNotIn("script", entry.content_ids.body_html)

    def test_a_mistake_of_the_caller_is_told_and_writes_nothing(self):
        count = self.case.log_sequence
        for values, error, words in [
            ({"event": "dreamt"}, ValueError, "unknown event 'dreamt'"),
            ({"event": "sent", "text": "x"}, ValueError, "unknown keys"),
            ({"event": "sent", "data": {"amount": 1.5}}, ValueError, "amount is a float"),
            ({"event": "sent", "content": {"html": "x"}}, ValueError, "unknown content"),
            ({"event": "sent", "case_id": 0}, MissingError, "do not exist"),
        ]:
            with self.subTest(values=values), self._refused(error, words):
                self.log._append([{"case_id": self.case.id, **values}])
        self.assertEqual(self.case.log_sequence, count)

    def test_nothing_to_append_is_no_error(self):
        self.assertFalse(self.log._append([]))

    def test_an_entry_reads_as_a_sentence_with_names_for_ids(self):
        entries = self.log._append(
            [
                {"case_id": self.case.id, "event": event, "data": data}
                for event, data in [
                    ("assigned", {"from": None, "to": self.collector.id}),
                    ("assigned", {"from": self.collector.id, "to": 0}),
                    ("refreshed", {"overdue": "10.50"}),
                    ("note", {}),
                    ("case_closed", {}),
                ]
            ]
        )
        self.assertEqual(
            entries.mapped("summary"),
            [
                f"Assigned to {self.collector.name}",
                f"Assigned from {self.collector.name} to #0",
                "Balances refreshed: $\xa010.50 overdue",
                "Note",
                "Case closed",
            ],
        )
        self.assertTrue(all(entry.icon.startswith("fa-") for entry in entries))

    def test_amounts_days_and_moments_read_as_their_reader_writes_them(self):
        self.env["res.currency"].with_context(active_test=False).search(
            [("name", "=", "JPY")]
        ).active = False
        entries = self.log._append(
            [
                {"case_id": self.case.id, "event": event, "data": data}
                for event, data in [
                    ("case_opened", {"overdue": Decimal("72795.49")}),
                    ("held", {"until": date(2026, 12, 1), "reason": "pause"}),
                    (
                        "promise_made",
                        {"amount": Decimal(1234), "currency": "JPY", "date": date(2026, 1, 31)},
                    ),
                    ("callback", {"moment": "2026-11-26 15:30:00"}),
                    ("agreement_approved", {"number": "2026-12-99"}),
                ]
            ]
        )
        stored = entries.mapped("data")
        reader = entries.with_context(lang="en_US", tz="America/Lima")
        self.assertEqual(
            [re.sub("[\xa0\u202f]", " ", summary) for summary in reader.mapped("summary")],
            [
                "Case opened with $ 72,795.49 overdue",
                "Held until 12/01/2026: Pause",
                "Promise of ¥ 1,234 for 01/31/2026",
                "To call back at 11/26/26, 10:30 AM",
                "Agreement 2026-12-99 approved",
            ],
        )
        self.assertEqual(entries.mapped("data"), stored)
        self.assertEqual(self._faults(), [])

    def test_summaries_of_a_page_take_as_many_queries_as_one(self):
        def count(number):
            data = {"amount": Decimal("5.00"), "currency": "USD", "date": date(2026, 1, 31)}
            vals = {"case_id": self.case.id, "event": "promise_made", "data": data}
            entries = self.log._append([vals] * number)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            entries.mapped("summary")
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertEqual(count(1), count(40))


class TestLogGuards(LogCase):
    def test_the_database_refuses_to_change_the_log(self):
        self._append("sent")
        for query in [
            "UPDATE collections_log SET event = 'failed'",
            "UPDATE collections_log SET data = data",
            "DELETE FROM collections_log",
            "TRUNCATE collections_log CASCADE",
            "TRUNCATE collections_case CASCADE",
        ]:
            with self.subTest(query=query), self._refused(psycopg2.Error, "only grows"):
                self.env.cr.execute(query)

    def test_the_database_refuses_to_change_the_content(self):
        self._append("sent", content={"subject": "Your invoice"})
        for query in [
            "UPDATE collections_log_content SET subject = 'x'",
            "UPDATE collections_log_content SET subject = NULL, salt = NULL",
            "UPDATE collections_log_content SET erased_on = now()",
            "DELETE FROM collections_log_content",
            "TRUNCATE collections_log_content CASCADE",
        ]:
            with self.subTest(query=query), self._refused(psycopg2.Error, "can only be erased"):
                self.env.cr.execute(query)

    def test_the_database_refuses_to_take_the_head_back(self):
        self._append("sent", "read")
        for change in ["log_sequence = log_sequence - 1", "log_hash = 'x'", "log_sequence = NULL"]:
            with self.subTest(change=change), self._refused(psycopg2.Error, "cannot go back"):
                self.env.cr.execute(
                    f"UPDATE collections_case SET {change} WHERE id = %s", [self.case.id]
                )

    def test_the_orm_refuses_managers_and_the_superuser(self):
        entry = self._append("sent", content={"subject": "x"})
        vals = {"case_id": self.case.id, "event": "note", "data": "{}"}
        for env in (self.env(user=self.manager), self.env(su=True)):
            for record in (entry.with_env(env), entry.content_ids.with_env(env)):
                with self.subTest(user=env.user.login, model=record._name):
                    with self.assertRaises(UserError):
                        record.create([vals])
                    with self.assertRaises(UserError):
                        record.write({"case_id": self.other_case.id})
                    with self.assertRaises(UserError):
                        record.unlink()
                    with self.assertRaises(UserError):
                        record.copy()

    def test_nobody_writes_the_head_of_a_case(self):
        with self.assertRaises(UserError):
            self.case.log_hash = "x"
        with self.assertRaises(UserError):
            self.case.with_user(self.manager).write({"log_sequence": 0})

    def test_a_case_with_a_log_cannot_be_deleted(self):
        self._append("sent")
        with self._refused((psycopg2.Error, UserError)):
            self.case.unlink()


class TestLogVerify(LogCase):
    def setUp(self):
        super().setUp()
        self._append("planned", "queued", "sending", "sent", "read", data={"step": 1})
        self.last = self.case.log_sequence
        self.at = self.last - 2
        self.entry = self.case.log_ids.filtered(lambda entry: entry.sequence == self.at)

    def test_one_changed_byte_is_found_in_every_column(self):
        for change in [
            "event = 'senT'",
            "data = replace(data, '1', '2')",
            "moment = moment + interval '1 microsecond'",
            f"user_id = {self.manager.id}",
            "content_digest = 'x'",
            "hash = overlay(hash placing 'x' from 64)",
            "previous_hash = overlay(previous_hash placing 'x' from 1)",
            "id = nextval('collections_log_id_seq')",
            f"case_id = {self.other_case.id}, sequence = 99",
        ]:
            with self.subTest(change=change), self.env.cr.savepoint() as savepoint:
                with self._as_table_owner() as cr:
                    query = f"UPDATE collections_log SET {change} WHERE id = %s"
                    cr.execute(query, [self.entry.id])
                faults = self._faults(self.case, self.other_case)
                self.assertIn(self.at, [sequence for sequence, _kind in faults])
                savepoint.rollback()

    def test_a_removed_entry_is_named(self):
        with self._as_table_owner() as cr:
            cr.execute("DELETE FROM collections_log WHERE id = %s", [self.entry.id])
        self.assertEqual(self._faults(), [(self.at, chain.MISSING)])

    def test_a_cut_tail_is_named(self):
        with self._as_table_owner() as cr:
            cr.execute(
                "DELETE FROM collections_log WHERE case_id = %s AND sequence > %s",
                [self.case.id, self.last - 2],
            )
        self.assertEqual(self._faults(), [(self.last - 1, chain.TRUNCATED)])

    def test_a_forged_entry_is_named(self):
        self.env.cr.execute(
            """INSERT INTO collections_log
                   (case_id, sequence, moment, event, data, previous_hash, hash)
               VALUES (%s, %s, now(), 'read', '{}', %s, repeat('0', 64))""",
            [self.case.id, self.last + 1, self.case.log_hash],
        )
        self.assertIn((self.last + 1, chain.INSERTED), self._faults())

    def test_two_exchanged_entries_are_named(self):
        one, other = self.last - 2, self.last - 1
        with self._as_table_owner() as cr:
            for old, new in ((one, -1), (other, one), (-1, other)):
                cr.execute(
                    "UPDATE collections_log SET sequence = %s WHERE case_id = %s AND sequence = %s",
                    [new, self.case.id, old],
                )
        self.assertIn((one, chain.REORDERED), self._faults())
        self.assertIn((other, chain.REORDERED), self._faults())

    def test_a_changed_or_lost_content_is_found(self):
        entry = self._append("sent", content={"subject": "Your invoice", "body": "<p>Hi</p>"})
        with self._as_table_owner("collections_log_content") as cr:
            cr.execute(
                "UPDATE collections_log_content SET body = '<p>Ho</p>' WHERE log_id = %s",
                [entry.id],
            )
        self.assertEqual(entry.content_ids.status, "changed")
        self.assertEqual(self._faults(), [(entry.sequence, "content_changed")])
        with self._as_table_owner("collections_log_content") as cr:
            cr.execute("DELETE FROM collections_log_content WHERE log_id = %s", [entry.id])
        self.assertEqual(self._faults(), [(entry.sequence, "content_missing")])

    def test_the_button_says_that_the_chain_is_intact(self):
        action = self.case.with_user(self.auditor).action_verify_log()
        self.assertEqual(action["tag"], "display_notification")
        self.assertIn("entries verified, chain intact", action["params"]["message"])

    def test_the_button_shows_the_faults(self):
        with self._as_table_owner() as cr:
            cr.execute("DELETE FROM collections_log WHERE id = %s", [self.entry.id])
        self._guard_again()
        action = self.case.with_user(self.auditor).action_verify_log()
        check = self.env["collections.log.check"].browse(action["res_id"])
        self.assertRecordValues(
            check,
            [{"state": "faulty", "fault_count": 1, "is_guarded": True, "case_count": 1}],
        )
        self.assertEqual(check.fault_ids.sequence, self.at)
        self.assertIn(self.case.display_name, check.first_fault)
        self.assertIn(self.manager, check.activity_ids.user_id)

    def test_a_disabled_guard_is_told(self):
        self.env.cr.execute("ALTER TABLE collections_log DISABLE TRIGGER USER")
        self.assertFalse(self.log._is_guarded())
        action = self.case.action_verify_log()
        check = self.env["collections.log.check"].browse(action["res_id"])
        self.assertRecordValues(check, [{"state": "faulty", "is_guarded": False}])

    def test_the_cron_verifies_every_company_and_tells_its_managers(self):
        other_company = self.env["res.company"].create({"name": "Other"})
        foreign_case = self._new_case("Carla Soto", other_company)
        self._append("sent", case=foreign_case)
        with self._as_table_owner() as cr:
            cr.execute("DELETE FROM collections_log WHERE id = %s", [self.entry.id])
        self._guard_again()
        cron = self.env.ref("collections_management.collections_log_cron_verify")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        checks = self.env["collections.log.check"].search([("user_id", "=", False)])
        by_company = {check.company_id: check for check in checks}
        self.assertEqual(by_company[self.company].state, "faulty")
        self.assertEqual(by_company[other_company].state, "intact")
        self.assertGreaterEqual(by_company[self.company].case_count, 2)

    def test_a_stopped_round_goes_on_where_it_stopped(self):
        checks = self.env["collections.log.check"]
        check = checks._get_running(self.company)
        check._verify_next(self.case.ids)
        self.assertEqual(checks._get_running(self.company), check)
        rest = checks._get_next_case_ids(self.company, check.last_case_id, None)
        self.assertNotIn(self.case.id, rest)
        self.assertIn(self.other_case.id, rest)

    def _guard_again(self):
        """ENABLE TRIGGER USER does not give the guards back their ALWAYS."""
        self.log.init()
        self.content.init()


class TestLogErase(LogCase):
    def setUp(self):
        super().setUp()
        content = {"subject": "Your invoice", "body": "<p>Hi</p>", "address": "a@example.com"}
        self.entry = self._append("sent", content=content)

    def _erase(self, reason="Request 12, Law 29733 art. 20"):
        action = self.case.with_user(self.manager).action_erase_contents()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.manager)
            .with_context(**action["context"])
            .create({"reason": reason})
        )
        self.assertEqual(wizard.content_count, 1)
        wizard.action_confirm()

    def test_erasing_wipes_the_person_and_keeps_the_proof(self):
        self._erase()
        content = self.entry.content_ids
        self.assertRecordValues(
            content,
            [
                {
                    "subject": False,
                    "body": False,
                    "address": False,
                    "note": False,
                    "salt": False,
                    "status": "erased",
                    "erased_by_id": self.manager.id,
                }
            ],
        )
        self.assertTrue(content.erased_on)
        erasure = self.case.log_ids[0]
        self.assertRecordValues(erasure, [{"event": "erased", "user_id": self.manager.id}])
        self.assertEqual(json.loads(erasure.data)["sequences"], [self.entry.sequence])
        self.assertEqual(erasure.content_ids.note, "Request 12, Law 29733 art. 20")
        self.assertEqual(self._faults(), [])

    def test_the_reason_of_an_erasure_is_not_erased_with_the_rest(self):
        self._erase()
        with self.assertRaisesRegex(UserError, "No content is left"):
            self.case.with_user(self.manager).action_erase_contents()

    def test_erasing_twice_writes_once(self):
        self._erase()
        count = self.case.log_sequence
        self.entry.content_ids.with_user(self.manager)._erase("again")
        self.assertEqual(self.case.log_sequence, count)

    def test_an_erasure_without_a_record_is_found(self):
        self.env.cr.execute(
            """UPDATE collections_log_content SET subject = NULL, body = NULL, address = NULL,
                      note = NULL, salt = NULL, erased_on = now() WHERE log_id = %s""",
            [self.entry.id],
        )
        self.assertEqual(self._faults(), [(self.entry.sequence, "content_erased")])

    def test_only_a_manager_erases_and_only_with_a_reason(self):
        content = self.entry.content_ids
        for user in (self.collector, self.supervisor, self.auditor):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                content.with_user(user)._erase("because")
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                content.with_user(user).action_erase()
        with self.assertRaisesRegex(UserError, "legal reason"):
            content.with_user(self.manager)._erase("  ")

    def test_a_manager_of_another_company_erases_nothing_here(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "log-stranger",
            groups=f"base.group_user,{GROUP}manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        with self.assertRaises(AccessError):
            self.entry.content_ids.with_user(stranger)._erase("because")


class TestLogAccess(LogCase):
    def setUp(self):
        super().setUp()
        self.entry = self._append("sent", content={"subject": "Your invoice"})

    def test_outsiders_neither_read_nor_export(self):
        entry = self.entry.with_user(self.outsider)
        for record in (entry, self.entry.content_ids.with_user(self.outsider)):
            with self.subTest(model=record._name):
                with self.assertRaises(AccessError):
                    record.read(["case_id"])
                with self.assertRaises(AccessError):
                    record.search([])
                with self.assertRaises(AccessError):
                    record.export_data(["case_id"])

    def test_a_collector_reads_own_and_unassigned_cases_only(self):
        entry = self.entry.with_user(self.collector)
        self.assertEqual(entry.event, "sent")
        self.case.user_id = self.supervisor
        self.env.invalidate_all()
        for record in (entry, self.entry.content_ids.with_user(self.collector)):
            with self.subTest(model=record._name):
                with self.assertRaises(AccessError):
                    record.read(["case_id"])
                self.assertNotIn(record, record.search([]))
                with self.assertRaises(AccessError):
                    record.export_data(["case_id/id"])
        self.case.user_id = self.collector
        self.env.invalidate_all()
        self.assertEqual(entry.content_ids.subject, "Your invoice")

    def test_supervisors_managers_and_auditors_read_all_of_their_company(self):
        self.case.user_id = self.collector
        for user in (self.supervisor, self.manager, self.auditor):
            with self.subTest(user=user.login):
                self.assertEqual(self.entry.with_user(user).event, "sent")

    def test_another_company_is_out_of_sight(self):
        foreign_case = self._new_case("Carla Soto", self.env["res.company"].create({"name": "X"}))
        foreign = self._append("sent", case=foreign_case, content={"subject": "x"})
        for record in (foreign, foreign.content_ids):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(self.manager).read(["case_id"])

    def test_nobody_writes_a_check(self):
        check = self.env["collections.log.check"]._check_cases(self.case)
        for user in (self.manager, self.auditor):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                check.with_user(user).write({"state": "intact"})
