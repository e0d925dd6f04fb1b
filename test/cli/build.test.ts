import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { workplace } from './run-cli.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

describe('the compiled package', () => {
  it('runs through its bin from any directory, with what it ships', async () => {
    await using place = await workplace()
    const home = place.path('package')
    await mkdir(home)
    await run(process.execPath, [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      join(root, 'tsconfig.build.json'),
      '--outDir',
      join(home, 'dist'),
    ])
    await cp(join(root, 'package.json'), join(home, 'package.json'))
    for (const shipped of ['gen', 'lua', 'templates', 'schema', 'node_modules']) await symlink(join(root, shipped), join(home, shipped))
    await cp(join(root, 'bin'), join(home, 'bin'), { recursive: true })
    const { bin } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { bin: { sluice: string } }
    await symlink(join(home, bin.sluice), place.path('sluice'))
    await mkdir(place.path('elsewhere'))
    const sluice = (...argv: string[]) => run(process.execPath, [place.path('sluice'), ...argv], { cwd: place.path('elsewhere') })
    expect((await sluice('init')).stdout).toBe('gateway.yaml\n')
    expect(await sluice('validate')).toEqual({ stdout: '', stderr: '✔ gateway.yaml is valid\n' })
    expect((await sluice('compile')).stdout).toContain('"staticResources"')
    await expect(sluice('nope')).rejects.toMatchObject({ code: 64 })
  })
})

describe('the command', () => {
  // Nothing is built here: the version is judged before anything of sluice is imported.
  it.each([
    ['20.19.5', 69, 'error: sluice needs Node.js 22.18 or newer, and this is 20.19.5; install a newer one from https://nodejs.org\n'],
    ['22.17.9', 69, 'error: sluice needs Node.js 22.18 or newer, and this is 22.17.9; install a newer one from https://nodejs.org\n'],
    ['22.18.0', 1, 'ERR_MODULE_NOT_FOUND'],
    ['23.0.0', 1, 'ERR_MODULE_NOT_FOUND'],
  ])('judges Node.js %s', async (version, code, words) => {
    await using place = await workplace({ 'package.json': '{"type": "module"}' })
    await cp(join(root, 'bin'), place.path('bin'), { recursive: true })
    const pretend = `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"${version}"}})`
    const ended = run(process.execPath, ['--import', pretend, place.path('bin/sluice.js')])
    await expect(ended).rejects.toMatchObject({ code, stdout: '', stderr: expect.stringContaining(words) as string })
  })
})

describe('the sources', () => {
  it('run without a build, from any directory', async () => {
    await using place = await workplace()
    const sluice = (...argv: string[]) => run(process.execPath, [join(root, 'src/cli.ts'), ...argv], { cwd: place.dir })
    expect((await sluice('init', 'new')).stderr).toBe('wrote new/gateway.yaml\nnext: cd new && sluice run, then curl http://127.0.0.1:8080/\n')
    await expect(sluice('validate')).rejects.toMatchObject({ code: 65, stdout: expect.stringContaining('gateway.yaml does not exist') as string })
  })

  it('a reader that has seen enough is no failure', async () => {
    const { stdout, stderr } = await run('sh', ['-c', `"$0" "$1" schema | head -c 10`, process.execPath, join(root, 'src/cli.ts')])
    expect([stdout.length, stderr]).toEqual([10, ''])
  })
})
