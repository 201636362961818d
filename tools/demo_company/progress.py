"""How far the work is: kept in the database, so that a second call goes on where it stopped.

Plain SQL on `ir_config_parameter`, in the transaction of the step itself: a step is
either done and counted, or neither. (The ORM's `set_param` would clear the caches
of every worker at each step.)
"""

import json
import time

STORY = "demo_company.story"


def story(cr):
    """Return the parameters of the company in the database, or None."""
    value = _read(cr, STORY)
    return json.loads(value) if value else None


def begin(cr, values):
    """Remember which story is being told."""
    _write(cr, STORY, json.dumps(values, sort_keys=True))


def done(cr, lane):
    """Return how many steps of a lane are done."""
    return int(_read(cr, f"demo_company.steps.{lane}") or 0)


def count(cr, lane, steps):
    """Remember that so many steps of a lane are done."""
    _write(cr, f"demo_company.steps.{lane}", str(steps))


def _read(cr, key):
    cr.execute("SELECT value FROM ir_config_parameter WHERE key = %s", [key])
    row = cr.fetchone()
    return row and row[0]


def _write(cr, key, value):
    cr.execute(
        "INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s) "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [key, value],
    )


class Meter:
    """Prints how far the work is and how long it still takes."""

    def __init__(self, total, finished=0.0, say=print):
        self.total, self.finished, self.say = total, finished, say
        self.start, self.skipped, self.shown = time.monotonic(), finished, -1

    def show(self, finished, text):
        """Print a line when another per cent is done."""
        percent = int(100 * finished / self.total) if self.total else 100
        if percent == self.shown:
            return
        self.shown = percent
        spent = time.monotonic() - self.start
        speed = (finished - self.skipped) / spent if spent else 0
        left = f", about {max(1, round((self.total - finished) / speed))} s left" if speed else ""
        self.say(f"{percent:3d} %  {text}{left if percent < 100 else ''}")
