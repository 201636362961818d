"""A user of the demo: logs in, asks Odoo's methods, speaks another language for a while."""

import http.cookiejar
import json
import urllib.request

from tools.house.errors import HouseError


class Session:
    """One user, logged in over HTTP."""

    def __init__(self, url, database, login):
        self.url = url
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.me = self._post(
            "/web/session/authenticate", {"db": database, "login": login, "password": login}
        )["uid"]
        self.language = self.call("res.users", "read", [[self.me], ["lang"]])[0]["lang"]

    def _post(self, path, params):
        request = urllib.request.Request(  # noqa: S310  (always the demo's own address)
            self.url + path,
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with self.opener.open(request, timeout=300) as answer:
            result = json.load(answer)
        if "error" in result:
            raise HouseError(f"{path}: {result['error']['data']['message']}")
        return result["result"]

    def call(self, model, method, args=(), **kwargs):
        """Call a public method as the screens do."""
        params = {"model": model, "method": method, "args": list(args), "kwargs": kwargs}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", params)

    def find(self, model, domain, order="id", company=None):
        """Return the id of the first record of a domain, or None."""
        context = {"allowed_company_ids": [company]} if company else {}
        found = self.call(model, "search", [domain], order=order, limit=1, context=context)
        return found[0] if found else None

    def speak(self, language):
        """Set the language of this user."""
        self.call("res.users", "write", [[self.me], {"lang": language}])

    @property
    def id(self):
        """The session's cookie, for the browser."""
        return next(cookie.value for cookie in self.cookies if cookie.name == "session_id")
