from contextlib import nullcontext

from odoo import fields, models

PERSONS_TRIED = 5  # of a debtor, where addresses were withdrawn


def keep_history(channels):
    """Keep the channels when their adapter is uninstalled: contacts were made through them."""
    channels.write({"kind": "task", "active": False})


class CollectionsChannel(models.Model):
    """A way to reach a debtor.

    A channel is an adapter behind five verbs. An addon adds one by extending ``kind`` and defining
    ``_<kind>_addresses``, ``_<kind>_obstacle``, ``_<kind>_render``, ``_<kind>_session`` and
    ``_<kind>_send`` on this model; nothing else of the base needs to know it.
    """

    _name = "collections.channel"
    _description = "Collections Channel"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short technical word, unique.")
    kind = fields.Selection(
        [("email", "E-mail"), ("task", "Task")],
        required=True,
        help="The adapter that does the work.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    is_manual = fields.Boolean(
        string="Done by a Person",
        help="A person does it; nothing leaves the house by itself.",
    )
    icon = fields.Char(default="fa-paper-plane-o", help="Font Awesome class shown beside it.")
    cost = fields.Monetary(help="What one contact costs, for previews and reports.")
    currency_id = fields.Many2one(
        "res.currency", default=lambda self: self.env.company.currency_id, required=True
    )

    _code_unique = models.Constraint("UNIQUE (code)", "Two channels cannot have the same code.")

    def _dispatch(self, verb, *args):
        return self._get_verb(verb)(*args)

    def _get_verb(self, verb):
        """Return the adapter's method for a verb; to be looked up once before a loop."""
        self.ensure_one()
        return getattr(self, f"_{self.kind}_{verb}")

    def _call_optional(self, verb, default, *args):
        """Return what the adapter answers to a verb, a default when it does not know it."""
        self.ensure_one()
        method = getattr(self, f"_{self.kind}_{verb}", None)
        return method(*args) if method else default

    def _get_addresses(self, cases, role=None, without=None):
        """Return ``{case id: address}`` of the cases this channel can and may reach; set-based.

        What a debtor withdrew, or has to grant first, is no address; another person of the debtor
        takes its place where the adapter knows one.

        :param role: whom a step writes to, for adapters that know several persons of a debtor
        :param without: ``{case id: addresses}`` that are not used again; an adapter that knows
            another person offers that one's (``collections_without`` in the context)
        """
        if not cases:
            return {}
        channel = self.with_context(collections_role=role) if role else self
        found = channel._find_addresses(cases, without)
        if self.is_manual or self.env.context.get("collections_any_consent"):
            return found
        consents, allowed, used = self.env["collections.consent"], {}, dict(without or {})
        for _person in range(PERSONS_TRIED):
            refused = consents._get_case_refusals(self.kind, found)
            allowed |= {id_: found[id_] for id_ in found if id_ not in refused}
            if not refused:
                break
            used |= {id_: {*used.get(id_, ()), found[id_]} for id_ in refused}
            found = channel._find_addresses(cases.browse(refused), used)
        return allowed

    def _find_addresses(self, cases, without):
        """Return ``{case id: address}`` of what the adapter knows, used ones left out."""
        channel = self.with_context(collections_without=without) if without else self
        found = channel._dispatch("addresses", cases)
        if not without:
            return found
        return {id_: found[id_] for id_ in found if found[id_] not in without.get(id_, ())}

    def _get_obstacle(self, company):
        """Return ``(code, sentence)`` while nothing can leave through this channel, else None."""
        return self._dispatch("obstacle", company)

    def _get_test_address(self, company):
        """Return the address to which everything goes in safe mode, a false value without one.

        The company's address for tests is an e-mail's; an adapter of another kind of address has
        ``_<kind>_get_test_address``.
        """
        return self._call_optional("get_test_address", company.collections_test_email, company)

    def _get_cost(self, contact, content):
        """Return what one message costs, in the company's currency and of this day.

        An adapter that knows more than the channel's own figure (by country, by length) has
        ``_<kind>_get_cost``.
        """
        cost = self._get_usual_cost(contact.company_id)
        return self._call_optional("get_cost", cost, contact, content)

    def _get_usual_cost(self, company):
        """Return what a message costs as the channel says, in a company's currency, of today."""
        return self.currency_id._convert(self.cost, company.currency_id, company)

    def _render(self, contacts):
        """Return ``{contact id: {"subject": str, "body": Markup, "address": str}}``."""
        return self._dispatch("render", contacts)

    def _prepare(self, contacts, contents):
        """Do for a whole batch what its sending needs from the database, into ``contents``.

        Between two messages there is a commit, and after a commit nothing is cached.
        """
        self._call_optional("prepare", None, contacts, contents)

    def _session(self, contacts):
        """Return a context manager around the sending of a batch of one company.

        :raise ChannelDown: when the provider cannot be reached; nothing has left
        """
        return self._dispatch("session", contacts)

    def _get_group_size(self):
        """Return how many messages leave at once.

        An adapter of a slow provider has ``_<kind>_get_group_size``; its ``send`` is then called
        from several threads and may not touch the database. After a crash twice as many are in
        doubt; see ``engine/flight.py``.
        """
        return self._call_optional("get_group_size", 1)

    def _space(self, contacts, session):
        """Take the turns of a group that is about to leave, where a provider limits the pace."""
        self._call_optional("space", None, contacts, session)

    def _needs_text(self):
        """Extension point: whether it speaks with the texts of a step; some have texts of their
        own."""
        return not self.is_manual

    def _is_transactional(self):
        """Tell whether sending lives in our own transaction: a crash then means "not sent"."""
        return self.is_manual

    # Task: the provider is a colleague, the message an activity on the case.

    def _task_addresses(self, cases):
        return dict.fromkeys(cases.ids, self.env._("Collector"))

    def _task_obstacle(self, company):
        return None

    def _task_render(self, contacts):
        return contacts._render_content()

    def _task_session(self, contacts):
        return nullcontext()

    def _task_send(self, contact, content, session):
        return contact._create_task(content)

    def _get_task_channel(self):
        """Return the channel that turns a contact into a colleague's task: the last resort."""
        return self.env.ref("collections_management.collections_channel_task")
