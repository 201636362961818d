"""Plays a thousand experiments without an effect and a thousand with one, looked at every day.

``python -m benchmarks.experiments [experiments]`` draws debtors as a collections department has
them: most owe little and some owe a hundred times as much (log-normal, or Pareto with a tail so
heavy that no variance exists), many pay nothing, some a part, most of those who pay all of it; they
differ in how willing they are. A first cohort is finished on the first day, others follow as they
fell overdue (days are counted from the first finished debtors: the days to pay come before). Every
day the interval of the engine is looked at, and the experiment stops the first time it says
"different".

Without an effect that must happen in at most 5 % of the experiments, with one it must be found.
Beside it stands what looking daily does to an ordinary 95 % interval.
"""

import sys
import time
from importlib import util
from math import sqrt
from pathlib import Path

import numpy

HERE = Path(__file__).parent
RESULT = HERE / "results" / "experiments.md"
ENGINE = HERE.parent / "collections_reports" / "engine" / "experiments.py"
DAYS, SAMPLE, PERCENT = 120, 200, 99
BAR_FALSE, BAR_FOUND = 0.05, 0.80
# name, amounts, first cohort, new debtors a day, share of the challenger
WORLDS = (
    ("one cohort and few new debtors", "lognormal", 1200, 10, 0.5),
    ("debtors enter as they fall overdue", "lognormal", 0, 40, 0.5),
    ("a tail without a variance (Pareto 1.5)", "pareto", 600, 25, 0.5),
    ("a hold-out of a tenth", "lognormal", 2000, 60, 0.1),
)
SPEC = util.spec_from_file_location("experiments_engine", ENGINE)  # plain Python, without Odoo
experiments = util.module_from_spec(SPEC)
SPEC.loader.exec_module(experiments)
MEASURES = ("share of what was owed", "money, cut off at the 99th percentile of what is owed")


def draw_debtors(rng, world, lift):
    """Return what each debtor does: day of entry, whether challenged, opening, share paid."""
    _name, tail, first, daily, share = world
    entry = numpy.concatenate([numpy.zeros(first, int), numpy.repeat(numpy.arange(1, DAYS), daily)])
    count = len(entry)
    if tail == "pareto":
        opening = 100 * (1 + rng.pareto(1.5, count))
    else:
        opening = rng.lognormal(6, 1.6, count)
    willing = rng.beta(1.2, 1.8, count)  # who pays at all, and how much of it
    challenged = rng.random(count) < share
    pays = rng.random(count) < numpy.clip(willing + lift * challenged, 0, 1)
    part = numpy.where(rng.random(count) < 0.6, 1.0, rng.beta(1, 2, count))
    return entry, challenged, opening, numpy.where(pays, part, 0.0)


def look_daily(entry, challenged, values):
    """Return ``(day the interval of the engine says "different", its sign, naive day)``."""
    found, naive = (None, 0), None
    order = numpy.argsort(entry, kind="stable")
    values, challenged = values[order], challenged[order]
    ends = numpy.searchsorted(entry[order], numpy.arange(DAYS), side="right")
    sums = {}
    for arm in (False, True):
        mask = challenged == arm
        sums[arm] = (mask.cumsum(), (values * mask).cumsum(), (values**2 * mask).cumsum())
    for day, end in enumerate(ends):
        if not end:
            continue
        arm, control = (_moments(sums[key], end - 1) for key in (True, False))
        if min(arm.count, control.count) < SAMPLE:
            continue
        seen = experiments.estimate(arm, control, sample=SAMPLE)
        if found[0] is None and (seen.lower > 0 or seen.upper < 0):
            found = (day, 1 if seen.lower > 0 else -1)
        margin = 1.96 * sqrt(arm.variance / arm.count + control.variance / control.count)
        if naive is None and abs(seen.difference) > margin:
            naive = day
        if found[0] is not None and naive is not None:
            break
    return (*found, naive)


