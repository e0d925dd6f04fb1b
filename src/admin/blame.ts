import type { Path, Place } from '../diagnostics/diagnostic.ts'
import type { Good } from '../compile.ts'
import type { EntityKey, Node } from '../model/gateway.ts'
import type { Target } from '../target.ts'
import { blameRoutes, type Refused } from './blame-routes.ts'
import { asKey, brokenRule } from './pgv-words.ts'

/** A node of gateway.yaml that may have caused a refusal. */
export interface Suspect {
  readonly node: EntityKey
  /** The place to look at. */
  readonly place: Place
  /** Where the node itself begins, for the case that `place` names a key that is not written. */
  readonly start: Place
}

/** More suspects than this help nobody: then the whole listener is named. */
const maxSuspects = 10

/**
 * Who has to be looked at: one node when it is certain, several when any of them may be it, none when the resource is sluice's own.
 * `good` is what the refused version was made of; `previous` what the proxy had accepted before.
 */
export function blame(refused: Refused, good: Good<Target>, previous: Good<Target> | undefined): Suspect[] {
  const owner = nodeOf(good, refused.owner)
  if (!owner) return []
  if (refused.type === 'routes' && owner.kind === 'listener') {
    const found = blameRoutes(refused, owner, good, previous)
    if (found.length > 0 && found.length <= maxSuspects) return found.map((node) => suspect(good, node, []))
  }
  return [suspect(good, owner, pathInside(refused, owner))]
}

function suspect(good: Pick<Good, 'at'>, node: Node, path: Path): Suspect {
  const start = good.at(node, [], 'key')
  return { node: `${node.kind}/${node.name}`, place: path.length === 0 ? start : good.at(node, path), start }
}

function nodeOf({ gateway }: Pick<Good, 'gateway'>, owner: string | undefined): Node | undefined {
  const [kind, ...rest] = owner?.split('/') ?? []
  const name = rest.join('/')
  if (kind === 'service') return gateway.services.get(name)
  if (kind === 'listener') return gateway.listeners.get(name)
  return kind === 'route' ? gateway.routes.get(name) : undefined
}

/** Where inside a node the complaint leads, as far as the text tells. */
function pathInside({ type, message }: Refused, node: Node): Path {
  if (type === 'secret') return ['tls']
  if (type === 'listener' && /duplicate address|cannot bind|Address already in use|is in use by/.test(message)) return ['port']
  if (type === 'endpoints' && node.kind === 'service') {
    const address = /malformed IP address: (\S+?)\.?(?: Consider|$)/.exec(message)?.[1]
    const index = node.discovery.endpoints.findIndex((endpoint) => endpoint.address === address)
    return index < 0 ? ['endpoints'] : ['endpoints', index]
  }
  const field = brokenRule(message)?.steps[0]?.field
  return field === undefined ? [] : [asKey(field)]
}
