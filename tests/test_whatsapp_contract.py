"""What we send passes WhatsApp's own description of its API, for every kind of message.

Prism stands between us and the fake and answers 422 to a request that the description does not
allow; Meta itself never answers so.
"""

import pytest

from odoo.addons.collections_management.tests import prism
from odoo.addons.collections_whatsapp.engine import messages, templates
from odoo.addons.collections_whatsapp.models.whatsapp_graph import Graph

from tools.doubles.whatsapp import NUMBER, WABA, FakeGraph

SPEC = "whatsapp_cloud_mock.derived.yaml"
ORIGIN = "github.com/facebook/openapi, business-messaging-api_v23.0.yaml"
TO = "+51987654321"
PARTS = {
    "header_kind": "document",
    "header": "",
    "body": "Hola {{1}}, tienes {{2}} por pagar desde hace varios días.",
    "footer": "Ferretería",
    "buttons": [
        {"type": "reply", "text": "Detener", "url": ""},
        {"type": "url", "text": "Pagar", "url": "https://pay.example/c/{{1}}"},
    ],
    "samples": {"1": "Ana", "2": "S/ 10"},
}
NAMED = {**PARTS, "header_kind": "text", "header": "Aviso", "buttons": [],
         "body": "Hola estimado {{nombre}}, gracias."}  # fmt: skip
VALUES = {"1": "Ana\n📄", "2": "S/ 1,200.00", "url:1": "https://pay.example/c/abc", "nombre": "Ana"}
LONG = "ñ👋" * 40_000


def option(n, title="Sí, el viernes"):
    return {"id": f"o{n}", "title": title, "description": "Pago total"}


def template(parts, document=None):
    components = templates.to_send(parts, VALUES, document)
    return "template", messages.template("payment_overdue", "es_MX", components)


MESSAGES = {
    "text": ("text", messages.text("Hola 👋 https://pay.example/c/abc")),
    "a long text": ("text", messages.text(LONG)),
    "buttons": messages.say("¿Cuándo?", [option(n, "Sí") for n in range(3)]),
    "long buttons": ("interactive", messages.buttons(LONG, [option(n, LONG) for n in range(5)])),
    "list": messages.say("¿Cuándo?", [option(n) for n in range(10)], label="Opciones"),
    "a long list": ("interactive", messages.choices(LONG, [option(n, LONG) for n in range(12)],
                    LONG)),
    "link": messages.say("Pague aquí", url="https://pay.example/c/abc", url_title="Pagar"),
    "template with document": template(PARTS, {"id": "123", "filename": "estado.pdf"}),
    "template with names": template(NAMED),
    "document": ("document", messages.media("123", "Su estado de cuenta", "estado.pdf")),
    "image": ("image", messages.media("123", "voucher")),
}  # fmt: skip


@pytest.fixture(scope="module")
def wire():
    """A connection through Prism to the fake, and the fake."""
    spec = prism.find_spec(SPEC, ORIGIN)
    with FakeGraph(auto=False) as fake, prism.contract(spec, fake.url) as contract:
        with Graph(contract.url, "v24.0", "token") as graph:
            yield graph, fake


@pytest.mark.slow
@pytest.mark.parametrize("name", MESSAGES)
def test_every_kind_of_message(wire, name):
    graph, fake = wire
    before = len(fake.messages)
    reply = graph.send(NUMBER, messages.envelope(TO, *MESSAGES[name], opaque="contact/7"))
    assert not reply.fault
    assert len(fake.messages) == before + 1


@pytest.mark.slow
def test_an_answer_to_somebody_without_a_phone_and_the_mark_of_reading(wire):
    graph, _fake = wire
    said = messages.envelope("PE.1349abc", "text", messages.text("hola"), quoted="wamid.1")
    assert not graph.send(NUMBER, said).fault
    assert not graph.send(NUMBER, messages.mark_read("wamid.1")).fault


@pytest.mark.slow
def test_a_file_is_uploaded(wire):
    graph, fake = wire
    reply = graph.upload(NUMBER, b"%PDF-1.4", "estado.pdf", "application/pdf")
    assert not reply.fault
    assert reply.data["id"] in fake.media


@pytest.mark.slow
def test_templates_are_created_and_listed(wire):
    graph, fake = wire
    for parts in (NAMED, {**PARTS, "header_kind": ""}):
        body = {
            "name": "payment_overdue",
            "language": "es",
            "category": "UTILITY",
            "components": templates.to_submit(parts),
        }
        assert not graph.call("POST", f"{WABA}/message_templates", json=body).fault
    assert len(fake.templates) == 2


@pytest.mark.slow
def test_a_message_that_breaks_the_contract_would_be_seen(wire):
    graph, fake = wire
    before = len(fake.messages)
    broken = messages.envelope(TO, "interactive", {"type": "button", "body": {"text": "x"}})
    assert graph.send(NUMBER, broken).fault
    assert len(fake.messages) == before
