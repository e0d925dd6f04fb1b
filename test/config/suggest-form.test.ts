import { expect, test } from 'vitest'
import type { JsonSchema } from '../../src/config/schema/json-schema.ts'
import { durationPattern } from '../../src/lib/parse-duration.ts'
import { percentPattern } from '../../src/lib/parse-percent.ts'
import { sizePattern } from '../../src/lib/parse-size.ts'
import { suggestForm } from '../../src/config/suggest-form.ts'

const duration: JsonSchema = { title: 'duration', pattern: durationPattern }
const percentage: JsonSchema = { title: 'percentage', pattern: percentPattern }
const size: JsonSchema = { title: 'size', pattern: sizePattern }
const attribute: JsonSchema = { title: 'attribute', pattern: '^request\\.cookie\\.[a-z]+$' }
const host: JsonSchema = { title: 'host name without a port', pattern: '^(\\*\\.)?[a-z0-9-]+(\\.[a-z0-9-]+)*$' }

const oneUnit = 'write one number and one unit: ms, s, m, h or d'

test.each([
  [duration, 30, 'write 30s'],
  [duration, '10 s', 'write 10s'],
  [duration, '30sec', 'write 30s'],
  [duration, '2 minutes', 'write 2m'],
  [duration, '1m30s', 'write 90s'],
  [duration, '1s500ms', 'write 1500ms'],
  [duration, 'soon', oneUnit],
  [duration, '5 parsecs', oneUnit],
  [duration, -1, oneUnit],
  [percentage, 20, 'write 20%'],
  [percentage, '150%', 'from 0% to 100%'],
  [percentage, 0.5, 'from 0% to 100%'],
  [percentage, '10 %', 'write 10%'],
  [size, '1kb', 'write 1kB'],
  [size, '10 mib', 'write 10MiB'],
  [size, 'much', 'write one number and one unit: B, KiB, MiB, GiB, kB, MB or GB'],
  [attribute, 'cookie.uid', 'write request.cookie.uid'],
  [attribute, 'uid', undefined],
  [host, 'https://shop.example.com:443/a', 'write shop.example.com'],
  [host, 'a.*.com', 'an exact name or *.example.com, without scheme, port and path'],
  [{ title: 'secret reference', pattern: '^secret:' }, 'hunter2', undefined],
  [duration, true, undefined],
])('%j: %j', (schema, value, help) => expect(suggestForm(schema, value)).toBe(help))
