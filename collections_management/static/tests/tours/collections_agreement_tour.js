import { registry } from "@web/core/registry";

import { fits } from "./screen";

const workOut = [
    {
        content: "The debt and a schedule are there already",
        trigger: ".modal .alert-info:contains(3 instalments)",
    },
    {
        content: "He wants five",
        trigger: ".modal .o_field_widget[name=count] input",
        run: "edit 5 && press Tab",
    },
    {
        content: "The schedule follows while one talks",
        trigger: ".modal .alert-info:contains(5 instalments of $ 180.00)",
    },
    {
        content: "Less than nothing cannot be paid",
        trigger: ".modal .o_field_widget[name=amount_down] input",
        run: "edit 900 && press Tab",
    },
    {
        trigger: ".modal .alert-warning:contains(whole debt)",
    },
    {
        trigger: ".modal .o_field_widget[name=amount_down] input",
        run: "edit 0 && press Tab",
    },
    {
        content: "Propose it",
        trigger: ".modal .alert-info:contains(5 instalments)",
    },
    {
        trigger: ".modal footer button[name=action_propose]:visible",
        run: "click",
    },
];

registry.category("web_tour.tours").add("collections_agreement_tour", {
    steps: () => [
        {
            content: "He asks to pay in instalments",
            trigger: "button[name=action_agree]",
            run: "click",
        },
        ...workOut,
        {
            content: "It waits for his signature",
            trigger: ".o_form_view div[name=state_text]:contains(Waits for the debtor's signature)",
        },
        {
            trigger: ".o_form_view button[name=action_send]",
        },
    ],
});

registry.category("web_tour.tours").add("collections_phone_agreement_tour", {
    steps: () => [
        {
            trigger: ".o_statusbar_buttons button[title=More]",
            run: "click",
        },
        {
            trigger: ".o-dropdown--menu button[name=action_agree]",
            run: "click",
        },
        ...workOut,
        fits(".o_form_view div[name=state_text]:contains(Waits for the debtor's signature)"),
    ],
});

registry.category("web_tour.tours").add("collections_agreement_sign_tour", {
    steps: () => [
        fits("h1:contains(AGR/)"),
        {
            content: "He reads it to its end",
            trigger: "table:contains(INV/)",
        },
        {
            trigger: "a.btn-primary[href='#sign']",
            run: "click",
        },
        {
            content: "His name",
            trigger: "#sign .o_web_sign_name_input",
            run: "edit María Quispe",
        },
        {
            content: "His signature, by itself",
            trigger: "#sign .o_web_sign_auto_button",
            run: "click",
        },
        {
            trigger: "#sign .o_portal_sign_submit:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".alert-success:contains(María Quispe)",
        },
        fits(".alert-success"),
    ],
});
