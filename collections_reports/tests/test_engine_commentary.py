import unittest
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.collections_reports.engine.commentary import Facts, comment

CALM = Facts(
    now={"receivable": 1000, "overdue": 300, "overdue_ratio": 30, "dso": 40, "dso_best": 30,
         "collected": 500, "cei": 90, "age_1": 290, "age_4": 10, "promise_kept_amount": 80},
    before={"receivable": 1000, "overdue": 300, "overdue_ratio": 30, "dso": 40, "dso_best": 30,
            "collected": 500, "age_1": 290, "age_4": 10},
)  # fmt: skip


def change(facts, now=None, before=None, **values):
    return replace(
        facts, now=facts.now | (now or {}), before=facts.before | (before or {}), **values
    )


def tell(facts):
    return {sentence.code: sentence for sentence in comment(facts)}


class TestCommentary(unittest.TestCase):
    """Sentences follow from figures, and from nothing else."""

    def test_a_calm_month(self):
        self.assertEqual(
            list(tell(CALM)), ["overdue_steady", "ratio_steady", "dso_steady", "collected_steady"]
        )

    def test_what_moved(self):
        for name, more, less in (
            ("overdue", "overdue_up", "overdue_down"),
            ("overdue_ratio", "ratio_up", "ratio_down"),
            ("dso", "dso_up", "dso_down"),
            ("collected", "collected_up", "collected_down"),
        ):
            with self.subTest(name=name):
                value = CALM.now[name]
                self.assertIn(more, tell(change(CALM, now={name: 1.2 * value})))
                self.assertIn(less, tell(change(CALM, now={name: 0.8 * value})))

    def test_how_much_it_moved(self):
        sentence = tell(change(CALM, now={"overdue": 360}))["overdue_up"]
        self.assertEqual(
            sentence.values,
            {"now": ("money", 360), "change": ("percent", 20), "amount": ("money", 60)},
        )

    def test_from_nothing_there_is_no_percentage(self):
        self.assertIn("overdue_new", tell(change(CALM, before={"overdue": 0})))
        nothing = tell(change(CALM, now={"overdue": 0}, before={"overdue": 0, "collected": 0}))
        self.assertNotIn("overdue_new", nothing)
        self.assertFalse([code for code in nothing if code.startswith("collected")])

    def test_the_dso_has_two_parts_that_add_up(self):
        sentence = tell(change(CALM, now={"dso": 47, "dso_best": 28}))["dso_parts"]
        parts = [value for _kind, value in sentence.values.values()]
        self.assertEqual(sum(parts), 7)
        self.assertEqual(sentence.values["late"], ("signed_days", 9))
        self.assertNotIn("dso_parts", tell(change(CALM, now={"dso": None})))

    def test_the_age_that_grew_most(self):
        sentence = tell(change(CALM, now={"age_1": 300, "age_4": 90}))["age_grew"]
        self.assertEqual(sentence.values["age"], ("age", "age_4"))
        self.assertEqual(sentence.values["amount"], ("money", 80))
        self.assertNotIn("age_grew", tell(change(CALM, now={"age_1": 100})))

    def test_who_rose(self):
        movers = (("Ana", 60), ("Beto", 30), ("Carla", 5), ("Dora", 5), ("Ema", -10))
        sentence = tell(change(CALM, movers=movers, rise=100))["movers"]
        self.assertEqual(sentence.values["names"], ("text", "Ana, Beto, Carla"))
        self.assertEqual(sentence.values["share"], ("percent", 95))
        self.assertNotIn("movers", tell(change(CALM, movers=(("Ema", -10),), rise=0)))
        self.assertNotIn("movers", tell(change(CALM, movers=(("Ana", 10),), rise=0)))

    def test_what_to_look_at(self):
        for facts, code in (
            (change(CALM, now={"cei": 79.9}), "cei_low"),
            (change(CALM, now={"age_4": 60}), "old_high"),
            (change(CALM, now={"promise_kept_amount": 59}), "kept_low"),
            (change(CALM, now={"target": 89}), "target_low"),
            (change(CALM, disputed=30), "disputed"),
            (change(CALM, top_share=50), "concentration"),
            (change(CALM, ripening=1), "ripening"),
        ):
            with self.subTest(code=code):
                self.assertEqual(tell(facts)[code].part, "look")
        for code in ("cei_low", "old_high", "kept_low", "disputed", "concentration", "ripening"):
            self.assertNotIn(code, tell(CALM))

    def test_a_target_that_is_met_is_told_as_such(self):
        self.assertEqual(tell(change(CALM, now={"target": 100}))["target_met"].part, "moved")
        found = tell(change(CALM, now={"target": 95}))
        self.assertFalse([code for code in found if code.startswith("target")])

    def test_nothing_is_owed(self):
        for now in ({"receivable": 0}, {"receivable": None}, {}, {"receivable": -5, "overdue": 0}):
            self.assertEqual(list(tell(Facts(now=now, before={}))), ["nothing_open"])

    def test_what_is_not_known_is_not_spoken_of(self):
        only = Facts(now={"receivable": 10, "overdue": None}, before={})
        self.assertEqual(comment(only), [])

    @given(
        st.dictionaries(st.sampled_from(sorted(CALM.now)), st.one_of(st.none(), st.floats(0, 1e9))),
        st.dictionaries(st.sampled_from(sorted(CALM.now)), st.one_of(st.none(), st.floats(0, 1e9))),
    )
    def test_any_figures_can_be_spoken_of_in_order(self, now, before):
        parts = [sentence.part for sentence in comment(Facts(now=now, before=before))]
        self.assertEqual(parts, sorted(parts, key=("moved", "why", "look").index))
