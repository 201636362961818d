// Rules are spelled out, so that nothing has to be resolved from this folder.
const browser = [
    ..."window document navigator location history console setTimeout clearTimeout".split(" "),
    ..."setInterval clearInterval requestAnimationFrame cancelAnimationFrame fetch URL".split(" "),
    ..."URLSearchParams FormData Blob File FileReader Event CustomEvent KeyboardEvent".split(" "),
    ..."Element HTMLElement Node MutationObserver ResizeObserver localStorage Intl".split(" "),
    ..."sessionStorage AbortController DOMParser structuredClone getComputedStyle luxon".split(" "),
];

export default [
    { ignores: ["**/static/lib/**", ".local/**"] },
    {
        files: ["**/static/**/*.js"],
        languageOptions: {
            ecmaVersion: 2024,
            sourceType: "module",
            globals: Object.fromEntries(browser.map((name) => [name, "readonly"])),
        },
        linterOptions: { reportUnusedDisableDirectives: "error" },
        rules: {
            complexity: ["error", 10],
            curly: "error",
            eqeqeq: ["error", "always", { null: "ignore" }],
            "no-const-assign": "error",
            "no-debugger": "error",
            "no-dupe-keys": "error",
            "no-duplicate-imports": "error",
            "no-eval": "error",
            "no-implied-eval": "error",
            "no-redeclare": "error",
            "no-undef": "error",
            "no-unreachable": "error",
            "no-unused-vars": ["error", { args: "after-used", argsIgnorePattern: "^_" }],
            "no-var": "error",
            "prefer-const": "error",
            "valid-typeof": "error",
            "no-console": ["error", { allow: ["warn", "error"] }],
            "no-restricted-properties": [
                "error",
                { property: "innerHTML", message: "Use markup() and t-out in a template." },
            ],
        },
    },
];
