import { registry } from "@web/core/registry";

const PATIENCE = 20000;

/** The model of the spreadsheet that is shown, found among the components. */
function findModel(node) {
    const model = node.component?.loader?.getActiveDashboard?.()?.model;
    if (model) {
        return model;
    }
    for (const child of Object.values(node.children)) {
        const found = findModel(child);
        if (found) {
            return found;
        }
    }
    return null;
}

function getCells(model) {
    return model.getters
        .getSheetIds()
        .flatMap((id) => model.getters.getEvaluatedCells(id).map((cell) => ({ id, cell })));
}

const isLoading = ({ cell }) => cell.value === "Loading..." || cell.value === "#LOADING";

/** Wait for the figures and complain of the first that could not be computed. */
async function checkCells() {
    const began = Date.now();
    let model = null;
    for (;;) {
        model = findModel(window.odoo.__WOWL_DEBUG__.root.__owl__);
        if (model && !getCells(model).some(isLoading)) {
            break;
        }
        if (Date.now() - began > PATIENCE) {
            throw new Error("The dashboard does not get ready");
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const wrong = getCells(model).find(({ cell }) => cell.type === "error");
    if (wrong) {
        throw new Error(`${wrong.cell.formattedValue}: ${wrong.cell.message}`);
    }
}

registry.category("web_tour.tours").add("collections_reports_dashboard", {
    steps: () => [
        {
            content: "The dashboard is drawn",
            trigger: ".o-spreadsheet .o-figure",
            timeout: 2 * PATIENCE,
            run: checkCells,
        },
        {
            content: "Nothing went wrong",
            trigger: "body:not(:has(.o_error_dialog)) .o-spreadsheet .o-figure",
        },
    ],
});
