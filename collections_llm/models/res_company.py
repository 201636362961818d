import logging
import time
from datetime import timedelta

import requests

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.collections_management.engine.connection import is_safe

from ..engine import proposal
from .collections_llm_call import FAULTS

_logger = logging.getLogger(__name__)

# After the provider failed, nobody waits for it for a while.
PAUSE = timedelta(minutes=5)
MAX_BYTES = 64 * 1024
CHUNK = 4096
ADMIN = "base.group_system"


class ResCompany(models.Model):
    """Which language model a company asks, and the asking."""

    _inherit = "res.company"

    collections_llm_active = fields.Boolean("Ask a Language Model", groups=ADMIN)
    collections_llm_url = fields.Char("Endpoint", groups=ADMIN, copy=False)
    collections_llm_key = fields.Char("API Key", groups=ADMIN, copy=False)
    collections_llm_model = fields.Char("Model", groups=ADMIN, copy=False)
    collections_llm_seconds = fields.Integer("Longest Wait", default=8, groups=ADMIN)
    collections_llm_cap = fields.Integer("Questions per Month", default=1000, groups=ADMIN)
    collections_llm_confidence = fields.Float("Least Confidence", default=0.8, groups=ADMIN)

    @api.constrains(
        "collections_llm_url", "collections_llm_seconds", "collections_llm_cap",
        "collections_llm_confidence",
    )  # fmt: skip
    def _check_collections_llm(self):
        for company in self.sudo():
            if company.collections_llm_url and not is_safe(company.collections_llm_url):
                raise ValidationError(
                    self.env._(
                        "%(url)s is not safe to send messages of debtors to: it starts with"
                        " https://.",
                        url=company.collections_llm_url,
                    )
                )
            if not (
                1 <= company.collections_llm_seconds <= 30
                and company.collections_llm_cap >= 0
                and 0 < company.collections_llm_confidence <= 1
            ):
                raise ValidationError(
                    self.env._(
                        "Language model: wait 1 to 30 seconds, ask 0 times a month or more, and"
                        " believe it from a confidence above 0 up to 1."
                    )
                )

    def _ask_collections_llm(self, text):
        """Ask what a debtor's message means.

        :return: an ``engine.proposal.Proposal``, None when there is none to be used
        """
        self.ensure_one()
        company = self.sudo()
        if not company._may_ask_collections_llm():
            return None
        began, found = time.monotonic(), None
        try:
            raw = company._post_collections_llm(text)
            found = proposal.read_answer(raw, text, company.collections_llm_confidence)
            outcome = "proposed"
        except proposal.Unusable as error:
            outcome = str(error)
        except requests.Timeout:
            outcome = "slow"
        except requests.HTTPError as error:
            outcome = "busy" if error.response.status_code == 429 else "refused"
        except (requests.RequestException, OSError):
            outcome = "unreachable"
        if outcome in FAULTS:  # once: the pause begins
            _logger.warning("the language model of %s failed: %s", company.name, outcome)
        self.env["collections.llm.call"].sudo().create(
            {
                "company_id": company.id,
                "milliseconds": round((time.monotonic() - began) * 1000),
                "outcome": outcome,
                "intent": found and found.intent,
                "confidence": found and found.confidence,
            }
        )
        return found

    def _may_ask_collections_llm(self):
        """Tell whether it is wanted, within the month's cap, and did not fail a moment ago."""
        if not self.collections_llm_active or not self.collections_llm_model:
            return False
        if not is_safe(self.collections_llm_url):
            return False
        now = fields.Datetime.now()
        calls = self.env["collections.llm.call"].sudo()
        own = [("company_id", "=", self.id)]
        month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        if calls.search_count([*own, ("moment", ">=", month)]) >= self.collections_llm_cap:
            return False
        failed = [("outcome", "in", FAULTS), ("moment", ">", now - PAUSE)]
        return not calls.search_count([*own, *failed], limit=1)

    def _post_collections_llm(self, text):
        """Return the body of the answer; it has one time for all of it, and a size.

        :raise requests.RequestException:
        """
        seconds = self.collections_llm_seconds
        deadline = time.monotonic() + seconds
        headers = {}
        if self.collections_llm_key:
            headers["Authorization"] = f"Bearer {self.collections_llm_key}"
        with requests.Session() as session:
            session.trust_env = False
            with session.post(
                f"{self.collections_llm_url.rstrip('/')}/chat/completions",
                json=proposal.build_request(text, self.collections_llm_model),
                headers=headers,
                timeout=seconds,
                allow_redirects=False,
                stream=True,
            ) as answer:
                if answer.status_code != 200:
                    raise requests.HTTPError(response=answer)
                raw = bytearray()
                for chunk in answer.iter_content(CHUNK):
                    raw += chunk
                    if time.monotonic() > deadline:
                        raise requests.Timeout("it speaks too slowly")
                    if len(raw) > MAX_BYTES:
                        raise proposal.Unusable("malformed")
        return bytes(raw)
