/** One verb as a shell needs to know it. */
export interface Word {
  readonly name: string
  readonly summary: string
  readonly options: readonly {
    readonly long: string
    readonly short: string
    readonly description: string
    /** Values that it takes; empty when any. */
    readonly choices: readonly string[]
    readonly takesValue: boolean
  }[]
  /** Parts of it, such as `install`, or values of its argument. */
  readonly words: readonly string[]
  readonly takesFile: boolean
}

export function bashScript(words: readonly Word[]): string {
  const cases = words.map(({ name, options, words: parts, takesFile }) => {
    const flags = [...options.map(({ long }) => long), '--help', ...parts].join(' ')
    return `    ${name}) words=${quote(flags)}; files=${takesFile ? 'yes' : ''} ;;`
  })
  const choices = distinctChoices(words).map(
    ([long, values]) => `    ${long}) COMPREPLY=($(compgen -W ${quote(values.join(' '))} -- "$current")); return ;;`,
  )
  return `# bash completion of sluice; made by \`sluice completion bash\`
_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words='' files=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quote([...words.map(({ name }) => name), 'help', '--help', '--version'].join(' '))} -- "$current"))
    return
  fi
  case "$before" in
${choices.join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ -n "$files" ]; then COMPREPLY+=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _sluice sluice
`
}

export function zshScript(words: readonly Word[]): string {
  const verbs = words.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`)
  const cases = words.map(({ name, options, words: parts, takesFile }) => {
    const flags = options.map(({ long, description, choices, takesValue }) => {
      const value = choices.length > 0 ? `:value:(${choices.join(' ')})` : takesValue ? ':value:_files' : ''
      return quote(`${long}[${plain(description)}]${value}`)
    })
    const argument = parts.length > 0 ? quote(`1:what:(${parts.join(' ')})`) : takesFile ? quote('1:file:_files') : ''
    return `    ${name}) _arguments ${[...flags, argument].filter((part) => part !== '').join(' ')} ;;`
  })
  return `#compdef sluice
# made by \`sluice completion zsh\`
_sluice() {
  local -a verbs
  verbs=(
${verbs.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'verb' verbs
    return
  fi
  local verb="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$verb" in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = _sluice ]; then _sluice "$@"; else compdef _sluice sluice; fi
`
}

export function fishScript(words: readonly Word[]): string {
  const lines = words.flatMap(({ name, summary, options, words: parts, takesFile }) => {
    const when = `-n ${quote(`__fish_seen_subcommand_from ${name}`)}`
    const flags = options.map(({ long, short, description, choices, takesValue }) => {
      const value = choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : takesValue ? ' -r' : ''
      return `complete -c sluice ${when} -l ${long.slice(2)}${short === '' ? '' : ` -s ${short.slice(1)}`}${value} -d ${quote(description)}`
    })
    const argument =
      parts.length > 0 ? [`complete -c sluice ${when} -f -a ${quote(parts.join(' '))}`] : takesFile ? [] : [`complete -c sluice ${when} -f`]
    return [`complete -c sluice -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`, ...flags, ...argument]
  })
  return `# fish completion of sluice; made by \`sluice completion fish\`\n${lines.join('\n')}\n`
}

/** Options whose values are known and the same in every verb. */
function distinctChoices(words: readonly Word[]): [long: string, choices: readonly string[]][] {
  const found = new Map<string, readonly string[]>()
  for (const { options } of words) for (const { long, choices } of options) if (choices.length > 0) found.set(long, choices)
  return [...found]
}

/** A word of a shell in single quotes; what is inside means nothing to it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** Text inside the brackets of a zsh specification. */
function plain(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&')
}
