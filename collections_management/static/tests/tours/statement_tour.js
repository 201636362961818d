import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";

/**
 * A tour fails when the browser asks whether it may leave the page, as it does before a download
 * that then leaves it where it is. A link to the same address does not ask.
 */
function downloadByLink() {
    const assign = (url) => {
        const link = document.createElement("a");
        Object.assign(link, { href: url, download: "" }).click();
    };
    const location = Object.assign({}, window.location, { assign });
    Object.defineProperty(browser, "location", { configurable: true, get: () => location });
}

/** Download the statement of a case's debtor in a format. */
function download(format) {
    return [
        {
            content: "Ask for the statement of the case's debtor",
            trigger: ".o_form_statusbar button:contains(Statement)",
            run: "click",
        },
        {
            content: "The debtor is filled in",
            trigger: ".modal div[name=partner_ids] .o_tag:contains(Ferretería Lima)",
        },
        {
            content: "Choose the format",
            trigger: `.modal div[name=file_format] input[data-value=${format}]`,
            run: "click",
        },
        {
            content: "Download it",
            trigger: ".modal footer button[name=action_download]",
            run(helpers) {
                downloadByLink();
                return helpers.click();
            },
        },
        {
            content: "The dialog stays, for another one",
            trigger: ".modal footer button[name=action_download]:enabled",
        },
        {
            content: "Close it",
            trigger: ".modal footer button[special=cancel], .modal footer .btn:contains(Close)",
            run: "click",
        },
        {
            content: "Back on the case",
            trigger: "body:not(:has(.modal)) .o_form_statusbar button:contains(Statement)",
        },
    ];
}

for (const format of ["pdf", "xlsx"]) {
    registry.category("web_tour.tours").add(`collections_statement_${format}_tour`, {
        steps: () => download(format),
    });
}
