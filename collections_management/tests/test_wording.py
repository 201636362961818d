from datetime import date, datetime, timezone

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import BaseCase, Form, tagged
from odoo.tools import mute_logger

from odoo.addons.collections_management.engine import simulation, wording

from .common import CollectionsCommon
from .contact_rule_data import get_engine_rule

RULE = "collections_management.collections_contact_rule_"


@tagged("post_install", "-at_install")
class TestWordingEngine(BaseCase):
    def test_words_are_found_however_they_are_written(self):
        cases = [
            ("Último aviso judicial", "ultimo aviso judicial", "Último aviso judicial"),
            ("<p>ÚLTIMO <b>AVISO</b>&nbsp;judicial</p>", "último aviso judicial",
             "ÚLTIMO AVISO judicial"),
            ("Procederemos al embargo.", "embarg*", "embargo"),
            ("su embargabilidad", "embargo", None),
            ("oferta, promoción", "oferta promoción", "oferta, promoción"),
            ("contraoferta", "oferta", None),
            ("Sin descuentos", "descuento", None),
            ("{{ object.descuento }} y <t t-out='descuento'/>", "descuento", None),
            ("<style>.oferta {}</style>Hola", "oferta", None),
            ("ação de penhora imediata", "penhora imediata", "penhora imediata"),
            ("", "oferta", None),
        ]  # fmt: skip
        for text, pattern, expected in cases:
            with self.subTest(text=text, pattern=pattern):
                found = wording.find(text, [(1, pattern)])
                self.assertEqual(found, [(1, expected)] if expected else [])

    def test_a_pattern_without_a_word_is_refused(self):
        for pattern in ("", "  ", "*", "¡!"):
            with self.subTest(pattern), self.assertRaises(ValueError):
                wording.compile_pattern(pattern)

    def test_odd_letters_keep_their_place(self):
        text = "Straße ﬁn İstanbul ㌀ oferta"
        self.assertEqual(len(wording.fold(text)), len(text))
        self.assertEqual(wording.find(text, [(1, "oferta")]), [(1, "oferta")])


@tagged("post_install", "-at_install")
class TestSimulationEngine(BaseCase):
    ZONES = ("America/Santiago",)

    def walk(self, name, contacts, due, is_holiday=lambda _day: None):
        planned = [simulation.Contact(*contact) for contact in contacts]
        outcomes = simulation.walk(get_engine_rule(name), planned, due, self.ZONES, is_holiday)
        return [(outcome.contact.key, outcome.result) for outcome in outcomes]

    def test_each_contact_counts_for_the_next(self):
        monday = datetime(2026, 3, 2, 15, tzinfo=timezone.utc)
        found = self.walk(
            "cl_consumer",
            [("a", 1, "email"), ("b", 2, "sms"), ("c", 4, "email"), ("d", 8, "task"),
             ("e", 10, "visit"), ("f", 40, "visit")],
            monday,
        )  # fmt: skip
        self.assertEqual(
            found,
            [("a", "planned"), ("b", "moved"), ("c", "late"), ("d", "planned"), ("e", "moved"),
             ("f", "planned")],
        )  # fmt: skip

    def test_what_is_forbidden_is_refused_and_what_needs_consent_is_told(self):
        monday = datetime(2026, 3, 2, 15, tzinfo=timezone.utc)
        found = self.walk(
            "co_consumer", [("visit", 1, "visit"), ("mail", 3, "email", True)], monday
        )
        self.assertEqual(found, [("visit", "refused"), ("mail", "no_consent")])

    def test_a_holiday_moves_it_by_a_day(self):
        monday = datetime(2026, 3, 2, 15, tzinfo=timezone.utc)
        off = {date(2026, 3, 3): "Day off"}
        found = self.walk("pe_business", [("a", 1, "email"), ("b", 8, "email")], monday, off.get)
        self.assertEqual(found, [("a", "moved"), ("b", "planned")])


@tagged("post_install", "-at_install")
class TestForbiddenWord(CollectionsCommon):
    def test_a_text_is_warned_of_and_saved(self):
        with Form(self.template.with_context(lang="en_US")) as form:
            self.assertFalse(form.collections_wording)
            form.body_html = "<p>Pay today, or you will be arrested. Special offer!</p>"
            self.assertIn("“arrested”", form.collections_wording)
        text = self.template.with_context(lang="en_US")
        self.assertIn("“Special offer”", text.collections_wording)
        self.assertIn("Better: keep to what is owed", text.collections_wording)
        other = self.env["mail.template"].create(
            {"name": "Shop", "model_id": self.env["ir.model"]._get_id("res.partner"),
             "body_html": "<p>Special offer</p>"}
        )  # fmt: skip
        self.assertFalse(other.collections_wording, "no text to a debtor")

    def test_the_shipped_texts_say_nothing_of_it(self):
        texts = self.env["mail.template"].search([("model", "=like", "collections.%")])
        self.assertGreater(len(texts), 5)
        for text in texts - self.template:
            with self.subTest(text.name):
                self.assertFalse(text._get_wording_faults())

    def test_words_go_by_language_and_country(self):
        words = self.env["collections.forbidden.word"]
        find = words._find
        self.assertTrue(find("Gran descuento", "es_PE"))
        self.assertFalse(find("Gran descuento", "en_US"))
        self.assertTrue(find("Gran descuento"))
        colombia, peru = self.env.ref("base.co"), self.env.ref("base.pe")
        asked = "¿Por qué no ha pagado?"
        self.assertTrue(find(asked, "es_CO", colombia))
        self.assertFalse(find(asked, "es_PE", peru))
        words.search([("pattern", "=", "descuento")]).active = False
        self.assertFalse(find("Gran descuento", "es_PE"))

    def test_a_pattern_has_a_word_and_is_there_once(self):
        words = self.env["collections.forbidden.word"]
        with self.assertRaisesRegex(ValidationError, "at least one word"):
            words.create({"pattern": "**", "why": "x"})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            words.create({"pattern": "jail", "lang": "en", "why": "x"})

    def test_only_a_manager_changes_the_list(self):
        word = self.env["collections.forbidden.word"].search([], limit=1)
        for user in (self.collector, self.supervisor, self.auditor):
            own = word.with_user(user)
            with self.subTest(user.login), self.assertRaises(AccessError):
                own.write({"active": False})
            self.assertTrue(own.why)
        word.with_user(self.manager).active = False


