"""Who works a case: rules name a team and a method, this names the collector.

Stable: who has a case keeps it, as long as he is of its team; nobody gets more than he can carry,
nobody who is away gets anything. The same facts give the same answer.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import takewhile
from math import lcm

KEEP, ROUND_ROBIN, BALANCED = "keep", "round_robin", "balanced"

# Why a case has the collector it has.
TURN, LIGHTEST, RELIEF, STAYS = "turn", "lightest", "relief", "stays"
# Why nobody has it.
WAITS, NO_TEAM, NO_MEMBERS, ALL_AWAY, NONE_SERVES, ALL_FULL = (
    "waits", "no_team", "no_members", "all_away", "none_serves", "all_full",
)  # fmt: skip
# Why it left the collector who had it.
LEFT, OTHER_TEAM = "left", "other_team"


@dataclass(frozen=True, slots=True)
class Territory:
    """Where somebody works; empty: everywhere.

    A country of which states are named counts for those states only.
    """

    countries: frozenset = frozenset()
    states: tuple = ()  # ((country, state), ...)
    zips: tuple = ()  # prefixes

    def covers(self, country, state, postcode):
        """Tell whether a place lies in it."""
        if not (self.countries or self.states or self.zips):
            return True
        narrowed = {of for of, _state in self.states}
        if country in narrowed:
            if (country, state) not in self.states:
                return False
        elif (self.countries or self.states) and country not in self.countries:
            return False
        return not self.zips or (postcode or "").startswith(self.zips)


EVERYWHERE = Territory()


@dataclass(frozen=True, slots=True)
class Member:
    """A collector in a team; a limit of 0 is none. `cases` and `workload`: what he has of the team
    beside the cases in question."""

    user: int
    share: int = 100
    case_limit: int = 0
    workload_limit: int = 0
    languages: frozenset = frozenset()
    territory: Territory = EVERYWHERE
    away: bool = False
    cases: int = 0
    workload: int = 0

    def serves(self, case):
        """Tell whether he speaks the debtor's language and works where the debtor is."""
        return (
            not self.languages or case.language is None or case.language in self.languages
        ) and self.territory.covers(case.country, case.state, case.postcode)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule does with the cases that fit it. `last`: whose turn it was last."""

    id: int
    team: int
    method: str = BALANCED
    workload: int = 1
    rebalance: bool = False
    frozen: bool = False  # cannot be read any more: its cases stay as they are
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it is. `locked`: assigned by hand; `gone`: who has it has left the company."""

    id: int
    rule: int | None = None
    team: int | None = None
    user: int | None = None
    locked: bool = False
    gone: bool = False
    country: int | None = None
    state: int | None = None
    postcode: str | None = None
    language: str | None = None


@dataclass(slots=True)
class Place:
    """Where a case goes. `reason` None: nothing changed. `before`: what the collector carried."""

    team: int | None
    user: int | None
    rule: int | None = None
    workload: int = 1
    reason: str | None = None
    because: str | None = None
    instead: int | None = None
    before: int | None = None


@dataclass(slots=True)
class _Seat:
    """A member while the work is given out."""

    member: Member
    order: int
    pace: int  # so that half a share fills twice as fast, in whole numbers
    cases: int = 0
    workload: int = 0
    movable: dict = field(default_factory=lambda: defaultdict(list))  # {workload: cases}

    @property
    def key(self):
        return (self.workload * self.pace, self.cases * self.pace, self.order)

    def has_room(self, workload):
        limits = self.member.case_limit, self.member.workload_limit
        return not (
            (limits[0] and self.cases >= limits[0])
            or (limits[1] and self.workload + workload > limits[1])
        )

    def drop(self, case, workload):
        self.movable[workload].remove(case)
        if not self.movable[workload]:
            del self.movable[workload]

    def carry(self, workload, sign=1):
        self.cases += sign
        self.workload += sign * workload


