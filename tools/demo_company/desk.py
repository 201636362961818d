"""A collections department at work: what its people did in the weeks before today.

Each story is a generator about one debtor. It does through the models' public actions what a person
does, then yields how many days before today it goes on; all stories are told side by side, day by
day, on a clock that is put back. So the log, its moments, the holds and the amounts are what the
product makes of such days, not what somebody wrote into tables.
"""

import heapq
from datetime import datetime, time, timedelta
from itertools import count

from freezegun import freeze_time

from . import journals

FIRST_DAY = 42  # days before today: the department began to work with the system
HOURS = (14, 21)  # UTC: from nine to four in Lima


class Desk:
    """What stories are told with: the company, its people, its debtors, its bank."""

    def __init__(self, env, company, today):
        # nobody is written to of what happened weeks ago
        context = {"allowed_company_ids": company.ids, "mail_activity_quick_update": True}
        self.env = env(context={**env.context, **context})
        self.company = company.with_env(self.env)
        self.today = today
        self.numbers = count(1)

    def user(self, login):
        """Return one of the people of the department."""
        return self.env["res.users"].search([("login", "=", login)])

    def own(self, case):
        """Return a case as its collector sees it."""
        return case.with_user(case.user_id)

    def ref(self, name):
        """Return a record of the addon."""
        return self.env.ref(f"collections_management.{name}")

    def day(self, days_ago):
        """Return a day as stories count them; below zero it is still to come."""
        return self.today - timedelta(days=days_ago)

    def call(self, case, code, medium="call", **values):
        """Note what came of a contact; return what is asked then."""
        values = {"uuid": f"demostracion-{next(self.numbers):04}", "medium": medium, **values}
        return self.own(case).work_outcome(self.ref(f"collections_outcome_{code}").id, values)

    def answer(self, case, code, **values):
        """Note a call with what was agreed in it: a promise, a dispute or an agreement."""
        question = self.call(case, code)["follow"]
        records = self.own(case).env[question["res_model"]].with_context(**question["context"])
        return records.create({"case_id": case.id, **values})

    def promise(self, case, days_ago, share=1.0, **values):
        """Promise for a day a share of what is overdue in the company's currency."""
        lines = self.overdue(case)
        amount = self.company.currency_id.round(sum(lines.mapped("amount_residual")) * share)
        return self.answer(
            case,
            "promise",
            amount=amount,
            currency_id=self.company.currency_id.id,
            line_ids=[(6, 0, lines.ids)],
            date_due=self.day(days_ago),
            **values,
        )

    def escalate(self, case, kind, reason, **targets):
        """Let the collector take a case further."""
        own = self.own(case)
        return own.env["collections.escalation"]._request(own, kind, reason, **targets)

    def overdue(self, case):
        """Return the overdue receivables of a case in the company's currency, oldest first."""
        today = self.env["collections.ledger"]._today(self.company)
        lines = case.receivable_ids.filtered(
            lambda line: (
                line.currency_id == self.company.currency_id
                and line.amount_residual > 0
                and line.date_maturity < today
            )
        )
        return lines.sorted(lambda line: (line.date_maturity, line.id))

    def pay(self, case, amount, lines=None):
        """Money of a debtor arrives at the bank, for some receivables or for none."""
        journal = journals.bank(self.company, 0, 0, "PEN")
        code = f"GC-{next(self.numbers):04}"
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": case.partner_id.id,
                "journal_id": journal.id,
                "payment_method_line_id": journals.method(journal, direct=True).id,
                "amount": amount,
                "date": self.env["collections.ledger"]._today(self.company),
                "payment_reference": code,
                "memo": f"Depósito {code}",
            }
        )
        payment.action_post()
        if lines:
            (self.get_receivable(payment) | lines).reconcile()
        return payment

    def get_receivable(self, payment):
        """Return the line of a payment that pays receivables."""
        return payment.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    def night(self):
        """Read the ledger as every night: verdicts, ends of holds, what was paid."""
        self.env["collections.ledger"]._refresh(self.company)

    def morning(self):
        """Put every case where it belongs, and prepare the lists of the day."""
        self.night()
        self.env["collections.segment"]._assign(self.company)
        self.env["collections.priority.rule"]._score(self.company)
        self.env["collections.worklist"]._prepare_night(self.company)


def tell(desk, stories, begin):
    """Tell stories of debtors, from the first day to today.

    :param stories: the stories, those that need the oldest debts first
    :param begin: called with the clock at the first day, before anything else
    """
    first = datetime.combine(desk.day(FIRST_DAY), time(HOURS[0] - 1))
    with freeze_time(first, tick=True) as clock:
        begin()
        _tell(desk, _cast(desk, stories), clock)
        desk.morning()


def _cast(desk, stories):
    """Give each story a debtor who is overdue for long enough; return them with their first day."""
    cases = desk.env["collections.case"].search(
        [
            ("company_id", "=", desk.company.id),
            ("state", "=", "open"),
            ("user_id", "!=", False),
            ("partner_id.active", "=", True),
        ]
    )
    waiting = sorted(
        (case for case in cases if _age(desk, case) > 0),
        key=lambda case: (-_age(desk, case), case.partner_id.ref),
    )
    told = []
    for story in stories:
        if not waiting:
            break
        running = story(desk, waiting[0])
        days_ago = next(running)
        if _age(desk, waiting[0]) <= days_ago:
            continue  # too young a debt for it
        told.append((days_ago, running, waiting.pop(0)))
    return told


def _age(desk, case):
    """Return for how many days a case owes something today that nobody has paid."""
    dates = [
        line.date_maturity
        for line in case.receivable_ids
        if line.currency_id == desk.company.currency_id and line.amount_residual > 0
    ]
    return (desk.today - min(dates)).days if dates else 0


def _tell(desk, told, clock):
    """Go on with each story on its day; the night before every such day reads the ledger."""
    order = count()
    queue = [(-days, next(order), running) for days, running, _case in told]
    heapq.heapify(queue)
    day = None
    while queue:
        days_ago, number, running = heapq.heappop(queue)
        if days_ago != day:
            day = days_ago
            clock.move_to(datetime.combine(desk.day(-day), time(HOURS[0] - 2)))
            desk.night()
            moment = datetime.combine(desk.day(-day), time(HOURS[0]))
        moment = min(moment + timedelta(minutes=11), moment.replace(hour=HOURS[1]))
        clock.move_to(moment)
        following = next(running, None)
        if following is not None:
            heapq.heappush(queue, (-following, number, running))
