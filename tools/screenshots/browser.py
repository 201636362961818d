"""A headless Chromium, driven through its DevTools protocol: the few verbs that pictures need."""

import base64
import json
import resource
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import websocket

from tools.house import machine
from tools.house.errors import HouseError

SECONDS = 120
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-first-run", "--hide-scrollbars", "--mute-audio", "--disable-extensions"),
    *("--force-color-profile=srgb", "--font-render-hinting=none", "--remote-debugging-port=0"),
    "--remote-allow-origins=*",
)
# What Odoo shows while it works; a picture is taken when there is none of it.
IS_BUSY = (
    "document.readyState !== 'complete'"
    " || !document.querySelector('.o_action_manager > *, .modal .o_form_view, #wrapwrap, .page')"
    " || !!document.querySelector('.o_loading_indicator, .o_blockUI')"
    " || [...document.images].some((image) => !image.complete)"
)


def _lift_memory_limit():
    """Undo Odoo's limit of memory, which is too little for the addresses that Chromium reserves."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def find_program(which=shutil.which):
    """Return the path of Chromium, under any name that `make setup` knows it by."""
    others = machine.PROGRAMS["chromium"][0]
    for name in ("chromium", *others):
        if found := which(name):
            return found
    raise HouseError("Chromium is missing: install the package 'chromium' of your system.")


class Browser:
    """One tab. Used with `with`; its profile is thrown away."""

    def __init__(self, folder):
        self.profile = Path(folder)
        self.process = None
        self.socket = None
        self.count = 0

    def __enter__(self):
        command = [find_program(), *FLAGS, f"--user-data-dir={self.profile}", "about:blank"]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_lift_memory_limit,  # noqa: PLW1509  (one system call, no lock)
        )
        try:
            self.socket = websocket.create_connection(
                self._get_address(), timeout=SECONDS, suppress_origin=True
            )
            self.ask("Page.enable")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_details):
        self._end()

    def _end(self):
        if self.socket:
            self.socket.close()
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _get_address(self):
        """Return the WebSocket of the first tab, once Chromium has written its port."""
        file = self.profile / "DevToolsActivePort"
        port = self._wait(lambda: file.exists() and file.read_text().partition("\n")[0])
        address = f"http://127.0.0.1:{port}/json/list"

        def look():
            with urllib.request.urlopen(address, timeout=SECONDS) as answer:
                pages = [target for target in json.load(answer) if target["type"] == "page"]
            return pages and pages[0]["webSocketDebuggerUrl"]

        return self._wait(look)

    def _wait(self, look, what="Chromium to start"):
        limit = time.monotonic() + SECONDS
        while time.monotonic() < limit:
            if found := look():
                return found
            time.sleep(0.1)
        raise HouseError(f"Waited {SECONDS} s for {what}.")

    def ask(self, method, **params):
        """Send a command of the protocol and return its result; events are passed over."""
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.count:
                if "error" in message:
                    raise HouseError(f"{method}: {message['error']['message']}")
                return message["result"]

    def run(self, script):
        """Evaluate a JavaScript expression and return its value, or what its promise holds."""
        result = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in result:
            raise HouseError(f"{script}\n{result['exceptionDetails']['exception']['description']}")
        return result["result"].get("value")

    def resize(self, width, height):
        """Be a screen of this size; a narrow one is a phone, with touch."""
        phone = width < 576
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )
        self.ask("Emulation.setTouchEmulationEnabled", enabled=phone)

    def set_cookies(self, url, cookies):
        """Forget all cookies and set these."""
        self.ask("Network.clearBrowserCookies")
        for name, value in cookies.items():
            self.ask("Network.setCookie", url=url, name=name, value=str(value))

    def open(self, url):
        """Open a page and wait until it rests."""
        self.ask("Page.navigate", url="about:blank")
        self.ask("Page.navigate", url=url)
        self._wait(lambda: self.run("location.href") != "about:blank", url)
        self.rest()

    def rest(self):
        """Wait until Odoo shows no sign of work and the page is the same for a while."""
        quiet, before = 0, None
        limit = time.monotonic() + SECONDS
        while time.monotonic() < limit:
            time.sleep(0.25)
            busy = self.run(IS_BUSY)
            now = None if busy else self.run("document.body.innerHTML.length")
            quiet = quiet + 1 if now is not None and now == before else 0
            before = now
            if quiet >= 3:
                return
        seen = " ".join(self.run("document.body.innerText").split())[:300]
        raise HouseError(
            f"{self.run('location.href')} is still at work after {SECONDS} s. It shows: {seen}"
        )

    def click(self, selector):
        """Click the first element of a selector that can be seen, once it is there."""
        quoted = json.dumps(selector)
        script = (
            f"(() => {{ const found = [...document.querySelectorAll({quoted})]"
            ".find((node) => node.offsetParent !== null);"
            " if (found) { found.click(); } return !!found; })()"
        )
        self._wait(lambda: self.run(script), f"{selector} on {self.run('location.href')}")
        self.rest()

    def press(self, key, modifiers=0):
        """Press and let go a key that writes nothing: an arrow, Tab, Enter, Escape."""
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowRight": 39}
        event = {"key": key, "code": key, "modifiers": modifiers}
        event["windowsVirtualKeyCode"] = codes[key]
        text = {"text": "\r"} if key == "Enter" else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", **event, **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **event)

    def picture(self):
        """Return what is seen now, a PNG in bytes."""
        self.run("document.activeElement && document.activeElement.blur()")
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])
