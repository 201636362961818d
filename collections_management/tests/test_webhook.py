import json
import threading
import time
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from odoo import api
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import BaseCase, new_test_user, tagged
from odoo.tests.common import _super_send

from ..engine.backoff import GIVE_UP, next_attempt
from ..engine.signature import sign, verify
from ..models import collections_webhook_http as http
from .common import CollectionsCommon


class TestSignature(BaseCase):
    """What a receiver can rely on."""

    @given(st.text(), st.integers(0, 2**40), st.binary())
    def test_what_we_sign_verifies(self, secret, timestamp, body):
        signature = sign(secret, timestamp, body)
        self.assertRegex(signature, r"^v1=[0-9a-f]{64}$")
        self.assertTrue(verify(secret, str(timestamp), body, signature, now=timestamp))

    @given(st.text(), st.text(), st.integers(0, 2**40), st.binary(), st.binary())
    def test_another_secret_or_body_does_not(self, secret, other, timestamp, body, changed):
        signature = sign(secret, timestamp, body)
        now = {"now": timestamp}
        if other != secret:
            self.assertFalse(verify(other, str(timestamp), body, signature, **now))
        if changed != body:
            self.assertFalse(verify(secret, str(timestamp), changed, signature, **now))
        self.assertFalse(verify(secret, str(timestamp + 1), body, signature, **now))

    def test_old_and_broken_ones_are_refused(self):
        signature = sign("s", 1000, b"{}")
        for timestamp, given_signature, now, expected in (
            ("1000", signature, 1300, True),
            ("1000", signature, 1301, False),
            ("1000", signature, 699, False),
            ("", signature, 1000, False),
            ("x", signature, 1000, False),
            ("-1000", signature, 1000, False),
            ("1000", "", 1000, False),
            ("1000", "v1=ñ", 1000, False),
        ):
            with self.subTest(timestamp=timestamp, now=now):
                self.assertEqual(verify("s", timestamp, b"{}", given_signature, now=now), expected)

    def test_a_known_signature(self):
        """Computed with openssl: a receiver in another language gets the same."""
        self.assertEqual(
            sign("secret", 1700000000, b'{"event":"test"}'),
            "v1=e6a22eb66e93669c75e7a035a110d9a2ccfa7cdef62d0ecb361671b92718ee9f",
        )


class TestBackoff(BaseCase):
    @given(st.integers(1, 5000), st.floats(0, 1))
    def test_pauses_grow_and_stay_within_bounds(self, attempts, chance):
        now = datetime(2026, 1, 5)
        pause = next_attempt(attempts, now, now, chance) - now
        self.assertGreaterEqual(pause, timedelta(seconds=24))
        self.assertLessEqual(pause, timedelta(hours=6) * 1.2)

    def test_pauses_double_until_six_hours(self):
        now = datetime(2026, 1, 5)
        pauses = [(next_attempt(n, now, now, 0.5) - now).total_seconds() for n in range(1, 13)]
        self.assertEqual(pauses[:4], [30, 60, 120, 240])
        self.assertEqual(pauses[-2:], [21600, 21600])

    def test_after_three_days_nobody_tries(self):
        since = datetime(2026, 1, 5)
        self.assertTrue(next_attempt(9, since, since + GIVE_UP - timedelta(seconds=1), 0.5))
        self.assertIsNone(next_attempt(9, since, since + GIVE_UP, 0.5))


class TestAddresses(BaseCase):
    def test_only_the_open_internet_is_public(self):
        for address in (
            "127.0.0.1", "10.1.2.3", "192.168.0.5", "172.16.0.1", "169.254.169.254", "0.0.0.0",  # noqa: S104
            "100.64.0.1", "224.0.0.1", "::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1",
            "2002:7f00:1::", "255.255.255.255",
        ):  # fmt: skip
            with self.subTest(address=address):
                self.assertFalse(http.is_public(address))
        for address in ("8.8.8.8", "2001:4860:4860::8888"):
            self.assertTrue(http.is_public(address))


