import random
from datetime import date, datetime
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.collections_management.engine import dialogue, understanding

from .utterances import TODAY, read_utterances

NOW = datetime(2026, 11, 24, 15, 0)


def get_facts(**values):
    documents = (
        dialogue.Document(1, "F001-123", date(2026, 11, 4), Decimal("987.65"), "PEN"),
        dialogue.Document(2, "F001-124", date(2026, 12, 4), Decimal("212.85"), "PEN"),
    )
    return dialogue.Facts(
        **{
            "now": NOW,
            "today": TODAY,
            "company": "Acme",
            "identities": dialogue.get_identities("20100070970"),
            "money": {"PEN": dialogue.Money("S/")},
            "currency": "PEN",
            "documents": documents,
            "totals": {"PEN": (Decimal("987.65"), Decimal("1200.50"))},
            "accounts": ("• BCP · 191-1234567",),
            "reasons": ((5, "Price"), (9, "Something else")),
            "person": "María",
            **values,
        }
    )


class Talk:
    """A debtor who talks with the automatic answers."""

    def __init__(self, **values):
        self.facts, self.state = get_facts(**values), {}
        self.actions = []

    def hear(self, text="", choice="", kind="text"):
        understood = understanding.understand(text, today=TODAY, currency="PEN")
        turn = dialogue.answer(
            self.facts, self.state, dialogue.Heard(kind, text, choice, understood)
        )
        self.state, self.actions = turn.state, turn.actions
        self.said = turn.says
        return "\n".join(
            [
                said.text + " ".join(o["title"] for o in said.options) + said.url
                for said in turn.says
            ]
        )

    def identify(self):
        self.hear("cuánto debo")
        return self.hear("0970")


