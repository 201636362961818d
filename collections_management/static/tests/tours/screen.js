/** What tours need to know of the screen they run on. */

/** Complain when something is wider than the screen: it could only be read by scrolling sideways. */
export function checkWidth() {
    // A phone's scroll bar lies over the page: it takes no width from it.
    for (const part of document.querySelectorAll("html, .o_content, .modal-body")) {
        if (part.scrollWidth > window.innerWidth + 1) {
            throw new Error(`${part.className}: ${part.scrollWidth} px is too wide`);
        }
    }
}

/** Wait for something, then see that the page fits. */
export const fits = (trigger) => ({
    content: "Nothing sticks out of the screen",
    trigger,
    run: checkWidth,
});

/** Choose in a many2one what has this name: from a list at a desk, on a page of its own on a phone. */
export function choose(field, text) {
    const input = `${field} input`;
    return [
        {
            content: `Choose ${text}`,
            trigger: input,
            run: (helpers) =>
                window.innerWidth < 768 ? helpers.click(input) : helpers.edit(text, input),
        },
        {
            trigger: `.modal .o_kanban_record:contains(${text}), .o-autocomplete--dropdown-item:contains(${text})`,
            run: "click",
        },
    ];
}

/** Go to another page of the app through its menu. */
export function goTo(menu, section = "cases") {
    const xmlid = (name) => `[data-menu-xmlid='collections_management.${name}']`;
    const isPhone = () => window.innerWidth < 768;
    return [
        {
            content: "The menu",
            trigger: ".o_main_navbar",
            run: (helpers) =>
                helpers.click(
                    isPhone()
                        ? ".o_menu_toggle"
                        : `.o_menu_sections button${xmlid(`collections_management_menu_${section}`)}`,
                ),
        },
        {
            content: `Go to ${menu}`,
            trigger: `.o-dropdown--menu a${xmlid(menu)}, .o_app_menu_sidebar li${xmlid(menu)}`,
            run: "click",
        },
    ];
}

/** Press a button of a form; on a phone all but the first one are behind one button. */
export function press(name, content = name) {
    const [shown, hidden] = [".o_statusbar_buttons >", ".o-dropdown--menu"].map(
        (place) => `${place} button[name=${name}]`,
    );
    const more = ".o_statusbar_buttons button[title=More]";
    return [
        {
            content,
            trigger: `${shown}, ${more}`,
            run: (helpers) => (document.querySelector(shown) ? undefined : helpers.click(more)),
        },
        { content, trigger: `${shown}, ${hidden}`, run: "click" },
    ];
}

/** Say yes to what a button asks before it does something that leaves the building. */
export const confirm = {
    content: "Yes",
    trigger: ".modal footer .btn-primary",
    run: "click",
};

/** Back to the page before. */
export const back = {
    content: "Back",
    trigger: "body:not(:has(.modal)) .o_back_button, body:not(:has(.modal)) .breadcrumb-item a",
    run: "click",
};
