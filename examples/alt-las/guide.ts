import type { Instance } from './instances.ts'

/** One thing that runs. */
export interface Running {
  readonly name: string
  readonly where: string
  /** A process id, or where the process is. */
  readonly pid: number | string
}

/** What a reader sees when everything is up: a table, three requests to try, and how to break things. */
export function guide(running: readonly Running[], gatewayPort: number, example: Instance & { readonly pid: number | undefined }): string {
  const rows: Running[] = [{ name: 'NAME', where: 'WHERE', pid: 'PID' }, ...running]
  const width = (of: (row: Running) => string): number => Math.max(...rows.map((row) => of(row).length)) + 2
  const [names, places] = [width(({ name }) => name), width(({ where }) => where)]
  const base = `http://127.0.0.1:${gatewayPort}/api/v1`
  const lines = [
    '',
    ...rows.map(({ name, where, pid }) => `  ${name.padEnd(names)}${where.padEnd(places)}${pid}`),
    '',
    'Try:',
    `  curl ${base}/segmentation/images/7`,
    `  curl -d '{"job": 1}' ${base}/runner/jobs`,
    `  curl ${base}/archive/2026/11`,
    '',
  ]
  if (example.pid !== undefined) {
    lines.push(
      'Break something:',
      `  kill -9 ${example.pid}`.padEnd(46) + `${example.name} is gone, no request fails`,
      `  ${restart(example)}`.padEnd(46) + 'it is back',
      `  kill -USR2 ${example.pid}`.padEnd(46) + `${example.name} says it is sick; the same again: well`,
      '',
    )
  }
  return [...lines, 'Edit gateway.yaml and see the change live. Ctrl-C stops everything.', '', ''].join('\n')
}

/** The command that starts an instance again, from the root of the repository. */
export function restart({ name, port }: Instance): string {
  return `npm run backend -- ${name} ${port}`
}
