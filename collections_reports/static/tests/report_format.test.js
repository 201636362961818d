import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { makeMockEnv } from "@web/../tests/web_test_helpers";

import {
    formatChange,
    formatMoney,
    formatValue,
    getMood,
} from "@collections_reports/report/report_format";

defineMailModels();
beforeEach(() => makeMockEnv()); // numbers are written as the reader writes them

const SOL = { name: "PEN", symbol: "S/", position: "before", digits: 2 };
const YEN = { name: "JPY", symbol: "¥", position: "after", digits: 0 };

test("money has the sign and the decimals of its currency", () => {
    expect(formatMoney(1234.5, SOL)).toBe("S/\u00a01,234.50");
    expect(formatMoney(-1234.5, SOL)).toBe("−S/\u00a01,234.50");
    expect(formatMoney(1234, YEN)).toBe("1,234\u00a0¥");
    expect(formatMoney(-5, SOL, { bare: true })).toBe("−5.00");
    expect(formatMoney(5, undefined)).toBe("5.00");
});

test("nothing is an empty text, zero is not", () => {
    for (const nothing of [null, undefined, false, ""]) {
        expect(formatValue(nothing, "money", SOL)).toBe("");
    }
    expect(formatValue(0, "integer")).toBe("0");
    expect(formatValue(12.34, "percent")).toBe("12.3\u00a0%");
    expect(formatValue(-12.34, "percent")).toBe("−12.3\u00a0%");
    expect(formatValue(-1.82, "number")).toBe("−1.82");
    expect(formatValue(12.5, "days")).toBe("12.5");
    expect(formatValue(12, "days")).toBe("12");
    expect(formatValue({ name: "Sol" }, "record")).toBe("Sol");
    expect(formatValue("x", "text")).toBe("x");
});

test("a movement has its sign; shares move by points", () => {
    const figure = (value, previous, kind) => ({ value, previous, kind });
    expect(formatChange(figure(10, 15, "money"), SOL)).toBe("−S/\u00a05.00");
    expect(formatChange(figure(15, 10, "integer"))).toBe("+5");
    expect(formatChange(figure(15, 10, "percent"))).toBe("+5.0 points");
    expect(formatChange(figure(15, null, "money"), SOL)).toBe("");
    expect(formatChange(figure(null, 10, "money"), SOL)).toBe("");
});

test("good and bad depend on what is better", () => {
    expect(getMood(5, "up")).toBe("good");
    expect(getMood(5, "down")).toBe("bad");
    expect(getMood(-5, "down")).toBe("good");
    expect(getMood(0, "down")).toBe("");
    expect(getMood(5, null)).toBe("");
});
