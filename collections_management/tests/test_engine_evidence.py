from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine import evidence
from ..engine.evidence import MET, NOT_MET, UNKNOWN, Condition, Facts

STATES = st.sampled_from([True, False, None])


def number(kind, limit, **values):
    return Condition(1, kind, Decimal(limit), **values)


@tagged("post_install", "-at_install")
class TestEvidence(BaseCase):
    """What is known against what a rule asks for."""

    def find(self, condition, **facts):
        [finding] = evidence.check([condition], Facts(**facts))
        return finding.state, finding.why

    def test_each_kind_of_condition(self):
        unit = {"UIT": Decimal(5500)}
        three = number("total_up_to", 3, unit="UIT")
        court = Condition(1, "statement", statement="legal_action")
        free = Condition(1, "statement", statement="related", expected=False)
        table = [
            (number("age", 365), {"ages": (366, 800)}, (MET, "age")),
            (number("age", 365), {"ages": (365, 800)}, (NOT_MET, "age")),
            (number("age", 365), {"ages": (800, -3)}, (NOT_MET, "age")),
            (number("age", 365), {"ages": (800, None)}, (UNKNOWN, "no_due_date")),
            (number("age", 365), {}, (UNKNOWN, "no_due_date")),
            (number("attempts", 3), {"attempts": 3}, (MET, "attempts")),
            (number("attempts", 3), {"attempts": 2, "unproven": 1}, (UNKNOWN, "unproven")),
            (number("attempts", 3), {"attempts": 1, "unproven": 1}, (NOT_MET, "attempts")),
            (three, {"total": Decimal(16500), "units": unit}, (MET, "total")),
            (three, {"total": Decimal("16500.01"), "units": unit}, (NOT_MET, "total")),
            (three, {"total": Decimal(1)}, (UNKNOWN, "no_unit")),
            (three, {"units": unit}, (UNKNOWN, "no_total")),
            (number("total_up_to", 750), {"total": Decimal(750)}, (MET, "total")),
            (court, {}, (UNKNOWN, "unanswered")),
            (court, {"statements": {"legal_action": True}}, (MET, "yes")),
            (court, {"statements": {"legal_action": False}}, (NOT_MET, "no")),
            (free, {"statements": {"related": False}}, (MET, "no")),
            (free, {"statements": {"related": True}}, (NOT_MET, "yes")),
        ]
        for condition, facts, expected in table:
            with self.subTest(condition=condition, facts=facts):
                self.assertEqual(self.find(condition, **facts), expected)

    def test_an_unknown_kind_is_a_mistake_of_the_caller(self):
        with self.assertRaisesRegex(ValueError, "unknown kind 'hunch'"):
            evidence.check([Condition(1, "hunch")], Facts())

    def test_alternatives_need_one_and_groups_need_all(self):
        rule = [
            Condition(1, "statement", statement="a", group="g"),
            Condition(2, "statement", statement="b", group="g"),
            Condition(3, "statement", statement="c"),
        ]
        table = [
            ({"a": True, "b": False, "c": True}, MET),
            ({"a": False, "b": False, "c": True}, NOT_MET),
            ({"a": None, "b": False, "c": True}, UNKNOWN),
            ({"a": True, "c": None}, UNKNOWN),
            ({"a": None, "b": None, "c": False}, NOT_MET),
        ]
        for statements, expected in table:
            with self.subTest(statements=statements):
                findings = evidence.check(rule, Facts(statements=statements))
                self.assertEqual(evidence.conclude(rule, findings), expected)
        self.assertEqual(evidence.conclude([], []), UNKNOWN)

    @given(st.lists(st.tuples(STATES, st.sampled_from(["", "g", "h"])), min_size=1, max_size=8))
    def test_what_nobody_knows_never_meets_a_rule(self, answers):
        rule = [
            Condition(key, "statement", statement=str(key), group=group)
            for key, (_answer, group) in enumerate(answers)
        ]
        known = {str(key): answer for key, (answer, _group) in enumerate(answers)}

        def result(instead):
            facts = {name: instead if value is None else value for name, value in known.items()}
            return evidence.conclude(rule, evidence.check(rule, Facts(statements=facts)))

        # Unknown exactly when the answers that are missing would make a difference.
        best, worst, told = result(True), result(False), result(None)
        self.assertEqual(told, best if best == worst else UNKNOWN)

    @given(st.decimals(0, 10**6, places=2), st.decimals(0, 10**6, places=2), st.integers(1, 10**4))
    def test_more_money_never_turns_a_small_debt_rule_to_met(self, total, more, limit):
        order = [MET, NOT_MET]
        condition = number("total_up_to", limit)
        before, _why = self.find(condition, total=total)
        after, _why = self.find(condition, total=total + more)
        self.assertLessEqual(order.index(before), order.index(after))

    @given(st.lists(st.integers(-500, 5000), min_size=1), st.integers(0, 2000))
    def test_one_young_receivable_keeps_the_whole_from_being_old(self, ages, limit):
        state, _why = self.find(number("age", limit), ages=tuple(ages))
        self.assertEqual(state == MET, all(age > limit for age in ages))
