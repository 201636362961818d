from datetime import datetime, timedelta
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..engine.quote import QuoteError, get_quote
from ..engine.throttle import Throttle
from ..engine.token import get_fingerprint, is_token, make_token
from ..engine.visit import is_new_visit, is_preview
from .common import PHONE

PREVIEWS = (
    "WhatsApp/2.23.20.0",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/8.5.0",
    "",
    None,
)
PEOPLE = (
    PHONE,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
)


@tagged("post_install", "-at_install")
class TestEngine(BaseCase):
    """Tokens, visits, guesses and amounts, without a database."""

    def test_a_token_has_128_bits_in_22_characters(self):
        token = make_token("ff" * 32)
        self.assertEqual(token, "_" * 21 + "w")
        self.assertTrue(is_token(token))
        self.assertNotEqual(make_token("fe" + "ff" * 31), token)
        self.assertNotIn(token, get_fingerprint(token))

    def test_what_is_no_token_is_not_looked_for(self):
        for text in ("", "x", "a" * 23, "a" * 21 + "/", "ñ" * 22, "a" * 21 + "\n", None, 7, ["a"]):
            with self.subTest(text=text):
                self.assertFalse(is_token(text))

    def test_programs_are_no_visitors(self):
        for agent in PREVIEWS:
            with self.subTest(agent=agent):
                self.assertTrue(is_preview("GET", agent))
        for agent in PEOPLE:
            with self.subTest(agent=agent):
                self.assertFalse(is_preview("GET", agent))
                self.assertTrue(is_preview("HEAD", agent))
                self.assertTrue(is_preview("GET", agent, "prefetch;prerender"))

    def test_a_visit_ends_after_half_an_hour(self):
        now = datetime(2026, 3, 1, 12)
        self.assertTrue(is_new_visit(None, now))
        self.assertFalse(is_new_visit(now - timedelta(minutes=30), now))
        self.assertTrue(is_new_visit(now - timedelta(minutes=31), now))

    def test_who_guesses_is_stopped_and_nobody_else(self):
        throttle = Throttle(limit=3, seconds=60, keys=2)
        for moment in range(3):
            self.assertFalse(throttle.is_blocked("a", moment))
            throttle.add_fault("a", moment)
        self.assertTrue(throttle.is_blocked("a", 3))
        self.assertFalse(throttle.is_blocked("b", 3))
        self.assertFalse(throttle.is_blocked("a", 60), "its window is over")
        throttle.add_fault("a", 61)
        self.assertFalse(throttle.is_blocked("a", 62), "it counts anew")
        for key in "bcd":
            throttle.add_fault(key, 62)
        self.assertLessEqual(len(throttle._faults), 2, "what it remembers is bounded")

    def test_credits_go_against_what_was_chosen_oldest_first(self):
        for claims, credits_, part, expected in (
            ([100], [], None, ("100.00", "0.00", "100.00", "100.00", ())),
            ([100, 50.5], [(7, 30)], None, ("150.50", "30.00", "120.50", "120.50", (7,))),
            (
                [100],
                [(7, 30), (8, 60), (9, 5)],
                None,
                ("100.00", "95.00", "5.00", "5.00", (7, 8, 9)),
            ),
            ([0.1, 0.2], [], None, ("0.30", "0.00", "0.30", "0.30", ())),
            ([100], [(7, 30)], "20.5", ("100.00", "30.00", "70.00", "20.50", (7,))),
            ([100], [], "100", ("100.00", "0.00", "100.00", "100.00", ())),
        ):
            with self.subTest(claims=claims, credits=credits_, part=part):
                quote = get_quote(claims, credits_, 2, part)
                found = (quote.gross, quote.credit, quote.net, quote.amount)
                self.assertEqual((*map(str, found), quote.credit_ids), expected)

    def test_credits_that_are_not_needed_are_not_used(self):
        with self.assertRaises(QuoteError) as caught:
            get_quote([100], [(7, 100), (8, 50)], 2)
        self.assertEqual(caught.exception.code, "covered")
        quote = get_quote([100], [(7, 99.99), (8, 0)], 2)
        self.assertEqual((quote.net, quote.credit_ids), (Decimal("0.01"), (7, 8)))

    def test_no_amount_but_one_that_can_be_paid(self):
        for claims, part, code in (
            ([], None, "nothing_chosen"),
            ([0], None, "nothing_chosen"),
            ([100], "0", "bad_amount"),
            ([100], "-1", "bad_amount"),
            ([100], "100.01", "bad_amount"),
            ([100], "0.004", "bad_amount"),
            ([100], "NaN", "bad_amount"),
            ([100], "Infinity", "bad_amount"),
            ([100], "1e999999", "bad_amount"),
            ([100], "ten", "bad_amount"),
        ):
            with self.subTest(claims=claims, part=part):
                with self.assertRaises(QuoteError) as caught:
                    get_quote(claims, [], 2, part)
                self.assertEqual(caught.exception.code, code)
