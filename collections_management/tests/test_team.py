import json
from collections import Counter
from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CollectionsCommon


class TeamCommon(CollectionsCommon):
    """Two teams with a supervisor and two collectors each, six debtors, one rule for the first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ana = cls.create_user("collector", login="test_ana", name="Ana")
        cls.ben = cls.create_user("collector", login="test_ben", name="Ben")
        cls.eva = cls.create_user("collector", login="test_eva", name="Eva")
        cls.rival = cls.create_user("supervisor", login="test_rival", name="Rival")
        cls.team = cls.create_team("Lima", cls.supervisor, cls.ana | cls.ben)
        cls.other = cls.create_team("Cusco", cls.rival, cls.eva)
        cls.peru = cls.env.ref("base.pe")
        cls.env["res.lang"]._activate_lang("es_419")
        cls.debtors = [
            cls.create_debtor(f"Debtor{n}", country_id=cls.peru.id, zip=f"15{n:03}")
            for n in range(6)
        ]
        for n, debtor in enumerate(cls.debtors):
            cls.create_invoice(100 * (n + 1), days_overdue=5, debtor=debtor)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.env["collections.segment"]._assign(cls.company)
        cls.cases = cls.env["collections.case"].search(
            [("company_id", "=", cls.company.id)], order="id"
        )
        cls.rule = cls.create_rule(cls.team)

    @classmethod
    def create_team(cls, name, supervisor, members, **values):
        return cls.env["collections.team"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "supervisor_ids": supervisor.ids,
                "member_ids": [Command.create({"user_id": user.id}) for user in members],
                **values,
            }
        )

    @classmethod
    def create_rule(cls, team, **values):
        return cls.env["collections.assignment.rule"].create(
            {
                "name": f"All to {team.name}",
                "team_id": team.id,
                "company_id": cls.company.id,
                **values,
            }
        )

    def get_member(self, user):
        return self.team.member_ids.filtered(lambda member: member.user_id == user)

    def assign(self, **values):
        return self.env["collections.assignment.rule"]._assign_collectors(self.company, **values)

    def count(self):
        return Counter(case.user_id.name for case in self.cases if case.user_id)

    def get_entries(self, case, *events):
        entries = case.log_ids.filtered(lambda entry: entry.event in events)
        return entries.sorted("sequence")


@tagged("post_install", "-at_install")
class TestAssignmentPass(TeamCommon):
    """What the night does with cases nobody has."""

    def test_the_night_shares_the_cases_out_and_says_why(self):
        self.run_night()
        self.assertEqual(self.count(), {"Ana": 3, "Ben": 3})
        self.assertEqual(self.cases.team_id, self.team)
        case = self.cases[0]
        self.assertEqual(case.assignment_rule_id, self.rule)
        self.assertEqual(case.assignment_text, "Ana carried least in team Lima then: 0 points.")
        entry = self.get_entries(case, "assigned")[-1]
        self.assertEqual(entry.summary, "Assigned to Ana in team Lima: who carried least")
        self.assertEqual(json.loads(entry.data)["rule"], self.rule.id)
        self.assertTrue(entry.run_id)
        self.assertFalse(self.env["collections.log"]._verify(self.cases)[:1])

    def test_who_gets_a_case_at_night_finds_it_on_the_list_of_the_day(self):
        self.run_night()
        today = self.env["collections.ledger"]._today(self.company)
        items = self.env["collections.worklist.item"].search(
            [("case_id", "in", self.cases.ids), ("worklist_id.date", "=", today)]
        )
        self.assertEqual(items.case_id, self.cases)
        self.assertEqual(
            {item.case_id: item.worklist_id.user_id for item in items},
            {case: case.user_id for case in self.cases},
        )

    def test_a_second_night_changes_nothing(self):
        self.assign()
        before = {case: (case.user_id, case.log_sequence) for case in self.cases}
        self.assertEqual(self.assign(), {"given": 0, "moved": 0, "waiting": 0})
        after = {case: (case.user_id, case.log_sequence) for case in self.cases}
        self.assertEqual(before, after)

    def test_a_pass_asks_as_much_for_many_cases_as_for_few(self):
        self.assign()
        self.env.flush_all()

        def statements():
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self.assign()
            return self.env.cr.sql_log_count - start

        statements()
        self.env.cr.execute("UPDATE collections_case SET user_id = NULL WHERE id = %s",
                            [self.cases[0].id])  # fmt: skip
        few = statements()
        self.env.cr.execute("UPDATE collections_case SET user_id = NULL WHERE id = ANY(%s)",
                            [self.cases.ids])  # fmt: skip
        self.assertEqual(statements(), few)

    def test_the_first_rule_that_fits_decides(self):
        self.rule.sequence = 50
        big = self.create_rule(self.other, amount_min=400, sequence=1)
        self.assign()
        self.assertEqual(self.count(), {"Ana": 2, "Ben": 1, "Eva": 3})
        self.assertEqual(
            self.cases.filtered(lambda case: case.assignment_rule_id == big).mapped(
                "amount_net_overdue"
            ),
            [400, 500, 600],
        )

    def test_every_condition_of_a_rule(self):
        chile = self.env.ref("base.cl")
        lima = self.env["res.country.state"].search([("country_id", "=", self.peru.id)], limit=1)
        self.debtors[0].write({"country_id": chile.id, "lang": "es_419"})
        self.debtors[1].state_id = lima
        self.segment.copy({"name": "None", "domain": "[('id', '=', 0)]"})
        other = self.env["collections.segment"].search([("name", "=", "None")])
        first, second, rest = self.cases[0], self.cases[1], self.cases[2:]
        for values, expected in (
            ({"segment_ids": self.segment.ids}, self.cases),
            ({"segment_ids": other.ids}, self.cases.browse()),
            ({"amount_min": 200, "amount_max": 300}, second),
            ({"days_min": 6}, self.cases.browse()),
            ({"days_min": 5, "days_max": 5}, self.cases),
            ({"lang_ids": self.env["res.lang"]._lang_get("es_419").ids}, first),
            ({"country_ids": chile.ids}, first),
            ({"country_ids": chile.ids, "state_ids": lima.ids}, first | second),
            ({"zip_prefixes": "15000, 15001"}, first | second),
            ({"domain": "[('receivable_count', '>', 1)]"}, self.cases.browse()),
            ({"country_ids": self.peru.ids}, second | rest),
        ):
            with self.subTest(values=values):
                rule = self.create_rule(self.team, **values)
                found = self.env["collections.case"].search(rule._get_domain(), order="id")
                self.assertEqual(found & self.cases, expected)

    def test_the_territory_of_the_team_limits_its_rules(self):
        self.team.zip_prefixes = "15000"
        self.assign()
        self.assertEqual(self.cases.filtered("team_id"), self.cases[0])

    def test_a_member_gets_what_he_can_serve(self):
        self.get_member(self.ana).write({"zip_prefixes": "15001", "share": 50})
        self.get_member(self.ben).case_limit = 2
        self.assign()
        self.assertEqual(self.cases[1].user_id, self.ana)
        self.assertEqual(self.count(), {"Ana": 1, "Ben": 2})
        waiting = self.cases.filtered(lambda case: not case.user_id)
        self.assertEqual(set(waiting.mapped("assignment_reason")), {"all_full"})
        self.assertEqual(waiting.team_id, self.team)

    def test_a_heavy_rule_fills_the_workload(self):
        self.rule.workload = 5
        self.team.member_ids.workload_limit = 12
        counts = self.assign()
        self.assertEqual(counts, {"given": 4, "moved": 0, "waiting": 2})
        self.assertEqual(set(self.cases.mapped("workload")), {5})

    def test_who_keeps_a_case_in_another_team_is_not_told_as_from_whom_to_whom(self):
        [entry] = self.env["collections.log"]._append(
            [
                {
                    "case_id": self.cases[0].id,
                    "event": "assigned",
                    "data": {
                        "from": self.ana.id,
                        "to": self.ana.id,
                        "team": self.team.id,
                        "rule": self.rule.id,
                        "reason": "stays",
                    },
                }
            ]
        )
        self.assertEqual(entry.summary, f"Ana keeps it in team Lima: rule “{self.rule.name}”")

    def test_a_team_without_members_says_so_and_keeps_the_cases(self):
        self.team.member_ids.unlink()
        run = self.run_night()
        self.assertEqual(
            run.warning,
            "Cases waiting for a collector in team Lima: 6, nobody works in the team.",
        )
        self.assertFalse(self.cases.user_id)
        self.assertEqual(self.cases.team_id, self.team)
        self.assertIn("Nobody works in team Lima", self.cases[0].assignment_text)
        self.assertIn("Nobody works in this team", self.team.warning)
        self.assertEqual(len(self.get_entries(self.cases[0], "assigned")), 1)
        self.assign()
        self.assertEqual(len(self.get_entries(self.cases[0], "assigned")), 1, "told once")
        action = self.env["collections.assignment.rule"].with_user(self.supervisor).action_assign()
        self.assertIn("Given to a collector: 0", action["params"]["message"])

    def test_who_leaves_is_followed_by_others(self):
        self.assign()
        his = self.cases.filtered(lambda case: case.user_id == self.ben)
        self.ben.active = False
        self.assign()
        self.assertEqual(self.cases.user_id, self.ana)
        self.assertIn("Ben has left. Ana carried least", his[0].assignment_text)
        self.assertIn("the collector has left", self.get_entries(his[0], "assigned")[-1].summary)

    def test_turns_are_remembered_from_night_to_night(self):
        self.rule.method = "round_robin"
        self.assign()
        self.assertEqual([case.user_id.name for case in self.cases], ["Ana", "Ben"] * 3)
        self.assertEqual(self.rule.last_user_id, self.ben)
        debtor = self.create_debtor("Seventh")
        self.create_invoice(10, debtor=debtor)
        self.env["collections.ledger"]._refresh(self.company)
        self.assign()
        self.assertEqual(self.get_case(debtor).user_id, self.ana)
        self.assertEqual(self.get_case(debtor).assignment_reason, "turn")

    def test_a_rule_that_keeps_leaves_the_choice_to_collectors(self):
        self.rule.method = "keep"
        self.assign()
        self.assertFalse(self.cases.user_id)
        case = self.cases[0].with_user(self.ana)
        case.user_id = self.ana
        self.assertEqual(case.assignment_text, "Ana took it.")
        self.assign()
        self.assertEqual(case.user_id, self.ana)

    def test_by_hand_stands_until_released(self):
        self.assign()
        case = self.cases[0].with_user(self.supervisor)
        self.assertEqual(case.user_id, self.ana)
        case.user_id = self.supervisor
        self.assertTrue(case.assignment_locked)
        self.assertEqual(case.assignment_text, f"{self.supervisor.name} took it.")
        self.assign()
        self.assertEqual(case.user_id, self.supervisor)
        case.action_release_assignment()
        self.assertFalse(case.assignment_locked)
        self.assign()
        self.assertEqual(case.user_id, self.ana, "who is not of the team gives it back")
        with self.assertRaises(AccessError):
            case.with_user(self.ana).action_release_assignment()

    def test_load_is_levelled_only_when_the_rule_says_so(self):
        self.env.cr.execute("UPDATE collections_case SET user_id = %s, team_id = %s",
                            [self.ana.id, self.team.id])  # fmt: skip
        self.cases.invalidate_recordset()
        self.assign()
        self.assertEqual(self.count(), {"Ana": 6})
        self.rule.rebalance = True
        self.assign()
        self.assertEqual(self.count(), {"Ana": 3, "Ben": 3})
        moved = self.cases.filtered(lambda case: case.user_id == self.ben)[0]
        self.assertEqual(moved.assignment_text, "Moved from Ana, who carried more, to Ben.")

    def test_days_off_and_holidays_bring_no_new_case(self):
        calendar = self.env["resource.calendar"].create(
            {
                "name": "Every day",
                "tz": "UTC",
                "attendance_ids": [Command.clear()] + [
                    Command.create(
                        {
                            "name": str(day),
                            "dayofweek": str(day),
                            "hour_from": 8,
                            "hour_to": 16,
                            "day_period": "morning",
                        }
                    )
                    for day in range(7)
                ],
            }
        )  # fmt: skip
        self.get_member(self.ben).calendar_id = calendar
        self.assertFalse(self.team.member_ids._get_resting(self.company))
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": calendar.id,
                "date_from": self.today,
                "date_to": self.today + timedelta(days=1),
            }
        )
        self.assign()
        self.assertEqual(self.count(), {"Ana": 6})

    @mute_logger("odoo.addons.collections_management.models.collections_assignment_rule")
    def test_a_broken_rule_stops_nobodys_night(self):
        broken = self.create_rule(self.other, sequence=1, domain="[('receivable_count', '>', 9)]")
        self.env.cr.execute(
            "UPDATE collections_assignment_rule SET domain = %s WHERE id = %s",
            ["[('no_such_field', '=', 1)]", broken.id],
        )
        broken.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "All to Cusco"):
            self.assign()
        run = self.run_night()
        self.assertEqual(run.state, "done")
        self.assertIn("All to Cusco", run.warning)
        self.assertEqual(self.count(), {"Ana": 3, "Ben": 3})
        self.assertIn(self.manager, broken.activity_ids.user_id)

    def test_what_cannot_be_set_up(self):
        for values in (
            {"domain": "[('nothing', '=', 1)]"},
            {"domain": "[("},
            {"amount_min": 10, "amount_max": 5},
            {"days_min": 10, "days_max": 5},
            {"zip_prefixes": "15%"},
            {"company_id": False},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.create_rule(self.team, **values)
        with self.assertRaises(ValidationError):
            self.get_member(self.ana).substitute_id = self.ana


@tagged("post_install", "-at_install")
class TestSubstitutes(TeamCommon):
    """Who is away keeps the cases; somebody else works them meanwhile."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["collections.assignment.rule"]._assign_collectors(cls.company)
        cls.his = cls.cases.filtered(lambda case: case.user_id == cls.ben)

    def leave(self, user, substitute, days=(0, 3), **values):
        return self.env["collections.absence"].create(
            {
                "user_id": user.id,
                "substitute_id": substitute.id,
                "date_from": self.today + timedelta(days=days[0]),
                "date_to": self.today + timedelta(days=days[1]),
                **values,
            }
        )

    def get_list(self, user):
        return self.env["collections.case"].with_user(user).search([("is_mine", "=", True)])

    def test_the_work_goes_to_the_substitute_and_comes_back(self):
        absence = self.leave(self.ben, self.ana)
        self.assertEqual(self.his.user_id, self.ben, "the cases stay")
        self.assertEqual(self.his.substitute_id, self.ana)
        self.assertEqual(self.get_list(self.ana), self.cases.sorted("amount_net_overdue", True))
        self.assertFalse(self.get_list(self.ben))
        self.assertIn("Ana works it until", self.his[0].assignment_text)
        absence.date_to = self.today
        self.assertEqual(self.his[0].substitute_until, self.today)
        absence.write(
            {"date_from": self.today - timedelta(3), "date_to": self.today - timedelta(1)}
        )
        self.assertFalse(self.his.substitute_id)
        self.assertEqual(len(self.get_list(self.ben)), 3)
        self.assertEqual(
            self.get_entries(self.his[0], "covered", "returned").mapped("event"),
            ["covered", "covered", "returned"],
        )
        self.assertIn("Ana hands it back", self.get_entries(self.his[0], "returned").summary)

    def test_the_night_begins_and_ends_an_absence(self):
        absence = self.leave(self.ben, self.ana, days=(1, 1))
        self.assertFalse(self.his.substitute_id)
        self.env.cr.execute(
            "UPDATE collections_absence SET date_from = %s, date_to = %s",
            [self.today, self.today],
        )
        absence.invalidate_recordset()
        self.run_night()
        self.his.invalidate_recordset()
        self.assertEqual(self.his.substitute_id, self.ana)

    def test_a_substitute_sees_all_of_what_he_covers_and_only_meanwhile(self):
        case = self.his[0].with_user(self.eva)
        with self.assertRaises(AccessError):
            case.read(["partner_id"])
        absence = self.leave(self.ben, self.eva)
        case.read(["partner_id", "assignment_text"])
        self.assertTrue(case.log_ids)
        self.assertTrue(case.balance_ids)
        self.assertTrue(case.receivable_ids.move_id.mapped("name"))
        absence.unlink()
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            case.read(["partner_id"])

    def test_every_model_that_collectors_see_by_case_is_seen_by_substitutes(self):
        rules = self.env["ir.rule"].search([("domain_force", "like", "user_id', '=', user.id")])
        by_case = rules.filtered(
            lambda rule: "team_id.member_ids.user_id" in rule.domain_force
        ).model_id
        covered = (
            self.env["ir.rule"]
            .search([("domain_force", "like", "substitute_id', '=', user.id")])
            .model_id
        )
        self.assertIn("collections.case", by_case.mapped("model"))
        self.assertFalse((by_case - covered).mapped("model"), "add a _rule_substitute")

    def test_a_substitute_who_is_away_too_passes_it_on(self):
        self.leave(self.ana, self.eva)
        self.leave(self.ben, self.ana)
        self.assertEqual(self.his.substitute_id, self.eva)

    def test_who_is_away_gets_nothing_new(self):
        self.leave(self.ben, self.ana)
        debtor = self.create_debtor("Seventh")
        self.create_invoice(10, debtor=debtor)
        self.env["collections.ledger"]._refresh(self.company)
        self.assign()
        self.assertEqual(self.get_case(debtor).user_id, self.ana)

    def test_an_archived_substitute_covers_nobody(self):
        self.leave(self.ben, self.ana)
        self.ana.active = False
        self.env["collections.absence"]._cover(self.company)
        self.assertFalse(self.his.substitute_id)

    def test_the_usual_substitute_is_proposed(self):
        self.get_member(self.ben).substitute_id = self.eva
        absence = self.env["collections.absence"].create(
            {"user_id": self.ben.id, "date_from": self.today, "date_to": self.today}
        )
        self.assertEqual(absence.substitute_id, self.eva)

    def test_the_substitute_is_told_of_payments(self):
        receipt = self.env["collections.receipt"].new({"case_id": self.his[0].id})
        self.assertEqual(receipt._get_collector(), self.ben)
        self.leave(self.ben, self.ana)
        self.assertEqual(receipt._get_collector(), self.ana)

    def test_days_that_make_no_sense(self):
        absence = self.leave(self.ben, self.ana)
        with self.assertRaisesRegex(ValidationError, "overlap"):
            self.leave(self.ben, self.eva, days=(2, 5))
        with self.assertRaises(ValidationError):
            absence.substitute_id = self.ben

    def test_who_may_note_an_absence(self):
        absences = self.env["collections.absence"]
        values = {"user_id": self.ben.id, "date_from": self.today, "date_to": self.today}
        absences.with_user(self.ben).create(values).unlink()
        absences.with_user(self.supervisor).create(values).unlink()
        for user in (self.ana, self.rival, self.auditor):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                absences.with_user(user).create(values)


