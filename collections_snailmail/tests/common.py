"""Helpers that tests of letters by snailmail may use."""

import json
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

import requests

from odoo.tools import mute_logger

from odoo.addons.collections_management.tests.test_letter import LetterCommon
from odoo.addons.iap.tools import iap_tools


class Wire:
    """The line to IAP: keeps what goes over it, and answers what it is told to.

    ``answer``: an error code for every document, None for success; an exception is raised; a
    function is called with the parameters and returns the result, or raises.
    """

    def __init__(self):
        self.calls = []
        self.answer = None
        self.status = 200

    @property
    def documents(self):
        return [document for params in self.calls for document in params["documents"]]

    def post(self, url, json=None, timeout=None):  # the signature of requests.post
        assert url.endswith("/iap/snailmail/1/print"), url
        params = json["params"]
        self.calls.append(params)
        if isinstance(self.answer, BaseException):
            raise self.answer
        result = self.answer(params) if callable(self.answer) else self._answer(params)
        return self._make_response(result)

    def _answer(self, params):
        told = {"error": self.answer} if self.answer else {"sent": True, "send_id": 4711}
        documents = [{**document, **told} for document in params["documents"]]
        return {"request_code": 200, "total_cost": 3, "request": {"documents": documents}}

    def _make_response(self, result):
        response = requests.Response()
        response.status_code = self.status
        response.elapsed = timedelta(seconds=1)
        response._content = json.dumps({"jsonrpc": "2.0", "result": result}).encode()
        return response


class SnailmailCommon(LetterCommon):
    """A company whose letters snailmail posts, with a line to IAP that is none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.peru = cls.env.ref("base.pe")
        cls.company.write({"collections_snailmail": True, "country_id": cls.peru.id})
        cls.debtor.country_id = cls.peru
        service = cls.env["iap.service"].search([("technical_name", "=", "snailmail")])
        cls.env["iap.account"].search([("service_id", "=", service.id)]).unlink()
        cls.env["iap.account"].create({"service_id": service.id, "account_token": "token"})

    @contextmanager
    def wire(self, answer=None):
        """Replace the HTTP call of IAP, and nothing else; yields its :class:`Wire`."""
        wire = Wire()
        wire.answer = answer
        outside_tests = SimpleNamespace(module=SimpleNamespace(current_test=False))
        with (
            patch.object(iap_tools, "modules", outside_tests),
            patch.object(iap_tools.requests, "post", wire.post),
            # what IAP logs, and that it translates without knowing a language
            mute_logger("odoo.addons.iap.tools.iap_tools", "odoo.tools.translate"),
        ):
            yield wire

    def ask(self, contacts, user=None):
        """Open the dialog about letters, or a batch, and say yes."""
        action = contacts.with_user(user or self.supervisor).action_snailmail()
        wizard = self.env[action["res_model"]].with_user(user or self.supervisor)
        return wizard.browse(action["res_id"]).action_post()

    def post(self, contacts, answer=None, user=None):
        """Hand letters over and let delivery take them up; returns the wire."""
        self.ask(contacts, user)
        with self.wire(answer) as wire:
            self.deliver()
        contacts.invalidate_recordset()
        return wire

    def events(self, contact):
        """The log of a contact, oldest first."""
        logs = self.env["collections.log"].search([("contact_id", "=", contact.id)], order="id")
        return logs.mapped("event")
