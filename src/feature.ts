import type { TSchema } from 'typebox'
import type { Diagnostic, Path, Place, Severity } from './diagnostics/diagnostic.ts'
import type { EnvoyParts } from './envoy/parts.ts'
import type { CheckCx, Cx } from './model/cx.ts'
import type { Moment } from './model/moment.ts'
import type { Material, ReadMaterial } from './model/material.ts'
import type { ServiceLoads } from './live/loads.ts'
import type { FurtherTarget, Match, Node, Route, Service } from './model/gateway.ts'
import type { NginxParts } from './nginx/parts.ts'

/** Where in gateway.yaml a key may stand. `action` is the one-of `to | redirect | respond | …` of a route. */
export type Scope = 'gateway' | 'listener' | 'service' | 'route' | 'action'

/** One key that a feature adds to the language. A route key may also stand in `defaults.route` and a group's `policy`, a service key in `defaults.service`. */
export interface Point {
  readonly at: Scope
  readonly key: string
  /** JSON Schema with description, default and examples: the one source for checking, editors and the reference. */
  readonly schema: TSchema
  /** How a stronger layer meets a weaker one: field by field, or as a whole. The word `none` clears in both. */
  readonly merge: 'fields' | 'replace'
  /** Keys inside the value that are one of several forms: there a stronger layer replaces the weaker one as a whole. */
  readonly whole?: readonly string[]
  /** Keys inside the value that belong to one of several forms: where a stronger layer names keys of one form, the weaker one's other forms are dropped. */
  readonly forms?: readonly (readonly string[])[]
}

/** What a finding is raised with; the place is filled in from the node. */
interface Finding {
  readonly code: string
  readonly message: string
  readonly severity?: Severity
  /** Path inside the node as the user wrote it, beginning with the feature's key. */
  readonly path?: Path
  readonly side?: 'key' | 'value'
  readonly help?: string
  readonly related?: readonly { readonly message: string; readonly at: Place }[]
}

/** Given to `lower`: where to complain, and how to name files that the user wrote relative to the file that holds them. */
export interface LowerCx {
  report(finding: Finding): void
  /** Path of a file named at `path`: a relative one starts at the file that holds that value. */
  file(named: string, path: Path): string
}

/** What a node is while its features are lowered. */
export interface NodeDraft {
  readonly kind: Node['kind'] | 'gateway'
  readonly name: string
}

/**
 * Checks of single nodes. Everything that is no part of the node is read through `cx`: a node without findings is checked again only when it is another
 * object, or an answer is another one.
 */
interface NodeCheck<M> {
  /** A route, or a service, that has the feature's key. */
  route?(value: M, route: Route, cx: CheckCx): Iterable<Diagnostic>
  service?(value: M, service: Service, cx: CheckCx): Iterable<Diagnostic>
  /** Any route, with the key or without. */
  everyRoute?(route: Route, cx: CheckCx): Iterable<Diagnostic>
}

/**
 * What a feature is: keys of the language, their meaning, and what they become in each engine. Everything is pure.
 * `M` is what emitters see; it stands in `node.policies[name]`.
 */
export interface Feature<M = unknown> {
  readonly name: string
  readonly points: readonly Point[]
  /** Turns the merged value of the feature's key on one node into `M`; undefined stores nothing. */
  lower?(value: unknown, node: NodeDraft, cx: LowerCx): M | undefined
  /** Further matches that a route must take for each written one, because it has the feature's key; they are marked `implied`. */
  matches?(value: M, match: Match): readonly Match[]
  /** The value as users write it, where that is not how `M` is built, so that plans speak the user's language. Times stay milliseconds, shares percent. */
  written?(value: M): unknown
  /** Checks that need more than the value. Schema errors are the spine's. */
  readonly check?: NodeCheck<M>
  /** What stands in the place of one match alternative of a route that has the feature's key: the same with further conditions, or several such. */
  narrow?(value: M, match: Match): readonly Match[]
  /** Services that the value on a route sends requests to, besides the targets of the route itself. They are checked, kept and pushed as those are. */
  targets?(value: M): readonly FurtherTarget[]
  /** Services that may stand in for the service which has the value: they are in use although no route leads to them. */
  standIns?(value: M): readonly string[]
  /** Files and secrets whose content the engines need, such as certificates. They are read at the edge, watched, and never kept in a snapshot of the config. */
  material?(value: M, node: Node): readonly Material[]
  /** Checks of the content of those files. */
  checkMaterial?(value: M, node: Node, read: ReadMaterial, cx: Cx, moment: Moment): Iterable<Diagnostic>
  /** The service with the weights that the reported load of its endpoints asks for, the same object when none differs; and when a report expires. */
  weigh?(value: M, service: Service, loads: ServiceLoads, now: number): { readonly service: Service; readonly until?: number }
  /** Absent: a gateway that uses the feature cannot be compiled for Envoy. */
  readonly envoy?: EnvoyParts<M>
  /** Absent: a gateway that uses the feature cannot be compiled for nginx. */
  readonly nginx?: NginxParts<M>
  /** Codes that the feature may report, with a text for `explain-code`. */
  readonly codes?: Readonly<Record<string, string>>
}

/** Policies are opaque to the stages; a feature reads its own back through this. */
export function policyOf<M>(
  feature: { readonly name: string; lower?(value: unknown, node: NodeDraft, cx: LowerCx): M | undefined },
  node: Node,
): M | undefined {
  return node.policies[feature.name] as M | undefined
}