@tagged("post_install", "-at_install")
class TestIsolation(TeamCommon):
    """A team sees nothing of another, in any model."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["collections.planner"]._plan(cls.cases)
        cls.theirs = cls.cases[0]
        cls.theirs.write({"team_id": cls.other.id, "user_id": cls.eva.id})
        cls.nobodys = cls.cases[1]
        cls.nobodys.write({"team_id": cls.other.id})
        cls.env["collections.hold"].create([{"case_id": case.id} for case in cls.cases])
        for case in cls.cases[:2]:
            invoice = case.receivable_ids.move_id[:1]
            move = cls.pay(invoice, 10).move_id or cls.env["account.move"].search(
                [("partner_id", "=", case.partner_id.id), ("move_type", "=", "entry")], limit=1
            )
            cls.env["collections.receipt"].create(
                {
                    "case_id": case.id,
                    "company_id": cls.company.id,
                    "move_id": (move or invoice).id,
                    "currency_id": cls.company.currency_id.id,
                    "amount": 10,
                    "date": cls.today,
                }
            )
            cls.env["collections.reply"].create({"company_id": cls.company.id, "case_id": case.id})
            check = cls.env["collections.log.check"].create({"company_id": cls.company.id})
            cls.env["collections.log.fault"].create({"check_id": check.id, "case_id": case.id})
        preview = cls.env["collections.preview"].create(
            {"company_id": cls.company.id, "date": cls.today}
        )
        cls.env["collections.preview.line"].create(
            [
                {"preview_id": preview.id, "case_id": case.id, "verdict": "go"}
                for case in cls.cases[:2]
            ]
        )
        cls.env["collections.target"].create({"team_id": cls.other.id, "user_id": cls.eva.id})

    def get_case_path(self, model):
        """Return the path from a model to the case it tells of, or None."""
        model_fields = self.env[model]._fields
        for name, path in (("case_id", "case_id"), ("log_id", "log_id.case_id"),
                           ("collections_case_id", "collections_case_id")):  # fmt: skip
            if name in model_fields and (model_fields[name].store or name == "collections_case_id"):
                return path
        return None

    def get_models(self):
        """Every stored model that tells of a case, those of account included."""
        for model in self.env:
            record = self.env[model]
            if record._abstract or not (
                model.startswith("collections.") or model in ("account.move", "account.move.line")
            ):
                continue
            path = "id" if model == "collections.case" else self.get_case_path(model)
            if path:
                yield model, path

    def test_a_supervisor_sees_nothing_of_another_team_in_any_model(self):
        foreign = self.theirs | self.nobodys
        seen = set()
        for model, path in self.get_models():
            domain = [(path, "in", foreign.ids)]
            everything = self.env[model].search(domain)
            records = self.env[model].with_user(self.supervisor)
            if not records.has_access("read"):
                continue
            with self.subTest(model=model):
                self.assertFalse(records.search(domain), f"{len(everything)} in all")
                if everything:
                    seen.add(model)
                if records.with_user(self.rival).has_access("read") and everything:
                    self.assertTrue(records.with_user(self.rival).search(domain), "the test tests")
        self.assertLessEqual(
            {
                "account.move",
                "account.move.line",
                "collections.case",
                "collections.case.balance",
                "collections.contact",
                "collections.hold",
                "collections.log",
                "collections.log.fault",
                "collections.preview.line",
                "collections.receipt",
                "collections.reply",
            },
            seen,
        )

    def test_a_collector_sees_no_unassigned_case_of_another_team(self):
        cases = self.env["collections.case"].with_user(self.ana)
        self.assertFalse(cases.search([("id", "in", (self.theirs | self.nobodys).ids)]))
        self.assertIn(self.nobodys, self.env["collections.case"].with_user(self.eva).search([]))
        for model, path in self.get_models():
            records = self.env[model].with_user(self.ana)
            if records.has_access("read"):
                with self.subTest(model=model):
                    self.assertFalse(records.search([(path, "in", self.nobodys.ids)]))

    def test_who_was_taken_out_of_a_team_sees_its_free_cases_no_more(self):
        member = self.other.member_ids
        member.active = False
        self.env.invalidate_all()
        self.assertNotIn(self.nobodys, self.env["collections.case"].with_user(self.eva).search([]))

    def test_board_targets_and_letters_of_another_team_are_not_shown(self):
        for model in ("collections.board", "collections.target"):
            with self.subTest(model=model):
                mine = self.env[model].with_user(self.supervisor).search(
                    [("team_id", "=", self.other.id)]
                )  # fmt: skip
                self.assertFalse(mine)
                theirs = self.env[model].with_user(self.rival).search(
                    [("team_id", "=", self.other.id)]
                )  # fmt: skip
                self.assertTrue(theirs)
        batch = self.env["collections.letter.batch"].create({"company_id": self.company.id})
        batches = self.env["collections.letter.batch"].with_user(self.supervisor)
        self.assertIn(batch, batches.search([]))
        self.theirs.contact_ids[:1].letter_batch_id = batch
        self.assertNotIn(batch, batches.search([]))
        self.assertIn(batch, batches.with_user(self.rival).search([]))

    def test_a_supervisor_gives_nothing_to_other_teams(self):
        case = self.cases[2].with_user(self.supervisor)
        for vals in ({"team_id": self.other.id}, {"user_id": self.eva.id}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                case.write(vals)
        case.write({"team_id": self.team.id, "user_id": self.ana.id})
        case.with_user(self.manager).write({"team_id": self.other.id, "user_id": self.eva.id})
        entry = self.get_entries(case.sudo(), "assigned")
        self.assertIn("Team Cusco: by hand", entry.mapped("summary"))

    def test_a_button_touches_the_own_teams_only(self):
        self.create_rule(self.other, sequence=1, zip_prefixes="15005")
        self.env["collections.assignment.rule"].with_user(self.supervisor).action_assign()
        self.assertFalse(self.cases[5].team_id)
        self.assertEqual(self.cases[4].team_id, self.team)
        with self.assertRaises(UserError):
            self.env["collections.assignment.rule"].with_user(self.ana).action_assign()
