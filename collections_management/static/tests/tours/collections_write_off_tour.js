import { registry } from "@web/core/registry";

import { fits } from "./screen";

/** From a case on to the dossier; what comes first is a button of its own on a phone, too. */
function writeOff(phone) {
    const press = (name, content) => [
        { content, trigger: `.o_statusbar_buttons > button[name=${name}]`, run: "click" },
    ];
    return [
        {
            content: "The case is open",
            trigger: ".o_collections_case_form div[name=receivable_line_ids]:contains(INV/)",
        },
        ...press("action_write_off", "Give this debt up"),
        {
            content: "The overdue receivable is there, with its age",
            trigger: ".o_collections_write_off_form div[name=line_ids]:contains(1,200.00)",
        },
        fits(".o_collections_write_off_form"),
        {
            content: "Say why",
            trigger: ".o_field_widget[name=reason_id] input",
            run: phone ? "click" : "edit insolvent",
        },
        {
            content: "The debtor is bankrupt",
            trigger: phone
                ? ".modal .o_kanban_record:contains(Debtor insolvent), .o-autocomplete--dropdown-item:contains(Debtor insolvent)"
                : ".o-autocomplete--dropdown-item:contains(Debtor insolvent)",
            run: "click",
        },
        {
            content: "Look at the evidence",
            trigger: "a[name=evidence]",
            run: "click",
        },
        {
            content: "What is proved, what is not",
            trigger: "div[name=check_ids]:contains(Old):contains(Met):contains(Unknown)",
        },
        fits("div[name=check_ids]"),
        ...press("action_request", "Write it off"),
        {
            content: "Yes: the entry is posted",
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            content: "It is written off; the dossier is being made",
            trigger: ".alert-info:contains(being made in the background)",
        },
        ...press("action_make_dossier", "Do not wait for it"),
        {
            content: "There it is",
            trigger: "div[name=dossier_ids]:contains(Dossier):contains(pdf)",
            timeout: 60000,
        },
        fits("div[name=dossier_ids]"),
    ];
}

registry.category("web_tour.tours").add("collections_write_off_tour", {
    steps: () => [
        {
            content: "The case that waits for a decision",
            trigger: ".o_data_row:contains(Ferretería Lima) td[name=partner_id]",
            run: "click",
        },
        ...writeOff(false),
    ],
});

registry.category("web_tour.tours").add("collections_write_off_phone_tour", {
    steps: () => [
        {
            content: "The case that waits for a decision",
            trigger: ".o_kanban_record:contains(Ferretería Lima)",
            run: "click",
        },
        ...writeOff(true),
    ],
});
