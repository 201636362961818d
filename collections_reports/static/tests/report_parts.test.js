import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { animationFrame, Deferred } from "@odoo/hoot-mock";
import { makeMockEnv, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";

import { ReportPage } from "@collections_reports/report/report_page";
import { assemble } from "@collections_reports/report/report_parts";

defineMailModels();

const text = (name) => ({ type: "text", name, title: name, paragraphs: [`${name} is told`] });
const place = (name) => ({ type: "pending", name, title: `Soon: ${name}` });
const PAGE = {
    title: "A month",
    subtitle: "",
    notes: [],
    sections: [text("first"), place("lent"), place("late"), text("last")],
    definitions: ["own"],
    currencies: {},
};

test("parts come into their places, in the order of the document", () => {
    const names = (answers) => assemble(PAGE, answers).sections.map((section) => section.name);
    expect(names({})).toEqual(["first", "lent", "late", "last"]);
    const late = { sections: [text("a"), text("b")], definitions: ["of late"] };
    expect(names({ late })).toEqual(["first", "lent", "a", "b", "last"]);
    const lent = { sections: [], definitions: ["of lent"] };
    expect(names({ late, lent })).toEqual(["first", "a", "b", "last"]);
    expect(assemble(PAGE, { late, lent }).definitions).toEqual(["own", "of lent", "of late"]);
    expect(names({ late, lent: null })).toEqual(["first", "a", "b", "last"]);
});

test("the page shows what is there, then each part, and says what cannot be read", async () => {
    const lent = new Deferred();
    onRpc("collections.report", "get_page", () => ({
        filters: [],
        options: {},
        document: PAGE,
    }));
    onRpc("collections.report", "get_part", ({ args }) => {
        if (args[2] === "late") {
            throw new Error("out of order");
        }
        return lent;
    });
    onRpc("collections.report", "get_checks", () => ["It agrees with the books."]);
    await makeMockEnv({ config: {} });
    await mountWithCleanup(ReportPage, {
        props: { action: { params: { code: "monthly" } }, updateActionState() {} },
    });
    expect("[data-name=first] p").toHaveText("first is told");
    expect("[data-name=lent] .fa-spinner").toHaveCount(1);
    expect("main").toHaveAttribute("aria-busy", "true");
    await animationFrame();
    expect("[data-name=late]").toHaveCount(0);
    expect("[role=alert]").toHaveText("The rest of the report cannot be read now.");
    expect("main").not.toHaveText(/agrees/);
    lent.resolve({ sections: [text("brought")], definitions: [], currencies: {} });
    await animationFrame();
    await animationFrame();
    expect("[data-name=lent]").toHaveCount(0);
    expect("[data-name=brought] p").toHaveText("brought is told");
    expect(".o_collections_report_note").toHaveText("It agrees with the books.");
    expect("main").toHaveAttribute("aria-busy", "false");
});
