"""The examples of docs/extending.md, installed and lived with for a night."""

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tools.house import config, paths, postgres, templates

ADDON = "collections_example"
PAGE = paths.ROOT / "docs" / "extending.md"
BLOCK = re.compile(r"^`([\w/.]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "found: "

NIGHT = '''
import hashlib
import hmac
import json
from datetime import datetime, timedelta

import werkzeug.test
from odoo import Command, fields
from odoo.http import root

company = env.company
env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
company.write({"email": "us@company.example", "collections_safe_mode": False,
               "collections_start_mode": "full", "collections_stale_bank_days": 0})
chat = env.ref("collections_example.collections_channel_chat")
text = env.ref("collections_example.mail_template_chat_neutral")
health = env["collections.health"].with_context(lang="en_US")
health_before = health._get_findings(company)[company]["lines"]["chat"]
page = health.create({"company_id": company.id})
page._look()
line = page.line_ids.filtered(lambda line: line.code == "chat")
[step] = [
    Command.create({"name": "Chat", "days": 5, "channel_ids": [Command.set(chat.ids)],
                    "template_ids": [Command.set(text.ids)]})]
strategy = env["collections.strategy"].create(
    {"name": "Chat first", "quiet_days": 0, "step_ids": [step]})
env["collections.segment"].search([]).active = False
env["collections.segment"].create({"name": "All", "strategy_id": strategy.id})
today = fields.Date.today()


def owe(name, **values):
    partner = env["res.partner"].create({"name": name, "country_id": env.ref("base.pe").id,
                                         "state_id": env.ref("base.state_pe_04").id, **values})
    move = env["account.move"].create({
        "move_type": "out_invoice", "partner_id": partner.id,
        "invoice_date": today - timedelta(days=40), "invoice_date_due": today - timedelta(days=35),
        "invoice_line_ids": [Command.create({"name": "Goods", "price_unit": 100, "tax_ids": []})]})
    move.action_post()
    return partner, move.name


ana, document = owe("Ana", phone="+51 999 111 222")
insolvent, _document = owe("Insolvent", phone="+51 999 333 444", is_insolvent=True)


def case_of(partner):
    return env["collections.case"].search([("partner_id", "=", partner.id)])


env["collections.ledger"]._refresh(company)
rules = env["collections.contact.rule"]
[verdict] = rules._get_verdicts(
    case_of(ana), {case_of(ana).id: "chat"}, datetime(2025, 8, 15, 15)).values()
rules.search([]).active = False


def work():
    run = env["collections.run"]._get_or_create(company, "button")
    run._work()
    return run


def tell(**event):
    body = json.dumps(event).encode()
    secret = event.pop("secret", "a secret").encode()
    signature = hmac.new(secret, body, hashlib.sha256).hexdigest()
    answer = werkzeug.test.Client(root).post(
        f"/collections_example/{chat.id}", data=body, headers={"X-Signature": signature})
    env.cr.commit()  # to see what the other transaction did
    return answer.status_code


work()
[held] = case_of(ana).contact_ids
without_gateway = [held.state, held.reason, held.with_context(lang="en_US").reason_text]
chat.write({"chat_url": "URL", "chat_token": "a secret"})
env["collections.webhook"].create({
    "name": "Other", "url": "https://other.example/",
    "event_ids": [Command.set(env.ref("collections_example.collections_event_case_chat_blocked").ids)]})
env.cr.commit()
work()
contact = case_of(ana).contact_ids.sorted("id")[-1]
sent = [contact.state, contact.reference, contact.reason]
refused = tell(id=contact.reference, status="read", secret="another")
codes = [tell(id=contact.reference, status=status) for status in ("read", "delivered", "blocked")]
codes.append(tell(id=contact.reference, status="blocked"))
case = case_of(ana)
entry = case.log_ids.filtered(lambda log: log.event == "chat_blocked").with_context(lang="en_US")
digest = env["digest.digest"].create({"name": "Week", "kpi_collections_held": True,
                                      "company_id": company.id})
now = fields.Datetime.now()
digest = digest.with_context(start_datetime=now - timedelta(days=2),
                             end_datetime=now + timedelta(days=2))
measure = env["collections.case"].formatted_read_group(
    [("partner_id", "in", (ana + insolvent).ids)], ["partner_id"],
    ["standing_hold_count:sum"])
arch = env["collections.case"].get_view(
    env.ref("collections_management.collections_case_view_pivot").id, "pivot")["arch"]
company.collections_safe_mode = True
company.collections_test_email = "test@company.example"
unsafe = chat._get_obstacle(company)
chat.chat_test_to = "+51 900 000 000"
cleo, _document = owe("Cleo", phone="+51 999 555 666")
work()
safe = case_of(cleo).contact_ids
try:
    text.body_html = "<t t-out='object.oldest_documents'/>"
    typo = "saved"
except Exception as error:
    typo = str(error)
    env.invalidate_all()
print("MARK" + json.dumps({
    "document": document,
    "health": [health_before, health._get_findings(company)[company]["lines"]["chat"]],
    "line": [line.name, line.mark, line.sentence],
    "verdict": [verdict.rule, verdict.moment.isoformat(), [reason[1].get("name")
                for reason in verdict.reasons if reason[0] == "holiday"]],
    "without_gateway": without_gateway, "sent": sent, "refused": refused, "codes": codes,
    "state": contact.state, "held_by": case.hold_ids.mapped("reason"),
    "entries": entry.mapped("summary"), "webhook": env["collections.webhook.delivery"].search(
        []).mapped("event"),
    "insolvent": [len(case_of(insolvent).contact_ids), case_of(insolvent).with_context(
        lang="en_US").decision_text],
    "kpi": digest.kpi_collections_held_value,
    "measure": {row["partner_id"][1]: row["standing_hold_count:sum"] for row in measure},
    "summed": env["collections.case"].fields_get()["standing_hold_count"].get("aggregator"),
    "pivot": "standing_hold_count" in arch,
    "unsafe": unsafe and unsafe[0], "safe": [safe.state, safe.safe_mode, safe.address],
    "typo": typo,
}))
'''

pytestmark = pytest.mark.slow


class Gateway(ThreadingHTTPServer):
    """A provider: keeps what it is posted and answers with a number."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), GatewayHandler)
        self.taken = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class GatewayHandler(BaseHTTPRequestHandler):
    def do_POST(self):  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.headers["Authorization"], json.loads(body)))
        answer = json.dumps({"id": f"m{len(self.server.taken)}"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments):
        """Say nothing."""


def extract(folder):
    """Write the files of the page into a folder; return their names."""
    files = BLOCK.findall(PAGE.read_text())
    for name, text in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return [name for name, _text in files]


def odoo(*arguments, script=None):
    """Run Odoo; fail on what it logs."""
    done = subprocess.run(
        [sys.executable, "-m", "odoo", *arguments, "--no-http", "--log-level=warn"],
        input=script and f"exec({script!r})\n",
        env={**os.environ, **postgres.environment()},
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    for word in (" WARNING ", " ERROR ", "Traceback"):
        assert word not in output, output
    return done.stdout


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """What a night with the example addon left, and what its gateway got."""
    addons = tmp_path_factory.mktemp("addons")
    extract(addons / ADDON)
    config.write()
    database = f"test_{os.getpid()}_extending"
    gateway = Gateway()
    script = NIGHT.replace("MARK", MARK).replace(
        "URL", f"http://127.0.0.1:{gateway.server_address[1]}/messages"
    )
    path = ",".join([*config.addons_path(), str(addons)])
    common = ("-c", str(paths.ODOO_CONF), "-d", database, "--addons-path", path)
    try:
        templates.fresh_db(database, paths.addons())
        odoo(*common, "-i", ADDON, "--stop-after-init", "--max-cron-threads=0")
        output = odoo("shell", *common, "--shell-interface=python", script=script)
    finally:
        gateway.shutdown()
        gateway.server_close()
        templates.drop_db(database)
    [line] = [line for line in output.splitlines() if MARK in line]
    return {**json.loads(line.partition(MARK)[2]), "taken": gateway.taken}


def test_every_file_of_the_examples_is_loaded(tmp_path):
    names = extract(tmp_path)
    assert len(names) == len(set(names)) > 20
    loaded = (tmp_path / "__manifest__.py").read_text()
    loaded += (tmp_path / "models" / "__init__.py").read_text()
    for name in names:
        path = tmp_path / name
        if path.suffix == ".xml":
            assert f'"{name}"' in loaded
        elif path.parent.name == "models" and path.stem != "__init__":
            assert f"{path.stem}," in loaded
    assert "```" not in "".join(path.read_text() for path in tmp_path.rglob("*.*"))


def test_the_channel_delivers_a_contact_in_a_run(night):
    state, reason, sentence = night["without_gateway"]
    assert (state, reason) == ("held", "no_gateway")
    assert sentence.startswith("The chat gateway is not set up.")
    assert night["sent"] == ["sent", "m1", False]
    token, message = night["taken"][0]
    assert (token, message["to"]) == ("Bearer a secret", "+51 999 111 222")
    assert "Good day, Ana." in message["text"]


def test_the_placeholder_is_in_the_text_and_a_mistyped_one_is_refused(night):
    assert f"above all {night['document']}" in " ".join(night["taken"][0][1]["text"].split())
    assert "oldest_documents" in night["typo"]


def test_in_safe_mode_the_channel_writes_to_its_test_number_only(night):
    assert night["unsafe"] == "no_gateway"
    assert night["safe"] == ["sent", True, "+51 900 000 000"]
    assert [message["to"] for _token, message in night["taken"][1:]] == ["+51 900 000 000"]


def test_the_gateway_tells_later_and_a_forged_word_is_refused(night):
    assert night["refused"] == 403
    assert night["codes"] == [200] * 4
    assert night["state"] == "read"


def test_the_rule_and_the_local_holiday_decide(night):
    rule, moment, holidays = night["verdict"]
    assert rule == "Persons in Peru"
    assert holidays == ["Aniversario de Arequipa"]
    assert moment.startswith("2025-08-18T13:00"), "the Monday after, at eight in Lima"


def test_the_hold_of_the_data_silences_and_says_why(night):
    contacts, sentence = night["insolvent"]
    assert contacts == 0
    assert sentence == "On hold: Insolvency proceedings."


def test_the_figures_appear(night):
    assert night["kpi"] == 1
    assert night["measure"] == {"Ana": 1, "Insolvent": 0}
    assert night["summed"] == "sum"
    assert night["pivot"]
    assert night["health"] == [["broken", "obstacle"], ["good", "ready"]]
    assert night["line"] == ["Chat gateway", "broken", "Chat has no gateway."]


def test_the_event_is_in_the_log_once_and_told_to_other_systems(night):
    assert night["entries"] == ["The debtor blocked Chat"]
    assert night["held_by"] == ["opt_out"]
    assert night["webhook"] == ["case.chat_blocked"]
