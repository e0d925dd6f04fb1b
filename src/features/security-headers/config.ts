import { Type } from 'typebox'

/** What the user writes. `none` leaves a header of the preset out. */
export interface Written {
  strictTransportSecurity?: string
  contentTypeOptions?: string
  frameOptions?: string
  contentSecurityPolicy?: string
  referrerPolicy?: string
  permissionsPolicy?: string
  crossOriginOpenerPolicy?: string
  crossOriginResourcePolicy?: string
  whenPresent?: 'keep' | 'replace'
  hide?: string[] | 'none'
}

/** Headers that tell which software a service is made of. */
export const telling: readonly string[] = ['x-aspnet-version', 'x-aspnetmvc-version', 'x-generator', 'x-powered-by']

/** Headers of the preset with their values; the others are sent only when they are written. */
export const preset = {
  strictTransportSecurity: 'max-age=31536000',
  contentTypeOptions: 'nosniff',
  frameOptions: 'DENY',
  contentSecurityPolicy: "frame-ancestors 'none'",
  referrerPolicy: 'strict-origin-when-cross-origin',
} as const

const header = (name: string, description: string, more: object = {}) =>
  Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$',
      maxLength: 4096,
      description: `\`${name}\`: ${description} \`none\` leaves it out.`,
      ...more,
    }),
  )

export const schema = Type.Object(
  {
    strictTransportSecurity: header('Strict-Transport-Security', 'browsers use TLS from now on; only sent over TLS.', {
      default: preset.strictTransportSecurity,
      examples: ['max-age=63072000; includeSubDomains; preload'],
    }),
    contentTypeOptions: header('X-Content-Type-Options', 'no guessing of content types.', { default: preset.contentTypeOptions }),
    frameOptions: header('X-Frame-Options', 'who may show the answer in a frame, for old browsers.', {
      default: preset.frameOptions,
      examples: ['SAMEORIGIN'],
    }),
    contentSecurityPolicy: header('Content-Security-Policy', 'what a page may load, and who may frame it.', {
      default: preset.contentSecurityPolicy,
      examples: ["default-src 'self'; frame-ancestors 'self'"],
    }),
    referrerPolicy: header('Referrer-Policy', 'what other sites learn of the address of a page.', { default: preset.referrerPolicy }),
    permissionsPolicy: header('Permissions-Policy', 'features of the browser that a page may use.', { examples: ['camera=(), microphone=()'] }),
    crossOriginOpenerPolicy: header('Cross-Origin-Opener-Policy', 'whether a page shares its window with others.', { examples: ['same-origin'] }),
    crossOriginResourcePolicy: header('Cross-Origin-Resource-Policy', 'which sites may load the answer.', { examples: ['same-site'] }),
    whenPresent: Type.Optional(
      Type.Enum(['keep', 'replace'], { description: 'Whether a value that the service or `headers` gives is kept or replaced.', default: 'keep' }),
    ),
    hide: Type.Optional(
      Type.Union([Type.Array(Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" }), { uniqueItems: true }), Type.Literal('none')], {
        description: 'Headers of the service that go, because they tell what software it runs.',
        default: [...telling],
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'Response headers that tell browsers to be careful. Written as `{}`, the preset.',
    examples: [{}, { frameOptions: 'SAMEORIGIN', contentSecurityPolicy: "frame-ancestors 'self'" }],
  },
)
