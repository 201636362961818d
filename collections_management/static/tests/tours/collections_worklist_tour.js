import { registry } from "@web/core/registry";

import { isAt, key, locate, unplug } from "./my_day";
import { fits } from "./screen";

registry.category("web_tour.tours").add("collections_worklist_tour", {
    steps: () => [
        isAt("Debtor 1"),
        unplug(),
        locate(null),
        fits(".o_collections_card"),
        key("c", "Call"),
        { content: "It was dialled", trigger: "body[data-opened^='tel:']" },
        key("5", "He refuses"),
        isAt("Debtor 2"),
        { content: "One of four", trigger: ".o_collections_tally:contains(1)" },
        key("j", "The next one"),
        isAt("Debtor 3"),
        key("k", "Back"),
        isAt("Debtor 2"),
        key("n", "A note"),
        {
            content: "Write it",
            trigger: ".o_dialog textarea",
            run: "edit He moved to Ayacucho",
        },
        { content: "Keep it", trigger: ".modal-footer .btn-primary", run: "click" },
        {
            content: "Who writes a note is not done yet: the same card",
            trigger: "body:not(:has(.o_dialog)) .o_collections_card_name:contains(Debtor 2)",
        },
        key("s", "Put off"),
        {
            content: "Why",
            trigger: ".o_dialog .btn-outline-secondary:first",
            run: "click",
        },
        { content: "Put off", trigger: ".modal-footer .btn-primary", run: "click" },
        { content: "Two are dealt with", trigger: ".o_collections_tally:contains(2)" },
        { content: "Closed", trigger: "body:not(:has(.o_dialog)) .o_collections_card" },
        key("b", "Call back later"),
        {
            content: "Tomorrow at 9",
            trigger: ".o_dialog .btn-outline-secondary:eq(1)",
            run: "click",
        },
        { content: "Then", trigger: ".modal-footer .btn-primary", run: "click" },
        { content: "Three", trigger: ".o_collections_tally:contains(3)" },
        { content: "Closed", trigger: "body:not(:has(.o_dialog)) .o_collections_card" },
        key("v", "A visit"),
        {
            content: "Nobody there",
            trigger: ".o_dialog button[data-code=nobody_there]",
            run: "click",
        },
        {
            content: "No position, and why",
            trigger: ".o_dialog .o_collections_position",
        },
        { content: "Note it", trigger: ".modal-footer .btn-primary", run: "click" },
        { content: "All dealt with", trigger: ".o_collections_finished" },
        {
            content: "Back to whom was visited",
            trigger: ".o_collections_row:contains(Debtor 4)",
            run: "click",
        },
        isAt("Debtor 4"),
        {
            content: "See the case",
            trigger: ".o_collections_card_name button",
            run: "click",
        },
        {
            content: "Its page tells the visit",
            trigger: ".o_collections_case_form [data-do=outcome]:enabled",
        },
        { content: "The timeline", trigger: "a[name=history]", run: "click" },
        {
            content: "Calls and visits",
            trigger: ".o_collections_history button[data-kind=calls]",
            run: "click",
        },
        {
            content: "The visit is in it, in words",
            trigger: ".o_collections_history_list li:contains(Nobody there)",
        },
    ],
});

registry.category("web_tour.tours").add("collections_worklist_phone_tour", {
    steps: () => [
        isAt("Debtor 1"),
        unplug(),
        locate(null),
        fits(".o_collections_card"),
        {
            content: "Call with the thumb",
            trigger: ".o_collections_bar_bottom [data-do=call]",
            run: "click",
        },
        {
            content: "What came of it",
            trigger: ".o_collections_sheet [data-code=third_party]",
            run: "click",
        },
        isAt("Debtor 2"),
        {
            content: "A visit",
            trigger: ".o_collections_bar_bottom [data-do=visit]",
            run: "click",
        },
        {
            content: "Paid on the spot",
            trigger: ".o_dialog button[data-code=visit_paid]",
            run: "click",
        },
        { content: "The receipt", trigger: ".o_dialog input[type=text]", run: "edit R-77" },
        { content: "Note it", trigger: ".modal-footer .btn-primary", run: "click" },
        isAt("Debtor 3"),
        {
            content: "The list",
            trigger: ".o_collections_modes button:eq(1)",
            run: "click",
        },
        {
            content: "Choose the last one",
            trigger: ".o_collections_row:last:contains(Debtor)",
        },
        {
            content: "Choose the fourth",
            trigger: ".o_collections_row:contains(Debtor 4)",
            run: "click",
        },
        isAt("Debtor 4"),
        fits(".o_collections_card"),
    ],
});