@tagged("post_install", "-at_install")
class TestStrategySimulation(CollectionsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        names = ("co_consumer", "cl_consumer", "pe_business", "default")
        for name in names:
            cls.env.ref(RULE + name).active = True
        cls.visit = cls.env["collections.channel"].search([("code", "=", "visit")], limit=1)

    def simulate(self, user=None, **values):
        model = self.env["collections.strategy.simulation"].with_context(lang="en_US")
        if user:
            model = model.with_user(user)
        return model.create(
            {"strategy_id": self.strategy.id, "company_id": self.company.id,
             "date_due": date(2026, 3, 2), **values}
        )  # fmt: skip

    def add_debtor(self, country, is_company):
        debtor = self.create_debtor(
            f"{country}{is_company}", country_id=self.env.ref(f"base.{country}").id,
            is_company=is_company,
        )  # fmt: skip
        self.create_invoice(100, debtor=debtor)

    def test_it_tells_for_each_place_what_can_be_done_and_why_not(self):
        self.add_debtor("pe", True)
        self.add_debtor("pe", True)
        self.add_debtor("co", False)
        self.plan()
        trial = self.simulate()
        groups = {group["name"]: group for group in trial._simulate()}
        self.assertEqual(set(groups), {"Peru, companies", "Colombia, persons"})
        peru, colombia = groups["Peru, companies"], groups["Colombia, persons"]
        self.assertEqual((peru["debtors"], peru["possible"], peru["wanted"]), (2, 4, 4))
        self.assertEqual((colombia["possible"], colombia["wanted"]), (0, 4))
        self.assertEqual({line["result"] for line in colombia["lines"]}, {"no_consent"})
        self.assertIn("Law 2300", colombia["lines"][0]["citation"])
        self.assertIn("4 of its 8", trial.summary)
        for words in ("Colombia, persons", "Law 2300 of 2023", "Needs consent"):
            self.assertIn(words, trial.result)

    def test_a_moved_step_says_until_when_and_by_which_rule(self):
        self.add_debtor("pe", True)
        self.plan()
        self.strategy.step_ids[0].days = -1  # a Sunday
        [peru] = self.simulate()._simulate()
        self.assertEqual([line["result"] for line in peru["lines"]], ["moved"])
        self.assertIn("no contact on Sunday", peru["lines"][0]["why"])
        self.assertEqual(peru["possible"], 4)

    def test_without_a_case_it_walks_the_place_of_the_company(self):
        self.company.country_id = self.env.ref("base.pe")
        groups = self.simulate()._simulate()
        self.assertEqual([group["debtors"] for group in groups], [0, 0])
        self.assertEqual([group["rule"] for group in groups], ["Peru: companies", "Default"])

    def test_the_words_of_its_texts_are_looked_at(self):
        self.template.with_context(lang="en_US").body_html = "<p>You go to jail</p>"
        self.assertIn("“jail”", self.simulate().result)

    def test_every_role_may_look(self):
        self.add_debtor("pe", True)
        self.plan()
        for user in (self.collector, self.supervisor, self.manager, self.auditor):
            with self.subTest(user.login):
                self.assertIn("4 of its 4", self.simulate(user).summary)
        action = self.strategy.action_simulate()
        self.assertEqual(action["context"], {"default_strategy_id": self.strategy.id})
        with Form(self.env[action["res_model"]].with_context(**action["context"])) as form:
            self.assertTrue(form.result)

    def test_a_step_by_visit_is_refused_where_visits_are(self):
        self.assertTrue(self.visit)
        self.strategy.step_ids[1].write({"mode": "automatic",
                                         "channel_ids": [Command.set(self.visit.ids)]})  # fmt: skip
        self.add_debtor("co", False)
        self.plan()
        [colombia] = self.simulate()._simulate()
        refused = [line for line in colombia["lines"] if line["result"] == "refused"]
        self.assertEqual(len(refused), 1)
        self.assertIn("not allowed", refused[0]["why"])
