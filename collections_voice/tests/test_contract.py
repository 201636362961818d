"""What we ask of Twilio, and how we read it, against Twilio's own description of its API.

Prism stands between us and the fake: it answers 422 to a request that breaks the description, and
500 to an answer of the fake that does.
"""

import os
import shutil
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path
from unittest import SkipTest

from odoo import fields
from odoo.tests import tagged

from .common import PHONE, TEST_PHONE, VoiceCommon

ROOT = Path(__file__).resolve().parents[2]
SPECS = Path(os.environ.get("COLLECTIONS_SPECS") or ROOT.parent / "shared" / "specs")
SPEC = SPECS / "twilio_mock.derived.json"
PRISM = "@stoplight/prism-cli@5.14.2"
FOLDER = Path(".local") / "prism"
PATIENCE = 90  # seconds until Prism listens, on a busy machine


def find_prism():
    """Return the program and its environment.

    :raise SkipTest: saying how to get what is missing
    """
    if not SPEC.exists():
        raise SkipTest(
            f"credentials: COLLECTIONS_SPECS names the folder of {SPEC.name}, derived from Twilio's"
            " own description of its API: github.com/twilio/twilio-oai, twilio_api_v2010.json"
        )
    local = ROOT / FOLDER / "node_modules" / ".bin" / "prism"
    program = str(local) if local.exists() else shutil.which("prism")
    path = f"{os.environ['PATH']}{os.pathsep}{ROOT / '.local' / 'venv' / 'bin'}"
    if not program or not shutil.which("node", path=path):
        raise SkipTest(
            f"credentials: Prism is missing; get it with: npm install --ignore-scripts"
            f" --prefix {FOLDER} {PRISM}"
        )
    return program, os.environ | {"PATH": path}


@contextmanager
def prism(upstream):
    """Run a validating proxy in front of an address; yields ``(its own, lines it wrote)``."""
    program, environment = find_prism()
    lines, listening = [], threading.Event()
    process = subprocess.Popen(
        [program, "proxy", "-h", "127.0.0.1", "-p", "0", "--errors", str(SPEC), upstream],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
    )  # fmt: skip

    def read():
        for line in process.stdout:
            lines.append(line)
            if "Prism is listening" in line:
                listening.set()
        listening.set()  # it ended

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        if not listening.wait(PATIENCE) or process.poll() is not None:
            raise AssertionError(f"Prism did not start: {''.join(lines)}")
        address = next(line for line in lines if "Prism is listening" in line)
        yield "http://" + address.split("http://", 1)[1].split()[0].rstrip("/"), lines
    finally:
        process.terminate()
        process.wait(20)
        reader.join(20)
        process.stdout.close()


@tagged("post_install", "-at_install")
class TestContract(VoiceCommon):
    def test_all_that_we_ask_is_as_twilio_describes_it(self):
        find_prism()
        with prism(self.twilio.url) as (address, lines):
            self.account.write({"base_url": address, "record_calls": True, "machine": "message"})
            self.assertEqual(self.account.action_check()["params"]["type"], "success", lines)
            self.company.write(
                {"collections_voice_test_phone": TEST_PHONE, "country_id": self.peru.id}
            )
            self.assertEqual(self.account.action_call_me()["params"]["type"], "success")
            contact, call, phone = self.call()
            self.assertEqual(contact.state, "sent")
            phone.status("ringing")
            call.started_on = fields.Datetime.subtract(call.started_on, hours=2)
            self.ask()  # about one call
            with self.account._open_line() as line:
                self.assertEqual(
                    line.find(To=PHONE, From=self.account.phone_from, PageSize=50)[0], 200
                )
                self.assertEqual(line.cancel(call.sid)[0], 200)
                for code, status in ((21211, 400), (20003, 401), (20429, 429)):
                    self.twilio.faults[PHONE] = (status, code)
                    self.assertEqual(line.dial(call._get_form())[0], status)
        self.assertFalse([line for line in lines if "422" in line or "iolation" in line])
