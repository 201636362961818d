import { _t } from "@web/core/l10n/translation";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { formatFloat } from "@web/core/utils/numbers";

/** Return a number with the sign of a currency, on the side where it belongs. */
function addSymbol(number, currency) {
    const space = "\u00a0";
    return currency.position === "after"
        ? `${number}${space}${currency.symbol}`
        : `${currency.symbol}${space}${number}`;
}

/** Return an amount with the sign of its currency, as the reader writes it. */
export function formatMoney(value, currency, { human = false, bare = false } = {}) {
    const size = Math.abs(value);
    const number = human
        ? formatFloat(size, { digits: [16, 0], humanReadable: size >= 10000, decimals: 1 })
        : formatFloat(size, { digits: [16, currency?.digits ?? 2] });
    const minus = value < 0 ? "−" : "";
    return `${minus}${currency && !bare ? addSymbol(number, currency) : number}`;
}

const FORMATS = {
    money: (value, currency) => formatMoney(value, currency),
    integer: (value) => formatFloat(value, { digits: [16, 0] }),
    number: (value) => formatFloat(value, { digits: [16, 2] }),
    percent: (value) => `${formatFloat(value, { digits: [16, 1] })}\u00a0%`,
    days: (value) => formatFloat(value, { digits: [16, Number.isInteger(value) ? 0 : 1] }),
    date: (value) => formatDate(deserializeDate(value)),
};

/** Return a value as words: of a cell, a figure or a chart. Nothing is an empty text. */
export function formatValue(value, kind, currency) {
    if (value === null || value === undefined || value === false || value === "") {
        return "";
    }
    if (typeof value === "object") {
        return value.name;
    }
    const format = FORMATS[kind];
    if (!format) {
        return String(value);
    }
    // the sign that is as wide as a digit, as amounts have it
    return value < 0 && kind !== "money" ? `−${format(-value, currency)}` : format(value, currency);
}

/** Return the movement since before, with its sign, or an empty text. */
export function formatChange(figure, currency) {
    const { value, previous, kind } = figure;
    if (value === null || previous === null || previous === undefined) {
        return "";
    }
    const change = value - previous;
    if (kind === "percent") {
        const points = formatFloat(Math.abs(change), { digits: [16, 1] });
        return _t("%(sign)s%(points)s points", { sign: change < 0 ? "−" : "+", points });
    }
    const text = formatValue(Math.abs(change), kind, currency);
    return `${change < 0 ? "−" : "+"}${text}`;
}

/** Tell whether a change is good, bad, or neither. */
export function getMood(change, better) {
    if (!better || !change) {
        return "";
    }
    return change > 0 === (better === "up") ? "good" : "bad";
}
