import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { installEnvoy } from '../../src/engine/install.ts'
import { dumpFilter, withoutDumps } from '../../src/lib/proto-dump.ts'
import { supervise } from '../../src/engine/supervise.ts'
import { validateWithEnvoy } from '../../src/engine/validate.ts'
import { bootstrapText } from '../../src/envoy/bootstrap.ts'

const inline = (text: string) => ({ specifier: { case: 'inlineString' as const, value: text } })
const secret = { name: 's', type: { case: 'tlsCertificate' as const, value: { certificateChain: inline('CERT'), privateKey: inline('KEYTEXT') } } }
const broken = bootstrapText({ staticResources: { clusters: [{ name: '' }], secrets: [secret] } })

describe('a private key in a refused configuration', () => {
  it('is in what Envoy says, and not in the verdict', async () => {
    const { path } = await installEnvoy()
    const verdict = await validateWithEnvoy(path, broken)
    expect(verdict).toMatchObject({
      ok: false,
      message: expect.stringMatching(/^Proto constraint validation failed .*value length must be at least 1/) as string,
    })
    expect(JSON.stringify(verdict)).not.toContain('KEYTEXT')
    expect(await validateWithEnvoy(path, `{"a": "KEYTEXT", `)).toEqual({ ok: false, message: expect.not.stringContaining('KEYTEXT') as string })
  })

  it('is not in the log or the error of the supervisor', async () => {
    const runDir = await mkdtemp(join(tmpdir(), 'sluice-s-'))
    const lines: string[] = []
    const failure = await supervise({
      binary: (await installEnvoy()).path,
      runDir,
      bootstrap: () => broken,
      ports: [],
      log: (line) => lines.push(line),
    }).then(
      () => 'started',
      (error: unknown) => String(error),
    )
    expect(`${lines.join('\n')}\n${failure}`).not.toContain('KEYTEXT')
    expect(failure).toContain('value length must be at least 1')
    await rm(runDir, { recursive: true, force: true })
  })
})

describe('a dump', () => {
  it('is cut out of a text, even when its end is missing', () => {
    expect(withoutDumps('rejected: goo.gle/debugstr\na: "k"\n: Proto constraint validation failed (X)')).toBe(
      'rejected: Proto constraint validation failed (X)',
    )
    expect(withoutDumps('rejected: goo.gle/debugonly\na: "k"')).toBe('rejected: ')
  })

  it('is cut out of lines, and ends with the next line of the log', () => {
    const show = dumpFilter()
    const lines = [
      'before',
      'x: goo.gle/debugstr',
      'key: "k"',
      ': Proto constraint validation failed (X)',
      'y goo.gle/debugproto',
      'key: "k"',
      '[2026-11-21 13:00:00] next',
      'last',
    ]
    expect(lines.map(show).filter((line) => line !== undefined)).toEqual([
      'before',
      'x: [message left out]',
      'Proto constraint validation failed (X)',
      'y [message left out]',
      '[2026-11-21 13:00:00] next',
      'last',
    ])
  })
})
