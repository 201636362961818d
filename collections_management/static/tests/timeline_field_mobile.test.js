import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";

class Strategy extends models.Model {
    _name = "collections.strategy";

    step_ids = fields.One2many({ relation: "collections.step" });

    _records = [{ id: 1, step_ids: [1] }];
}

class Step extends models.Model {
    _name = "collections.step";

    name = fields.Char();
    days = fields.Integer();

    _records = [{ id: 1, name: "Reminder", days: 3 }];
}

defineMailModels();
defineModels([Strategy, Step]);

test.tags("mobile");
test("on a phone the steps are a list of cards without the axis", async () => {
    await mountView({
        resModel: "collections.strategy",
        resId: 1,
        type: "form",
        arch: `<form>
            <field name="step_ids" widget="collections_timeline">
                <list><field name="days"/><field name="name"/></list>
                <kanban><templates><t t-name="card"><field name="name"/></t></templates></kanban>
            </field>
        </form>`,
    });
    expect(".o_collections_timeline").toHaveCount(0);
    expect(".o_kanban_record:contains(Reminder)").toHaveCount(1);
});
