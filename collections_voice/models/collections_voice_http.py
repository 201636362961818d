"""The one place from which automated calls reach the network."""

import time

import requests

TIMEOUT = 10  # seconds to connect, and for the answer
VERSION = "2010-04-01"


class Line:
    """The way to the provider for one account: no database, so it lives across commits."""

    def __init__(self, session, base_url, sid, token, calls_per_second=0.0):
        self.session = session
        self.base_url = f"{base_url.rstrip('/')}/{VERSION}/Accounts/{sid}"
        self.auth = (sid, token)
        self.pause = 1 / calls_per_second if calls_per_second > 0 else 0.0
        self.last = None

    def dial(self, form):
        """Ask for a call, not faster than the account may.

        :param form: ``[(name, value)]``
        :return: ``(HTTP status, JSON or None)``
        :raise requests.RequestException: when no answer came
        """
        if self.last is not None:
            time.sleep(max(0.0, self.last + self.pause - time.monotonic()))
        self.last = time.monotonic()
        return self._send("POST", "Calls.json", data=form)

    def get(self, sid):
        """Ask what became of a call."""
        return self._send("GET", f"Calls/{sid}.json")

    def find(self, **params):
        """Ask for calls, e.g. ``To`` a number."""
        return self._send("GET", "Calls.json", params=params)

    def cancel(self, sid):
        """Take back a call that has not been answered."""
        return self._send("POST", f"Calls/{sid}.json", data=[("Status", "canceled")])

    def _send(self, method, path, **kwargs):
        answer = self.session.request(
            method,
            f"{self.base_url}/{path}",
            auth=self.auth,
            timeout=TIMEOUT,
            allow_redirects=False,
            **kwargs,
        )
        try:
            return answer.status_code, answer.json()
        except requests.exceptions.JSONDecodeError:
            return answer.status_code, None
