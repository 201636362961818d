import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { describe, expect, test } from "@odoo/hoot";
import { press, queryFirst } from "@odoo/hoot-dom";
import { animationFrame, mockDate } from "@odoo/hoot-mock";
import {
    allowTranslations,
    contains,
    defineModels,
    mockService,
    models,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { ConnectionLostError } from "@web/core/network/rpc";
import { MainComponentsContainer } from "@web/core/main_components_container";

import { outside } from "@collections_management/worklist/desk";
import { DeskQueue } from "@collections_management/worklist/desk_queue";
import { readPosition, shrinkPhoto } from "@collections_management/worklist/device";
import { Worklist } from "@collections_management/worklist/worklist";

class Case extends models.Model {
    _name = "collections.case";
}

class List extends models.Model {
    _name = "collections.worklist";
}

defineMailModels();
defineModels([Case, List]);

const NAMES = ["Ferretería Lima", "Bodega <b>Andina</b>", "Casa Grande"];

const makeRow = (id, more = {}) => ({
    case: id,
    name: NAMES[id - 1],
    amount: 100 * id,
    days: 10 * id,
    band: "1",
    priority: 0,
    why: "Over 90 days",
    state: "todo",
    callback: false,
    due: false,
    ...more,
});

const makeCard = (id, more = {}) => ({
    case: id,
    name: NAMES[id - 1],
    vat: "",
    currency: 1,
    overdue: 100 * id,
    days: 10 * id,
    band: "1",
    bars: [{ currency: 1, code: "USD", overdue: 100, parts: [{ band: 1, amount: 100 }] }],
    why: [
        ["Over 90 days", 220],
        ["Just spoken", -150],
    ],
    priority: 70,
    last: "Never contacted yet.",
    next: "Step 30",
    hold: "",
    risks: [],
    best: { channel: "", hour: null, text: "" },
    warning: "",
    people: [
        {
            id: 10 + id,
            name: "Ana",
            role: "",
            phone: "+51 1 555",
            dial: "+511555",
            bad_phone: false,
            email: "ana@x.example",
            bad_email: false,
            whatsapp: "511555",
        },
    ],
    whatsapp: "Hola & adiós",
    receivables: [],
    receivable_count: 0,
    callback: false,
    callback_note: "",
    promises: [],
    history: [],
    ...more,
});

const OUTCOMES = [
    { id: 1, name: "No answer", code: "no_answer", key: "2", icon: "fa-phone", medium: "call", consequence: "retry", reached: false },
    { id: 2, name: "Calls back", code: "call_back", key: "7", icon: "fa-phone", medium: "any", consequence: "callback", reached: true },
    { id: 3, name: "Nobody there", code: "nobody", key: false, icon: "fa-home", medium: "visit", consequence: "none", reached: false },
    { id: 4, name: "Message sent", code: "sent", key: false, icon: "fa-home", medium: "written", consequence: "none", reached: true },
]; // prettier-ignore

const PROMISE = { id: 5, name: "Promises", code: "promise", key: "1", icon: "fa-phone", medium: "any", consequence: "promise", reached: true }; // prettier-ignore

const makeDay = (more = {}) => ({
    date: "2026-01-11",
    user: { id: 7, name: "María" },
    own: true,
    currency: 1,
    promised: false,
    done: 0,
    total: 3,
    rows: [1, 2, 3].map((id) => makeRow(id)),
    card: makeCard(1),
    people: [],
    outcomes: OUTCOMES,
    skip_reasons: ["He is away"],
    tomorrow: { date: "2026-01-12", count: 4 },
    ...more,
});

/** The list after a case was dealt with. */
const after = (done, next, more = {}) => ({
    ...makeDay({
        done: 1,
        rows: [1, 2, 3].map((id) => makeRow(id, id === done ? { state: "done" } : {})),
        card: makeCard(next),
    }),
    follow: false,
    ...more,
});

async function open(day = makeDay(), cards = {}) {
    onRpc("collections.worklist", "load_day", ({ kwargs }) => {
        expect.step("load_day");
        return kwargs.user && day.others ? day.others : day;
    });
    onRpc("collections.worklist", "load_cards", ({ args }) => {
        expect.step(`cards ${args[0]}`);
        return Object.fromEntries(args[0].map((id) => [id, cards[id] || makeCard(id)]));
    });
    patchWithCleanup(outside, { open: (url) => expect.step(url) });
    await mountWithCleanup(MainComponentsContainer);
    await mountWithCleanup(Worklist, { props: { action: {} } });
    await animationFrame();
    expect.verifySteps(["load_day", ...(day.rows.length > 1 ? ["cards 2,3"] : [])]);
}

/** A queue that always has a connection, or never. */
function mockQueue(
    isConnected = true,
    answer = (call) => after(call.caseId, call.args.at(-1).next || 1),
) {
    const calls = [];
    mockService("collections_desk_queue", {
        state: { waiting: 0, refused: [], isStored: true },
        flush() {},
        async add(call) {
            calls.push(call);
            expect.step(`${call.method} ${call.caseId}`);
            return isConnected ? answer(call) : null;
        },
    });
    return calls;
}

const getCase = () => queryFirst(".o_collections_card").dataset.case;

describe.current.tags("headless");

test("a call that was to be made on another day is told with its day", async () => {
    mockDate("2026-01-11 12:00:00", 0);
    const rows = [
        makeRow(1, { callback: "2026-01-11 15:30:00" }),
        makeRow(2, { callback: "2026-01-09 15:30:00" }),
        makeRow(3),
    ];
    await open(makeDay({ rows }));
    expect(".o_collections_row:eq(0) small").toHaveText(/^3:30.PM · 10 d/);
    expect(".o_collections_row:eq(1) small").toHaveText(/^9 Jan, 3:30.PM · 20 d/);
    expect(".o_collections_row:eq(2) small").toHaveText(/^30 d/);
});

describe("keys", () => {
    test("the next debtor is one key away, without asking the server", async () => {
        await open();
        expect(".o_collections_tally").toHaveText("0 of 3");
        expect(".o_collections_why").toHaveText("Over 90 days +220, Just spoken -150");
        await press("j");
        await animationFrame();
        expect(getCase()).toBe("2");
        expect(".o_collections_row[aria-current=true]").toHaveText(/Bodega <b>Andina<\/b>/);
        await press("k");
        await animationFrame();
        expect(getCase()).toBe("1");
        await press("k");
        await animationFrame();
        expect(getCase()).toBe("1", { message: "there is none before the first" });
        expect.verifySteps([]);
    });

    test("c calls, and a digit notes what came of it and goes on", async () => {
        const calls = mockQueue();
        await open();
        await press("c");
        await animationFrame();
        expect.verifySteps(["tel:+511555"]);
        await press("2");
        await animationFrame();
        expect.verifySteps(["work_outcome 1"]);
        const [{ args }] = calls;
        expect(args[0]).toBe(1);
        expect([args[1].next, args[1].medium, args[1].person]).toEqual([2, "call", 11]);
        expect(args[1].uuid).toMatch(/^[0-9a-f-]{32,36}$/);
        expect(getCase()).toBe("2");
        expect(".o_collections_tally").toHaveText("1 of 3");
    });

    test("an outcome that asks something is noted with the answer, or not at all", async () => {
        const calls = mockQueue();
        await open();
        await press("7");
        await animationFrame();
        expect(".o_dialog .modal-title").toHaveText(NAMES[0]);
        await contains(".modal-footer .btn-secondary").click();
        expect(calls).toEqual([]);
        expect(getCase()).toBe("1");
        await press("7");
        await animationFrame();
        await contains(".o_dialog button:contains(Tomorrow at 9)").click();
        await contains(".modal-footer .btn-primary").click();
        expect.verifySteps(["work_outcome 1"]);
        expect(calls[0].args[0]).toBe(2);
        expect(calls[0].args[1].callback).toMatch(/^\d{4}-\d\d-\d\dT/);
        expect(getCase()).toBe("2");
    });

    test("an outcome with a dialog of its own waits for it", async () => {
        const opened = [];
        mockService("action", {
            doAction(action, { onClose }) {
                opened.push(action.res_model);
                return onClose();
            },
        });
        onRpc("collections.case", "work_outcome", ({ args }) => {
            expect.step(`work_outcome ${args[0]} ${args[1]}`);
            return { follow: { type: "ir.actions.act_window", res_model: "x" }, contact: false };
        });
        await open(makeDay({ outcomes: [...OUTCOMES, PROMISE] }));
        await press("p");
        await animationFrame();
        expect.verifySteps(["work_outcome 1 5", "load_day"]);
        expect(opened).toEqual(["x"]);
        expect(getCase()).toBe("1", { message: "cancelled: still to do" });
    });

    test("against the contact rules it asks why first", async () => {
        const calls = mockQueue();
        await open(makeDay({ card: makeCard(1, { warning: "Outside of hours" }) }));
        await press("c");
        await animationFrame();
        expect.verifySteps([]);
        expect(".o_dialog .alert-warning").toHaveText("Outside of hours");
        await contains(".o_dialog button:contains(Go On Anyway)").click();
        expect(".o_dialog .alert-danger").toHaveText("Say why: the log keeps it.");
        expect.verifySteps([]);
        await contains(".o_dialog input").edit("She asked for it", { confirm: false });
        await contains(".o_dialog button:contains(Go On Anyway)").click();
        expect.verifySteps(["tel:+511555"]);
        await press("2");
        await animationFrame();
        expect.verifySteps(["work_outcome 1"]);
        expect(calls[0].args[1].reason).toBe("She asked for it");
    });

    test("what the server finds against the rules is asked, and the same call is sent again", async () => {
        const calls = mockQueue(true, ({ args }) =>
            args[1].reason
                ? after(1, 2)
                : { follow: { ask: "reason", why: "After eight" }, contact: false },
        );
        await open();
        await press("2");
        await animationFrame();
        expect(".o_dialog .alert-warning").toHaveText("After eight");
        expect(getCase()).toBe("1", { message: "not noted yet" });
        await contains(".o_dialog input").edit("Agreed with him", { confirm: false });
        await contains(".o_dialog button:contains(Go On Anyway)").click();
        await animationFrame();
        expect(getCase()).toBe("2");
        const sent = calls.map((call) => call.args[1]);
        expect(sent.map((values) => values.reason || "")).toEqual(["", "Agreed with him"]);
        expect(sent[0].uuid).toBe(sent[1].uuid);
        expect.verifySteps(["work_outcome 1", "work_outcome 1"]);
    });

    test("w opens WhatsApp with the text, and asks about the message", async () => {
        await open();
        await press("w");
        await animationFrame();
        expect.verifySteps(["https://wa.me/511555?text=Hola%20%26%20adi%C3%B3s"]);
        expect(".o_collections_outcomes button").toHaveCount(1);
        expect(".o_collections_outcomes button").toHaveText("Message sent");
    });

    test("w opens the conversation of Odoo with whom it writes to, after its reason", async () => {
        onRpc("collections.case", "work_conversation", ({ args }) => {
            expect.step(`conversation ${JSON.stringify(args)}`);
            return { type: "ir.actions.act_window", res_id: 9 };
        });
        mockService("action", { doAction: (action) => expect.step(`open ${action.res_id}`) });
        const [ana] = makeCard(1).people;
        const people = [
            { ...ana, chat: "new" },
            { ...ana, id: 50, name: "Luis", whatsapp: "511777", chat: "open" },
        ];
        const warnings = { call: "", written: "After eight", visit: "" };
        await open(makeDay({ card: makeCard(1, { people, warnings }) }));
        expect(".o_collections_people a[href*='wa.me']").toHaveCount(0);
        await press("w");
        await animationFrame();
        await contains(".o_dialog input").edit("He asked for it", { confirm: false });
        await contains(".o_dialog button:contains(Go On Anyway)").click();
        await animationFrame();
        expect.verifySteps(['conversation [[1],50,{"reason":"He asked for it"}]', "open 9"]);
    });

    test("a bad number is shown struck through and not called", async () => {
        const card = makeCard(1);
        card.people[0].bad_phone = true;
        await open(makeDay({ card }));
        expect(".o_collections_people s").toHaveText("+51 1 555");
        await press("c");
        await press("w");
        await animationFrame();
        expect.verifySteps([]);
        expect(".o_notification").toHaveCount(2);
    });

    test("s puts off with a reason, the reason is asked for", async () => {
        onRpc("collections.case", "work_skip", ({ args }) => {
            expect.step([args[0][0], args[1], args[2].days, args[2].next]);
            return after(1, 2);
        });
        await open();
        await press("s");
        await animationFrame();
        await contains(".modal-footer .btn-primary").click();
        expect(".o_dialog .alert-danger").toHaveText("Say why: the supervisor reads it.");
        await contains(".o_dialog button:contains(He is away)").click();
        await contains(".o_dialog select").select("7");
        await contains(".modal-footer .btn-primary").click();
        expect.verifySteps([[1, "He is away", 7, 2]]);
        expect(".o_dialog").toHaveCount(0);
        expect(getCase()).toBe("2");
    });

    test("while something is written, keys are letters", async () => {
        onRpc("collections.case", "work_note", ({ args }) => {
            expect.step([args[0][0], args[1], args[2].next]);
            return makeDay();
        });
        await open();
        await press("n");
        await animationFrame();
        await contains(".o_dialog textarea").edit("jskc2?");
        await contains(".modal-footer .btn-primary").click();
        expect.verifySteps([[1, "jskc2?", 1]]);
        expect(getCase()).toBe("1", { message: "who writes a note is not done yet" });
    });

    test("? tells the keys", async () => {
        await open();
        await press("?");
        await animationFrame();
        expect(".o_collections_keys dt:contains(s)").toHaveCount(1);
        expect(".o_collections_keys dd:contains(No answer)").toHaveCount(1);
    });

    test("who listens in does nothing", async () => {
        await open(makeDay({ own: false }));
        expect(".o_collections_listening").toHaveText(/María/);
        expect(".o_collections_outcomes, .o_collections_actions, a[href^=tel]").toHaveCount(0);
        await press("c");
        await press("2");
        await press("s");
        await animationFrame();
        expect(".o_dialog").toHaveCount(0);
        await press("j");
        await animationFrame();
        expect(getCase()).toBe("2");
        expect.verifySteps([]);
    });

    test("an empty day says what to do", async () => {
        await open(makeDay({ rows: [], card: false, total: 0 }));
        expect(".o_collections_empty").toHaveText(/a supervisor assigns cases/);
        await press("c");
        await press("s");
        expect(".o_dialog").toHaveCount(0);
    });

    test("a list that is done offers more", async () => {
        const rows = [makeRow(1, { state: "done" })];
        onRpc("collections.worklist", "load_more", () => makeDay());
        await open(makeDay({ rows, done: 1, total: 1 }));
        await contains(".o_collections_finished button").click();
        expect(".o_collections_row").toHaveCount(3);
        expect.verifySteps(["cards 2,3"]);
    });
});

describe("without a connection", () => {
    test("an outcome waits here and the work goes on", async () => {
        mockQueue(false);
        await open();
        await press("2");
        await animationFrame();
        await animationFrame();
        expect.verifySteps(["work_outcome 1"]);
        expect(getCase()).toBe("2");
        expect(".o_collections_tally").toHaveText("1 of 3");
        expect(".o_notification").toHaveText(/No connection/);
    });

    test("a visit is noted with where it was not known", async () => {
        const calls = mockQueue(false);
        patchWithCleanup(navigator, {
            geolocation: { getCurrentPosition: (_found, refuse) => refuse({ code: 1 }) },
        });
        await open();
        await press("v");
        await animationFrame();
        expect(".o_collections_position").toHaveText("No position: The collector refused it");
        await contains(".modal-footer .btn-primary").click();
        expect(".o_dialog .alert-danger").toHaveText("Say what came of the visit.");
        await contains(".o_dialog button[data-code=nobody]").click();
        await contains(".o_dialog input[type=text]").edit("R-1");
        await contains(".modal-footer .btn-primary").click();
        expect.verifySteps(["work_visit 1"]);
        const values = calls[0].args[0];
        expect([values.outcome, values.receipt, values.position_reason]).toEqual([
            3,
            "R-1",
            "The collector refused it",
        ]);
        expect(values.uuid).toBe(calls[0].uuid);
    });
});

/** What a device keeps, without a device. */
class Drawer {
    constructor(calls = []) {
        this.kept = new Map(calls.map((call) => [call.uuid, call]));
    }
    all() {
        return Promise.resolve([...this.kept.values()]);
    }
    put(call) {
        this.kept.set(call.uuid, call);
        return Promise.resolve();
    }
    remove(uuid) {
        this.kept.delete(uuid);
        return Promise.resolve();
    }
}

const lost = () => Promise.reject(new ConnectionLostError("/x"));
const call = (uuid, more = {}) => ({ uuid, name: "Lima", method: "work_visit", args: [], ...more });

describe("the queue", () => {
    test("keeps what cannot be sent, and sends it in its order later", async () => {
        const storage = new Drawer();
        const sent = [];
        let send = lost;
        const queue = new DeskQueue({ storage, userId: 7, send: (one) => send(one) });
        await queue.start();
        expect(await queue.add(call("a"))).toBe(null);
        expect(await queue.add(call("b"))).toBe(null);
        expect(queue.state.waiting).toBe(2);
        expect([...storage.kept.keys()]).toEqual(["a", "b"]);
        send = (one) => {
            sent.push(one.uuid);
            return Promise.resolve({ ok: one.uuid });
        };
        expect(await queue.add(call("c"))).toEqual({ ok: "c" });
        expect(sent).toEqual(["a", "b", "c"]);
        expect(queue.state.waiting).toBe(0);
        expect(storage.kept.size).toBe(0);
    });

    test("goes on with what a page before left, of the same user only", async () => {
        const storage = new Drawer([call("a", { userId: 7 }), call("b", { userId: 8 })]);
        const sent = [];
        const queue = new DeskQueue({
            storage,
            userId: 7,
            send: async ({ uuid }) => sent.push(uuid),
        });
        await queue.start();
        expect(sent).toEqual(["a"]);
        expect([...storage.kept.keys()]).toEqual(["b"]);
    });

    test("what the server refuses is told at once, or later with its reason", async () => {
        const refuse = () =>
            Promise.reject(Object.assign(new Error("x"), { data: { message: "Closed" } }));
        const storage = new Drawer([call("a", { userId: 7 })]);
        const queue = new DeskQueue({ storage, userId: 7, send: refuse });
        await queue.start();
        expect(queue.state.refused).toEqual([{ uuid: "a", name: "Lima", refusal: "Closed" }]);
        expect(queue.state.waiting).toBe(0);
        await expect(queue.add(call("b"))).rejects.toThrow();
        expect([...storage.kept.keys()]).toEqual(["a"]);
        await queue.discard("a");
        expect(queue.state.refused).toEqual([]);
        expect(storage.kept.size).toBe(0);
    });

    test("a device that keeps nothing still sends", async () => {
        const storage = new Drawer();
        storage.put = () => Promise.reject(new Error("full"));
        const queue = new DeskQueue({ storage, userId: 7, send: async () => ({ ok: 1 }) });
        expect(await queue.add(call("a"))).toEqual({ ok: 1 });
        expect(queue.state.isStored).toBe(false);
    });
});

test("a position is read, or the reason why not", async () => {
    allowTranslations();
    const coords = { latitude: -12, longitude: -77, accuracy: 8.4 };
    expect(await readPosition({ getCurrentPosition: (found) => found({ coords }) })).toEqual({
        latitude: -12,
        longitude: -77,
        accuracy: 8,
    });
    const slow = { getCurrentPosition: (_found, refuse) => refuse({ code: 3 }) };
    expect(await readPosition(slow)).toEqual({ position_reason: "It took too long" });
    expect(await readPosition(null)).toEqual({ position_reason: "The device has no position" });
});

test("a photo becomes small", async () => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: 2600, height: 1300 });
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    const photo = await window.createImageBitmap(
        await (await fetch(`data:image/jpeg;base64,${await shrinkPhoto(blob)}`)).blob(),
    );
    expect([photo.width, photo.height]).toEqual([1280, 640]);
});
