import unittest
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.collections_management.engine.assignment import (
    Assignment,
    Case,
    Member,
    Rule,
    Territory,
    find_cover,
)

LIMA, CUSCO, SANTIAGO = 1, 2, 9
PERU, CHILE = 51, 56


def assign(cases, rules=(), teams=None):
    return Assignment(cases, {rule.id: rule for rule in rules}, teams or {}).run()


class TestTerritory(unittest.TestCase):
    def test_where_somebody_works(self):
        andes = Territory(frozenset({PERU, CHILE}), ((CHILE, SANTIAGO),))
        cases = [
            (Territory(), None, None, None, True),
            (andes, PERU, CUSCO, None, True),
            (andes, CHILE, SANTIAGO, None, True),
            (andes, CHILE, 8, None, False),
            (andes, 1, None, None, False),
            (andes, None, None, None, False),
            (Territory(states=((PERU, LIMA),)), PERU, LIMA, None, True),
            (Territory(states=((PERU, LIMA),)), CHILE, None, None, False),
            (Territory(zips=("150", "07")), PERU, LIMA, "15036", True),
            (Territory(zips=("150", "07")), PERU, LIMA, "07001", True),
            (Territory(zips=("150", "07")), PERU, LIMA, "08001", False),
            (Territory(zips=("150", "07")), PERU, LIMA, None, False),
            (Territory(frozenset({PERU}), zips=("15",)), CHILE, None, "15001", False),
        ]
        for territory, country, state, postcode, expected in cases:
            with self.subTest(territory=territory, country=country, state=state, zip=postcode):
                self.assertIs(territory.covers(country, state, postcode), expected)


class TestCover(unittest.TestCase):
    def test_who_works_for_whom(self):
        for user, absences, expected in (
            (1, {}, None),
            (1, {1: 2}, 2),
            (1, {1: 2, 2: 3}, 3),
            (1, {1: None}, None),
            (1, {1: 2, 2: 1}, None),
            (1, {1: 2, 2: None}, None),
            (1, {1: 1}, None),
            (2, {1: 2}, None),
        ):
            with self.subTest(user=user, absences=absences):
                self.assertEqual(find_cover(user, absences), expected)


