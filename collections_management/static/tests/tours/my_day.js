import { outside } from "@collections_management/worklist/desk";

/** A telephone nobody hears: what would leave the page is written on it. */
export function unplug() {
    return {
        content: "Nobody is really called",
        trigger: ".o_collections_card",
        run() {
            outside.open = (url) => {
                document.body.dataset.opened = url;
            };
        },
    };
}

export function key(letter, content, trigger = ".o_collections_card") {
    return {
        content,
        trigger,
        run() {
            window.dispatchEvent(new KeyboardEvent("keydown", { key: letter, bubbles: true }));
        },
    };
}

export const isAt = (name) => ({
    content: `The card of ${name}`,
    trigger: `.o_collections_card_name:contains(${name})`,
});

/** The phone tells where it is, or with null that it must not. */
export function locate(coords) {
    return {
        content: "Where the phone is",
        trigger: ".o_collections_card",
        run() {
            const getCurrentPosition = (found, refuse) =>
                coords ? found({ coords }) : refuse({ code: 1 });
            Object.defineProperty(navigator, "geolocation", {
                configurable: true,
                value: { getCurrentPosition },
            });
        },
    };
}

/** The first button of a dialog of the desk. */
export const note = {
    content: "Note it",
    trigger: ".o_dialog .modal-footer .btn-primary",
    run: "click",
};

/** How many are dealt with. */
export const tally = (text) => ({
    content: text,
    trigger: `.o_collections_tally:contains(${text})`,
});
