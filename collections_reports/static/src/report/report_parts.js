/**
 * Return the document of a screen with what its parts have brought: sections in their places, their
 * definitions after the others. Places of parts that could not be read are taken away.
 *
 * @param {Object} page the document, with the places it leaves
 * @param {Object} answers `{part: what it brought, or null where it failed}`, as far as they came
 */
export function assemble(page, answers) {
    const found = page.parts.map((name) => answers[name]).filter(Boolean);
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
