from odoo.tests import BaseCase

from ..engine.ways import Way, choose

MAIL, CHAT, TEXT = (
    Way("mail", "a@b.example", 0.0),
    Way("chat", "+51987654321", 0.02),
    Way("text", "+51987654321", 0.05),
)


class TestWays(BaseCase):
    def names(self, ways, mode, **more):
        return [way.channel for way in choose(ways, mode, **more)]

    def test_what_each_mode_chooses(self):
        ways = [TEXT, CHAT, MAIL]
        for mode, more, expected in (
            ("first", {}, ["text"]),
            ("first", {"worked": "chat"}, ["text"]),
            ("first", {"preferred": "chat"}, ["chat"]),
            ("first", {"preferred": "letter"}, ["text"]),
            ("cheapest", {}, ["mail"]),
            ("cheapest", {"preferred": "text"}, ["text"]),
            ("worked", {}, ["text"]),
            ("worked", {"worked": "chat"}, ["chat"]),
            ("worked", {"worked": "letter"}, ["text"]),
            ("worked", {"worked": "chat", "preferred": "mail"}, ["mail"]),
            ("all", {}, ["text", "chat", "mail"]),
            ("all", {"preferred": "mail"}, ["text", "chat", "mail"]),
        ):
            with self.subTest(mode=mode, **more):
                self.assertEqual(self.names(ways, mode, **more), expected)

    def test_what_costs_too_much_is_left_out(self):
        ways = [TEXT, CHAT, MAIL]
        self.assertEqual(self.names(ways, "first", limit=0.02), ["chat"])
        self.assertEqual(self.names(ways, "first", limit=0.019), ["mail"])
        self.assertEqual(self.names(ways, "all", limit=0.03), ["chat", "mail"])
        self.assertEqual(self.names(ways, "first", preferred="text", limit=0.03), ["chat"])
        self.assertEqual(self.names(ways, "worked", worked="text", limit=0.03), ["chat"])

    def test_when_all_cost_too_much_the_cheapest_stays(self):
        for mode in ("first", "all", "worked", "cheapest"):
            self.assertEqual(self.names([TEXT, CHAT], mode, limit=0), ["chat"])

    def test_nobody_is_reached_through_nothing(self):
        self.assertEqual(choose([], "all", limit=0), [])
