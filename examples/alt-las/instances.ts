/** One instance of a sample service. */
export interface Instance {
  /** `<service>-<number>`. */
  readonly name: string
  readonly service: string
  /** The variable that gateway.yaml reads its location from. */
  readonly variable: string
  readonly host: string
  readonly port: number
}

const defaults = [
  ['segmentation', 3001, 3002],
  ['runner', 3011, 3012],
  ['archive', 3021, 3022],
] as const

/** The six instances of gateway.yaml, at the places that the environment gives them. Throws when a variable is not `host:port`. */
export function instancesOf(env: Readonly<Record<string, string | undefined>>): Instance[] {
  return defaults.flatMap(([service, ...ports]) =>
    ports.map((port, index) => {
      const variable = `${service.toUpperCase()}_${index + 1}`
      return { name: `${service}-${index + 1}`, service, variable, ...placeOf(variable, env[variable] || `127.0.0.1:${port}`) }
    }),
  )
}

/** Whether the instance is ours to start: what the environment places on another machine runs there. */
export function isLocal({ host }: Instance): boolean {
  return host === 'localhost' || host.startsWith('127.')
}

function placeOf(variable: string, text: string): { host: string; port: number } {
  const found = /^([^:\s]+):(\d{1,5})$/.exec(text)
  if (!found?.[1] || Number(found[2]) > 65_535) throw new Error(`${variable} must be host:port, such as 127.0.0.1:3001; it is "${text}"`)
  return { host: found[1], port: Number(found[2]) }
}