class TestAssignment(unittest.TestCase):
    """A table of one night: rules, a team, a case; who has it and why."""

    def check(self, case, rule, members, user, reason, **also):
        team = also.pop("team", 1)
        place = assign([case], [rule] if rule else [], {1: members})[case.id]
        self.assertEqual((place.team, place.user, place.reason), (team, user, reason), place)
        for name, value in also.items():
            self.assertEqual(getattr(place, name), value, name)

    def test_who_gets_a_case(self):
        ana, ben = Member(10), Member(20)
        rule = Rule(7, 1)
        self.check(Case(1, 7), rule, [ana, ben], 10, "lightest", before=0, because=None)
        self.check(Case(1, 7), rule, [Member(10, workload=5), ben], 20, "lightest", before=0)
        self.check(Case(1, 7, 1, 20), rule, [ana, ben], 20, None)
        self.check(Case(1, 7, 2, 20), rule, [ana, ben], 20, "stays")
        self.check(
            Case(1, 7, 2, 30), rule, [ana, ben], 10, "lightest", because="other_team", instead=30
        )
        self.check(Case(1, 7, 1, 20, gone=True), rule, [ana], 10, "lightest", because="left")

    def test_who_leaves_is_followed_whatever_assigned_him(self):
        ana = Member(10)
        self.check(Case(1, None, 1, 5, gone=True), None, [ana], 10, "lightest", because="left")
        self.check(Case(1, None, 1, 5, True, True), None, [ana], 10, "lightest", because="left")
        self.check(Case(1, 7, None, 5, True, True), Rule(7, 1), [ana], 10, "lightest")
        self.check(Case(1, None, None, 5, gone=True), None, [ana], None, "no_team", team=None)

    def test_what_is_assigned_by_hand_stands(self):
        self.check(Case(1, 7, 2, 30, locked=True), Rule(7, 1), [Member(10)], 30, None, team=2)
        self.check(Case(1, None, 1, None, locked=True), None, [Member(10)], 10, "lightest")
        self.check(Case(1, None, None, None, locked=True), None, [], None, None, team=None)

    def test_without_a_rule_or_with_a_broken_one_nothing_moves(self):
        self.check(Case(1, None, 2, 30), None, [Member(10)], 30, None, team=2)
        self.check(Case(1, None, 1), None, [Member(10)], None, None)
        self.check(Case(1, 7, 2, 30), Rule(7, 1, frozen=True), [Member(10)], 30, None, team=2)
        self.check(Case(1, 7, 1), Rule(7, 1, frozen=True), [Member(10)], None, None)

    def test_a_rule_that_keeps_gives_nothing_away(self):
        rule = Rule(7, 1, "keep")
        self.check(Case(1, 7), rule, [Member(10)], None, "waits")
        self.check(Case(1, 7, 2, 30), rule, [Member(10)], 30, "stays")
        self.check(Case(1, 7, 1, 30, gone=True), rule, [Member(10)], 10, "lightest")

    def test_why_nobody_gets_it(self):
        rule = Rule(7, 1, workload=3)
        self.check(Case(1, 7), rule, [], None, "no_members")
        self.check(Case(1, 7), rule, [Member(10, away=True)], None, "all_away")
        full = Member(10, case_limit=4, cases=4)
        heavy = Member(10, workload_limit=4, workload=2)
        self.check(Case(1, 7), rule, [full], None, "all_full")
        self.check(Case(1, 7), rule, [heavy], None, "all_full")
        french = Member(10, languages=frozenset({"fr_FR"}))
        self.check(Case(1, 7, language="es_PE"), rule, [french], None, "none_serves")
        self.check(Case(1, 7, language="fr_FR"), rule, [french], 10, "lightest")
        self.check(Case(1, 7), rule, [french], 10, "lightest")

    def test_turns_go_round_and_skip_who_cannot(self):
        members = [Member(10), Member(20, away=True), Member(30)]
        for last, expected in ((None, 10), (10, 30), (20, 30), (30, 10), (99, 10)):
            with self.subTest(last=last):
                self.check(
                    Case(1, 7), Rule(7, 1, "round_robin", last=last), members, expected, "turn"
                )
        cases, rules = [Case(n, 7) for n in range(5)], {7: Rule(7, 1, "round_robin")}
        engine = Assignment(cases, rules, {1: members})
        users = [place.user for place in engine.run().values()]
        self.assertEqual(users, [10, 30, 10, 30, 10])
        self.assertEqual(engine.last, {7: 10})

    def test_half_a_share_gets_half(self):
        cases = [Case(n, 7) for n in range(30)]
        places = assign(cases, [Rule(7, 1)], {1: [Member(10), Member(20, share=50)]})
        self.assertEqual(Counter(p.user for p in places.values()), {10: 20, 20: 10})

    def test_who_carries_too_much_is_relieved_only_when_the_rule_says_so(self):
        cases = [Case(n, 7, 1, 10) for n in range(10)]
        members = {1: [Member(10), Member(20)]}
        stable = assign(cases, [Rule(7, 1)], members)
        self.assertEqual({place.user for place in stable.values()}, {10})
        moved = assign(cases, [Rule(7, 1, rebalance=True)], members)
        self.assertEqual(Counter(p.user for p in moved.values()), {10: 5, 20: 5})
        self.assertEqual({p.reason for p in moved.values() if p.user == 20}, {"relief"})
        self.assertEqual({p.instead for p in moved.values() if p.user == 20}, {10})
        new = assign([*cases, Case(99, 7)], [Rule(7, 1, rebalance=True)], members)
        self.assertEqual((new[99].user, new[99].reason), (20, "lightest"))

    def test_relief_keeps_to_what_people_can(self):
        cases = [Case(n, 7, 1, 10, language="es_PE") for n in range(6)]
        french = Member(20, languages=frozenset({"fr_FR"}))
        for other, expected in (
            (french, 6),
            (Member(20, away=True), 6),
            (Member(20, case_limit=2), 4),
            (Member(20), 3),
        ):
            with self.subTest(other=other):
                moved = assign(cases, [Rule(7, 1, rebalance=True)], {1: [Member(10), other]})
                self.assertEqual(Counter(p.user for p in moved.values())[10], expected)

    def test_a_new_case_may_pass_through_two_hands(self):
        members = [Member(10, languages=frozenset({"es"})), Member(20, workload=3), Member(30)]
        cases = [Case(n, 7, 1, 30) for n in range(6)] + [Case(9, 7, 1, 5, gone=True)]
        places = assign(cases, [Rule(7, 1, rebalance=True)], {1: members})
        self.assertEqual(places[9].reason, "lightest")


