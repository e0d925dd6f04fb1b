import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { Feature } from '../feature.ts'
import type { Cx } from '../model/cx.ts'
import { limited } from '../model/check-support.ts'
import type { Gateway, Node, Service } from '../model/gateway.ts'
import type { ReadMaterial } from '../model/material.ts'
import type { RouteTable } from '../model/rank.ts'
import { checkNginx } from './check.ts'
import { type Start, startOf } from './start.ts'
import { NodeMemo } from './node-memo.ts'
import { type Line, type LineMemo, makeState, serviceLine, type State, type StateInput } from './state.ts'

/** What nginx runs: the start model, which becomes nginx.conf, and the state document. Endpoints with names have no addresses yet. */
export interface ForNginx {
  readonly target: 'nginx'
  readonly start: Start
  readonly state: State
  /** The line of one service alone, as it is now: what a live change of its endpoints costs. */
  readonly line: (service: Service, resolve: NonNullable<StateInput['resolve']>) => Line
}

/** Gateway → what nginx is given. `features` are in the order of the feature list. */
export class NginxEmitter {
  readonly #features: readonly Feature[]
  readonly #limited: readonly Feature[]
  readonly #lines: LineMemo = new NodeMemo()

  constructor(features: readonly Feature[]) {
    this.#features = features
    this.#limited = limited('nginx', features)
  }

  check(node: Node, cx: Cx): Iterable<Diagnostic> {
    return checkNginx(this.#limited, node, cx)
  }

  emit(
    gateway: Gateway,
    tables: ReadonlyMap<string, RouteTable>,
    _at: Cx['at'],
    read: ReadMaterial,
  ): { readonly made: ForNginx; readonly diagnostics: readonly Diagnostic[] } {
    const features = this.#features
    const made: ForNginx = {
      target: 'nginx',
      start: startOf(gateway, features, read),
      state: makeState({ gateway, tables, features, read }, this.#lines),
      line: (service, resolve) => serviceLine(service, { gateway, features, read, resolve }),
    }
    return { made, diagnostics: [] }
  }
}
