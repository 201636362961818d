/** The arithmetic of the strategy timeline: days to pixels, rows that do not overlap, free days. */

export const FIRST_DAY = -365;
export const LAST_DAY = 3650;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 90, 180, 365, 730];

/**
 * @param {number[]} days the days of the steps
 * @returns {{from: number, to: number}} the part of the axis to show, the due date in it
 */
export function getRange(days) {
    const from = Math.min(-10, ...days);
    const to = Math.max(30, ...days);
    const margin = Math.max(3, Math.round((to - from) * 0.06));
    return { from: Math.min(-10, from - margin), to: to + margin };
}

/** A linear scale between the days of a range and the pixels of a width. */
export function getScale({ from, to }, width) {
    const perDay = width / (to - from);
    return {
        toX: (day) => (day - from) * perDay,
        toDay: (x) => Math.round(from + x / perDay),
        toDays: (distance) => Math.round(distance / perDay),
    };
}

/** @returns {number[]} the days to write along the axis, the due date always among them */
export function getTicks({ from, to }, width) {
    const wanted = Math.max(2, width / 70);
    const every = STEPS.find((step) => (to - from) / step <= wanted) || STEPS.at(-1);
    const first = Math.ceil(from / every) * every;
    const ticks = [];
    for (let day = first; day <= to; day += every) {
        ticks.push(day);
    }
    return ticks;
}

/**
 * Put cards that would overlap under each other.
 *
 * @param {{left: number}[]} cards ordered from left to right
 * @returns {number} the number of rows; each card gets its `row`
 */
export function setRows(cards, cardWidth) {
    const ends = [];
    for (const card of cards) {
        const row = ends.findIndex((end) => end <= card.left);
        card.row = row === -1 ? ends.length : row;
        ends[card.row] = card.left + cardWidth;
    }
    return ends.length;
}

/**
 * @param {number} day the wanted day
 * @param {Set<number>} taken the days of the other steps
 * @param {number} [direction] look only that way: -1 or 1; by default both ways
 * @returns {number|undefined} the free day nearest to it
 */
export function getFreeDay(day, taken, direction) {
    const directions = direction ? [direction] : [1, -1];
    for (let distance = 0; distance <= LAST_DAY - FIRST_DAY; distance++) {
        for (const sign of directions) {
            const found = day + sign * distance;
            if (found >= FIRST_DAY && found <= LAST_DAY && !taken.has(found)) {
                return found;
            }
        }
    }
    return undefined;
}
