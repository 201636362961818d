import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Case extends models.Model {
    _name = "collections.case";

    name = fields.Char();

    _records = [{ id: 1, name: "Ferretería Lima" }];
}

defineMailModels();
defineModels([Case]);

const entry = (sequence, more = {}) => ({
    id: sequence,
    sequence,
    moment: "2026-01-11 15:00:00",
    event: "sent",
    summary: `Entry ${sequence}`,
    icon: "fa-paper-plane",
    user_id: false,
    contact_id: false,
    ...more,
});

const kinds = [
    ["all", "All"],
    ["messages", "Messages"],
];

const mountHistory = () =>
    mountView({
        resModel: "collections.case",
        resId: 1,
        type: "form",
        arch: `<form><widget name="collections_history"/></form>`,
    });

test("filters and older entries are asked from the server", async () => {
    onRpc("collections.case", "get_history", ({ args, kwargs }) => {
        expect.step([...args[0], kwargs.kind, kwargs.before]);
        if (kwargs.kind === "messages") {
            return { kinds, entries: [], more: false };
        }
        return kwargs.before
            ? { kinds, entries: [entry(1)], more: false, before: 1 }
            : { kinds, entries: [entry(3), entry(2)], more: true, before: 2 };
    });
    await mountHistory();
    expect.verifySteps([[1, "all", false]]);
    expect(".o_collections_history_list li").toHaveCount(2);
    await contains("button:contains(Show older)").click();
    expect.verifySteps([[1, "all", 2]]);
    expect(".o_collections_history_list li").toHaveCount(3);
    expect(".o_collections_history_list li:last").toBeFocused();
    expect("button:contains(Show older)").toHaveCount(0);
    await contains("button[data-kind=messages]").click();
    expect.verifySteps([[1, "messages", false]]);
    expect(".o_collections_history").toHaveText(/Nothing of this kind yet/);
    expect("button[data-kind=messages]").toHaveAttribute("aria-pressed", "true");
});

test("an entry tells who did it and opens its contact; text is never HTML", async () => {
    onRpc("collections.case", "get_history", () => ({
        kinds,
        entries: [
            entry(1, {
                summary: "<img src=x>",
                note: "<b>Pays on Friday</b>",
                user_id: [7, "María"],
                contact_id: [9, "Contact"],
            }),
        ],
        more: false,
    }));
    mockService("action", {
        doAction(action) {
            expect.step([action.res_model, action.res_id]);
        },
    });
    await mountHistory();
    expect(".o_collections_history_list li").toHaveText(/<img src=x>/);
    expect(".o_collections_history_list li").toHaveText(/María/);
    expect(".o_collections_history_note").toHaveText("<b>Pays on Friday</b>");
    await contains(".o_collections_history_open").click();
    expect.verifySteps([["collections.contact", 9]]);
});
