import type { Diagnostic } from './diagnostics/diagnostic.ts'
import { EnvoyEmitter, type ForEnvoy } from './envoy/emit.ts'
import type { Feature } from './feature.ts'
import type { Cx } from './model/cx.ts'
import type { Gateway, Node } from './model/gateway.ts'
import type { ReadMaterial } from './model/material.ts'
import type { RouteTable } from './model/rank.ts'
import { type ForNginx, NginxEmitter } from './nginx/emit.ts'

/** What a gateway becomes, by the engine that it is compiled for. */
export interface Made {
  readonly envoy: ForEnvoy
  readonly nginx: ForNginx
}

/** An engine that a gateway can be compiled for. */
export type Target = keyof Made

/** Each engine's last step of the pipeline. One emitter belongs to one gateway file, and remembers what did not change. */
export interface Emitters {
  readonly envoy: EnvoyEmitter
  readonly nginx: NginxEmitter
}

/** What the pipeline asks of an engine. */
export interface Emitter<T extends Target> {
  /** What of a node the engine cannot do (errors), or does differently (notes). Errors stop the compile. */
  check(node: Node, cx: Cx): Iterable<Diagnostic>
  /** The whole gateway, made of valid parts. */
  emit(
    gateway: Gateway,
    tables: ReadonlyMap<string, RouteTable>,
    at: Cx['at'],
    read: ReadMaterial,
  ): { readonly made: Made[T]; readonly diagnostics: readonly Diagnostic[] }
}

const emitters: { readonly [T in Target]: (features: readonly Feature[]) => Emitters[T] & Emitter<T> } = {
  envoy: (features) => new EnvoyEmitter(features),
  nginx: (features) => new NginxEmitter(features),
}

/** The emitter of one engine; `features` are in the order of the feature list. */
export function emitterFor<T extends Target>(target: T, features: readonly Feature[]): Emitters[T] & Emitter<T> {
  return emitters[target](features)
}