class Receiver(ThreadingHTTPServer):
    """A real HTTP server that keeps what arrives and answers what it is told to."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.taken = []  # (path, headers, body)
        self.status = 200
        self.delay = 0
        self.headers = {}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, dict(self.headers), body))
        time.sleep(self.server.delay)
        with suppress(OSError):  # the sender may have gone
            self.send_response(self.server.status)
            for name, value in self.server.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"thanks")

    def log_message(self, *args):
        pass


class WebhookCommon(CollectionsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["collections.webhook"].search([]).active = False
        cls.env["ir.config_parameter"].set_param(
            "collections_management.webhook_private_targets", "True"
        )

    @contextmanager
    def receiver(self):
        server = Receiver()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    @classmethod
    def _request_handler(cls, session, request, /, **options):
        """Odoo's tests let nobody out; here every address is this machine's."""
        return _super_send(session, request, **options)

    def create_webhook(self, url, *codes, **values):
        domain = [("code", "in", codes)] if codes else []
        return self.env["collections.webhook"].create(
            {
                "name": "Telephone system",
                "url": url,
                "company_id": self.company.id,
                "secret": "known",
                "event_ids": self.env["collections.event"].search(domain).ids,
                **values,
            }
        )

    def send(self, **options):
        """A turn of the scheduled job, with commits of its own."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            env["collections.webhook.delivery"]._cron_send(**options)
        self.env.invalidate_all()

    def get_events(self, webhook):
        return webhook.delivery_ids.sorted("id").mapped("event")


