from datetime import date, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from odoo.tests import BaseCase

from ..engine import menu, phrases, speech, twiml

TODAY = date(2026, 11, 26)
FACTS = menu.Facts(today=TODAY, text=True)
KEYS = ("", "1", "2", "3", "4", "9", "0", "*", "15")


def hold(keys, facts=FACTS, outcome="done"):
    """Return ``(turns, effects)`` of a talk."""
    turns, effects = [menu.begin(facts)], []
    for key in keys:
        turn = menu.press(turns[-1].state, key, facts)
        if turn.effect:
            effects.append((turn.effect, turn.state.day))
            turn = menu.after(turn.state, turn.effect, outcome, facts)
        turns.append(turn)
    return turns, effects


def codes(turn):
    return [code for code, _values in turn.says]


class TestMenu(BaseCase):
    """Every way through a call."""

    def test_nobody_hears_of_a_debt_before_saying_who_they_are(self):
        """All sequences of up to four keys, all outcomes, in all languages: no amount before."""
        for outcome, facts in product(
            ("done", "asked", "failed", "test"), (FACTS, menu.Facts(today=TODAY, test=True))
        ):
            for keys in product(KEYS, repeat=4):
                turns, effects = hold(keys, facts, outcome)
                confirmed = False
                for turn, key in zip(turns, (None, *keys), strict=True):
                    confirmed = confirmed or turn.state.confirmed
                    if not confirmed:
                        self.assertFalse(phrases.DEBT & set(codes(turn)), (keys, key))
                if ("confirm", None) not in effects:
                    self.assertFalse(confirmed)
                    self.assertFalse({"promise", "link", "stop"} & {e for e, _day in effects})

    def test_sentences_of_before_have_no_place_for_a_debt(self):
        for family, known in phrases.PHRASES.items():
            self.assertEqual(set(known), set(phrases.PHRASES["en"]), family)
            for code, text in known.items():
                if code not in phrases.DEBT:
                    self.assertNotIn("{amounts}", text)
                    self.assertNotIn("{text}", text)

    @given(st.lists(st.sampled_from(KEYS), max_size=60))
    def test_every_call_ends(self, keys):
        turns, _effects = hold(keys)
        for turn in turns:
            self.assertTrue(turn.keys in (0, 1, 2))
            if turn.keys == 0:
                self.assertEqual(turn.state.node == "over" or turn.effect == "dial", True)
        turns, _effects = hold([*keys, *[""] * 30])
        self.assertEqual(turns[-1].keys, 0)

    def test_a_promise_for_tomorrow(self):
        turns, effects = hold("1111")
        self.assertEqual(codes(turns[0]), ["greeting", "person"])
        self.assertEqual(codes(turns[1])[:2], ["text", "overdue"])
        self.assertIn("day_option", codes(turns[2]))
        self.assertEqual(codes(turns[3]), ["confirm_day"])
        self.assertEqual(codes(turns[4]), ["promised", "goodbye"])
        self.assertEqual(effects, [("confirm", None), ("promise", TODAY + timedelta(days=1))])

    def test_a_typed_day_is_confirmed_and_may_be_changed(self):
        typed = ["1", "1", str(len(menu.get_days(TODAY)) + 1), "05"]
        turns, _effects = hold(typed)
        self.assertEqual(turns[-2].keys, 2)
        self.assertEqual(turns[-1].state.day, date(2026, 12, 5))
        turns, effects = hold([*typed, "2", "1", "1"])
        self.assertEqual(effects[-1], ("promise", TODAY + timedelta(days=1)))

    def test_other_keys(self):
        for keys, effect, last in (
            ("12", "link", "option_stop"),
            ("13", "transfer", "transfer"),
            ("19", "stop", "goodbye"),
            ("9", "wrong_number", "goodbye"),
        ):
            with self.subTest(keys=keys):
                turns, effects = hold(keys)
                self.assertEqual(effects[-1][0], effect)
                self.assertEqual(codes(turns[-1])[-1], last)
        turns, effects = hold("2")
        self.assertEqual((codes(turns[-1]), effects), (["denied", "goodbye"], []))

    def test_what_nobody_understands_is_said_once_more(self):
        turns, effects = hold(["", "7"])
        self.assertEqual(codes(turns[1]), ["again", "person"])
        self.assertEqual((codes(turns[2]), turns[2].keys), (["goodbye"], 0))
        self.assertFalse(effects)
        turns, _effects = hold(["1", "7", "1", "", "1"])  # understood in between
        self.assertEqual(codes(turns[-1]), ["confirm_day"])

    def test_what_cannot_be_done_is_not_offered(self):
        facts = menu.Facts(today=TODAY, can_transfer=False, can_link=False)
        turns, effects = hold(["1", "3"], facts)
        self.assertNotIn("option_person", codes(turns[1]))
        self.assertNotIn("option_link", codes(turns[1]))
        self.assertEqual(codes(turns[2])[0], "again")
        self.assertEqual([effect for effect, _day in effects], ["confirm"])

    def test_who_owes_nothing_any_more_is_thanked(self):
        turns, _effects = hold("1", menu.Facts(today=TODAY, owes=False))
        self.assertEqual(codes(turns[-1]), ["settled", "goodbye"])

    def test_a_test_notes_nothing_and_says_so(self):
        turns, _effects = hold("9", menu.Facts(today=TODAY, test=True), "test")
        self.assertEqual(codes(turns[0]), ["greeting", "test", "person"])
        self.assertEqual(codes(turns[-1]), ["test_done", "goodbye"])

    def test_days_that_are_offered(self):
        for today, expected in (
            (date(2026, 11, 26), [(11, 27), (11, 30), (12, 3)]),
            (date(2026, 11, 14), [(11, 15), (11, 21)]),
            (date(2026, 12, 31), [(1, 1), (1, 7), (1, 15)]),
            (date(2028, 2, 22), [(2, 23), (2, 29)]),
        ):
            days = [(day.month, day.day) for day in menu.get_days(today)]
            self.assertEqual(days, expected, today)

    def test_days_that_are_typed(self):
        for keys, today, expected in (
            ("05", date(2026, 11, 26), date(2026, 12, 5)),
            ("26", date(2026, 11, 26), date(2026, 11, 26)),
            ("31", date(2026, 11, 26), date(2026, 12, 31)),
            ("31", date(2027, 1, 31), date(2027, 1, 31)),
            ("30", date(2027, 1, 31), date(2027, 3, 30)),
            ("29", date(2027, 2, 1), date(2027, 3, 29)),
            ("01", date(2026, 12, 31), date(2027, 1, 1)),
            ("00", TODAY, None),
            ("32", TODAY, None),
            ("5", TODAY, None),
            ("5*", TODAY, None),
            ("", TODAY, None),
            ("٠٥", TODAY, None),
        ):
            with self.subTest(keys=keys, today=today):
                self.assertEqual(menu.read_day(keys, today), expected)


