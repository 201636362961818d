import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { queryFirst } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    models,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";

import { outside } from "@collections_management/worklist/desk";
import { Worklist } from "@collections_management/worklist/worklist";

class List extends models.Model {
    _name = "collections.worklist";
}

defineMailModels();
defineModels([List]);

const row = (id) => ({
    case: id,
    name: `Debtor ${id}`,
    amount: 1,
    days: 1,
    band: "1",
    why: "",
    state: "todo",
    callback: false,
    due: false,
});
const card = (id) => ({
    case: id,
    name: `Debtor ${id}`,
    currency: 1,
    overdue: 1,
    days: 1,
    band: "1",
    bars: [],
    why: [],
    risks: [],
    people: [{ id: 1, name: "Ana", phone: "1", dial: "+1", email: "" }],
    receivables: [],
    promises: [],
    history: [],
    warning: "",
});

function swipe(from, to) {
    const target = queryFirst(".o_collections_card");
    const at = (clientX) => new window.Touch({ identifier: 1, target, clientX, clientY: 200 });
    const start = { touches: [at(from)], changedTouches: [at(from)], bubbles: true };
    target.dispatchEvent(new window.TouchEvent("touchstart", start));
    const end = { touches: [], changedTouches: [at(to)], bubbles: true };
    target.dispatchEvent(new window.TouchEvent("touchend", end));
}

test.tags("mobile");
test("on a phone: swipe to the next, and an outcome sheet after a call", async () => {
    onRpc("collections.worklist", "load_day", () => ({
        user: { id: 7, name: "María" },
        own: true,
        currency: 1,
        promised: 250,
        done: 0,
        total: 2,
        rows: [row(1), row(2)],
        card: card(1),
        people: [],
        outcomes: [{ id: 1, name: "No answer", code: "no", key: "2", medium: "call" }],
        skip_reasons: [],
    }));
    onRpc("collections.worklist", "load_cards", ({ args }) =>
        Object.fromEntries(args[0].map((id) => [id, card(id)])),
    );
    patchWithCleanup(outside, { open: (url) => expect.step(url) });
    await mountWithCleanup(Worklist, { props: { action: {} } });
    await animationFrame();
    expect(".o_collections_rows").toHaveCount(0);
    expect(".o_collections_promised").toHaveText(/250/);
    swipe(300, 100);
    await animationFrame();
    expect(".o_collections_card").toHaveAttribute("data-case", "2");
    swipe(100, 140);
    await animationFrame();
    expect(".o_collections_card").toHaveAttribute("data-case", "2", { message: "too short" });
    swipe(100, 300);
    await animationFrame();
    expect(".o_collections_card").toHaveAttribute("data-case", "1");
    await contains(".o_collections_bar_bottom [data-do=call]").click();
    expect.verifySteps(["tel:+1"]);
    expect(".o_collections_sheet button[data-code=no]").toHaveCount(1);
    for (const button of document.querySelectorAll(".o_collections_bar_bottom .btn")) {
        expect(button.getBoundingClientRect().height).toBeGreaterThan(43);
    }
    await contains(".o_collections_modes button:contains(List)").click();
    expect(".o_collections_rows").toHaveCount(1);
    expect(".o_collections_card").toHaveCount(0);
});
