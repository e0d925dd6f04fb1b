import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { workplace } from './run-cli.ts'

describe('init', () => {
  it('writes a gateway.yaml without findings and keeps the state directory out of git', async () => {
    await using place = await workplace()
    const { code, stdout } = await place.run(['init'])
    expect([code, stdout]).toEqual([0, `${place.path('gateway.yaml')}\n`])
    expect(await place.run(['validate', '--fail-on', 'warning'])).toEqual({ code: 0, stdout: '', stderr: '✔ gateway.yaml is valid\n' })
    expect(readFileSync(place.path('.gitignore'), 'utf8')).toBe('.sluice/\n')
  })

  it('its commented service example is valid when the comment signs are taken away', async () => {
    await using place = await workplace()
    await place.run(['init', 'new'])
    const text = readFileSync(place.path('new/gateway.yaml'), 'utf8')
    const open = text.replace(/^( *)# (?=(?: *(?:api|match|rewrite|to|services|endpoints|healthCheck|- 127)\b))/gm, '$1')
    expect(open).toMatch(/^services:\n {2}api:\n/m)
    await place.write('new/gateway.yaml', open)
    expect(await place.run(['validate', 'new/gateway.yaml', '--fail-on', 'warning', '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('overwrites nothing, and adds its line to a .gitignore once', async () => {
    await using place = await workplace({ 'gateway.yaml': 'mine\n', 'other/.gitignore': 'node_modules' })
    const { code, stdout, stderr } = await place.run(['init'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('is there already and stays as it is; remove it, or name another directory')
    expect(readFileSync(place.path('gateway.yaml'), 'utf8')).toBe('mine\n')
    await place.run(['init', 'other'])
    expect(readFileSync(place.path('other/.gitignore'), 'utf8')).toBe('node_modules\n.sluice/\n')
  })
})
