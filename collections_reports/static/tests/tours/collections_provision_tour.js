import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("collections_provision_tour", {
    steps: () => [
        {
            content: "The percentages come from the losses of the past",
            trigger: ".o_field_widget[name=method] input[data-value=loss_rate]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=default_days] input",
        },
        {
            content: "Read the ledger",
            trigger: ".o_form_statusbar button[name=action_compute]:contains(Read the Ledger)",
            run: "click",
        },
        {
            content: "The rates, and what they rest on",
            trigger:
                ".o_field_widget[name=rate_ids] .o_data_row:contains(Entered percentage):contains(5.00)",
        },
        {
            content: "Few data are told",
            trigger: ".alert-warning:contains(Too little history)",
        },
        {
            content: "The month-ends behind them",
            trigger: ".o_form_statusbar button:contains(Month-Ends behind the Rates)",
            run: "click",
        },
        {
            trigger: ".o_breadcrumb .active:contains(Month-Ends behind the Rates)",
        },
    ],
});

registry.category("web_tour.tours").add("collections_report_provision_tour", {
    steps: () => [
        {
            content: "The matrix ties",
            trigger: ".o_collections_report:contains(The items equal the balance)",
        },
        {
            content: "Down to the debtors",
            trigger: ".o_collections_report_table tbody th:contains(From day 366)",
        },
        {
            content: "What it hangs on",
            trigger: ".o_collections_report_table:contains(Each percentage +10 %)",
        },
        {
            content: "The tax law",
            trigger: ".o_collections_report:contains(37 i)",
        },
    ],
});

registry.category("web_tour.tours").add("collections_open_export_tour", {
    steps: () => [
        {
            content: "Without contacts",
            trigger: ".modal .o_field_widget[name=with_contacts] input",
            run: "click",
        },
        {
            content: "As Parquet",
            trigger: ".modal .o_field_widget[name=file_format] input[data-value=parquet]",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_download]:contains(Download)",
        },
        {
            trigger: ".modal footer button:contains(Close)",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});