class TestDialogue(BaseCase):
    def test_nothing_is_told_before_the_identity_is_checked(self):
        talk = Talk()
        self.assertIn("últimos 4", talk.hear("¿cuánto debo?"))
        said = talk.hear("0970")
        self.assertIn("S/ 987.65, vencida hace 20 días (04/11/2026)", said)
        self.assertIn("S/ 212.85, vence el 04/12/2026", said)
        self.assertIn("Total S/ 1,200.50, de ello vencido S/ 987.65", said)

    def test_three_wrong_answers_are_a_persons(self):
        talk = Talk()
        talk.hear("cuánto debo")
        for text in ("1111", "es 2222"):
            self.assertIn("No coincide", talk.hear(text))
            self.assertFalse(talk.actions)
        talk.hear("3333")
        self.assertEqual(talk.actions, [("hand_over", {"reason": "identity"})])

    def test_the_identity_lasts_a_day(self):
        talk = Talk()
        talk.identify()
        self.assertIn("987.65", talk.hear("cuánto debo"))
        talk.facts = get_facts(now=NOW.replace(day=25, hour=16))
        self.assertNotIn("987.65", talk.hear("cuánto debo"))

    def test_without_a_tax_id_a_person_answers(self):
        talk = Talk(identities=())
        talk.hear("cuánto debo")
        self.assertEqual(talk.actions, [("hand_over", {"reason": "no_identity"})])

    def test_tax_ids_of_the_region(self):
        for vat, answers in (
            ("20100070970", ("0970", "20100070970", "termina en 0970", "00-70970")),
            ("76.543.210-K", ("210K", "3210", "76543210-k")),
            ("XAXX010101000", ("1000", "xaxx010101000")),
            ("900.123.456-7", ("4567", "3456")),
        ):
            facts = get_facts(identities=dialogue.get_identities(vat))
            for text in answers:
                with self.subTest(vat=vat, text=text):
                    self.assertTrue(dialogue.is_identity(facts, text))
            for text in ("970", "0000", "", "hola", "no sé"):
                with self.subTest(vat=vat, text=text):
                    self.assertFalse(dialogue.is_identity(facts, text) and text != "0000")

    def test_a_promise_is_confirmed_before_it_is_made(self):
        talk = Talk()
        talk.hear("pago el viernes 500 soles")
        self.assertIn("¿Confirma S/ 500.00 para el viernes 27/11?", talk.hear("0970"))
        self.assertFalse(talk.actions)
        talk.hear("sí")
        values = {"day": date(2026, 11, 27), "amount": Decimal("500.00"), "currency": "PEN"}
        self.assertEqual(talk.actions, [("promise", values)])
        turn = dialogue.after_promise(talk.facts, talk.state, "made", values)
        self.assertIn("Anotado: S/ 500.00", turn.says[0].text)
        turn = dialogue.after_promise(talk.facts, talk.state, "awaiting", values)
        self.assertEqual(turn.actions, [("hand_over", {"reason": "beyond_limits"})])
        turn = dialogue.after_promise(talk.facts, talk.state, "refused", values)
        self.assertIn("María", turn.says[0].text)
        self.assertEqual(turn.actions, [("hand_over", {"reason": "refused"})])

    def test_what_is_missing_of_a_promise_is_asked_for(self):
        talk = Talk()
        talk.identify()
        self.assertIn("¿Qué día", talk.hear("la próxima semana le pago"))
        self.assertIn("S/ 987.65 para el jueves 26/11", talk.hear("el jueves"))
        self.assertIn("S/ 493.83 para el jueves 26/11", talk.hear("mejor la mitad"))
        self.assertIn("lunes 30/11", talk.hear("no, mejor el lunes"))
        talk.hear("ok")
        self.assertEqual(talk.actions[0][1]["day"], date(2026, 11, 30))

    def test_an_amount_that_is_not_certain_is_asked_for(self):
        talk = Talk()
        talk.identify()
        self.assertIn("¿Cuánto", talk.hear("el viernes pago 500 o 600 soles"))
        self.assertIn("S/ 600.00 para el viernes 27/11", talk.hear("600"))

    def test_nothing_is_promised_once_all_is_paid(self):
        talk = Talk()
        talk.identify()
        talk.facts = get_facts(totals={"PEN": (Decimal(0), Decimal(0))}, documents=())
        self.assertIn("nada pendiente", talk.hear("pago el viernes 500 soles"))
        self.assertFalse(talk.actions)

    def test_of_many_receivables_the_rest_is_counted_and_a_settled_currency_is_not_told(self):
        documents = tuple(
            dialogue.Document(key, f"F001-{key}", date(2026, 11, 4), Decimal(10), "PEN")
            for key in range(1, 14)
        )
        totals = {"PEN": (Decimal(130), Decimal(130)), "USD": (Decimal(0), Decimal(0))}
        said = Talk(documents=documents, totals=totals).identify()
        self.assertIn("F001-10", said)
        self.assertNotIn("F001-11", said)
        self.assertIn("3 más", said)
        self.assertNotIn("USD", said)

    def test_no_starts_the_promise_anew_and_more_than_is_owed_is_not_promised(self):
        talk = Talk()
        talk.identify()
        self.assertIn("S/ 1,200.50", talk.hear("el viernes 5000 soles"))
        self.assertIn("¿Cuánto", talk.hear("no"))
        self.assertIn("S/ 100.00 para el sábado 28/11", talk.hear("100 soles el sábado"))

    def test_nothing_is_asked_a_third_time(self):
        talk = Talk()
        talk.identify()
        talk.hear("quiero pagar otro dia", choice="promise")
        self.assertIn("no le entendí", talk.hear("purple monkey"))
        talk.hear("dishwasher")
        self.assertEqual(talk.actions, [("hand_over", {"reason": "not_understood"})])

    def test_paying_now(self):
        talk = Talk()
        talk.identify()
        self.assertIn("191-1234567", talk.hear(choice="pay"))
        talk = Talk(pay_url="https://pay.example/c/1")
        talk.identify()
        self.assertIn("https://pay.example/c/1", talk.hear("cómo pago?"))
        talk = Talk(accounts=())
        talk.identify()
        talk.hear("cómo pago?")
        self.assertEqual(talk.actions, [("hand_over", {"reason": "no_way_to_pay"})])

    def test_a_button_pressed_after_everything_is_paid_says_so(self):
        talk = Talk(totals={"PEN": (Decimal(0), Decimal(0))}, documents=())
        talk.hear(choice="pay")
        self.assertIn("nada pendiente", talk.hear("0970"))
        self.assertFalse(talk.actions)

    def test_a_button_pressed_twice_or_a_month_later_does_nothing_twice(self):
        talk = Talk()
        talk.hear("pago el viernes 500 soles")
        talk.hear("0970")
        talk.hear(choice="yes")
        self.assertEqual([name for name, _values in talk.actions], ["promise"])
        talk.hear(choice="yes")
        self.assertFalse(talk.actions)
        talk.facts = get_facts(now=NOW.replace(month=12), today=TODAY.replace(month=12))
        self.assertNotIn("987.65", talk.hear(choice="balance"), "who it is, is asked again")
        self.assertFalse(talk.actions)

    def test_a_voucher_is_taken_with_and_without_being_asked_for(self):
        talk = Talk()
        self.assertIn("comprobante", talk.hear("ya pagué"))
        talk.hear(kind="image")
        self.assertEqual(talk.actions, [("voucher", {})])
        talk = Talk()
        self.assertIn("¿Es el comprobante", talk.hear(kind="image"))
        talk.hear("sí")
        self.assertEqual(talk.actions, [("voucher", {})])
        talk = Talk()
        talk.hear(kind="document")
        talk.hear(choice="no")
        self.assertFalse(talk.actions)

    def test_a_dispute_is_taken_in_the_debtors_words(self):
        talk = Talk()
        talk.identify()
        self.assertIn("F001-123", talk.hear("la factura está mal"))
        self.assertIn("Price", talk.hear("1"))
        talk.hear(choice="reason-5")
        talk.hear("El precio era 9, no 10")
        self.assertEqual(
            talk.actions,
            [("dispute", {"document": 1, "reason": "5", "words": "El precio era 9, no 10"})],
        )

    def test_a_reason_told_in_words_is_taken_as_it_is_and_less_is_asked_again(self):
        talk = Talk()
        talk.identify()
        talk.hear("la factura está mal")
        talk.hear("F001-124")
        self.assertIn("Price", talk.hear("mal"))
        talk.hear("llegaron solo dos cajas")
        self.assertEqual(
            talk.actions,
            [("dispute", {"document": 2, "reason": "9", "words": "llegaron solo dos cajas"})],
        )

    def test_a_picture_may_say_what_is_wrong(self):
        talk = Talk(documents=get_facts().documents[:1])
        talk.identify()
        talk.hear("la factura está mal")
        talk.hear(choice="reason-5")
        talk.hear("así llegó", kind="image")
        self.assertEqual(
            talk.actions, [("dispute", {"document": 1, "reason": "5", "words": "así llegó"})]
        )

    def test_what_cannot_be_disputed_here_is_a_persons(self):
        talk = Talk(documents=())
        talk.identify()
        talk.hear("la factura está mal")
        self.assertEqual(talk.actions, [("hand_over", {"reason": "asked"})])
        talk = Talk(reasons=())
        talk.identify()
        talk.hear("la factura está mal")
        talk.hear("F001-124")
        talk.hear("llegaron solo dos cajas")
        self.assertEqual(talk.actions, [("hand_over", {"reason": "asked"})])

    def test_a_person_a_stop_an_insult_and_a_wrong_number_are_heard_at_any_time(self):
        for text, action in (
            ("quiero hablar con una persona", ("hand_over", {"reason": "asked"})),
            ("son unos ladrones", ("hand_over", {"reason": "hostile"})),
            ("STOP", ("opt_out", {})),
            ("número equivocado", ("wrong_number", {})),
        ):
            for before in (
                [],
                ["cuánto debo"],
                ["ya pagué"],
                ["cuánto debo", "0970", "pago mañana"],
            ):
                with self.subTest(text=text, before=before):
                    talk = Talk()
                    for word in before:
                        talk.hear(word)
                    said = talk.hear(text)
                    self.assertIn(action, talk.actions)
                    self.assertNotIn("987", said)

    def test_nobody_known_is_told_nothing(self):
        talk = Talk(is_known=False)
        self.assertIn("Una persona", talk.hear("cuánto debo"))
        self.assertEqual(talk.actions, [("hand_over", {"reason": "unidentified"})])

    def test_a_voice_message_is_asked_to_be_written_once(self):
        talk = Talk()
        self.assertIn("audios", talk.hear(kind="audio"))
        talk.hear(kind="audio")
        self.assertEqual(talk.actions, [("hand_over", {"reason": "voice"})])

    def test_two_machines_do_not_talk_for_ever(self):
        talk = Talk(replies_lately=30)
        self.assertEqual(talk.hear("hola"), "")
        self.assertEqual(talk.actions, [("hand_over", {"reason": "too_many"})])

    def test_every_text_exists_in_three_languages_with_the_same_places_and_fits_a_button(self):
        for key, texts in dialogue.get_texts().items():
            with self.subTest(key=key):
                self.assertEqual(set(texts), {"es", "pt", "en"})
                places = [
                    sorted(part.split("}")[0] for part in text.split("{")[1:])
                    for text in texts.values()
                ]
                self.assertEqual(places[0], places[1])
                self.assertEqual(places[0], places[2])
                if key.startswith("b_"):
                    self.assertLessEqual(max(map(len, texts.values())), 20)

    def test_whatever_is_said_nothing_breaks_and_nothing_is_told_too_early(self):
        """Thousands of random talks: real utterances, choices, noise and files."""
        texts = [row[-1] for row in read_utterances()]
        choices = [
            *dialogue.MENU,
            "yes",
            "no",
            "document-1",
            "document-99",
            "reason-5",
            "reason-x",
            "zz",
        ]
        kinds = ("image", "document", "audio", "video", "location", "contact", "unsupported")
        secrets = ("987", "1,200", "1.200", "493", "212", "F001", "191-")
        for seed in range(400):
            rng = random.Random(seed)
            talk = Talk(lang=rng.choice(("es", "pt", "en")))
            verified = False
            for _turn in range(12):
                kind, text, choice = "text", rng.choice(texts), ""
                lot = rng.random()
                if lot < 0.15:
                    choice = rng.choice(choices)
                elif lot < 0.25:
                    kind, text = rng.choice(kinds), ""
                elif lot < 0.35:
                    text = "".join(
                        chr(rng.randrange(32, 0x2FFF)) for _n in range(rng.randrange(40))
                    )
                elif lot < 0.4:
                    text = rng.choice(
                        ("1", "2", "9999", "0970", "", "{company}", "%s", "x" * 65536)
                    )
                verified = verified or (talk.state.get("step") == "identity" and "0970" in text)
                said = talk.hear(text, choice, kind)
                if not verified:
                    told = [secret for secret in secrets if secret in said]
                    self.assertFalse(told, (seed, text, said))
                    names = [name for name, _values in talk.actions]
                    self.assertFalse({"promise", "dispute"} & set(names), (seed, text))
                for name, values in talk.actions:
                    if name == "promise":
                        self.assertGreaterEqual(values["day"], TODAY)
                        self.assertTrue(0 < values["amount"] <= Decimal("1200.50"))


