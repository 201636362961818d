from odoo.tests import tagged

from .browser import BrowserCase
from .conversation import ConversationCommon


class ConversationTours(BrowserCase, ConversationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own.partner_id.name = "Bodega Sol"

    def setUp(self):
        super().setUp()
        self.talk = self.hear("quiero hablar con una persona").conversation_id

    def get_own_words(self):
        return self.talk.message_line_ids.filtered("user_id")


@tagged("post_install", "-at_install")
class TestConversationTours(ConversationTours):
    def test_the_collector_answers_from_the_case(self):
        self.start_tour(
            f"/odoo/action-collections_management.collections_case_action/{self.case.id}",
            "collections_conversation_tour",
            login=self.collector.login,
        )
        self.assertRecordValues(
            self.get_own_words(),
            [{"body": "Le llamo en cinco minutos", "user_id": self.collector.id,
              "state": "queued"}],
        )  # fmt: skip
        self.assertEqual(self.talk.state, "bot")

    def test_the_supervisor_says_whose_it_is(self):
        unknown = self.hear("hola", "51900000001").conversation_id
        self.start_tour(
            "/odoo/collections-conversations",
            "collections_conversation_whose_tour",
            login=self.supervisor.login,
        )
        self.assertEqual(unknown.case_id, self.own)
        self.assertIn("conversation_in", self.own.log_ids.mapped("event"))


@tagged("post_install", "-at_install")
class TestConversationPhoneTour(ConversationTours):
    browser_size = "390x844"
    touch_enabled = True

    def test_the_collector_answers_on_the_phone(self):
        self.start_tour(
            "/odoo/collections-conversations",
            "collections_conversation_phone_tour",
            login=self.collector.login,
        )
        self.assertEqual(self.get_own_words().mapped("body"), ["Buenas"])
