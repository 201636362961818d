"""The whole way by WhatsApp, in real browsers: the debtor's (simulated) phone and the collector's
Odoo, over the real webhook, queue, automatic answers and delivery."""

import json
import tempfile
import time
from datetime import timedelta

from odoo import SUPERUSER_ID, Command, api
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tests.common import _registry_test_lock

from odoo.addons.collections_portal.tests.common import PayLinkHttpCase
from odoo.addons.collections_whatsapp.tests.common import WhatsappCommon

from tools.house import paths
from tools.screenshots.browser import Browser

SIZES = {390: 844, 1400: 900}
PICTURES = paths.LOCAL / "pictures"
PATIENCE = 60  # seconds
WIDER = "document.documentElement.scrollWidth > window.innerWidth + 1"
SMALL = """
[...document.querySelectorAll("button, input[type=text], input[type=search], a.button")]
    .filter((element) => element.offsetParent && element.getBoundingClientRect().height < 43.5)
    .map((element) => element.outerHTML.slice(0, 200))
"""
BODY = (
    "Hola {{1}}, le saluda {{2}}.\n\nTiene *{{3}}* pendiente de pago desde el {{4}}. Puede pagar"
    " con el botón, o contarnos por aquí qué día pagará."
)
SOURCES = {
    "1": "salutation_name",
    "2": "company_id.name",
    "3": "net_overdue_text",
    "4": "oldest_due_text",
    "url:1": "pay_url",
}
VAT = "20100070970"


class PhoneBrowser(Browser):
    """The debtor's phone: its page rests when it shows all that the phone was told."""

    def __init__(self, folder, graph, number):
        super().__init__(folder)
        self.graph, self.number = graph, number

    def get_count(self):
        return self.run("document.querySelectorAll('#talk .said').length")

    def rest(self):
        here = "location.pathname.endsWith('/phone') && document.readyState === 'complete'"
        if not self.run(here):
            return time.sleep(1)
        own = json.dumps(self.number)
        script = f"new URLSearchParams(location.search).get('number') === {own}"
        wanted = len(self.graph.inbox.get(self.number, [])) if self.run(script) else 0
        self._wait(lambda: self.get_count() >= wanted, f"{wanted} messages on the phone")
        return time.sleep(0.4)

    def say(self, text):
        self.run(
            f"document.getElementById('text').value = {json.dumps(text)};"
            "document.getElementById('form').requestSubmit()"
        )

    def press(self, title):
        """Press the last button of that name."""
        quoted = json.dumps(title)
        script = (
            "(() => { const found = [...document.querySelectorAll('#talk button.button')]"
            f".filter((node) => node.textContent === {quoted}).at(-1);"
            " if (found) { found.click(); } return !!found; })()"
        )
        self._wait(lambda: self.run(script), f"the button {title}")

    def choose(self, title):
        """Choose a line of the list that is open."""
        quoted = json.dumps(title)
        self.run(
            "[...document.querySelectorAll('#choices button')]"
            f".find((node) => node.firstChild.textContent === {quoted}).click()"
        )

    def read(self):
        """Return what the phone shows, the last message last."""
        return self.run("[...document.querySelectorAll('#talk .said')].map((n) => n.innerText)")


