import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";

class Case extends models.Model {
    _name = "collections.case";

    balance_ids = fields.One2many({ relation: "collections.case.balance" });

    _records = [
        { id: 1, balance_ids: [1] },
        { id: 2, balance_ids: [2, 3] },
        { id: 3, balance_ids: [] },
    ];
}

class Balance extends models.Model {
    _name = "collections.case.balance";

    currency_id = fields.Many2one({ relation: "res.currency" });
    amount_total = fields.Monetary({ currency_field: "currency_id" });
    amount_credit = fields.Monetary({ currency_field: "currency_id" });
    amount_net_overdue = fields.Monetary({ currency_field: "currency_id" });
    amount_not_due = fields.Monetary({ currency_field: "currency_id" });
    amount_1_30 = fields.Monetary({ currency_field: "currency_id" });
    amount_31_60 = fields.Monetary({ currency_field: "currency_id" });
    amount_61_90 = fields.Monetary({ currency_field: "currency_id" });
    amount_over_90 = fields.Monetary({ currency_field: "currency_id" });

    _records = [
        {
            id: 1,
            currency_id: 1,
            amount_total: 400,
            amount_net_overdue: 300,
            amount_1_30: 100,
            amount_over_90: 200,
            amount_not_due: 100,
        },
        { id: 2, currency_id: 1, amount_total: 50, amount_net_overdue: 50, amount_31_60: 50 },
        {
            id: 3,
            currency_id: 2,
            amount_total: -20,
            amount_credit: 20,
            amount_net_overdue: -20,
        },
    ];
}

defineMailModels();
defineModels([Case, Balance]);

const mountBar = (resId) =>
    mountView({
        resModel: "collections.case",
        resId,
        type: "form",
        arch: `<form><field name="balance_ids" widget="collections_balance_bar"/></form>`,
    });

test("one currency: a bar of the buckets that hold something, the oldest first", async () => {
    await mountBar(1);
    expect(".o_collections_balance").toHaveCount(1);
    expect(".o_collections_bar > div").toHaveCount(3);
    expect(".o_collections_bar > div:first").toHaveClass("o_collections_age_4");
    expect(".o_collections_bar > div:first").toHaveStyle({ flexGrow: "50" });
    expect(".o_collections_legend li").toHaveCount(3);
    expect(".o_collections_legend li:first").toHaveText(/Over 90.*200/);
    expect(".o_collections_credit").toHaveCount(0);
    expect(".o_collections_bar").toHaveAttribute("aria-hidden", "true");
    expect(".o_collections_legend").toHaveAttribute("aria-label", "Balance by age, in USD");
});

test("two currencies: each its own line, credit is never drawn as debt", async () => {
    await mountBar(2);
    expect(".o_collections_balance").toHaveCount(2);
    expect(".o_collections_balance:first").toHaveText(/USD/);
    expect(".o_collections_balance:last").toHaveText(/EUR/);
    expect(".o_collections_balance:last .o_collections_bar").toHaveCount(0);
    expect(".o_collections_balance:last .o_collections_credit").toHaveText(/20/);
    expect(".o_collections_balance:last .text-success:first").toHaveText(/-.*20/);
});

test("nothing owed is said, not drawn", async () => {
    await mountBar(3);
    expect(".o_collections_balances").toHaveText("Nothing is owed.");
});
