import type { Config, Entry } from '../config/config.ts'
import type { Gateway } from './gateway.ts'
import type { Origin } from './origin.ts'

/** Layers of a service: the defaults, then its own. */
export function serviceOrigin(config: Config, entry: Entry): Origin {
  return [...(config.defaults.service?.origin ?? []), ...entry.origin]
}

/** Layers of a route: the defaults, its group's policy, then its own. */
export function routeOrigin(config: Config, entry: Entry): Origin {
  const name = (entry.value as { readonly group?: string }).group
  const group = name === undefined ? undefined : config.collections.groups.get(name)
  const policy = group?.origin.map((layer) => ({ file: layer.file, path: [...layer.path, 'policy'] })) ?? []
  return [...(config.defaults.route?.origin ?? []), ...policy, ...entry.origin]
}

/** Where each node was written, made only when somebody asks: hardly anybody does. */
export function originsOf(config: Config): Gateway['originOf'] {
  return ({ kind, name }) => {
    const entry = config.collections[`${kind}s`].get(name) ?? config.damaged[`${kind}s`].get(name)
    if (!entry) return []
    if (kind === 'listener') return entry.origin
    return kind === 'service' ? serviceOrigin(config, entry) : routeOrigin(config, entry)
  }
}
