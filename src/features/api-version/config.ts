import { Type } from 'typebox'

/** How callers name a version. */
const selectors = ['path', 'accept', 'api-version'] as const
export type Selector = (typeof selectors)[number]

/** What the user writes on a route. */
export interface Written {
  version: string | number
  by?: Selector
  default?: boolean
  deprecated?: string
  sunset?: string
  links?: { deprecation?: string; sunset?: string; successor?: string }
}

/** What the user writes for the whole gateway. */
export interface WrittenPolicy {
  supportMonths?: number
  noticeMonths?: number
}

const date = (description: string, example: string) =>
  Type.Optional(Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', title: 'date', description, examples: [example] }))

const link = (description: string, example: string) =>
  Type.Optional(
    Type.String({
      pattern: "^(https?:/)?/[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*$",
      title: 'URL or path',
      maxLength: 1024,
      description,
      examples: [example],
    }),
  )

export const schema = Type.Object(
  {
    version: Type.Union(
      [Type.String({ pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]{0,30}[A-Za-z0-9])?$', title: 'version' }), Type.Integer({ minimum: 0 })],
      {
        description: 'What callers call this version. With `by: api-version` it is a date.',
        examples: ['2', '2026-03-01'],
      },
    ),
    by: Type.Optional(
      Type.Enum([...selectors], {
        description:
          'How callers name it: by the path of the route, by the media type in `Accept` (`application/json; version=2`, `application/vnd.shop.v2+json`), or by the header `API-Version`.',
        default: 'path',
        examples: ['accept'],
      }),
    ),
    default: Type.Optional(Type.Boolean({ description: 'Also takes requests that name no version.', default: false })),
    deprecated: date('Since when, or from when on, new callers should use another version; tells callers so in `Deprecation`.', '2026-01-15'),
    sunset: date('When it ends; tells callers so in `Sunset`.', '2027-01-15'),
    links: Type.Optional(
      Type.Object(
        {
          deprecation: link('Page about the deprecation.', 'https://docs.example.com/orders-1'),
          sunset: link('Page about the end.', 'https://docs.example.com/sunset'),
          successor: link('The version to use instead.', '/v2/orders'),
        },
        { additionalProperties: false, description: 'Where callers can read more; sent in `Link`.', examples: [{ successor: '/v2/orders' }] },
      ),
    ),
  },
  {
    additionalProperties: false,
    description: 'The version of the API that the route serves, and how long it will.',
    examples: [
      { version: '2', by: 'accept' },
      { version: '1', deprecated: '2026-01-15', sunset: '2027-01-15', links: { successor: '/v2/orders' } },
    ],
  },
)

const months = (description: string, fallback: number) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: 120, description, default: fallback, examples: [fallback] }))

export const policySchema = Type.Object(
  {
    supportMonths: months('Least time between `deprecated` and `sunset` of a version.', 12),
    noticeMonths: months('Time before `sunset` in which `validate` warns.', 6),
  },
  {
    additionalProperties: false,
    description: 'How long versions live on after they are deprecated.',
    examples: [{ supportMonths: 12, noticeMonths: 6 }],
  },
)