class TestTwiml(BaseCase):
    """What comes from outside stays text."""

    @given(st.text(), st.text())
    def test_any_name_stays_text(self, name, action):
        answer = twiml.gather([f"Hello {name}"], "es-MX", 1, action)
        root = etree.fromstring(answer.encode())
        [said] = root.iter("Say")
        kept = twiml.UNWRITABLE.sub("", f"Hello {name}")
        self.assertEqual(_lines(said.text), _lines(kept))
        self.assertEqual([element.tag for element in root.iter()], ["Response", "Gather", "Say"])

    def test_markup_is_not_obeyed(self):
        evil = "</Say><Dial>+1900</Dial><Say>"
        answer = twiml.hang_up([evil], "en-US")
        self.assertNotIn("<Dial>", answer)
        self.assertEqual(etree.fromstring(answer.encode()).find("Say").text, evil)

    def test_a_whole_turn(self):
        voice = speech.get_voice("es_PE")
        turn = menu.begin(FACTS)
        words = speech.say(
            phrases.PHRASES, voice, turn.says, company="Acme & Hijos", name="Ana <Lopez>"
        )
        answer = twiml.gather(words, voice.language, turn.keys, "https://odoo.example/k?turn=1&x=2")
        gather = etree.fromstring(answer.encode()).find("Gather")
        self.assertEqual(gather.get("actionOnEmptyResult"), "true")
        self.assertEqual(gather.get("action"), "https://odoo.example/k?turn=1&x=2")
        self.assertEqual(gather[0].get("language"), "es-MX")
        self.assertIn("Acme & Hijos", gather[0].text)
        self.assertIn("Ana <Lopez>", gather[1].text)


def _lines(text):
    return (text or "").replace("\r\n", "\n").replace("\r", "\n")
