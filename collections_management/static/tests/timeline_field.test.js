import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { describe, expect, test } from "@odoo/hoot";
import {
    manuallyDispatchProgrammaticEvent,
    press,
    queryAll,
    queryOne,
    queryRect,
} from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Strategy extends models.Model {
    _name = "collections.strategy";

    step_ids = fields.One2many({ relation: "collections.step", relation_field: "strategy_id" });

    _records = [{ id: 1, step_ids: [1, 2, 3] }];
}

class Step extends models.Model {
    _name = "collections.step";

    name = fields.Char();
    days = fields.Integer();
    icon = fields.Char();
    active = fields.Boolean({ default: true });
    mandatory = fields.Boolean();
    tone = fields.Selection({
        selection: [
            ["friendly", "Friendly"],
            ["firm", "Firm"],
        ],
        default: "friendly",
    });
    mode = fields.Selection({
        selection: [
            ["automatic", "Automatic"],
            ["approval", "Needs approval"],
        ],
        default: "automatic",
    });
    strategy_id = fields.Many2one({ relation: "collections.strategy" });

    _records = [
        { id: 1, name: "Reminder", days: -7, icon: "fa-envelope-o" },
        { id: 2, name: "Letter", days: 10, tone: "firm", mode: "approval", mandatory: true },
        { id: 3, name: "<b>Call</b>", days: 12 },
    ];

    _views = {
        form: `<form><field name="name"/><field name="days"/></form>`,
    };
}

defineMailModels();
defineModels([Strategy, Step]);

const ARCH = `<form>
    <field name="step_ids" widget="collections_timeline">
        <list>
            <field name="days"/>
            <field name="name"/>
            <field name="icon" column_invisible="1"/>
            <field name="tone"/>
            <field name="mode"/>
            <field name="mandatory"/>
            <field name="active" column_invisible="1"/>
        </list>
    </field>
</form>`;

async function mountTimeline(arch = ARCH) {
    await mountView({ resModel: "collections.strategy", resId: 1, type: "form", arch });
    await animationFrame(); // the axis has its width
}

const getCard = (name) =>
    queryAll(".o_collections_timeline_card").find((card) => card.textContent.includes(name));

/** Press on a card, move that many days to the side and let go. */
async function dragBy(card, days) {
    const { x, y } = queryRect(card);
    const from = { clientX: x + 20, clientY: y + 20, pointerId: 1 };
    const to = { ...from, clientX: from.clientX + days * getPixelsPerDay() };
    await manuallyDispatchProgrammaticEvent(card, "pointerdown", from);
    await manuallyDispatchProgrammaticEvent(card, "pointermove", to);
    await animationFrame();
    expect(card).toHaveClass("o_dragged");
    await manuallyDispatchProgrammaticEvent(card, "pointerup", to);
    await manuallyDispatchProgrammaticEvent(card, "click", to);
    await animationFrame();
}

/** The pixels of one day, measured on the axis. */
function getPixelsPerDay() {
    const [one, other] = queryAll(".o_collections_timeline_tick");
    const distance = queryRect(other).x - queryRect(one).x;
    return distance / (Number(other.textContent) - Number(one.textContent));
}

describe.current.tags("desktop");

test("steps are cards on the axis, with tone, mode and what is mandatory in words", async () => {
    await mountTimeline();
    expect(".o_collections_timeline_card").toHaveCount(3);
    const letter = getCard("Letter");
    expect(letter).toHaveText(/\+10/);
    expect(letter).toHaveText(/Firm/);
    expect(letter).toHaveAttribute("title", "Letter, day +10, Firm, Needs approval, mandatory");
    expect(queryAll(".o_collections_mandatory", { root: letter })).toHaveLength(1);
    expect(getCard("<b>Call</b>")).not.toBe(undefined);
    expect(".o_data_row").toHaveCount(3);
});

test("dragging a card moves its step and saves the day", async () => {
    onRpc("collections.strategy", "web_save", ({ args }) => {
        expect.step(args[1].step_ids);
    });
    await mountTimeline();
    await dragBy(getCard("Letter"), 10);
    expect(getCard("Letter")).toHaveText(/\+20/);
    expect(".modal").toHaveCount(0);
    await contains(".o_form_button_save").click();
    expect.verifySteps([[[1, 2, { days: 20 }]]]);
});

test("a step dropped on a taken day takes the next free one", async () => {
    await mountTimeline();
    await dragBy(getCard("Letter"), 2);
    expect(getCard("Letter")).toHaveText(/\+13/);
});

test("arrow keys move a step by a day, with shift by a week, over taken days", async () => {
    await mountTimeline();
    getCard("Letter").focus();
    expect(".o_collections_timeline [aria-live]").toHaveText("");
    await press("ArrowLeft");
    await animationFrame();
    expect(getCard("Letter")).toHaveText(/\+9/);
    expect(getCard("Letter")).toBeFocused();
    expect(".o_collections_timeline [aria-live]").toHaveText("Letter, day +9");
    await press(["Shift", "ArrowRight"]);
    await animationFrame();
    expect(getCard("Letter")).toHaveText(/\+16/);
    getCard("<b>Call</b>").focus();
    await press("ArrowLeft");
    await animationFrame();
    expect(getCard("<b>Call</b>")).toHaveText(/\+11/);
});

test("by keyboard alone a step is opened", async () => {
    await mountTimeline();
    getCard("Letter").focus();
    await press("Enter");
    await animationFrame();
    expect(".modal .o_field_widget[name=name] input").toHaveValue("Letter");
});

test("a click edits the step, a click on the axis adds one on that day", async () => {
    await mountTimeline();
    await contains(getCard("Letter")).click();
    expect(".modal .o_field_widget[name=name] input").toHaveValue("Letter");
    await contains(".modal .o_form_button_cancel, .modal .btn-close").click();
    const axis = queryOne(".o_collections_timeline_axis");
    const tick = queryRect(
        queryAll(".o_collections_timeline_tick").find((each) => each.textContent === "+30"),
    );
    const x = tick.x + tick.width / 2 - queryRect(axis).x;
    await contains(axis).click({ position: { x, y: 40 }, relative: true });
    expect(".modal .o_field_widget[name=days] input").toHaveValue("30");
});

test("read only: nothing moves and nothing is added", async () => {
    await mountTimeline(ARCH.replace("<form>", `<form edit="0">`));
    getCard("Letter").focus();
    await press("ArrowLeft");
    await animationFrame();
    expect(getCard("Letter")).toHaveText(/\+10/);
    await contains(".o_collections_timeline_axis").click();
    expect(".modal").toHaveCount(0);
});