@tagged("post_install", "-at_install")
class TestWebhook(WebhookCommon):
    """Other systems are told what happens, signed, once, and never in the way of the run."""

    def test_a_message_is_signed_and_says_what_happened(self):
        self.create_invoice(1234.5, days_overdue=40)
        with self.receiver() as server:
            webhook = self.create_webhook(server.url, "case.opened")
            self.plan()
            delivery = webhook.delivery_ids
            self.assertEqual((delivery.state, delivery.attempts), ("queued", 0))
            self.send()
        [(path, headers, body)] = server.taken
        self.assertEqual(path, "/hook")
        self.assertEqual(headers["X-Collections-Event"], "case.opened")
        self.assertEqual(headers["X-Collections-Delivery"], delivery.uuid)
        self.assertEqual(headers["Host"], server.url.split("/")[2])
        self.assertTrue(
            verify(
                "known",
                headers["X-Collections-Timestamp"],
                body,
                headers["X-Collections-Signature"],
                now=int(time.time()),
            )
        )
        case = self.get_case()
        said = json.loads(body)
        self.assertRegex(said.pop("moment"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(
            said,
            {
                "event": "case.opened",
                "company": {"id": self.company.id, "name": self.company.name},
                "case": {
                    "id": case.id,
                    "state": "open",
                    "log_number": 1,
                    "currency": "USD",
                    "amount_total": 1234.5,
                    "amount_overdue": 1234.5,
                    "amount_net_overdue": 1234.5,
                    "days_past_due": 40,
                },
                "debtor": {
                    "id": self.debtor.id,
                    "name": "Ferretería Lima",
                    "vat": None,
                    "ref": None,
                },
                "contact": None,
                "run": None,
                "details": {"overdue": "1234.50", "credit": "0", "total": "1234.50"},
            },
        )
        self.assertRecordValues(
            delivery,
            [
                {
                    "state": "sent",
                    "attempts": 1,
                    "response_code": 200,
                    "response_text": "thanks",
                    "error": False,
                }
            ],
        )

    def test_every_event_is_told(self):
        invoice = self.create_invoice(100, days_overdue=12)
        lost = self.create_debtor("Lost SAC")
        self.create_invoice(50, days_overdue=12, debtor=lost)
        with self.receiver() as server:
            webhook = self.create_webhook(server.url)
            with self.mailbox() as box:
                box.refuse[lost.email] = "550 no such user"
                run = self.run_night()
            contact = self.get_case().contact_ids
            self.assertEqual(contact.state, "sent")
            contact._receive_status("answered")
            hold = self.env["collections.hold"].create({"case_id": self.get_case().id})
            hold.action_lift()
            self.pay(invoice)
            self.env["collections.ledger"]._refresh(self.company)
            self.create_invoice(10, days_overdue=12)
            self.env["collections.ledger"]._refresh(self.company)
            found = self.get_events(webhook)
            self.assertEqual(
                sorted(found),
                sorted(
                    ["case.opened"] * 2
                    + ["contact.sent", "contact.failed", "contact.sent"]  # the last: the task
                    + ["run.done", "contact.answered", "hold.set", "hold.lifted"]
                    + ["case.closed", "case.reopened"]
                ),
            )
            told = webhook.delivery_ids.filtered(lambda d: d.event == "run.done").payload["run"]
            self.assertEqual(
                (told["id"], told["state"], told["cases"], told["sent"], told["failed"]),
                (run.id, "done", 2, 2, 1),
            )
            sent = webhook.delivery_ids.filtered(
                lambda d: d.payload.get("contact") and d.payload["contact"]["id"] == contact.id
            )
            self.assertEqual(sent.mapped("event"), ["contact.answered", "contact.sent"])
            self.assertEqual(
                sent[0].payload["contact"],
                {"id": contact.id, "channel": "email", "step_days": 10, "safe_mode": False},
            )
            self.send()
        self.assertEqual(len(server.taken), len(found))
        self.assertEqual(set(webhook.delivery_ids.mapped("state")), {"sent"})

    def test_a_case_to_decide_on_is_told_once(self):
        self.create_invoice(100, days_overdue=60)
        webhook = self.create_webhook("https://hook.example", "case.decision_needed")
        self.strategy.step_ids[:-1].unlink()
        with self.mailbox():
            self.run_night()
            self.assertFalse(webhook.delivery_ids)
            self.run_night()
        self.assertTrue(self.get_case().needs_decision)
        self.assertEqual(self.get_events(webhook), ["case.decision_needed"])
        self.run_night()
        self.assertEqual(self.get_events(webhook), ["case.decision_needed"])
        self.assertFalse(self.env["collections.log"]._verify(self.get_case()))

    def test_a_run_that_fails_is_told(self):
        webhook = self.create_webhook("https://hook.example", "run.failed")
        run = self.env["collections.run"]._get_or_create(self.company, "button")
        with patch.object(type(run), "_commit", lambda _self: None):
            run._end("failed", 1.0, "broken")
        self.assertEqual(run.state, "failed")
        self.assertEqual(webhook.delivery_ids.payload["run"]["error"], "broken")

    def test_a_contact_held_back_is_no_hold(self):
        self.create_invoice(100, days_overdue=5)
        webhook = self.create_webhook("https://hook.example", "hold.set", "hold.lifted")
        contact = self.plan().with_user(self.manager)
        contact.action_hold()
        contact.action_release()
        self.assertFalse(webhook.delivery_ids)

    def test_only_what_was_asked_for_and_only_the_own_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.create_webhook("https://a.example", company_id=other.id)
        archived = self.create_webhook("https://b.example", active=False)
        webhook = self.create_webhook("https://c.example", "case.closed")
        invoice = self.create_invoice(100)
        self.plan()
        self.assertFalse(self.env["collections.webhook.delivery"].search([]))
        self.pay(invoice)
        self.env["collections.ledger"]._refresh(self.company)
        deliveries = self.env["collections.webhook.delivery"].search([])
        self.assertEqual(deliveries.webhook_id, webhook)
        archived.active = True
        self.create_invoice(100)
        self.env["collections.ledger"]._refresh(self.company)
        self.assertEqual(self.get_events(archived), ["case.reopened"])

    def test_a_webhook_that_a_colleague_deleted_breaks_no_batch(self):
        self.create_invoice(100)
        self.plan()
        case = self.get_case()
        gone = self.create_webhook("https://a.example", "contact.answered", "run.done")
        webhook = self.create_webhook("https://b.example", "contact.answered")
        remembered = self.env["collections.webhook"]._get_subscriptions()
        gone.unlink()
        with patch.object(
            type(self.env["collections.webhook"]), "_get_subscriptions", lambda _self: remembered
        ):
            self.env["collections.log"]._append(
                [{"case_id": case.id, "event": "answered", "contact_id": case.contact_ids.id}]
            )
            self.run_night()
        self.assertEqual(self.get_events(webhook), ["contact.answered"])

    def test_without_webhooks_a_log_entry_costs_no_query_more(self):
        self.create_invoice(100)
        self.plan()
        case = self.get_case()
        entry = {"case_id": case.id, "event": "answered", "contact_id": case.contact_ids.id}
        log = self.env["collections.log"]
        log._append([entry])
        with patch.object(
            type(self.env["collections.event"]), "_publish_links", lambda *args: None
        ):
            before = self.env.cr.sql_log_count
            log._append([entry])
            plain = self.env.cr.sql_log_count - before
        before = self.env.cr.sql_log_count
        log._append([entry])
        self.assertEqual(self.env.cr.sql_log_count - before, plain)
        self.create_webhook("https://a.example", "contact.answered")
        log._append([entry])
        before = self.env.cr.sql_log_count
        log._append([entry] * 50)
        self.assertEqual(self.env.cr.sql_log_count - before, plain + 1)  # one, however many

    def test_an_error_is_tried_again_under_the_same_delivery(self):
        with self.receiver() as server:
            webhook = self.create_webhook(server.url, "case.opened")
            server.status = 500
            self.create_invoice(100)
            self.plan()
            delivery = webhook.delivery_ids
            self.send()
            self.assertRecordValues(
                delivery,
                [{"state": "failed", "attempts": 1, "response_code": 500,
                  "error": "Answered 500."}],
            )  # fmt: skip
            pause = (delivery.next_try - delivery.queued_on).total_seconds()
            self.assertTrue(20 <= pause <= 60, pause)
            self.send()
            self.assertEqual(len(server.taken), 1)  # not before its time
            server.status = 204
            delivery.next_try = delivery.queued_on
            self.send()
        self.assertRecordValues(
            delivery, [{"state": "sent", "attempts": 2, "response_code": 204, "error": False}]
        )
        uuids = {headers["X-Collections-Delivery"] for _path, headers, _body in server.taken}
        self.assertEqual(uuids, {delivery.uuid})
        self.assertEqual(server.taken[0][2], server.taken[1][2])

    def test_after_three_days_it_is_given_up_and_the_manager_told(self):
        with self.receiver() as server:
            webhook = self.create_webhook(server.url, "case.opened", "case.closed")
            server.status = 500
            invoice = self.create_invoice(100)
            self.plan()
            self.pay(invoice)
            self.env["collections.ledger"]._refresh(self.company)
            for delivery in webhook.delivery_ids:
                delivery.queued_on -= timedelta(days=3)
            self.send()
            self.send()
            self.assertEqual(webhook.delivery_ids.mapped("state"), ["given_up"] * 2)
            self.assertEqual(webhook.given_up_count, 2)
            activities = webhook.activity_ids.filtered(lambda a: a.user_id == self.manager)
            self.assertEqual(len(activities), 1)
            self.assertIn("Telephone system", activities.summary)
            server.status = 200
            webhook.delivery_ids.with_user(self.manager).action_send_again()
            self.send()
        self.assertEqual(set(webhook.delivery_ids.mapped("state")), {"sent"})
        self.assertEqual(set(webhook.delivery_ids.mapped("attempts")), {1})

    def test_who_does_not_answer_holds_up_nobody_else(self):
        with self.receiver() as slow, self.receiver() as quick, patch.object(http, "TIMEOUT", 0.3):
            slow.delay = 0.8
            late = self.create_webhook(slow.url, "hold.set")
            prompt = self.create_webhook(quick.url, "hold.set")
            self.create_invoice(100)
            self.plan()
            for _each in range(4):
                self.env["collections.hold"].create({"case_id": self.get_case().id})
            started = time.monotonic()
            self.send()
            self.assertLess(time.monotonic() - started, 2)
            self.assertEqual(set(prompt.delivery_ids.mapped("state")), {"sent"})
            self.assertEqual(sorted(late.delivery_ids.mapped("state")), ["failed"] + ["queued"] * 3)
            failed = late.delivery_ids.filtered(lambda d: d.state == "failed")
            self.assertEqual(failed.response_code, 0)
            self.assertIn("timed out", failed.error)

    def test_a_turn_ends_when_its_time_is_over(self):
        with self.receiver() as server:
            webhook = self.create_webhook(server.url, "case.opened")
            self.create_invoice(100)
            self.plan()
            self.send(seconds=0)
        self.assertFalse(server.taken)
        self.assertEqual(webhook.delivery_ids.state, "queued")

    def test_nobody_there(self):
        with self.receiver() as server:
            url = server.url
        webhook = self.create_webhook(url, "case.opened")
        self.create_invoice(100)
        self.plan()
        self.send()
        self.assertEqual(webhook.delivery_ids.state, "failed")
        self.assertIn("refused", webhook.delivery_ids.error)

    def test_a_redirect_is_not_followed(self):
        with self.receiver() as server, self.receiver() as target:
            server.status, server.headers = 302, {"Location": target.url}
            webhook = self.create_webhook(server.url, "case.opened")
            self.create_invoice(100)
            self.plan()
            self.send()
            self.assertFalse(target.taken)
        self.assertRecordValues(
            webhook.delivery_ids,
            [
                {
                    "state": "failed",
                    "response_code": 302,
                    "error": "Answered 302: redirects are not followed.",
                }
            ],
        )

    def test_this_machine_and_its_network_are_out_of_reach(self):
        self.env["ir.config_parameter"].set_param(
            "collections_management.webhook_private_targets", False
        )
        with self.receiver() as server:
            for host in ("127.0.0.1", "localhost"):
                webhook = self.create_webhook(server.url.replace("127.0.0.1", host), "case.opened")
                action = webhook.action_test()
                self.assertIn("its own network", action["params"]["message"])
                self.assertEqual(webhook.delivery_ids.state, "given_up")
            self.assertFalse(server.taken)

    def test_a_name_cannot_change_between_check_and_sending(self):
        with self.receiver() as server:
            url = server.url.replace("127.0.0.1", "hook.example")
            webhook = self.create_webhook(url, "case.opened")
            with patch.object(http, "resolve", return_value=["127.0.0.1"]) as resolve:
                action = webhook.action_test()
            self.assertEqual(resolve.call_count, 1)
        self.assertEqual(action["params"]["type"], "success")
        [(_path, headers, _body)] = server.taken
        self.assertEqual(headers["Host"], url.split("/")[2])

    def test_the_test_button_shows_the_answer(self):
        with self.receiver() as server:
            webhook = self.create_webhook(server.url, "case.opened")
            params = webhook.with_user(self.manager).action_test()["params"]
            self.assertEqual(
                (params["type"], params["message"]), ("success", "Answered 200: thanks")
            )
            server.status = 418
            params = webhook.with_user(self.manager).action_test()["params"]
            self.assertEqual(params["type"], "danger")
            self.assertEqual(params["message"], "Refused with 418: thanks")
        params = webhook.with_user(self.manager).action_test()["params"]
        self.assertEqual(params["type"], "danger")
        self.assertIn("No answer", params["message"])
        self.assertEqual(webhook.delivery_ids.mapped("event"), ["test"] * 3)
        states = webhook.delivery_ids.sorted("id").mapped("state")
        self.assertEqual(states, ["sent", "given_up", "given_up"])
        self.assertFalse(webhook.activity_ids)

    def test_addresses_that_are_none(self):
        for url in (
            "ftp://a.example", "https://", "a.example/hook", "https://u:p@a.example",
            "file:///etc/passwd", "https://a.example:0", "https://a.example:x",
        ):  # fmt: skip
            with self.subTest(url=url), self.assertRaises(ValidationError):
                self.create_webhook(url)
        with self.assertRaises(ValidationError):
            self.create_webhook("https://a.example", event_ids=[])

    def test_who_may(self):
        webhook = self.create_webhook("https://a.example")
        delivery = webhook._queue("test", {})
        as_manager = webhook.with_user(self.manager)
        as_manager.name = "Renamed"
        self.assertEqual(as_manager.secret, "known")
        as_auditor = webhook.with_user(self.auditor)
        self.assertEqual(as_auditor.name, "Renamed")
        with self.assertRaises(AccessError):
            as_auditor.read(["secret"])
        for user in (self.auditor, self.supervisor, self.collector):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    webhook.with_user(user).write({"url": "https://b.example"})
                with self.assertRaises(AccessError):
                    webhook.with_user(user).action_test()
                with self.assertRaises(UserError):
                    delivery.with_user(user).action_send_again()
        for user in (self.supervisor, self.collector):
            with self.assertRaises(AccessError):
                delivery.with_user(user).read(["payload"])
        with self.assertRaises(AccessError):
            delivery.with_user(self.manager).write({"payload": {}})
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups="collections_management.collections_management_group_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        with self.assertRaises(AccessError):
            webhook.with_user(stranger).read(["url"])
        with self.assertRaises(AccessError):
            delivery.with_user(stranger).action_send_again()

    def test_what_was_sent_long_ago_is_forgotten(self):
        webhook = self.create_webhook("https://a.example")
        old, recent, waiting = (webhook._queue("test", {}) for _each in range(3))
        (old | recent).state = "sent"
        for delivery in old | waiting:
            delivery.queued_on -= timedelta(days=31)
        self.env["collections.webhook.delivery"]._gc_sent()
        self.assertEqual(webhook.delivery_ids, recent | waiting)

    def test_a_neutralized_copy_tells_nobody_anything(self):
        webhook = self.create_webhook("https://a.example")
        self.company.collections_test_email = "test@company.example"
        self.env.flush_all()
        for query in get_neutralization_queries(["collections_management"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.assertRecordValues(webhook, [{"active": False, "secret": "neutralized"}])
        self.assertRecordValues(
            self.company, [{"collections_safe_mode": True, "collections_test_email": False}]
        )
        contact = self.create_invoice(100) and self.plan()
        self.assertFalse(webhook.delivery_ids)
        with self.mailbox() as box:
            self.deliver()
        self.assertFalse(box.messages)
        self.env.invalidate_all()
        self.assertRecordValues(contact, [{"state": "held", "reason": "no_test_address"}])
