/** How deep maps and lists may be nested. gateway.yaml needs about 10; the parser recurses, so this also guards the stack. */
export const maxDepth = 64

/** Syntax errors after which the rest of a file is not looked at (what follows are echoes of the first), and findings that are kept of one file. */
export const maxFileFindings = 1000

/** How many nodes aliases may add to a file that has `written` nodes of its own, counted after expansion. */
export const maxAliasNodes = (written: number): number => Math.min(100_000 + 20 * written, 5_000_000)
