import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { queryAll } from "@odoo/hoot-dom";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";

const rung = (id, days, state, more = {}) => ({
    id,
    days,
    state,
    name: `Step ${days}`,
    date: false,
    icon: "fa-envelope-o",
    mandatory: false,
    mode: "automatic",
    ...more,
});

class Case extends models.Model {
    _name = "collections.case";

    ladder = fields.Json();

    _records = [
        {
            id: 1,
            ladder: [
                rung(1, -7, "passed"),
                rung(2, 3, "done", { date: "2026-01-04" }),
                rung(3, 10, "current", { name: "<b>Letter</b>", mandatory: true }),
                rung(4, 20, "future", { date: "2026-01-21" }),
            ],
        },
        { id: 2, ladder: [] },
    ];
}

defineMailModels();
defineModels([Case]);

const mountLadder = (resId) =>
    mountView({
        resModel: "collections.case",
        resId,
        type: "form",
        arch: `<form><field name="ladder" widget="collections_ladder"/></form>`,
    });

test("each step tells where it stands, when, and that a mandatory one is", async () => {
    await mountLadder(1);
    expect(".o_collections_rung").toHaveCount(4);
    expect(".o_collections_rung_passed").toHaveText(/-7/);
    expect(".o_collections_rung_done").toHaveText(/01\/04\/2026/);
    expect(".o_collections_rung_current").toHaveText(/\+10!/);
    expect(".o_collections_rung_current").toHaveAttribute("aria-current", "step");
    expect(".o_collections_rung_future").toHaveText(/to come/);
});

test("what is drawn of a step is one sentence for who hears it", async () => {
    await mountLadder(1);
    const heard = queryAll(".o_collections_rung > :not([aria-hidden])");
    expect(heard.map((node) => node.textContent)).toEqual([
        "Step -7, day -7: jumped over",
        "Step 3, day +3: done, 01/04/2026",
        "<b>Letter</b>, day +10: stands here, mandatory",
        "Step 20, day +20: to come, 01/21/2026",
    ]);
});

test("a name is shown as text", async () => {
    await mountLadder(1);
    expect(".o_collections_rung_current .o_collections_rung_name").toHaveText("<b>Letter</b>");
});

test("without a strategy it says so", async () => {
    await mountLadder(2);
    expect(".o_field_collections_ladder").toHaveText("No strategy: this case is left alone.");
});
