from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from tools.doubles.whatsapp import wrap

from .common import BODY, WhatsappCommon


@tagged("post_install", "-at_install")
class TestTemplate(WhatsappCommon):
    """Templates: from the draft to the approval, and what WhatsApp makes of them later."""

    def setUp(self):
        super().setUp()
        self.graph.templates.clear()

    def create_template(self, **values):
        values = {"account_id": self.account.id, "name": "aviso", "body": BODY, **values}
        template = self.env["collections.whatsapp.template"].create(values)
        template.parameter_ids.sample = "Ana"
        return template

    def test_every_page_of_the_templates_is_fetched(self):
        self.graph.page_size = 10
        for n in range(25):
            self.graph.add_template(f"t{n}", f"Hola estimado {{{{1}}}}, aviso número {n}.")
        self.assertIn("25", self.account.action_sync_templates()["params"]["message"])
        found = self.env["collections.whatsapp.template"].search([("name", "like", "t%")])
        self.assertEqual(len(found.filtered("external_id")), 25)
        self.account.action_sync_templates()
        again = self.env["collections.whatsapp.template"].search([("name", "like", "t%")])
        self.assertEqual(found, again)

    def test_one_that_is_gone_at_whatsapp_stops(self):
        self.graph.add_template("viejo", "Un aviso para usted.")
        self.account.action_sync_templates()
        template = self.env["collections.whatsapp.template"].search([("name", "=", "viejo")])
        self.assertTrue(template.is_usable)
        self.graph.templates.clear()
        self.account.action_sync_templates()
        self.assertFalse(template.is_usable)
        self.assertTrue(template.activity_ids)

    def test_a_draft_is_submitted_and_approved(self):
        template = self.create_template(
            footer="Ferretería",
            button_reply_texts="Ya pagué, Detener",
            button_url_text="Pagar",
            button_url="https://pay.example/c/{{1}}",
        )
        self.assertEqual(template.parameter_ids.mapped("name"), ["1", "2", "url:2"])
        template.parameter_ids.sample = "Ana"
        template.action_submit()
        self.assertEqual((template.status, template.category), ("PENDING", "utility"))
        [sent] = self.graph.templates.values()
        self.assertEqual(
            [component["type"] for component in sent["components"]], ["BODY", "FOOTER", "BUTTONS"]
        )
        body = next(body for _method, path, body in self.graph.calls if "message_templates" in path)
        self.assertEqual(body["message_send_ttl_seconds"], 12 * 3600)
        value = {"event": "APPROVED", "message_template_id": int(template.external_id)}
        self.tell(wrap(value, "message_template_status_update", number=""))
        self.assertTrue(template.is_usable)

    def test_what_whatsapp_would_refuse_is_said_before(self):
        for values, words in [
            ({"body": "{{1}} tiene una deuda"}, "begin or end"),
            ({"header_kind": "document"}, "own manager"),
            ({"button_url_text": "Pagar", "button_url": "http://x"}, "https"),
        ]:
            with self.subTest(values=values):
                template = self.create_template(**values)
                with self.assertRaisesRegex(UserError, words):
                    template.action_submit()
                template.unlink()
        with self.assertRaisesRegex(UserError, "example"):
            template = self.create_template()
            template.parameter_ids.sample = False
            template.action_submit()
        with self.assertRaises(ValidationError):
            self.create_template(name="Con Espacios")
        self.assertFalse(self.graph.templates)

    def test_a_rejection_is_said_as_whatsapp_says_it(self):
        template = self.create_template()
        self.graph.fail_next(100)
        with self.assertRaisesRegex(UserError, "100"):
            template.action_submit()
        self.assertEqual(template.status, "draft")

    def test_news_of_a_template(self):
        self.text.external_id = "77"
        cases = [
            ("message_template_status_update", {"event": "PAUSED", "reason": "quality"}, False),
            ("template_category_update", {"new_category": "MARKETING"}, False),
            ("message_template_quality_update", {"new_quality_score": "YELLOW"}, True),
        ]
        for field, value, usable in cases:
            with self.subTest(field=field):
                self.text.write(
                    {"stopped_reason": False, "status": "APPROVED", "category": "utility"}
                )
                value = {"message_template_id": 77, **value}
                for _time in range(2):
                    self.tell(wrap(value, field, number=""))
                self.assertEqual(self.text.is_usable, usable)
        self.assertEqual(self.text.quality, "YELLOW")
        self.assertEqual(self.text.category, "utility")

    def test_the_preview_shows_the_samples(self):
        self.text.body = "Hola *{{1}}*, <b>debe</b> {{2}} hace días."
        self.assertIn("<b>sample 1</b>", self.text.preview)
        self.assertIn("&lt;b&gt;debe", self.text.preview)

    def test_who_may_change_what(self):
        with self.assertRaises(AccessError):
            self.text.with_user(self.collector).write({"body": "x"})
        with self.assertRaises(AccessError):
            self.account.with_user(self.manager).read(["token"])
        with self.assertRaises(AccessError):
            self.account.with_user(self.collector).action_check()
        self.text.with_user(self.collector).read(["name", "preview"])
        other = self.env["res.company"].create({"name": "Other"})
        self.account.company_id = other
        self.env.flush_all()
        for record in (self.account, self.text, self.text.parameter_ids):
            with self.assertRaises(AccessError):
                record.with_user(self.manager).read(["display_name"])

    def test_only_https_leaves_this_machine(self):
        for url in ("http://graph.facebook.com", "https://user@x", "ftp://x", "https://", "x"):
            with self.subTest(url=url), self.assertRaises(ValidationError):
                self.account.base_url = url
        self.account.base_url = "https://graph.facebook.com"
