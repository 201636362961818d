import { registry } from "@web/core/registry";

import { checkWidth } from "./screen";

registry.category("web_tour.tours").add("collections_escalation_tour", {
    steps: () => [
        {
            content: "What waits for approval",
            trigger: ".o_data_row:contains(Ferretería Lima) .o_data_cell[name=partner_id]",
            run: "click",
        },
        {
            content: "It says what it waits for",
            trigger: ".alert:contains(It waits for a supervisor)",
        },
        {
            content: "Approve",
            trigger: "button[name=action_approve]",
            run: "click",
        },
        {
            content: "Under way: the court",
            trigger: ".o_field_widget[name=court] input",
            run: "edit Third Civil Court",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Recall",
            trigger: ".o_form_saved button[name=action_recall]",
            run: "click",
        },
        {
            content: "It says what follows",
            trigger: ".modal:contains(its hold is lifted) .btn-primary",
            run: "click",
        },
        {
            content: "Recalled",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Recalled)",
        },
    ],
});

registry.category("web_tour.tours").add("collections_agency_tour", {
    steps: () => [
        {
            content: "The placed case",
            trigger: ".o_collections_agency a.list-group-item:contains(Ferretería Lima)",
            run(helpers) {
                checkWidth();
                helpers.click();
            },
            expectUnloadPage: true,
        },
        {
            content: "What is to be collected",
            trigger: ".o_collections_agency .fs-3",
            run: checkWidth,
        },
        {
            content: "What happened",
            trigger: "#report_kind",
            run: "select contacted",
        },
        {
            content: "A note",
            trigger: "#report_note",
            run: "edit Contestó",
        },
        {
            content: "Send it",
            trigger: ".o_collections_report button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It arrived and is listed",
            trigger: ".o_collections_agency:has(.alert-success) li:contains(Contestó)",
            run: checkWidth,
        },
    ],
});
