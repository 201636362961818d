import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";

import { getAgeBand } from "@collections_management/age/age_field";

class Debt extends models.Model {
    _name = "debt";

    days = fields.Integer();

    _records = [
        { id: 1, days: -4 },
        { id: 2, days: 0 },
        { id: 3, days: 1 },
        { id: 4, days: 45 },
        { id: 5, days: 90 },
        { id: 6, days: 400 },
    ];
}

defineMailModels();
defineModels([Debt]);

test.tags("headless");
test("the band of an age changes after day 0, 30, 60 and 90", () => {
    const bands = [-5, 0, 1, 30, 31, 60, 61, 90, 91, 5000].map(getAgeBand);
    expect(bands).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
});

test("an age is told in words and by colour", async () => {
    await mountView({
        resModel: "debt",
        type: "list",
        arch: `<list><field name="days" widget="collections_age"/></list>`,
    });
    const texts = ["in 4 days", "Not due", "1 day", "45 days", "90 days", "400 days"];
    expect(".o_collections_age").toHaveCount(6);
    expect(".o_collections_age:eq(0)").toHaveText(texts[0]);
    expect(".o_collections_age:eq(1)").toHaveText(texts[1]);
    expect(".o_collections_age:eq(2)").toHaveText(texts[2]);
    expect(".o_collections_age:eq(3)").toHaveText(texts[3]);
    expect(".o_collections_age_2").toHaveText("45 days");
    expect(".o_collections_age_3").toHaveText("90 days");
    expect(".o_collections_age_4").toHaveText("400 days");
});
