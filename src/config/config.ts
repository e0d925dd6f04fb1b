import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { Origin } from '../model/origin.ts'
import type { Piece } from './split-yaml.ts'

/**
 * The language front end in two steps:
 *
 *   read(rootFile, options) → Source     files merged by name, nothing known about their meaning
 *   check(source, schema, env) → Config  variables filled in, every value proven against the schema
 *
 * For a file such as
 *
 *   version: 1
 *   name: shop
 *   listeners: {public: {port: 8080}}
 *   defaults: {route: {timeouts: {request: 30s}}}
 *   accessLog: {path: stdout}                        # a key that a feature adds `at: 'gateway'`
 *   routes: {orders: {match: {path: /o/*}, to: orders}}
 *
 * the Config is
 *
 *   name                                      'shop' (default 'gateway')
 *   collections.get('routes').get('orders')   {name: 'orders', value: {match: {path: '/o/*'}, to: 'orders'}, origin: [{file, path: ['routes', 'orders']}]}
 *   defaults.route                            {name: 'route', value: {timeouts: …}, origin: [{file, path: ['defaults', 'route']}]}
 *   gateway.get('accessLog')                  {name: 'accessLog', value: {path: 'stdout'}, origin: [{file, path: ['accessLog']}]}
 *
 * `collections` always has the four keys of `Collection`, each perhaps empty. Values are what the user wrote: short forms stay short, defaults of the
 * schema are not filled in, durations are still text. `value` is the *same object* as in the last run when the entity did not change
 * (same FileCache, same variables), so it can be the key of a memo. Values are frozen in meaning: nobody may change them.
 * An entity with a schema error is left out of `collections`; its findings are in the Result and `invalid` names it. Without the keys that have the
 * errors it stands in `damaged`, if the rest is sound, so that what else is wrong with it is found in the same run.
 */
export interface Config {
  readonly name: string
  readonly collections: Readonly<Record<Collection, ReadonlyMap<string, Entry>>>
  readonly defaults: { readonly route: Entry | undefined; readonly service: Entry | undefined }
  /** Top-level keys that features add, by key. */
  readonly gateway: ReadonlyMap<string, Entry>
  /** Route tests of all files, in the order read; `name` is the index as text. */
  readonly tests: readonly Entry[]
  /** What exists but has errors, such as `services/orders`: a reference to it is not a reference to nothing. */
  readonly invalid: ReadonlySet<string>
  /** What is left of entities with errors: only findings are made of it. */
  readonly damaged: Readonly<Record<Collection, ReadonlyMap<string, Entry>>>
  /** Every file that was read, the root first. `dirname(file)` is what relative paths inside it start from. */
  readonly files: ReadonlyMap<string, SourceFile>
}

export type Collection = 'listeners' | 'services' | 'groups' | 'routes'
export const collections: readonly Collection[] = ['listeners', 'services', 'groups', 'routes']

/** One named thing of the language and where it was written. Paths of findings inside it are relative to `value`. */
export interface Entry<V = unknown> {
  readonly name: string
  readonly value: V
  /** One layer, or more when an overlay patched it; the last is the strongest. */
  readonly origin: Origin
}

/** A file as it was read; its AST is not kept, positions are found by parsing `text` again. */
export interface SourceFile {
  /** Path as the user knows it: the root as given, others relative to the same directory. */
  readonly file: string
  readonly text: string
  /** Hash of the text. */
  readonly hash: string
  /** Plain data, or undefined when the text is not usable. */
  readonly value: unknown
  readonly diagnostics: readonly Diagnostic[]
  /** How a large file was cut; it has no aliases then, and a position is found by parsing one piece. */
  readonly pieces?: readonly Piece[]
}

/** All files merged by name, before variables are filled in. */
export interface Source {
  readonly root: string
  /** False when nothing could be made of the root file; everything but `files` is empty then. */
  readonly usable: boolean
  /** Top-level maps: section → name → entry. */
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, Entry>>
  /** Top-level scalars and lists (version, name, a feature's plain value), with their place. */
  readonly values: ReadonlyMap<string, Entry>
  readonly tests: readonly Entry[]
  readonly files: ReadonlyMap<string, SourceFile>
  /** Files and patterns that were looked at, existing or not: what a watcher has to watch. */
  readonly watched: readonly string[]
}