def _moments(sums, last):
    count, total, squares = (column[last] for column in sums)
    if count < 2:
        return experiments.Moments(int(count), 0.0, 0.0)
    mean = total / count
    return experiments.Moments(
        int(count), float(mean), float(max(squares - count * mean**2, 0) / (count - 1))
    )


def play(world, measure, lift, times, seed):
    """Return ``(rate of "different", of the right sign, median day, naive rate)``."""
    rng = numpy.random.default_rng(seed)
    days, right, naive = [], 0, 0
    for _number in range(times):
        entry, challenged, opening, paid = draw_debtors(rng, world, lift)
        values = paid
        if measure:
            # the limit is fixed by what is owed, before anything is known of what is paid
            limit = experiments.cap(opening.tolist(), PERCENT)
            values = numpy.minimum(paid * opening, limit)
        day, sign, fooled = look_daily(entry, challenged, values)
        naive += fooled is not None
        if day is not None:
            days.append(day)
            right += sign > 0
    median = float(numpy.median(days)) if days else None
    return len(days), right, median, naive


def wilson(hits, times, z=1.96):
    """Return the 95 % interval of a rate (E. B. Wilson, 1927)."""
    rate, extra = hits / times, z**2 / times
    middle = (rate + extra / 2) / (1 + extra)
    margin = z / (1 + extra) * sqrt(rate * (1 - rate) / times + extra / (4 * times))
    return max(middle - margin, 0), min(middle + margin, 1)


def measure(times):
    """Play every world; return the rows of the two tables."""
    false, found = [], []
    for number, world in enumerate(WORLDS):
        for which, name in enumerate(MEASURES):
            hits, _right, _day, naive = play(world, which, 0.0, times, 1000 + number)
            false.append((world[0], name, hits, times, wilson(hits, times), naive))
        for lift in (0.05, 0.10):
            games = max(times // 4, 1)
            hits, right, day, _naive = play(world, 0, lift, games, 2000 + number)
            found.append((world[0], lift, hits, games, right, day))
    return false, found


def _percent(value):
    return f"{100 * value:.1f} %"


def write(false, found, seconds):
    """Return the results as a page."""
    hits, games = sum(row[2] for row in false), sum(row[3] for row in false)
    lines = [
        "# Experiments: false alarms and finds, looking every day",
        "",
        f"{DAYS} days, looked at on each; first look with {SAMPLE} outcomes in each arm; "
        f"{seconds:.0f} s.",
        "",
        "## Without an effect (bar: 5 %)",
        "",
        "| debtors | measure | experiments | “different” | rate | 95 % interval "
        "| ordinary interval |",
        "| --- | --- | ---: | ---: | ---: | --- | ---: |",
        *(
            f"| {world} | {name} | {times} | {count} | {_percent(count / times)} "
            f"| {_percent(span[0])} to {_percent(span[1])} | {_percent(naive / times)} |"
            for world, name, count, times, span, naive in false
        ),
        f"| all | | {games} | {hits} | {_percent(hits / games)} "
        f"| {_percent(wilson(hits, games)[0])} to {_percent(wilson(hits, games)[1])} | |",
        "",
        "## With an effect (bar: ten points more pay, found in 80 %)",
        "",
        "| debtors | more of them pay | experiments | found | of them with the right sign "
        "| median day |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {world} | {100 * lift:.0f} points | {times} | {_percent(count / times)} "
            f"| {right} of {count} | {'' if day is None else f'{day:.0f}'} |"
            for world, lift, count, times, right, day in found
        ),
        "",
    ]
    return "\n".join(lines)


def main(arguments=None):
    """Play, report; return the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    times = int(arguments[0]) if arguments else 1000
    started = time.monotonic()
    false, found = measure(times)
    page = write(false, found, time.monotonic() - started)
    RESULT.write_text(page)
    print(page)
    kept = all(hits / games <= BAR_FALSE for _w, _m, hits, games, _s, _n in false)
    strong = all(
        hits / games >= BAR_FOUND for _w, lift, hits, games, _r, _d in found if lift == 0.10
    )
    return 0 if kept and strong else 1


if __name__ == "__main__":
    sys.exit(main())
