import { Argument, type Command } from 'commander'
import { bashScript, fishScript, type Word, zshScript } from './completion-scripts.ts'
import { exit } from './exit.ts'
import { type Verb, verb } from './verb.ts'

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const
type Shell = keyof typeof scripts

export const completionVerb: Verb = (cx) =>
  verb({
    name: 'completion',
    summary: 'print the completion of a shell',
    examples: [
      ['completion bash > ~/.local/share/bash-completion/completions/sluice', 'for bash'],
      ['completion fish > ~/.config/fish/completions/sluice.fish', 'for fish'],
    ],
    notes: 'For zsh, write it to a file named _sluice in a directory of $fpath.',
  })
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(scripts)))
    .action((shell: Shell, _options: unknown, command: Command) => {
      cx.io.stdout.write(scripts[shell](wordsOf(rootOf(command))))
      cx.exit(exit.ok)
    })

function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command
}

/** Everything that can be typed, from the commands themselves, so that completion never promises what is not there. */
function wordsOf(program: Command): Word[] {
  return program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary() || command.description(),
    options: command.options.map(({ long, short, description, argChoices, required }) => ({
      long: long ?? '',
      short: short ?? '',
      description,
      choices: argChoices ?? [],
      takesValue: required,
    })),
    words: [...command.commands.map((sub) => sub.name()), ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? [])],
    takesFile: command.registeredArguments.some(({ argChoices }) => argChoices === undefined),
  }))
}
