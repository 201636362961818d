import json
from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from odoo.addons.collections_management.tests.common import CollectionsCommon

from ..engine import experiments as engine
from ..hooks import uninstall_hook


class ExperimentCommon(CollectionsCommon):
    """Two dozen debtors with one overdue invoice of 100 each."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtors = cls.env["res.partner"].create(
            [
                {"name": f"Debtor {n}", "email": f"d{n}@debtor.example", "is_company": True}
                for n in range(24)
            ]
        )
        first = cls.create_invoice(100, debtor=cls.debtors[0])
        others = first.browse().union(
            *(
                first.copy(
                    {
                        "partner_id": debtor.id,
                        "invoice_date": first.invoice_date,
                        "invoice_date_due": first.invoice_date_due,
                    }
                )
                for debtor in cls.debtors[1:]
            )
        )
        others.action_post()
        cls.invoices = {invoice.partner_id: invoice for invoice in first | others}
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.env["collections.segment"]._assign(cls.company)
        cls.challenger = cls.create_strategy([(2, {}), (20, {})], name="Firmer")

    @classmethod
    def create_experiment(cls, arms=None, **values):
        """A comparison of those as today with others; by default they are left alone."""
        arms = arms or [{"treatment": "hold_out"}]
        return cls.env["collections.experiment"].create(
            {
                "name": "Trial",
                "company_id": cls.company.id,
                "least_sample": 50,
                "arm_ids": [
                    Command.create({"name": "As today", "is_control": True, "percent": 50}),
                    *(
                        Command.create(
                            {"name": f"Arm {n}", "percent": 50 / len(arms), "sequence": 20 + n}
                            | arm
                        )
                        for n, arm in enumerate(arms)
                    ),
                ],
                **values,
            }
        )

    def enter(self, experiment):
        """What a night does about comparisons before it plans."""
        self.env["collections.ledger"]._refresh(self.company)
        self.env["collections.segment"]._assign(self.company)
        if experiment._get_running(self.company)._enter():
            self.env["collections.segment"]._assign(self.company)

    def get_arms(self, experiment):
        """``{debtor: arm}``"""
        self.env.invalidate_all()
        assignments = self.env["collections.experiment.assignment"].search(
            [("experiment_id", "=", experiment.id)]
        )
        return {item.case_id.partner_id: item.arm_id for item in assignments}

    def look(self, experiment, days):
        """Look so many days from now."""
        with freeze_time(f"{self.today + timedelta(days=days)} 12:00:00"):
            experiment._look()

    def set_outcomes(self, experiment, means, spread=0.01, count=400):
        """Let the ledger say these means of each arm, in their order."""
        sums = {
            (arm.id, measure): engine.Moments(count, factor * mean, factor**2 * spread)
            for arm, mean in zip(experiment.arm_ids, means, strict=True)
            for measure, factor in (("share", 1), ("money", 100))
        }
        self.patch(type(experiment), "_get_outcomes", lambda _self, _today: sums)


@tagged("post_install", "-at_install")
class TestAssignment(ExperimentCommon):
    """Who takes part, and in which arm."""

    def test_debtors_keep_their_arm_and_new_ones_join(self):
        experiment = self.create_experiment()
        experiment.action_start()
        self.enter(experiment)
        first = self.get_arms(experiment)
        self.assertEqual(set(first), set(self.debtors))
        self.assertEqual(len(set(first.values())), 2)
        late = self.create_debtor("Late")
        self.create_invoice(50, debtor=late)
        self.enter(experiment)
        second = self.get_arms(experiment)
        self.assertIn(late, second)
        self.assertEqual({**second, **first}, second)
        # any worker, any night: the key and the debtor alone decide
        shares = experiment.arm_ids.mapped("percent")
        for debtor, arm in second.items():
            self.assertEqual(
                arm, experiment.arm_ids[engine.pick(experiment.salt, debtor.id, shares)]
            )

    def test_a_debtor_takes_part_in_one_comparison_at_a_time(self):
        one = self.create_experiment()
        two = self.create_experiment()
        (one | two).action_start()
        self.enter(one)
        self.assertFalse(self.get_arms(two))
        one.action_stop()
        self.enter(two)
        self.assertEqual(set(self.get_arms(two)), set(self.debtors))
        self.assertFalse(one._get_candidates(), "who took part once does not enter again")

    def test_the_rest_of_the_shares_takes_no_part(self):
        experiment = self.create_experiment([{"treatment": "hold_out", "percent": 10}])
        experiment.action_start()
        self.enter(experiment)
        self.assertLess(len(self.get_arms(experiment)), 22)

    def test_the_scope_is_the_segments_and_the_rule(self):
        debtor = self.debtors[0]
        self.create_invoice(900, debtor=debtor)
        self.env["collections.ledger"]._refresh(self.company)
        empty = self.env["collections.segment"].create(
            {"name": "Nobody", "domain": "[('id','=',0)]"}
        )
        experiment = self.create_experiment(
            domain="[('amount_total', '>', 500)]", segment_ids=[Command.set(self.segment.ids)]
        )
        self.assertEqual([row[1] for row in experiment._get_candidates()], debtor.ids)
        experiment.segment_ids = empty
        with self.assertRaisesRegex(UserError, "no debtor is in scope"):
            experiment.action_start()

    def test_who_has_a_strategy_chosen_by_a_person_takes_no_part(self):
        self.get_case(self.debtors[0]).manual_strategy_id = self.strategy
        experiment = self.create_experiment()
        self.assertNotIn(self.debtors[0].id, [row[1] for row in experiment._get_candidates()])

    def test_a_rule_that_broke_stops_no_night(self):
        broken, sound = self.create_experiment(), self.create_experiment()
        (broken | sound).action_start()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE collections_experiment SET domain = '[(''gone'', ''='', 1)]' WHERE id = %s",
            [broken.id],
        )
        self.env.invalidate_all()
        self.enter(broken)
        self.assertFalse(self.get_arms(broken))
        self.assertEqual(set(self.get_arms(sound)), set(self.debtors))
        self.assertIn(self.manager, broken.activity_ids.user_id)

    def test_another_company_has_no_part_in_it(self):
        other = self.env["res.company"].create({"name": "Other"})
        experiment = self.create_experiment()
        foreign = self.create_experiment(company_id=other.id)
        self.assertTrue(experiment._get_candidates())
        self.assertFalse(foreign._get_candidates())
        experiment.action_start()
        self.assertFalse(foreign._get_running(other))


@tagged("post_install", "-at_install")
class TestTreatment(ExperimentCommon):
    """What happens to debtors in an arm."""

    def test_who_is_left_alone_hears_nothing_and_the_case_says_why(self):
        experiment = self.create_experiment()
        experiment.action_start()
        self.enter(experiment)
        contacts = self.plan()
        held = {debtor for debtor, arm in self.get_arms(experiment).items()
                if arm.treatment == "hold_out"}  # fmt: skip
        self.assertTrue(held)
        self.assertEqual(set(contacts.case_id.partner_id), set(self.debtors) - held)
        for debtor in held:
            case = self.get_case(debtor)
            self.assertEqual(case.decision, "held")
            self.assertIn("drawn by lot", case.decision_text)
            self.assertEqual(case.decision_until, self.today + timedelta(days=181))

    def test_what_was_planned_before_is_taken_back_when_it_would_leave(self):
        contacts = self.plan()
        experiment = self.create_experiment()
        experiment.action_start()
        self.enter(experiment)
        arms = self.get_arms(experiment)
        refused = self.env["collections.planner"]._recheck(contacts)
        for contact in contacts:
            if arms[contact.case_id.partner_id].treatment == "hold_out":
                self.assertEqual(refused[contact.id], ("held", "experiment"))
            else:
                self.assertNotIn(contact.id, refused)

    def test_who_is_left_alone_is_on_no_list_but_who_asked_to_be_called_is(self):
        experiment = self.create_experiment()
        experiment.action_start()
        self.enter(experiment)
        held = next(debtor for debtor, arm in self.get_arms(experiment).items()
                    if arm.treatment == "hold_out")  # fmt: skip
        case = self.get_case(held)
        lists = self.env["collections.worklist"]

        def is_eligible():
            self.env.flush_all()
            self.env.cr.execute(
                "SELECT id FROM collections_case kase WHERE kase.id = %s AND ("
                + self.env.cr.mogrify(
                    lists._get_eligible_sql(self.company, self.today).code,
                    lists._get_eligible_sql(self.company, self.today).params,
                ).decode().replace("%", "%%") + ")",
                (case.id,),
            )  # fmt: skip
            return bool(self.env.cr.fetchall())

        self.assertFalse(is_eligible())
        case._set_callback(f"{self.today} 00:00:00", "Call me")
        self.assertTrue(is_eligible())

    def test_another_strategy_is_tried_and_given_back(self):
        experiment = self.create_experiment(
            [{"treatment": "strategy", "strategy_id": self.challenger.id}],
            segment_ids=[Command.set(self.segment.ids)],
        )
        experiment.action_start()
        self.enter(experiment)
        for debtor, arm in self.get_arms(experiment).items():
            expected = self.challenger if arm.treatment == "strategy" else self.strategy
            self.assertEqual(self.get_case(debtor).strategy_id, expected)
        self.assertFalse(self.env["collections.segment"]._assign(self.company))  # it stands
        with self.assertRaisesRegex(ValidationError, "being tried"):
            self.challenger.active = False
        experiment.action_stop()
        cases = self.env["collections.case"].search([("company_id", "=", self.company.id)])
        self.assertEqual(cases.strategy_id, self.strategy)

    def test_another_text_is_tried_at_its_step_in_its_tone(self):
        text = self.template.copy({"name": "Warmer", "subject": "Warmer words"})
        step = self.strategy.step_ids.filtered(lambda one: one.days == 3)
        experiment = self.create_experiment(
            [{"treatment": "template", "step_id": step.id, "template_id": text.id}]
        )
        experiment.action_start()
        self.enter(experiment)
        contacts = self.plan()
        arms = self.get_arms(experiment)
        seen = set()
        for contact in contacts:
            tried = arms[contact.case_id.partner_id].treatment == "template"
            seen.add(tried)
            self.assertEqual(contact._get_template(), text if tried else self.template)
        self.assertEqual(seen, {True, False})
        rendered = contacts._render_content()
        self.assertEqual({item["subject"] == "Warmer words" for item in rendered.values()},
                         {True, False})  # fmt: skip

    def test_when_it_ends_all_are_contacted_again(self):
        experiment = self.create_experiment()
        experiment.action_start()
        self.enter(experiment)
        before = self.plan()
        experiment.action_stop()
        after = self.plan()
        self.assertEqual(set((before | after).case_id.partner_id), set(self.debtors))
        self.assertFalse(before.case_id & after.case_id)

    def test_nothing_of_it_is_a_hold_in_the_records(self):
        """So uninstalling leaves none behind: the holds are read from the comparison itself."""
        before = self.env["collections.hold"].search_count([])
        experiment = self.create_experiment()
        experiment.action_start()
        self.enter(experiment)
        self.plan()
        self.assertEqual(self.env["collections.hold"].search_count([]), before)

    def test_a_night_gives_who_enters_the_strategy_that_is_tried(self):
        experiment = self.create_experiment(
            [{"treatment": "strategy", "strategy_id": self.challenger.id}],
            segment_ids=[Command.set(self.segment.ids)],
        )
        experiment.action_start()
        with self.mailbox():
            run = self.run_night()
        self.env.invalidate_all()
        told = self.env["collections.contact"].search([("run_id", "=", run.id)])
        arms = self.get_arms(experiment)
        for contact in told:
            tried = arms[contact.case_id.partner_id].treatment == "strategy"
            self.assertEqual(contact.strategy_id, self.challenger if tried else self.strategy)
        self.assertEqual(set(told.strategy_id), {self.challenger, self.strategy})

    def test_uninstalling_leaves_nothing_around_it(self):
        experiment = self.create_experiment()
        experiment.message_post(body="Why")
        experiment.activity_schedule("mail.mail_activity_data_todo", user_id=self.manager.id)
        uninstall_hook(self.env)
        for model, field in (("mail.message", "model"), ("mail.activity", "res_model"),
                             ("mail.followers", "res_model")):  # fmt: skip
            self.assertFalse(self.env[model].search_count([(field, "=", experiment._name)]))

    def test_a_whole_night_does_it_all(self):
        experiment = self.create_experiment()
        experiment.action_start()
        with self.mailbox():
            run = self.run_night()
        self.assertEqual(run.state, "done")
        self.env.invalidate_all()
        arms = self.get_arms(experiment)
        self.assertEqual(set(arms), set(self.debtors))
        told = self.env["collections.contact"].search([("run_id", "=", run.id)])
        self.assertTrue(told)
        self.assertEqual(
            {arms[debtor].treatment for debtor in told.case_id.partner_id}, {"current"}
        )
        self.assertFalse(self.env["collections.experiment.look"].search_count(
            [("experiment_id", "=", experiment.id), ("debtor_count", ">", 0)]
        ))  # fmt: skip


@tagged("post_install", "-at_install")
class TestOutcome(ExperimentCommon):
    """What the arms recovered, and how it ends."""

    def setUp(self):
        super().setUp()
        self.experiment = self.create_experiment()
        self.experiment.action_start()
        self.enter(self.experiment)
        self.arms = self.get_arms(self.experiment)
        self.control, self.held = self.experiment.arm_ids

    def get_sums(self, days=33):
        return self.experiment._get_outcomes(self.today + timedelta(days=days))

    def pay_on(self, debtor, day, amount=None):
        with freeze_time(f"{self.today + timedelta(days=day)} 12:00:00"):
            return self.pay(self.invoices[debtor], amount, date=self.today + timedelta(days=day))

    def get_debtors(self, arm):
        return [debtor for debtor, own in self.arms.items() if own == arm]

    def test_what_was_paid_in_its_days_is_the_outcome(self):
        one, two, three, four = self.get_debtors(self.control)[:4]
        self.pay_on(one, 1, 40)
        self.pay_on(two, 30, 60)
        self.pay_on(three, 31, 100)  # too late
        self.pay_on(four, 0, 100)  # as he entered
        count = len(self.get_debtors(self.control))
        moments = self.get_sums()[self.control.id, "money"]
        self.assertEqual(moments.count, count)
        self.assertAlmostEqual(moments.mean, 100 / count)
        self.assertAlmostEqual(self.get_sums()[self.control.id, "share"].mean, 1 / count)
        reference = engine.moments([40.0, 60.0] + [0.0] * (count - 2))
        self.assertAlmostEqual(moments.variance, reference.variance)
        self.assertEqual(self.get_sums()[self.held.id, "money"].mean, 0)

    def test_nobody_counts_before_his_days_are_over(self):
        self.assertFalse(self.get_sums(32))
        self.assertTrue(self.get_sums(33))

    def test_a_reversed_payment_is_none(self):
        debtor = self.get_debtors(self.held)[0]
        payment = self.pay_on(debtor, 2)
        count = len(self.get_debtors(self.held))
        self.assertAlmostEqual(self.get_sums()[self.held.id, "money"].mean, 100 / count)
        payment.move_id._reverse_moves([{"date": self.today}], cancel=True)
        self.assertEqual(self.get_sums()[self.held.id, "money"].mean, 0)

    def test_one_debtor_counts_up_to_the_limit_and_his_debt(self):
        debtor = self.get_debtors(self.control)[0]
        self.assertEqual(self.experiment.cap_amount, 100)
        with freeze_time(f"{self.today + timedelta(days=3)} 12:00:00"):
            more = self.create_invoice(5000, debtor=debtor)
            self.pay(more, date=self.today + timedelta(days=3))
        count = len(self.get_debtors(self.control))
        self.assertAlmostEqual(self.get_sums()[self.control.id, "money"].mean, 100 / count)
        self.assertAlmostEqual(self.get_sums()[self.control.id, "share"].mean, 1 / count)

    def test_payments_in_another_currency_count_in_the_companys(self):
        foreign = self.setup_other_currency("EUR", rates=[("2016-01-01", 2.0)])
        debtor = self.get_debtors(self.control)[0]
        with freeze_time(f"{self.today + timedelta(days=3)} 12:00:00"):
            invoice = self.create_invoice(80, debtor=debtor, currency_id=foreign.id)
            self.pay(invoice, date=self.today + timedelta(days=3))
        count = len(self.get_debtors(self.control))
        self.assertAlmostEqual(self.get_sums()[self.control.id, "money"].mean, 40 / count)

    def test_a_look_is_kept_once_a_day(self):
        self.pay_on(self.get_debtors(self.control)[0], 2)
        for _again in range(2):
            self.look(self.experiment, 40)
        looks = self.experiment.look_ids
        self.assertEqual(len(looks), 4)
        self.assertEqual(set(looks.mapped("is_certain")), {False})
        self.assertEqual(self.experiment.state, "running")

    def test_it_ends_with_the_arm_that_is_better(self):
        self.set_outcomes(self.experiment, [0.5, 0.2])
        self.look(self.experiment, 40)
        self.assertRecordValues(
            self.experiment,
            [{"state": "stopped", "result": "winner", "winner_id": self.control.id}],
        )
        self.assertIn("30.0 % of the debt more", self.experiment.recommendation)
        self.assertIn("Go on as today", self.experiment.recommendation)
        self.assertFalse(self.experiment.can_adopt)
        self.assertIn(self.manager, self.experiment.activity_ids.user_id)
        self.assertFalse(self.env["collections.experiment.assignment"].search_count(
            [("is_running", "=", True)]
        ))  # fmt: skip

    def test_being_left_alone_may_win(self):
        self.set_outcomes(self.experiment, [0.2, 0.5])
        self.look(self.experiment, 40)
        self.assertEqual(self.experiment.winner_id, self.held)
        self.assertIn("Contact these debtors less", self.experiment.recommendation)

    def test_it_ends_without_a_difference_when_its_days_are_over(self):
        self.set_outcomes(self.experiment, [0.3, 0.3])
        self.look(self.experiment, 179)
        self.assertEqual(self.experiment.state, "running")
        self.look(self.experiment, 180)
        self.assertEqual(self.experiment.result, "no_difference")
        self.assertIn("No difference", self.experiment.recommendation)

    def test_the_winner_is_adopted_with_one_button(self):
        self.experiment.action_stop()
        trial = self.create_experiment(
            [{"treatment": "strategy", "strategy_id": self.challenger.id}],
            segment_ids=[Command.set(self.segment.ids)],
        )
        trial.action_start()
        self.set_outcomes(trial, [0.2, 0.5])
        self.look(trial, 40)
        self.assertTrue(trial.can_adopt)
        trial.with_user(self.manager).action_adopt()
        self.assertEqual(self.segment.strategy_id, self.challenger)
        self.assertEqual(trial.adopted_by_id, self.manager)
        self.assertFalse(trial.can_adopt)
        self.assertIn("Adopted on", trial.recommendation)

    def test_a_text_that_won_takes_the_place_of_the_old_one(self):
        self.experiment.action_stop()
        text = self.template.copy({"name": "Warmer"})
        step = self.strategy.step_ids[1]
        trial = self.create_experiment(
            [{"treatment": "template", "step_id": step.id, "template_id": text.id}], measure="money"
        )
        trial.action_start()
        self.set_outcomes(trial, [0.2, 0.5])
        self.look(trial, 40)
        self.assertIn("$", trial.recommendation)
        trial.action_adopt()
        self.assertEqual(step.template_ids, text)


@tagged("post_install", "-at_install")
class TestRules(ExperimentCommon):
    """What is refused."""

    def test_arms_have_to_make_sense(self):
        cases = [
            ([{"treatment": "hold_out", "percent": 60}], "100 %"),
            ([{"treatment": "hold_out", "percent": 0}], "100 %"),
            ([{"treatment": "hold_out", "is_control": True}], "mark one arm"),
            ([{"treatment": "strategy", "strategy_id": self.challenger.id}], "segments"),
            ([{"treatment": "template"}], "the step and the text"),
        ]
        for arms, message in cases:
            with self.subTest(message=message), self.assertRaisesRegex(ValidationError, message):
                self.create_experiment(arms)
        with self.assertRaisesRegex(ValidationError, "choose the strategy"):
            self.create_experiment([{"treatment": "strategy"}],
                                   segment_ids=[Command.set(self.segment.ids)])  # fmt: skip
        with self.assertRaisesRegex(ValidationError, "at least two"):
            self.env["collections.experiment"].create(
                {"name": "Alone", "arm_ids": [Command.create({"name": "x", "is_control": True})]}
            )

    def test_a_strategy_of_another_company_is_refused(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.create_strategy([(3, {})], company_id=other.id)
        with self.assertRaisesRegex(ValidationError, "belongs to Other"):
            self.create_experiment([{"treatment": "strategy", "strategy_id": foreign.id}],
                                   segment_ids=[Command.set(self.segment.ids)])  # fmt: skip

    def test_what_started_is_fixed_and_kept(self):
        experiment = self.create_experiment()
        self.assertIn("Not started", experiment.recommendation)
        experiment.action_start()
        self.assertIn("Under way", experiment.recommendation)
        for values in ({"measure": "money"}, {"domain": "[]"}, {"longest_days": 5}):
            with self.assertRaisesRegex(UserError, "fixed when"):
                experiment.write(values)
        with self.assertRaisesRegex(UserError, "fixed"):
            experiment.arm_ids[0].percent = 10
        with self.assertRaisesRegex(UserError, "fixed"):
            experiment.arm_ids[0].unlink()
        with self.assertRaisesRegex(UserError, "evidence"):
            experiment.unlink()
        experiment.action_stop()
        self.assertIn("by hand", experiment.recommendation)

    def test_a_new_one_compares_with_being_left_alone(self):
        experiment = self.env["collections.experiment"].create({"name": "New"})
        self.assertRecordValues(
            experiment.arm_ids,
            [
                {"treatment": "current", "is_control": True, "percent": 50},
                {"treatment": "hold_out", "is_control": False, "percent": 50},
            ],
        )

    def test_a_manager_fills_in_the_form(self):
        with Form(self.env["collections.experiment"].with_user(self.manager)) as form:
            form.name = "Firmer after three days"
            form.segment_ids.add(self.segment)
            with form.arm_ids.edit(1) as arm:
                arm.treatment = "strategy"
                arm.strategy_id = self.challenger
        experiment = form.save()
        self.assertEqual(experiment.arm_ids[1].strategy_id, self.challenger)
        experiment.action_start()
        self.assertEqual(experiment.state, "running")

    def test_a_draft_may_go(self):
        self.assertTrue(self.create_experiment().unlink())

    def test_only_managers_decide_and_only_who_sees_all_cases_reads(self):
        experiment = self.create_experiment()
        for user in (self.collector, self.supervisor):
            with self.assertRaises(AccessError):
                experiment.with_user(user).read(["name"])
        experiment.with_user(self.auditor).read(["name", "recommendation"])
        with self.assertRaises(AccessError):
            experiment.with_user(self.auditor).action_start()
        experiment.with_user(self.manager).action_start()
        self.enter(experiment)
        assignment = self.env["collections.experiment.assignment"].search([], limit=1)
        with self.assertRaises(AccessError):
            assignment.with_user(self.manager).write({"arm_id": experiment.arm_ids[0].id})
        with self.assertRaises(AccessError):
            assignment.with_user(self.supervisor).read(["amount"])

    def test_a_collector_reads_his_cases_without_it(self):
        experiment = self.create_experiment()
        experiment.action_start()
        self.enter(experiment)
        case = self.get_case(self.debtors[0])
        case.user_id = self.collector
        values = case.with_user(self.collector).read()[0]
        self.assertNotIn("assignment_ids", values)
        with self.assertRaises(AccessError):
            self.env["collections.case"].with_user(self.collector).search(
                [("assignment_ids.experiment_id", "=", experiment.id)]
            )

    def test_another_companys_comparison_is_not_seen(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.create_experiment(company_id=other.id)
        with self.assertRaises(AccessError):
            foreign.with_user(self.manager).read(["name"])


@tagged("post_install", "-at_install")
class TestReport(ExperimentCommon):
    """What a manager reads of it."""

    def report(self, user=None, **options):
        reports = self.env["collections.report"].with_user(user or self.manager)
        page = reports.with_context(allowed_company_ids=self.company.ids).get_page(
            "experiments", options
        )
        json.dumps(page)
        return page["document"]

    def get_section(self, document, kind):
        return [one for one in document["sections"] if one["type"] == kind]

    def test_nothing_to_tell_is_said(self):
        self.create_experiment()  # a draft
        [table] = self.get_section(self.report(), "table")
        self.assertFalse(table["rows"])
        self.assertIn("A manager starts", table["empty"])

    def test_money_per_debtor_with_its_interval_and_its_course(self):
        experiment = self.create_experiment()
        experiment.action_start()
        self.enter(experiment)
        self.set_outcomes(experiment, [0.31, 0.3])
        self.look(experiment, 40)
        self.look(experiment, 41)
        document = self.report(experiment_ids=experiment.ids, state="running")
        [table] = self.get_section(document, "table")
        title, control, held = (row["cells"] for row in table["rows"])
        self.assertEqual(title["debtors"], len(self.debtors))
        self.assertEqual(control["debtors"] + held["debtors"], len(self.debtors))
        self.assertAlmostEqual(control["money"], 31)
        self.assertAlmostEqual(held["share"], 30)
        self.assertAlmostEqual(held["money_difference"], -1)
        self.assertNotIn("money_lower", control)
        self.assertLess(held["money_lower"], -1)
        self.assertGreater(held["share_upper"], 0)
        [chart] = self.get_section(document, "chart")
        self.assertEqual(len(chart["labels"]), 2)
        self.assertEqual(chart["line"]["value"], 0)
        [advice] = self.get_section(document, "text")
        self.assertIn("Under way", advice["paragraphs"][0])
        self.assertFalse(self.get_section(self.report(state="stopped"), "table")[0]["rows"])
        for row in table["rows"]:
            action = self.env["collections.report"].open_drill("experiments", {}, row["drill"])
            found = self.env["collections.case"].search_count(action["domain"])
            self.assertEqual(found, row["cells"]["debtors"])
        with self.assertRaises(UserError):
            self.env["collections.report"].open_drill("experiments", {}, "arm:x")

    def test_the_hold_out_tells_what_contacting_brings(self):
        experiment = self.create_experiment()
        experiment.action_start()
        self.enter(experiment)
        experiment_report = self.env["collections.report"].with_user(self.manager)

        def get_figure():
            page = experiment_report.get_page("recovery", {})
            [section] = self.get_section(page["document"], "figures")
            [figure] = section["figures"]
            return figure

        self.assertIn("Not enough", get_figure()["undefined"])
        self.set_outcomes(experiment, [0.5, 0.2])
        self.look(experiment, 40)
        figure = get_figure()
        self.assertAlmostEqual(figure["value"], 30)
        self.assertIn("Between", figure["caveat"])
        # the same when the others are compared with those left alone
        experiment.state = "draft"
        experiment.arm_ids[0].is_control = False
        experiment.arm_ids[1].is_control = True
        experiment.state = "running"
        self.look(experiment, 41)
        self.assertAlmostEqual(get_figure()["value"], 30)

    def test_buttons_open_what_they_say(self):
        experiment = self.create_experiment()
        experiment.action_start()
        self.enter(experiment)
        action = experiment.with_user(self.manager).action_open_debtors()
        self.assertEqual(self.env["collections.case"].search_count(action["domain"]),
                         experiment.debtor_count)  # fmt: skip
        action = experiment.with_user(self.manager).action_open_report()
        self.assertEqual(action["params"]["options"], {"experiment_ids": experiment.ids})
        self.assertEqual(action["tag"], "collections_report")

    def test_collectors_and_supervisors_do_not_read_it(self):
        for user in (self.collector, self.supervisor):
            with self.assertRaises(AccessError):
                self.report(user)
        for user in (self.manager, self.auditor):
            self.report(user)
