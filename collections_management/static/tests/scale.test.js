import { describe, expect, test } from "@odoo/hoot";

import {
    getFreeDay,
    getRange,
    getScale,
    getTicks,
    setRows,
} from "@collections_management/timeline/scale";

describe.current.tags("headless");

test("the due date is always in sight, with room on both sides", () => {
    expect(getRange([])).toEqual({ from: -13, to: 33 });
    const { from, to } = getRange([-7, 60]);
    expect(from).toBeLessThan(-7);
    expect(to).toBeGreaterThan(60);
});

test("days become pixels and back", () => {
    const scale = getScale({ from: -10, to: 90 }, 1000);
    expect(scale.toX(0)).toBe(100);
    expect(scale.toDay(100)).toBe(0);
    expect(scale.toDays(-34)).toBe(-3);
});

test("ticks keep their distance and hit day 0", () => {
    const ticks = getTicks({ from: -13, to: 66 }, 700);
    expect(ticks).toInclude(0);
    expect(ticks.length).toBeLessThan(12);
});

test("cards that would overlap go one row down", () => {
    const cards = [{ left: 0 }, { left: 50 }, { left: 110 }, { left: 115 }];
    expect(setRows(cards, 100)).toBe(3);
    expect(cards.map((card) => card.row)).toEqual([0, 1, 0, 2]);
});

test("the nearest free day, within what a step allows", () => {
    expect(getFreeDay(5, new Set())).toBe(5);
    expect(getFreeDay(5, new Set([5, 6]))).toBe(4);
    expect(getFreeDay(5, new Set([5, 6]), 1)).toBe(7);
    expect(getFreeDay(-365, new Set([-365]), -1)).toBe(undefined);
});
