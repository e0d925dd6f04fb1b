import { cpus } from 'node:os'
import { type Bench, load } from './support/report.ts'

/** `npm run bench [-- names…] [--quick]`: each bench prints its tables as Markdown. */
const all = ['compile', 'change', 'route-added', 'request-cost', 'data-plane', 'herd', 'nginx', 'nginx-change']

const args = process.argv.slice(2)
const quick = args.includes('--quick')
const names = args.filter((arg) => arg !== '--quick')
const unknown = names.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; there are: ${all.join(', ')}`)
  process.exit(64)
}
console.log(
  `Node ${process.versions.node}, ${cpus().length} cores, load average ${load()}${quick ? ', quick: the figures only show that the bench works' : ''}`,
)
for (const name of names.length > 0 ? names : all) {
  console.log(`\n## ${name}`)
  const { run } = (await import(`./${name}.ts`)) as { readonly run: Bench }
  await run({ quick })
  console.log(`\nload average after it ${load()}`)
}
process.exit(0)
