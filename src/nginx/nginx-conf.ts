/** A directive of nginx.conf: its name, its arguments, and the directives or the Lua code of its block. */
export interface Directive {
  readonly name: string
  readonly args: readonly Arg[]
  /** The name is a key of a `map`, not a directive. */
  readonly entry?: boolean
  readonly block?: readonly Directive[]
  /** Constant code of this program; never made of anything that a user wrote. */
  readonly lua?: string
}

/** Plain text stands for itself, whatever it holds. A template is text of this program in which `$name` is a variable. */
export type Arg = string | number | { readonly template: string }

/** Shorthand for a directive. */
export function directive(name: string, ...args: readonly Arg[]): Directive {
  return { name, args }
}

/** A directive with a block. */
export function block(name: string, args: readonly Arg[], inner: readonly Directive[]): Directive {
  return { name, args, block: inner }
}

/** A directive whose block is Lua. */
export function lua(name: string, code: string): Directive {
  if (/[{}\n]/.test(code)) throw new Error(`code of ${name} must be one line without braces`)
  return { name, args: [], lua: code }
}

/**
 * A directive that calls a function of the runtime; `id` was made by this program. The master has loaded all modules (lua/sluice/boot.lua), so a
 * request need not pay for `require`.
 */
export function call(name: string, module: string, fn: string, id?: string): Directive {
  return lua(name, `package.loaded["sluice.${module}"].${fn}(${id === undefined ? '' : JSON.stringify(id)})`)
}

/** A row of a `map` block. */
export function entry(key: string, value: Arg): Directive {
  return { name: key, args: [value], entry: true }
}

/** Text in which `$name` is a variable. */
export function template(text: string): Arg {
  return { template: text }
}

/** nginx.conf as text; every argument goes through the one quoting function. */
export function renderConf(directives: readonly Directive[], indent = ''): string {
  return directives.map((one) => `${indent}${renderDirective(one, indent)}\n`).join('')
}

function renderDirective({ name, args, entry: key, block: inner, lua: code }: Directive, indent: string): string {
  if (!key && !/^[a-z0-9_]+$/.test(name)) throw new Error(`"${name}" is no directive`)
  const head = [key ? quote({ template: name }, 'map') : name, ...args.map((arg) => quote(arg, name))].join(' ')
  if (code !== undefined) return `${head} { ${code} }`
  return inner ? `${head} {\n${renderConf(inner, `${indent}  `)}${indent}}` : `${head};`
}

/** Directives in whose arguments nginx looks for no variables, so that a `$` must stay as it is. */
const withoutVariables = new Set([
  'load_module',
  'lua_package_path',
  'lua_package_cpath',
  'lua_ssl_trusted_certificate',
  'proxy_ssl_trusted_certificate',
  'grpc_ssl_trusted_certificate',
  'client_body_temp_path',
  'proxy_temp_path',
  'error_log',
  'pid',
  'listen',
  'user',
])

/** Holds a dollar sign: `geo $sl_d { default "$"; }` stands in every http block. */
export const dollar = 'sl_d'

/** The one way by which text gets into nginx.conf. Throws for control characters, which no text of this program has. */
export function quote(arg: Arg, name: string): string {
  const text = typeof arg === 'object' ? arg.template : String(arg)
  if (/\p{Cc}/u.test(text)) throw new Error(`an argument of ${name} holds a control character`)
  if (/^[A-Za-z0-9._:/@=,+~^-]+$/.test(text) || (typeof arg === 'object' && /^[A-Za-z0-9._:/@=$?-]+$/.test(text))) return text
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')
  const literal = typeof arg === 'object' || withoutVariables.has(name) ? escaped : escaped.replaceAll('$', `\${${dollar}}`)
  return `"${literal}"`
}