class Assignment:
    """One pass over the cases of a company.

    :param cases: every open :class:`Case`
    :param dict rules: ``{id: Rule}``
    :param dict teams: ``{team id: [Member, ...]}`` in the order of their turns
    """

    def __init__(self, cases, rules, teams):
        self.cases = sorted(cases, key=lambda case: case.id)
        self.rules = rules
        self.last = {rule.id: rule.last for rule in rules.values()}
        self.seats = {team: _seat(members) for team, members in teams.items()}
        self.places = {}

    def run(self):
        """Return ``{case id: Place}``, every case once."""
        homeless = []
        for case in self.cases:
            place = self.places[case.id] = self._stand(case)
            seat = self.seats.get(place.team, {}).get(place.user)
            if seat:
                seat.carry(place.workload)
            if place.user is None and self._is_given_out(case, place):
                homeless.append(case)
        homeless.sort(key=lambda case: (-self.places[case.id].workload, case.id))
        for case in homeless:
            self._give(case)
        self._rebalance()
        return self.places

    def _stand(self, case):
        """Return the place of a case before anything is given out."""
        rule = self.rules.get(case.rule)
        place = Place(case.team, case.user, case.rule, rule.workload if rule else 1)
        decides = rule and not rule.frozen and not case.locked
        if decides or (rule and not rule.frozen and case.gone and case.team is None):
            place.team = rule.team
        if case.user is None:
            return place
        if case.gone:
            place.user, place.because = None, LEFT
        elif decides:
            self._check_team(case, rule, place)
        if place.user is None:
            place.instead = case.user
        elif place.team != case.team:
            place.reason = STAYS
        return place

    def _check_team(self, case, rule, place):
        """Take a case from who is not of its team, unless the rule leaves it to who has it."""
        if rule.method != KEEP and case.user not in self.seats.get(place.team, {}):
            place.user, place.because = None, OTHER_TEAM

    def _is_given_out(self, case, place):
        """Tell whether somebody is to be found for a case that nobody has."""
        rule = self.rules.get(case.rule)
        if place.team is None:
            place.reason = NO_TEAM if place.because else None
            return False
        if case.locked or place.because:
            return True
        if rule is None or rule.frozen:
            return False
        if rule.method == KEEP:
            place.reason = WAITS
        return rule.method != KEEP

    def _give(self, case):
        place = self.places[case.id]
        seats = self.seats.get(place.team, {})
        fitting, place.reason = self._get_fitting(seats, case, place.workload)
        if not fitting:
            return
        rule = self.rules.get(case.rule)
        in_turn = rule and rule.method == ROUND_ROBIN and rule.team == place.team
        if in_turn:
            seat = self._take_turn(rule, seats, fitting)
            place.reason = TURN
        else:
            seat = min(fitting, key=lambda seat: seat.key)
            place.reason = LIGHTEST
        place.user, place.before = seat.member.user, seat.workload
        seat.carry(place.workload)

    def _get_fitting(self, seats, case, workload):
        """Return the seats that may take a case, or none and why."""
        if not seats:
            return [], NO_MEMBERS
        present = [seat for seat in seats.values() if not seat.member.away]
        if not present:
            return [], ALL_AWAY
        serving = [seat for seat in present if seat.member.serves(case)]
        if not serving:
            return [], NONE_SERVES
        return [seat for seat in serving if seat.has_room(workload)], ALL_FULL

    def _take_turn(self, rule, seats, fitting):
        """Return whose turn it is: the first one after the last one who got a case."""
        last = seats.get(self.last[rule.id])
        after = last.order if last else -1
        seat = min(fitting, key=lambda seat: (seat.order <= after, seat.order))
        self.last[rule.id] = seat.member.user
        return seat

    # -- rebalancing -----------------------------------------------------------------------------

    def _rebalance(self):
        """Move cases of rules that ask for it from who carries most to who carries least."""
        by_team = defaultdict(list)
        for case in self.cases:
            rule, place = self.rules.get(case.rule), self.places[case.id]
            if (
                rule
                and rule.rebalance
                and not (rule.frozen or case.locked)
                and place.team == rule.team
                and place.user in self.seats.get(place.team, {})
            ):
                by_team[place.team].append(case)
        for team, cases in by_team.items():
            seats = [seat for seat in self.seats[team].values() if not seat.member.away]
            for case in cases:
                place = self.places[case.id]
                self.seats[team][place.user].movable[place.workload].append(case)
            while self._relieve(seats):
                pass

    def _relieve(self, seats):
        """Move one case if that brings two collectors nearer; return whether it did."""
        ordered = sorted(seats, key=lambda seat: seat.key)
        for giver in reversed(ordered):
            for taker in takewhile(lambda seat, high=giver.key[0]: seat.key[0] < high, ordered):
                if case := self._get_relief(giver, taker):
                    self._move(case, giver, taker)
                    return True
        return False

    def _get_relief(self, giver, taker):
        """Return the case whose move levels two collectors best, the newest of equals."""
        high = giver.key[0]
        levels = []
        for workload in giver.movable:
            left = (giver.workload - workload) * giver.pace
            after = max(left, (taker.workload + workload) * taker.pace)
            if after < high and taker.has_room(workload):
                levels.append((after, workload))
        for _after, workload in sorted(levels):
            for case in reversed(giver.movable[workload]):
                if taker.member.serves(case):
                    return case
        return None

    def _move(self, case, giver, taker):
        place = self.places[case.id]
        giver.drop(case, place.workload)
        giver.carry(place.workload, -1)
        place.user, place.before = taker.member.user, taker.workload
        relieved = case.user is not None and not place.because
        place.reason, place.instead = (RELIEF, case.user) if relieved else (LIGHTEST, place.instead)
        taker.movable[place.workload].append(case)
        taker.carry(place.workload)


def _seat(members):
    common = lcm(*(member.share for member in members)) if members else 1
    return {
        member.user: _Seat(
            member, order, common // member.share, cases=member.cases, workload=member.workload
        )
        for order, member in enumerate(members)
    }


def find_cover(user, absences):
    """Return who works for somebody who is away: his substitute, or the substitute's own when he
    is away too; None when nobody does.

    :param dict absences: ``{user away: substitute or None}``
    """
    seen = set()
    while user in absences:
        if user in seen:
            return None
        seen.add(user)
        user = absences[user]
    return user if seen else None
