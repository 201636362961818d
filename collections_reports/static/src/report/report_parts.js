/** Return the names of the parts that a document leaves places for. */
export function getParts(page) {
    return page.sections.filter((section) => section.type === "pending").map(({ name }) => name);
}

/**
 * Return the document of a screen with what its parts have brought: sections in their places, their
 * definitions after the others. Places of parts that could not be read are taken away.
 *
 * @param {Object} page the document, with the places it leaves
 * @param {Object} answers `{part: what it brought, or null where it failed}`, as far as they came
 */
export function assemble(page, answers) {
    const found = getParts(page)
        .map((name) => answers[name])
        .filter(Boolean);
    return {
        ...page,
        sections: page.sections.flatMap((section) =>
            section.type === "pending" && section.name in answers
                ? answers[section.name]?.sections || []
                : [section],
        ),
        definitions: [...page.definitions, ...found.flatMap((answer) => answer.definitions)],
    };
}
