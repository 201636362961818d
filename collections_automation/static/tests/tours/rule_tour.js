import { registry } from "@web/core/registry";

function choose(field, text, option) {
    return [
        {
            content: `Look for ${text}`,
            trigger: `[name=${field}] input`,
            run: `edit ${text}`,
        },
        {
            content: `Choose ${text}`,
            trigger: `.o-autocomplete--dropdown-item:contains(${option || text})`,
            run: "click",
        },
    ];
}

function openTriggers() {
    return {
        content: "What can set it off, once the fields of the model have arrived",
        trigger: ".o_field_widget[name=trigger] input",
        async run({ click }) {
            await new Promise((resolve) => setTimeout(resolve, 1000));
            await click();
        },
    };
}

registry.category("web_tour.tours").add("collections_automation_rule_tour", {
    steps: () => [
        {
            content: "The rule says what sets it off",
            trigger: ".o_field_widget[name=collections_event_ids] .o_tag:contains(Case opened)",
        },
        ...choose("collections_event_ids", "Hold set"),
        {
            content: "Both are there",
            trigger: ".o_field_widget[name=collections_event_ids] .o_tag:contains(Hold set)",
        },
        openTriggers(),
        {
            content: "Odoo's own triggers are still offered",
            trigger: ".o_select_menu_item:contains(User is set)",
        },
        {
            content: "Keep this one",
            trigger: ".o_select_menu_item:contains(When a collections event happens)",
            run: "click",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Saved",
            trigger: ".o_form_saved",
        },
    ],
});

registry.category("web_tour.tours").add("collections_automation_new_tour", {
    steps: () => [
        ...choose("model_id", "Collections Strategy"),
        openTriggers(),
        {
            content: "Nothing happens to a strategy",
            trigger:
                ".o_select_menu_menu:not(:contains(When a collections event happens)):contains(On create)",
        },
        ...choose("model_id", "Collections Hold"),
        openTriggers(),
        {
            content: "A hold is set and lifted",
            trigger: ".o_select_menu_item:contains(When a collections event happens)",
            run: "click",
        },
        {
            content: "Which events",
            trigger: "[name=collections_event_ids] input",
            run: "click",
        },
        {
            content: "Those of holds, and no others",
            trigger:
                ".o-autocomplete--dropdown-menu:contains(Hold lifted):not(:contains(Case opened))",
        },
        {
            content: "Leave it",
            trigger: ".o_form_button_cancel",
            run: "click",
        },
    ],
});
