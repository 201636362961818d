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

/** Return the hour of a moment of the server, with its day when that is not today. */
export function formatHour(value) {
    const isToday = value && deserializeDateTime(value).hasSame(luxon.DateTime.local(), "day");
    return formatMoment(value, isToday ? "t" : "d MMM, t");
}
