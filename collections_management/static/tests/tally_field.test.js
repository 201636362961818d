import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
} from "@web/../tests/web_test_helpers";

const row = (key, count, kind) => ({
    key,
    count,
    kind,
    label: `About ${key}`,
    model: "collections.case",
    domain: [["decision", "=", key]],
});

class Run extends models.Model {
    _name = "collections.run";

    rows = fields.Json();

    _records = [
        { id: 1, rows: [row("not_due", 8, "stay"), row("step_due", 2, "go")] },
        { id: 2, rows: false },
    ];
}

defineMailModels();
defineModels([Run]);

const mountTally = (resId) =>
    mountView({
        resModel: "collections.run",
        resId,
        type: "form",
        arch: `<form><field name="rows" widget="collections_tally"/></form>`,
    });

test("each count opens what it counts", async () => {
    mockService("action", {
        doAction(action) {
            expect.step(action.res_model);
            expect.step(action.domain);
            expect.step(action.name);
        },
    });
    await mountTally(1);
    expect(".o_collections_tally_row").toHaveCount(2);
    expect(".o_collections_tally_count:first").toHaveText("8");
    await contains("button[data-key=step_due]").click();
    expect.verifySteps(["collections.case", [["decision", "=", "step_due"]], "About step_due"]);
});

test("nothing counted yet", async () => {
    await mountTally(2);
    expect(".o_collections_tally").toHaveText("Nothing yet.");
});
