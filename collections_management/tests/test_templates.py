from odoo.exceptions import ValidationError
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestTemplates(TransactionCase):
    """A text that cannot be rendered is refused when it is saved, even before any contact."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model_id = cls.env["ir.model"]._get_id("collections.contact")
        cls.text = cls.create_text()

    @classmethod
    def create_text(cls, **values):
        return cls.env["mail.template"].create(
            {
                "name": "My reminder",
                "model_id": cls.model_id,
                "subject": "Your account with {{ object.company_id.name }}",
                "body_html": '<p>Dear <t t-out="object.salutation_name"/></p>',
                **values,
            }
        )

    def assert_refused(self, values, *pieces):
        for save in (self.text.write, lambda vals: self.create_text(**vals)):
            with self.assertRaises(ValidationError) as caught, self.env.cr.savepoint():
                save(values)
            message = str(caught.exception)
            for piece in ("My reminder", *pieces):
                self.assertIn(piece, message)

    def test_an_unknown_field_is_named(self):
        self.assert_refused(
            {"body_html": '<p>Dear <t t-out="object.foo_bar"/></p>'}, "Body", "object.foo_bar"
        )

    def test_an_unknown_field_of_a_related_record_is_named(self):
        self.assert_refused(
            {"subject": "Hello {{ object.company_id.foo_bar }}"},
            "Subject",
            "object.company_id.foo_bar",
        )

    def test_an_unknown_field_in_a_branch_that_is_rarely_taken_is_found(self):
        body = '<p t-if="object.oldest_age > 90">Owed: <t t-out="object.foo_bar"/></p>'
        self.assert_refused({"body_html": body}, "object.foo_bar")

    def test_a_syntax_error_is_named(self):
        self.assert_refused(
            {"body_html": '<p><t t-out="object.salutation_name + "/></p>'},
            "object.salutation_name + ",
        )
        self.assert_refused({"subject": "Hello {{ object. }}"}, "Subject", "object.")

    def test_braces_that_are_not_closed_are_found(self):
        self.assert_refused({"subject": "Hello {{ object.salutation_name"}, "not closed")

    def test_a_condition_that_is_not_closed_is_found(self):
        body = '<p>A</p><t t-if="object.oldest_age"><p>Late</p>'
        self.assert_refused({"body_html": body}, "t-if", "never closed")
        body = '<div><p t-if="object.oldest_age">Late</div>'
        self.assert_refused({"body_html": body}, "t-if", "never closed")

    def test_an_else_without_if_is_found(self):
        self.assert_refused({"body_html": '<p>A</p><t t-else="">B</t>'}, "Body")

    def test_an_error_while_rendering_is_told(self):
        body = '<p><t t-out="1 // object.oldest_age"/></p>'
        self.assert_refused({"body_html": body}, "1 // object.oldest_age")

    def test_an_unknown_variable_is_refused(self):
        self.assert_refused({"body_html": '<p><t t-out="debtor.name.upper()"/></p>'}, "debtor")
        self.assert_refused({"subject": "{{ debtor.name }}"}, "debtor")

    def test_what_can_be_rendered_is_saved(self):
        self.text.body_html = (
            '<p t-if="object.oldest_age">Late by <t t-out="object.oldest_age"/></p>'
            '<p t-else="">On time</p><br/><img src="/logo.png"/>'
            '<t t-set="name" t-value="object.partner_id.name"/><t t-out="name"/>'
        )
        self.text.subject = "{{ object.company_id.partner_id.country_id.code ||| none }}"
        self.assertIn("Late by", self.text.body_html)

    def test_a_broken_translation_is_refused(self):
        self.env["res.lang"]._activate_lang("es_419")
        with self.assertRaises(ValidationError) as caught:
            self.text.update_field_translations(
                "subject", {"es_419": "Su cuenta: {{ object.foo_bar }}"}
            )
        self.assertIn("object.foo_bar", str(caught.exception))

    def test_texts_of_other_models_are_checked_as_odoo_does(self):
        values = {"name": "Other", "body_html": '<p><t t-out="object.name"/></p>'}
        text = self.env["mail.template"].create(
            {**values, "model_id": self.env["ir.model"]._get_id("res.partner")}
        )
        self.assertTrue(text)

    def test_a_plain_text_needs_no_template_editor(self):
        """The shipped texts use only what a text may say, so that any manager can change them."""
        texts = self.env["mail.template"].search([("model", "=", "collections.contact")])
        agreement = self.env.ref("collections_management.mail_template_agreement")
        for text in texts - agreement:  # its link to sign is no placeholder
            with self.subTest(text.name):
                self.assertFalse(text._has_unsafe_expression())

    def test_steps_have_texts_for_their_own_tone(self):
        steps = self.env["collections.step"].search([("strategy_id.active", "=", True)])
        for step in steps.filtered(lambda step: step.mode != "manual"):
            with self.subTest(step.display_name):
                self.assertEqual(step._get_template().collections_tone, step.tone)