class TestProposal(BaseCase):
    """What another reader takes the words to mean is asked before it is followed."""

    def propose(self, talk, intent, text="zzz qqq", moment=None, amount=None):
        told = understanding.Understood(intent, 0.9, "es", moment, amount, proposed="zzz")
        turn = dialogue.answer(talk.facts, talk.state, dialogue.Heard("text", text, "", told))
        talk.state, talk.actions = turn.state, turn.actions
        return "\n".join(said.text for said in turn.says)

    def test_it_is_asked_and_followed_after_a_yes(self):
        for intent, words in (
            ("balance", "tax"), ("pay", ""), ("promise", ""), ("paid", ""), ("dispute", ""),
        ):  # fmt: skip
            talk = Talk()
            said = self.propose(talk, intent)
            self.assertIn(dialogue.tell(talk.facts, f"b_{intent}"), said)
            self.assertFalse(talk.actions, intent)
            talk.hear("sí")
            self.assertFalse(talk.actions, f"{intent}: it asks on {words}")
            self.assertNotIn("proposal", talk.state)

    def test_a_person_comes_after_a_yes_only(self):
        talk = Talk()
        self.propose(talk, "person")
        self.assertFalse(talk.actions)
        talk.hear("sí")
        self.assertEqual([name for name, _values in talk.actions], ["hand_over"])

    def test_a_no_shows_the_menu_and_other_words_are_read_by_themselves(self):
        talk = Talk()
        self.propose(talk, "paid")
        self.assertIn("Pagar ahora", talk.hear("no"))
        self.propose(talk, "paid")
        talk.hear("quiero hablar con una persona")
        self.assertEqual([name for name, _values in talk.actions], ["hand_over"])
        talk = Talk()
        self.propose(talk, "paid")
        talk.hear("cuánto debo")
        self.assertEqual(talk.state["step"], "identity")

    def test_a_promise_with_its_day_is_confirmed_in_its_own_words(self):
        talk = Talk()
        talk.identify()
        read = understanding.understand("pago el viernes 500", today=TODAY, currency="PEN")
        said = self.propose(talk, "promise", moment=read.moment, amount=read.amount)
        self.assertIn("¿Confirma", said)
        self.assertFalse(talk.actions)
        talk.hear("sí")
        self.assertEqual([name for name, _values in talk.actions], ["promise"])

    def test_an_amount_without_a_day_is_kept(self):
        talk = Talk()
        talk.identify()
        read = understanding.understand("pago 500", today=TODAY, currency="PEN")
        self.propose(talk, "promise", amount=read.amount)
        talk.hear("sí")
        self.assertEqual(talk.state["promise"]["amount"], "500.00")
        self.assertIn("¿Confirma", talk.hear("el viernes"))

    def test_what_may_not_be_proposed_is_not_understood(self):
        for intent in ("stop", "yes", "wrong_number", "hostile", "no"):
            talk = Talk()
            self.assertIn("no le entendí", self.propose(talk, intent))
            self.assertFalse(talk.actions)
