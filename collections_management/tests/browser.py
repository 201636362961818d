"""What the tests that drive a browser have beside it: the scheduled jobs, and a place for files."""

import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.tests import HttpCase
from odoo.tests.common import ChromeBrowser, _registry_test_lock

PATIENCE = 20  # seconds


class BrowserCase(HttpCase):
    """A browser, and the house that goes on working while somebody looks at a screen."""

    @contextmanager
    def enter_registry_test_mode(self):
        """A browser's test is in it all the time."""
        self.env.flush_all()
        yield
        self.env.invalidate_all()

    @contextmanager
    def jobs(self):
        """Do what the scheduled jobs do once they are woken, while a browser is open."""
        go, stop = ChromeBrowser.navigate_to, ChromeBrowser.stop
        ended, faults = threading.Event(), []
        thread = threading.Thread(target=self._do_jobs, args=[ended, faults])

        def start(browser, *args, **kwargs):
            thread.start()  # from here on the test leaves its transaction to others
            return go(browser, *args, **kwargs)

        def end(browser):
            ended.set()
            thread.join(PATIENCE)
            return stop(browser)

        with (
            patch.object(ChromeBrowser, "navigate_to", start),
            patch.object(ChromeBrowser, "stop", end),
        ):
            yield
        self.assertFalse(faults)
        self.env.invalidate_all()

    def _do_jobs(self, ended, faults):
        while not ended.wait(1):
            if not _registry_test_lock.acquire(timeout=0.3):  # as the browser's requests do
                continue
            try:
                with self.registry.cursor() as cr:
                    env = api.Environment(cr, SUPERUSER_ID, {})
                    env["collections.run"]._cron_resume()
                    env["collections.delivery"]._cron_deliver()
                    cr.commit()  # pylint: disable=invalid-commit
            except Exception as error:  # noqa: BLE001  (told by the thread that waits)
                faults.append(repr(error))
            finally:
                _registry_test_lock.release()

    @contextmanager
    def downloads(self):
        """Let the browser keep what it downloads; yields the folder, which the browser fills
        before it closes."""
        send, stop = ChromeBrowser._websocket_send, ChromeBrowser.stop
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)

            def allow(browser, method, **kwargs):
                if method == "Page.setDownloadBehavior":
                    method = "Browser.setDownloadBehavior"
                    kwargs["params"] = {"behavior": "allow", "downloadPath": name}
                return send(browser, method, **kwargs)

            def wait(browser):
                _wait_for_files(folder)
                return stop(browser)

            with (
                patch.object(ChromeBrowser, "_websocket_send", allow),
                patch.object(ChromeBrowser, "stop", wait),
            ):
                yield folder


def _wait_for_files(folder):
    """Wait until something is there and nothing of it is still being written."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        names = [path.name for path in folder.iterdir()]
        if names and not any(name.endswith((".crdownload", ".tmp")) for name in names):
            return
        time.sleep(0.1)
