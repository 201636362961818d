import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import {
    MockServer,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

import { POLL_DELAY } from "@collections_management/poll/poll_widget";

class Run extends models.Model {
    _name = "collections.run";

    state = fields.Char();

    _records = [{ id: 1, state: "running" }];
}

defineMailModels();
defineModels([Run]);

test("the record is read again while it is under way, and no more when it is done", async () => {
    onRpc("collections.run", "web_read", () => expect.step("read"));
    await mountView({
        resModel: "collections.run",
        resId: 1,
        type: "form",
        arch: `<form>
            <field name="state"/>
            <div invisible="state != 'running'"><widget name="collections_poll"/></div>
        </form>`,
    });
    expect.verifySteps(["read"]);
    expect("[role=status]").toHaveText("Working…");
    await advanceTime(POLL_DELAY);
    await animationFrame();
    expect.verifySteps(["read"]);
    MockServer.env["collections.run"].write([1], { state: "done" });
    await advanceTime(POLL_DELAY);
    await animationFrame();
    expect.verifySteps(["read"]);
    expect(".o_widget_collections_poll").toHaveCount(0);
    await advanceTime(3 * POLL_DELAY);
    expect.verifySteps([]);
});
