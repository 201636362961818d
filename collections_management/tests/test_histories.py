import random

from odoo.tests import tagged

from .agreement_histories import AgreementHistories
from .common import CollectionsCommon
from .promise_histories import PromiseHistories


@tagged("post_install", "-at_install")
class TestHistories(CollectionsCommon):
    """Verdicts agree with a recomputation from the records on random histories of a real ledger.

    ``python -m benchmarks.histories`` plays 5,000 of each.
    """

    def play(self, kind, count, states):
        histories = kind(self.env, random.Random(20261125))
        _played, seen, faults = histories.play(count)
        self.assertEqual(faults, [])
        self.assertGreaterEqual(set(seen), states, seen)

    def test_verdicts_of_promises_agree_with_the_records(self):
        self.play(PromiseHistories, 30, {"kept", "partly", "broken", "open", "due"})

    def test_standings_of_agreements_agree_with_the_records(self):
        self.play(AgreementHistories, 20, {"active", "completed", "broken"})
