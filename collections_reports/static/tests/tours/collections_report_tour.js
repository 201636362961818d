import { registry } from "@web/core/registry";

/** Complain when something but a table is wider than the screen. */
function checkWidth() {
    for (const part of document.querySelectorAll("html, .o_collections_report")) {
        if (part.scrollWidth > window.innerWidth + 1) {
            throw new Error(`${part.className}: ${part.scrollWidth} px is too wide`);
        }
    }
}

/** Wait until the address holds a text: the router writes it a moment after the page is there. */
async function waitForAddress(text) {
    for (let turn = 0; turn < 100; turn++) {
        if (decodeURIComponent(window.location.href).includes(text)) {
            return;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(window.location.href);
}

const change = (selector, value) => () => {
    const input = document.querySelector(selector);
    input.value = value;
    input.dispatchEvent(new Event("change", { bubbles: true }));
};

registry.category("web_tour.tours").add("collections_report_tour", {
    steps: () => [
        {
            content: "The aging of today",
            trigger:
                ".o_collections_report_tile[data-name=total] .o_collections_report_value:contains(1,150.00)",
        },
        {
            content: "How is it made?",
            trigger: ".o_collections_report_tile[data-name=total] .o_collections_report_how",
            run: "click",
        },
        {
            trigger: ".o_collections_report_explained:contains(credits subtracted)",
        },
        {
            content: "By age instead of debtor",
            trigger: "#collections_filter_group_by",
            run: change("#collections_filter_group_by", "age"),
        },
        {
            content: "The filter is in the address",
            trigger: ".o_collections_report_table tbody th:contains(31-60 days)",
            run: () => waitForAddress('"group_by":"age"'),
        },
        {
            content: "Open what is 31 to 60 days late",
            trigger: ".o_collections_report_table tr[data-key^='age:2'] .o_collections_report_fold",
            run: "click",
        },
        {
            content: "and its debtor",
            trigger: ".o_collections_report_table tr[data-level='1'] .o_collections_report_fold",
            run: "click",
        },
        {
            content: "down to the invoice",
            trigger: ".o_collections_report_table tr[data-level='2'] a:contains(days late)",
        },
        {
            content: "A click on the amount opens the entries",
            trigger:
                ".o_collections_report_table tr[data-level='0'] a.o_collections_report_drill:contains(1,000.00)",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row td[name=collections_open_on]:contains(1,000.00)",
        },
        {
            content: "Back: the filters are as they were",
            trigger: ".breadcrumb-item:contains(Aging), .o_back_button",
            run: "click",
        },
        {
            trigger: ".o_collections_report_table tr[data-key^='age:2']",
        },
        {
            content: "Buckets that overlap",
            trigger: ".o_collections_report_filter_buttons button:contains(More filters)",
            run: "click",
        },
        {
            trigger: "#collections_filter_buckets",
            run: change("#collections_filter_buckets", "30, 30"),
        },
        {
            content: "are refused in words, and the report stays",
            trigger: ".o_collections_report .alert:contains(overlap)",
        },
        {
            trigger: ".o_collections_report_filter_buttons button:contains(Reset)",
            run: "click",
        },
        {
            content: "All as at first; sorted by a head",
            trigger: ".o_collections_report_table[data-name=groups] tr[data-key^='partner:']",
        },
        {
            trigger: ".o_collections_report_table thead button:contains(Total)",
            run: "click",
        },
        {
            trigger: ".o_collections_report_table th[aria-sort=descending]",
            run: checkWidth,
        },
    ],
});

registry.category("web_tour.tours").add("collections_report_phone_tour", {
    steps: () => [
        {
            trigger:
                ".o_collections_report_tile[data-name=total] .o_collections_report_value:contains(1,150.00)",
            run: checkWidth,
        },
        {
            content: "Filters are out of the way on a phone",
            trigger:
                ".o_collections_report:not(:has(#collections_filter_group_by)) button:contains(Filters)",
            run: "click",
        },
        {
            trigger: "#collections_filter_group_by",
            run: change("#collections_filter_group_by", "user"),
        },
        {
            trigger: ".o_collections_report_table tr[data-key^='user:']",
            run: checkWidth,
        },
    ],
});