MEMBER = st.builds(
    Member,
    user=st.integers(1, 8),
    case_limit=st.integers(0, 6),
    workload_limit=st.integers(0, 12),
    languages=st.frozensets(st.sampled_from(["es", "en"]), max_size=1),
    away=st.booleans(),
    cases=st.integers(0, 3),
    workload=st.integers(0, 5),
)
CASE = st.builds(
    Case,
    id=st.integers(1, 60),
    rule=st.sampled_from([None, 1, 2, 3]),
    team=st.sampled_from([None, 1, 2]),
    user=st.sampled_from([None, *range(1, 10)]),
    locked=st.booleans(),
    gone=st.booleans(),
    language=st.sampled_from([None, "es", "en"]),
)
RULES = st.builds(
    lambda *parts: [
        Rule(n, 1 + n % 2, method, workload, rebalance)
        for n, (method, workload, rebalance) in enumerate(parts, 1)
    ],
    *[
        st.tuples(
            st.sampled_from(["keep", "round_robin", "balanced"]),
            st.integers(1, 4),
            st.booleans(),
        )
    ]
    * 3,
)
CASES = st.lists(CASE, unique_by=lambda case: case.id, max_size=25)
TEAMS = st.fixed_dictionaries(
    {team: st.lists(MEMBER, unique_by=lambda m: m.user, max_size=4) for team in (1, 2)}
)


class TestProperties(unittest.TestCase):
    """What holds whatever the night looks like."""

    @given(CASES, RULES, TEAMS)
    @settings(max_examples=300, deadline=None)
    def test_a_night(self, cases, rules, teams):
        places = assign(cases, rules, teams)
        self.assertEqual(set(places), {case.id for case in cases})
        self.assertEqual(places, assign(cases[::-1], rules, teams), "the order does not matter")
        by_rule = {rule.id: rule for rule in rules}
        load, received = Counter(), set()
        for case in cases:
            place, rule = places[case.id], by_rule.get(case.rule)
            load[place.team, place.user, "cases"] += 1
            load[place.team, place.user, "workload"] += rule.workload if rule else 1
            if place.user is None:
                self.assertTrue(case.user is None or place.because)
                continue
            if place.user == case.user:
                continue
            received.add((place.team, place.user))
            member = next(m for m in teams[place.team] if m.user == place.user)
            self.assertFalse(member.away, "who is away gets nothing")
            self.assertTrue(member.serves(case))
            self.assertTrue(case.user is None or place.because or rule.rebalance, "stable")
            self.assertFalse(case.locked and case.user and not case.gone, "by hand stands")
            self.assertTrue(place.reason)
        for team, members in teams.items():
            for member in members:
                if (team, member.user) in received:
                    cases_now = member.cases + load[team, member.user, "cases"]
                    work_now = member.workload + load[team, member.user, "workload"]
                    self.assertTrue(not member.case_limit or cases_now <= member.case_limit)
                    self.assertTrue(not member.workload_limit or work_now <= member.workload_limit)

    @given(
        st.lists(st.tuples(st.integers(1, 3), st.sampled_from([None, 1, 2, 3])), max_size=40),
        st.booleans(),
    )
    @settings(max_examples=200, deadline=None)
    def test_balanced_within_one_weight(self, shape, rebalance):
        rules = [Rule(n, 1, workload=n, rebalance=rebalance) for n in (1, 2, 3)]
        cases = [Case(n, weight, 1, user) for n, (weight, user) in enumerate(shape)]
        places = assign(cases, rules, {1: [Member(1), Member(2), Member(3)]})
        load = {1: 0, 2: 0, 3: 0}
        new = set()
        for case in cases:
            load[places[case.id].user] += case.rule
            if places[case.id].user != case.user:
                new.add(places[case.id].user)
        if not rebalance:  # who has much already keeps it; new work levels within one weight
            load = {
                user: load[user] for user in load if user in new or load[user] == min(load.values())
            }
        if load:
            self.assertLessEqual(max(load.values()) - min(load.values()), 3)
