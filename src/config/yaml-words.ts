interface Words {
  readonly message: string
  readonly help?: string
}

/** What the YAML library says in the terms of its grammar, in the terms of what is written, with what to do about it. */
const known: readonly (readonly [said: RegExp, words: (said: string) => Words])[] = [
  [
    /^Block collections are not allowed within flow collections/,
    () => ({
      message: 'a second "key:" follows inside {} or []',
      help: 'a comma or a closing bracket is missing before it, or the text needs quotes',
    }),
  ],
  [/^Nested mappings are not allowed in compact mappings/, (message) => ({ message, help: 'a text that holds ": " needs quotes' })],
  [/^Alias cannot be an empty string/, () => ({ message: 'a * begins an alias of YAML here', help: 'quote a text that begins with *: "*"' })],
  [/^Tabs are not allowed as indentation/, (message) => ({ message, help: 'use spaces' })],
  [
    /^All mapping items must start at the same column/,
    () => ({ message: 'the indentation of this line fits none of the lines above', help: 'keys of one map begin in the same column' }),
  ],
  [/^Flow sequence in block collection must/, () => unclosed('[', ']')],
  [/^Flow map in block collection must/, () => unclosed('{', '}')],
]

function unclosed(opens: string, closes: string): Words {
  return { message: `a "${opens}" is not closed here`, help: `add "${closes}", or indent what continues it` }
}

export function plainWords(said: string): Words {
  const [, words] = known.find(([pattern]) => pattern.test(said)) ?? []
  return words?.(said) ?? { message: said }
}
