import { renderSchema } from '../config/schema/gateway.ts'
import { writeFileAtomically } from '../lib/write-file-atomically.ts'
import { exit } from './exit.ts'
import { atHome } from './read-config.ts'
import { type Verb, verb } from './verb.ts'

export const schemaVerb: Verb = (cx) =>
  verb({
    name: 'schema',
    summary: 'print the JSON Schema of gateway.yaml, for editors',
    examples: [
      ['schema', 'print it'],
      ['schema --out gateway.schema.json', 'write it to a file'],
    ],
    notes: 'An editor uses it through the first line of gateway.yaml:\n  # yaml-language-server: $schema=./gateway.schema.json',
  })
    .option('-o, --out <file>', 'write to a file')
    .action(async ({ out }: { out?: string }) => {
      const text = renderSchema(cx.features.flatMap((feature) => feature.points))
      if (out === undefined) cx.io.stdout.write(text)
      else await writeFileAtomically(atHome(cx.io, out), text, 0o644)
      cx.exit(exit.ok)
    })
