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

NIGHT = """
import json, sys
sys.path.insert(0, "tests")
from e2e.example_night import live
print("MARK" + json.dumps(live(env, "URL")))
"""

pytestmark = pytest.mark.slow


class Gateway(ThreadingHTTPServer):
    """A provider: keeps what it is posted and answers with a number."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), GatewayHandler)
        self.taken = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class GatewayHandler(BaseHTTPRequestHandler):
    def do_POST(self):
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


def test_the_examples_are_as_clean_as_our_own_code(tmp_path):
    extract(tmp_path / ADDON)
    ruff = [sys.executable, "-m", "ruff"]
    settings = ["--config", str(paths.ROOT / "pyproject.toml"), "--no-cache", str(tmp_path)]
    for command in (["check"], ["format", "--diff"]):
        done = subprocess.run(
            [*ruff, *command, *settings], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


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
    assert night["computed"] == ["Ana"]
    assert night["summed"] == "sum"
    assert night["pivot"]
    assert night["health"] == [["broken", "obstacle"], ["good", "ready"]]
    assert night["line"] == ["Chat gateway", "broken", "Chat has no gateway."]
    assert night["opens"] == "collections.channel"


def test_the_event_is_in_the_log_once_and_told_to_other_systems(night):
    assert night["entries"] == ["The debtor blocked Chat"]
    assert night["held_by"] == ["opt_out"]
    assert night["webhook"] == ["case.chat_blocked"]
