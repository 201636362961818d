import os
import random
from collections import Counter

from odoo.tests import tagged

from .common import CollectionsCommon
from .promise_histories import Histories, cents


@tagged("post_install", "-at_install")
class TestPromiseLedger(CollectionsCommon):
    """Verdicts agree with a recomputation from the records on random histories of a real ledger.

    A part of them runs with every test; ``COLLECTIONS_HISTORIES=5000`` runs as many as asked for.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls.setup_other_currency("EUR", rates=[("2016-01-01", 0.5)])
        cls.count = int(os.environ.get("COLLECTIONS_HISTORIES", "30"))

    def test_verdicts_agree_with_the_records(self):
        chance = random.Random(20261125)
        histories = Histories(self, chance)
        states = Counter()
        for number in range(self.count):
            with self.subTest(number=number):
                states += self.check(histories, number)
        self.assertGreaterEqual(set(states), {"kept", "partly", "broken", "open", "due"}, states)

    def check(self, histories, number):
        """Play a history; compare its verdicts now, and after something more has happened."""
        promises = histories.live(number)
        debtor = promises.case_id.partner_id
        states = Counter()
        for _turn in range(2):
            if not promises:
                break
            self.env["collections.ledger"]._refresh(self.company, partners=debtor)
            found = {promise: (promise.state, cents(promise.amount_paid)) for promise in promises}
            self.assertEqual(found, histories.recompute(promises))
            for promise in promises:
                standing = promise.state in ("open", "due")
                held = any(not hold.lifted_on for hold in promise.hold_ids)
                self.assertEqual(held, standing)
            states.update(promises.mapped("state"))
            histories.undo(debtor)
        return states
