import { deserializeDateTime } from "@web/core/l10n/dates";
import { formatMonetary } from "@web/views/fields/formatters";

/** Return an amount as people read it; without a currency a plain number. */
export function formatMoney(value, currencyId) {
    return formatMonetary(value || 0, { currencyId });
}

/** Return a moment of the server in the user's zone, in a format of luxon. */
export function formatMoment(value, format) {
    return value ? deserializeDateTime(value).toFormat(format) : "";
}