@tagged("post_install", "-at_install")
class TestWhatsappStory(PayLinkHttpCase, WhatsappCommon):
    """Reminder, promise, voucher, a person, stop; at a desk and on a phone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        spanish = cls.env["res.lang"]._activate_lang("es_419")
        spanish.write({"decimal_point": ".", "thousands_sep": ","})  # as in Peru and Mexico
        names = ["base", "web", "mail", *(path.name for path in paths.ROOT.glob("collections_*"))]
        modules = cls.env["ir.module.module"].search([("name", "in", names)])
        modules.filtered(lambda one: one.state == "installed")._update_translations(["es_419"])
        cls.company.name = "Distribuidora Andina SAC"
        cls.company.partner_id.lang = "es_419"
        cls.collector.write({"name": "María Quispe", "lang": "es_419"})
        cls.debtor.write(
            {"name": "Bodega Santa Rosa", "lang": "es_419", "vat": False,
             "country_id": cls.env.ref("base.pe").id}
        )  # fmt: skip
        cls.debtor.vat = VAT
        cls.number = cls.phone.removeprefix("+")
        cls.graph.auto, cls.graph.delay = True, 0.2
        cls.graph.business = cls.company.name
        cls.graph.people = {cls.number: {"name": cls.debtor.name, "vat": VAT}}
        # the contact rules are tried elsewhere; here it is any hour
        cls.text.active = False
        base = cls.env["collections.pay.link"].get_base_url()
        cls.reminder = cls.env["collections.whatsapp.template"].create(
            {
                "account_id": cls.account.id,
                "name": "recordatorio",
                "language": "es",
                "status": "APPROVED",
                "category": "utility",
                "body": BODY,
                "button_url_text": "Ver y pagar",
                "button_url": f"{base}/c/{{{{1}}}}",
                "button_reply_texts": "Ya pagué",
            }
        )
        cls.say_in(cls.reminder, SOURCES)
        cls.graph.add_template(
            "recordatorio",
            BODY,
            components=[
                {"type": "BODY", "text": BODY},
                {
                    "type": "BUTTONS",
                    "buttons": [
                        {"type": "QUICK_REPLY", "text": "Ya pagué"},
                        {"type": "URL", "text": "Ver y pagar", "url": f"{base}/c/{{{{1}}}}"},
                    ],
                },
            ],
        )
        cls.strategy.step_ids.whatsapp_template_ids = [Command.set(cls.reminder.ids)]

    def setUp(self):
        super().setUp()
        self.graph.inbox.clear()
        self.graph.webhook = f"{self.base_url()}/collections_whatsapp/webhook/" + (
            self.account.webhook_key
        )

    # -- the house --------------------------------------------------------------------------------

    def work(self):
        """Do what the scheduled jobs do, as often as one wakes another."""
        for _round in range(3):
            time.sleep(0.6)  # the provider tells how its messages fare
            with _registry_test_lock:
                self.env.flush_all()
                with self.registry.cursor() as cr:
                    env = api.Environment(cr, SUPERUSER_ID, {})
                    env["collections.run"]._cron_resume()
                    env["collections.delivery"]._cron_deliver()
                    env["collections.whatsapp.event"]._cron_process()
                    env["collections.conversation"]._cron_answer()
                    env["collections.conversation.message"]._cron_deliver()
                self.env.invalidate_all()

    def run_night(self):
        with _registry_test_lock:
            self.env["collections.run"].with_user(self.manager).with_company(
                self.company
            ).action_start()
        self.work()

    def hear(self, phone, *, count=1):
        """Let Odoo answer; wait until the phone shows it, and return it."""
        before = len(self.graph.inbox[self.number])
        self.work()
        phone._wait(
            lambda: len(self.graph.inbox[self.number]) >= before + count or self.work(), "answers"
        )
        phone.rest()
        return phone.read()[-1]

    def tell(self, phone, what, *args):
        """Let the debtor do something; wait until Odoo has it, and return what it answers."""
        before = len(self.graph.inbox[self.number])
        getattr(phone, what)(*args)
        phone._wait(lambda: len(self.graph.inbox[self.number]) > before, "the phone")
        phone._wait(lambda: self.graph.posted and self.graph.posted[-1][0] == 200, "the webhook")
        return self.hear(phone)

    def browse(self, kind, *args):
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        return kind(folder.name, *args)

    def look(self, browser, name, *, own=True):
        """Keep a picture; nothing is wider than the screen, and what is ours can be touched."""
        PICTURES.mkdir(exist_ok=True)
        picture = PICTURES / f"whatsapp_{name}_{self.width}.png"
        picture.write_bytes(browser.picture())
        self.assertFalse(browser.run(WIDER), f"{name}: wider than the screen")
        if own:
            self.assertEqual(browser.run(SMALL), [], name)

    # -- the story --------------------------------------------------------------------------------

    def tell_story(self, width):
        self.width = width
        self.authenticate(self.collector.login, self.collector.login)
        with (
            self.allow_requests(),
            self.browse(PhoneBrowser, self.graph, self.number) as phone,
            self.browse(Browser) as desk,
        ):
            self.graph.headers = {"Cookie": f"test_request_key={self.http_request_key}"}
            for browser in (phone, desk):
                browser.resize(width, SIZES[width])
            agent = phone.run("navigator.userAgent")
            phone.ask("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage="es-PE")
            cookies = {
                "session_id": self.session.sid,
                "test_request_key": self.http_request_key,
                "cids": self.company.id,
            }
            desk.set_cookies(self.base_url(), cookies)
            self.get_reminder(phone)
            self.write_first(desk)
            self.promise(phone)
            self.choose_of_the_menu(phone)
            self.see_promise(desk)
            self.send_voucher(phone)
            self.ask_for_a_person(phone)
            self.answer(desk, phone)
            self.stop(phone)
            self.graph.headers = {}

    def get_reminder(self, phone):
        phone.open(f"{self.graph.url}/phone")
        self.look(phone, "1_nobody")
        self.run_night()
        self.assertEqual(len(self.graph.messages), 1)
        phone._wait(lambda: phone.run("!!document.querySelector('#rows .new')"), "the reminder")
        self.look(phone, "2_phones")
        phone.click("#rows button")
        phone._wait(lambda: phone.get_count() == 1, "the reminder")
        self.look(phone, "3_reminder")
        [said] = phone.read()
        self.assertIn("Hola Bodega Santa Rosa", said)
        self.assertIn("1,200.00", said)
        link = phone.run("document.querySelector('#talk a.button').href")
        self.assertTrue(link.startswith(f"{self.base_url()}/c/"), link)
        here = phone.run("location.href")
        phone.set_cookies(self.base_url(), {"test_request_key": self.http_request_key})
        phone.open(link)
        self.look(phone, "4_pay", own=False)
        self.assertIn("1,200.00", phone.run("document.body.innerText"))
        phone.open(here)

    def write_first(self, desk):
        """The collector may begin too, with a text that WhatsApp approved."""
        path = f"/odoo/action-collections_management.collections_case_action/{self.case.id}"
        desk.open(self.base_url() + path)
        desk.click("[data-do=whatsapp]")
        desk._wait(lambda: desk.run("!!document.querySelector('.o_collections_chat')"), "the talk")
        desk.rest()
        self.assertFalse(desk.run("!!document.querySelector('.o_collections_chat_text')"))
        words = desk.run("document.querySelector('.o_collections_chat').innerText")
        self.assertIn("recordatorio", words)
        self.assertIn("Hola Bodega Santa Rosa", words)
        self.look(desk, "4b_write_first", own=False)

    def promise(self, phone):
        said = self.tell(phone, "say", "pago el viernes")
        self.assertIn("últimos 4", said)
        self.assertFalse(self.case.promise_ids)
        said = self.tell(phone, "say", "1234")
        self.assertIn("No coincide", said)
        said = self.tell(phone, "say", VAT[-4:])
        self.assertIn("viernes", said)
        self.assertIn("1,200.00", said)
        self.look(phone, "5_confirm")
        said = self.tell(phone, "press", "Sí")
        self.assertIn("Anotado", said)
        self.look(phone, "6_promised")
        self.env.invalidate_all()
        promise = self.case.promise_ids.ensure_one()
        self.assertEqual((promise.state, promise.amount), ("open", 1200.0))
        self.assertEqual(promise.date_due.weekday(), 4)
        self.assertEqual(promise.channel_id, self.whatsapp)

    def choose_of_the_menu(self, phone):
        said = self.tell(phone, "say", "hola")
        self.assertIn("☰ Opciones", said)
        phone.run("[...document.querySelectorAll('#talk button.button')].at(-1).click()")
        self.look(phone, "6b_menu")
        said = self.tell(phone, "choose", "Ver mi cuenta")
        self.assertIn("Total $ 1,250.00, de ello vencido $ 1,200.00".replace(" ", ""),
                      "".join(said.split()))  # fmt: skip
        self.look(phone, "6c_account")

    def see_promise(self, desk):
        path = f"/odoo/action-collections_management.collections_case_action/{self.case.id}"
        desk.open(self.base_url() + path)
        text = desk.run("document.body.innerText")
        self.assertIn("romesa", text)
        self.look(desk, "7_case", own=False)
        desk.click("[data-do=whatsapp]")
        desk._wait(lambda: desk.run("!!document.querySelector('.o_collections_chat')"), "the talk")
        desk.rest()
        words = desk.run("document.querySelector('.o_collections_chat').innerText")
        self.assertIn("pago el viernes", words)
        self.assertIn("Anotado", words)
        self.look(desk, "8_conversation", own=False)

    def send_voucher(self, phone):
        phone.click("#attach")
        self.look(phone, "9_attach")
        said = self.tell(phone, "click", "#voucher")
        if "¿Es el comprobante" in said:
            said = self.tell(phone, "press", "Sí")
        self.assertIn("Recibido", said)
        self.look(phone, "10_voucher")
        self.env.invalidate_all()
        held = self.case.hold_ids.filtered(lambda hold: hold.reason == "voucher")
        self.assertTrue(held.is_active)
        self.assertTrue(self.case.activity_ids.filtered(lambda one: "omprobante" in one.summary
                                                        or "oucher" in one.summary))  # fmt: skip
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "collections.case"), ("res_id", "=", self.case.id)]
        )
        self.assertEqual(files.mapped("mimetype"), ["image/png"])

    def ask_for_a_person(self, phone):
        said = self.tell(phone, "say", "quiero hablar con una persona")
        self.assertIn("María Quispe", said)
        talk = self.case.conversation_ids.ensure_one()
        self.assertRecordValues(talk, [{"state": "person", "user_id": self.collector.id}])

    def answer(self, desk, phone):
        desk.run("sessionStorage.clear()")  # which conversation was open
        desk.open(f"{self.base_url()}/odoo/collections-conversations")
        self.look(desk, "11_inbox", own=False)
        talk = self.case.conversation_ids.ensure_one()
        desk.open(f"{self.base_url()}/odoo/collections-conversations/{talk.id}")
        desk._wait(
            lambda: desk.run("!!document.querySelector('.o_collections_chat img')"), "the voucher"
        )
        self.look(desk, "12_handed_over", own=False)
        desk.run(
            "(() => { const box = document.querySelector('.o_collections_chat_text');"
            " box.value = 'Buenas tardes, soy María. ¿En qué le ayudo?';"
            " box.dispatchEvent(new Event('input', { bubbles: true })); })()"
        )
        desk.click(".o_collections_chat_send")
        said = self.hear(phone)
        self.assertIn("soy María", said)
        self.look(phone, "13_answered")
        desk.rest()
        self.look(desk, "14_answered", own=False)

    def stop(self, phone):
        said = self.tell(phone, "say", "STOP")
        self.assertIn("no le escribiremos", said)
        self.look(phone, "15_stopped")
        self.env.invalidate_all()
        consent = self.env["collections.consent"].search([("partner_id", "=", self.debtor.id)])
        self.assertEqual(consent.mapped("state"), ["withdrawn"])
        # What falls due later, with nothing else that holds it, is not written about any more.
        with _registry_test_lock:
            case = self.case.with_user(self.supervisor)
            case.promise_ids.filtered(lambda one: one.state == "open").action_withdraw("Cambió")
            case.hold_ids.filtered("is_active").action_lift()
            self.create_invoice(70, days_overdue=12)
            self.env["collections.contact"].search([]).write(
                {"sent_on": self.env.cr.now() - timedelta(days=9)}
            )
        before = len(self.graph.messages)
        self.run_night()
        self.assertEqual(len(self.graph.messages), before)
        late = self.env["collections.contact"].search(
            [("case_id", "=", self.case.id)], order="id desc", limit=1
        )
        self.assertNotIn(late.state, ("sent", "delivered", "queued"), late.reason)

    def test_a_text_said_in_a_conversation_tells_a_link_that_opens(self):
        with self.assertRaisesRegex(UserError, "not written to"):
            self.case.with_user(self.collector).work_conversation(self.manager.partner_id.id, {})
        action = self.case.with_user(self.collector).work_conversation(
            self.debtor.id, {"reason": "Pidió que le escriba"}
        )
        talk = self.env["collections.conversation"].with_user(self.collector).browse(
            action["res_id"]
        )  # fmt: skip
        self.assertRecordValues(talk, [{"case_id": self.case.id, "address": self.phone}])
        self.assertIn("note", self.get_events())
        [text] = talk.get_conversation()["texts"]
        self.assertFalse(self.case.pay_link_ids, "a text that is only read makes no link")
        talk.send_window_text(text["id"])
        self.work()
        [message] = self.graph.messages
        components = {one["type"]: one for one in message["body"]["template"]["components"]}
        token = components["button"]["parameters"][0]["text"]
        self.assertEqual(self.get_link(token).case_id, self.case)

    def test_on_a_phone(self):
        self.tell_story(390)

    def test_at_a_desk(self):
        self.tell_story(1400)
