"""What became of single debtors: each story is told by `desk.tell`, and yields when it goes on.

`yield 12` means: twelve days before today. What is done today is done at `yield 0`.
"""

import base64
import random
from datetime import datetime, time

COPY = base64.b64encode(b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
                        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
                        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
                        b"trailer<</Root 1 0 R>>\n%%EOF\n")  # fmt: skip
LIMA = {"latitude": -12.0464, "longitude": -77.0428, "accuracy": 9}


# -- decisions ------------------------------------------------------------------------------------


def written_off(desk, case):
    """Given up with the proof, and a part of it comes after all."""
    yield 30
    desk.call(case, "no_answer")
    yield 24
    desk.call(case, "wrong_number", person=case.partner_id.id)
    yield 15
    write_off = _prepare_write_off(desk, case, "contador", "insolvent")
    write_off.action_request()  # the running demo makes its dossier
    yield 6
    payment = desk.pay(case, desk.company.currency_id.round(write_off.amount * 0.3))
    yield 5
    recovery = desk.env["collections.recovery.wizard"].with_user(desk.user("contador"))
    recovery.create(
        {"write_off_id": write_off.id, "line_id": desk.get_receivable(payment).id}
    ).action_confirm()


def to_write_off(desk, case):
    """Asked for, above what one person decides alone."""
    yield 28
    desk.call(case, "no_answer")
    yield 14
    desk.call(case, "no_answer")
    yield 2
    half = desk.company.currency_id.round(case.amount_total / 2)
    desk.company.collections_write_off_limit = min(1000, half)
    _prepare_write_off(desk, case, "contador", "costs").action_request()


def _prepare_write_off(desk, case, login, reason):
    user = desk.user(login)
    action = case.with_user(user).action_write_off()
    write_off = desk.env["collections.write.off"].with_user(user).browse(action["res_id"])
    write_off.reason_id = desk.ref(f"collections_write_off_reason_{reason}")
    return write_off


def in_court(desk, case):
    """On the legal track: what was done, and what has a deadline."""
    yield 40
    desk.call(case, "third_party")
    yield 31
    request = desk.escalate(
        case,
        "legal",
        "No responde a la carta notarial",
        user_id=desk.user("jefe").id,
        instrument_id=desk.ref("collections_legal_instrument_invoice").id,
    )
    yield 30
    track = request.with_user(desk.user("supervisor"))
    track.action_approve()
    track.write(
        {"court": "7.º Juzgado Comercial de Lima", "file_number": "01482-2026-0-1817-JR-CO-07"}
    )
    yield 18
    steps = desk.env["collections.legal.step"].with_user(desk.user("supervisor"))
    for kind, days_ago, done in (
        ("demand", 28, True),
        ("claim", 18, True),
        ("admitted", -3, False),
        ("hearing", -21, False),
    ):
        steps.create(
            {
                "escalation_id": request.id,
                "kind_id": desk.ref(f"collections_legal_step_kind_{kind}").id,
                "date" if done else "deadline": desk.day(days_ago),
            }
        )


def with_agency(desk, case):
    """Placed with an agency that tells what it achieves."""
    yield 26
    desk.call(case, "third_party", note="La secretaria toma el recado")
    yield 13
    agency = desk.env["collections.agency"].search([("user_ids.login", "=", "agencia")])
    request = desk.escalate(case, "agency", "Sin respuesta en un mes", agency_id=agency.id)
    yield 12
    request.with_user(desk.user("supervisor")).action_approve()
    yield 4
    desk.env["collections.agency.report"]._report(
        request.sudo(),
        agency.user_ids[:1],
        {"kind": "contacted", "note": "Contestó el gerente; pide el detalle de las facturas"},
    )


# -- agreements -----------------------------------------------------------------------------------


def breaks_plan(desk, case):
    """Signed, and never paid."""
    yield 38
    agreement = _agree(desk, case, 31)
    yield 37
    _sign(agreement)
    yield 1
    desk.call(case, "no_answer")


def pays_plan(desk, case):
    """Signed, and paid as agreed so far."""
    yield 33
    agreement = _agree(desk, case, 20)
    yield 32
    _sign(agreement)
    for days_ago, number in ((20, 0), (14, 1), (6, 2)):
        yield days_ago
        due = agreement.line_ids.sorted("number")[number]
        desk.pay(case, due.amount, agreement.receivable_ids)


def thinks_about_plan(desk, case):
    """Worked out and not proposed yet."""
    yield 0
    desk.answer(case, "instalments", count=6, date_first=desk.day(-10), frequency="month")


def _agree(desk, case, first, **values):
    agreement = desk.answer(
        case,
        "instalments",
        **{"count": 4, "frequency": "week", "date_first": desk.day(first), **values},
    )
    agreement.action_propose()
    return agreement


def _sign(agreement):
    agreement.action_accept_copy(
        "Representante legal", COPY, f"{agreement.name.replace('/', '-')} firmado.pdf"
    )


# -- disputes -------------------------------------------------------------------------------------


def forgotten_dispute(desk, case):
    """Open for longer than it should be; somebody went there meanwhile."""
    yield 29
    _dispute(desk, case, "document", 1.0, "La orden de compra no figura en la factura")
    yield 16
    desk.own(case).work_visit(
        {
            **LIMA,
            "uuid": "demostracion-visita-1",
            "outcome": desk.ref("collections_outcome_third_party").id,
            "moment": None,
            "note": "Muestra la guía sin firma; pide la orden de compra",
        }
    )


def right_dispute(desk, case):
    """Found right: credited. Another part is contested since."""
    yield 13
    dispute = _dispute(desk, case, "price", 0.2, "El precio pactado era menor")
    yield 10
    _decide(desk, dispute, "right", "La cotización lo confirma")
    desk.env.flush_all()
    note = dispute.sudo().refund_ids
    note.filtered(lambda move: move.state == "draft").action_post()
    yield 3
    if desk.overdue(case):
        _dispute(desk, case, "quantity", 0.3, "Faltaron dos cajas")


def wrong_dispute(desk, case):
    """Found not right; he expects a call today."""
    yield 11
    dispute = _dispute(desk, case, "quality", 0.5, "Parte de la mercadería llegó golpeada")
    yield 7
    _decide(desk, dispute, "wrong", "Firmó la guía sin observación")
    yield 1
    moment = datetime.combine(desk.today, time(21, 30))
    desk.call(case, "call_back", callback=moment.isoformat() + "Z", note="Con la contadora")


def _decide(desk, dispute, outcome, note):
    decision = desk.env["collections.dispute.decision"].with_user(desk.user("supervisor"))
    decision.create({"dispute_id": dispute.id, "outcome": outcome, "note": note}).action_confirm()


def _dispute(desk, case, reason, share, words):
    line = desk.overdue(case)[:1]
    return desk.answer(
        case,
        "disputes",
        line_id=line.id,
        amount=line.currency_id.round(line.amount_residual_currency * share),
        reason_id=desk.ref(f"collections_dispute_reason_{reason}").id,
        description=words,
        said_by="Cuentas por pagar",
    )


# -- promises -------------------------------------------------------------------------------------


def keeps_word(desk, case):
    """Kept one promise; the next one is due today."""
    yield 14
    first = desk.promise(case, 9, share=0.4, note="Paga con la cobranza del mes")
    yield 10
    desk.pay(case, first.amount, first.line_ids)
    yield 4
    if desk.overdue(case):
        desk.promise(case, 0, note="El saldo, hoy por transferencia")


def half_word(desk, case):
    """Paid a part of what was promised, promised the rest, then named another day for it."""
    yield 12
    first = desk.promise(case, 8, share=0.6)
    yield 8
    desk.pay(case, desk.company.currency_id.round(first.amount * 0.5), first.line_ids)
    yield 4
    if desk.overdue(case):
        second = desk.promise(case, 1, note="El resto el martes")
        yield 2
        desk.promise(case, -6, replaces_ids=[(6, 0, second.ids)], note="Pide unos días más")


def breaks_word(desk, case):
    """Broke a promise; asks for no interest, and for longer than a collector may accept."""
    yield 5
    _charge(desk, case)
    desk.promise(case, 4, note="Espera un pago del Estado")
    yield 1
    desk.call(case, "no_answer")
    _waive(desk, case.user_id, case.fee_ids, "Pagará todo si se le quita el interés")
    desk.promise(case, -50, note="Recién cobra a fin de obra")


# -- fees and credit ------------------------------------------------------------------------------


def charged(desk, case):
    """Interest for paying late, one charge of it given up; the supervisor takes over, and a
    discount that the collector may not give waits."""
    yield 4
    _charge(desk, case)
    yield 3
    promise = desk.promise(case, -2)
    yield 2
    promise.action_withdraw("Dice que no reconoce el interés")
    _waive(desk, desk.user("supervisor"), case.fee_ids.sorted("id")[:1], "Cliente de diez años")
    yield 1
    desk.escalate(case, "supervisor", "Pide hablar con la supervisora")
    yield 0
    _agree(desk, case, -7, discount_percent=15)


def _charge(desk, case):
    policy = desk.env["collections.fee.policy"].search([("company_id", "=", desk.company.id)])
    fees = desk.env["collections.fee"].with_user(desk.user("supervisor"))
    fees._charge_by_hand(policy.with_env(fees.env), case.with_env(fees.env))


def _waive(desk, user, fees, note):
    waive = desk.env["collections.fee.waive"].with_user(user)
    waive.create({"fee_ids": [(6, 0, fees.ids)], "reason": "goodwill", "note": note}).action_waive()


def no_credit(desk, case):
    """Gets nothing on credit until it has paid; an agreement is proposed and not signed yet."""
    yield 4
    hold = desk.env["collections.credit.hold"].with_user(desk.user("supervisor"))
    hold.create({"case_ids": [(6, 0, case.ids)], "note": "Tres facturas vencidas"}).action_confirm()
    desk.call(case, "message_sent", medium="written")
    yield 2
    _agree(desk, case, -8, frequency="month")


def everyday(desk, case):
    """Calls that bring nothing yet."""
    rng = random.Random(f"gestiones/{case.partner_id.ref}")
    for days_ago in sorted(rng.sample(range(1, 12, 2), 2), reverse=True):
        yield days_ago
        desk.call(case, rng.choice(("no_answer", "busy", "third_party", "refuses", "paid")))
    if rng.random() < 0.3:
        desk.own(case).work_note("Atiende solo por la mañana", {})


STORIES = (
    written_off,
    to_write_off,
    in_court,
    breaks_plan,
    pays_plan,
    forgotten_dispute,
    with_agency,
    keeps_word,
    half_word,
    right_dispute,
    wrong_dispute,
    breaks_word,
    charged,
    no_credit,
    thinks_about_plan,
)
MOST_EVERYDAY = 15  # debtors; the rest of the debtors nobody has worked yet


def get_stories():
    """Return all stories, those that need the oldest debts first."""
    return STORIES + (everyday,) * MOST_EVERYDAY
