/** Writes `gen/`: TypeScript types for the messages of the pinned Envoy, from the descriptors inside its binary. Cached by hash. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheDir } from '../src/engine/cache-dir.ts'
import { EngineUnavailable, installEnvoy } from '../src/engine/install.ts'
import { envoyRelease } from '../src/engine/release.ts'
import { descriptorsIn } from './descriptors.ts'
import { protoRoots } from './proto-roots.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const target = join(root, 'gen')

async function main(): Promise<void> {
  const stamp = await inputHash()
  if ((await readFile(join(target, '.stamp'), 'utf8').catch(() => '')) === stamp) return
  const cached = join(cacheDir(), `gen-${stamp}`)
  if ((await readFile(join(cached, '.stamp'), 'utf8').catch(() => '')) !== stamp) await generateInto(cached, stamp)
  await rm(target, { recursive: true, force: true })
  await cp(cached, target, { recursive: true })
}

async function inputHash(): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(envoyRelease)).update(JSON.stringify(protoRoots))
  for (const file of ['scripts/generate.ts', 'scripts/descriptors.ts', 'node_modules/@bufbuild/protoc-gen-es/package.json']) {
    hash.update(await readFile(join(root, file)))
  }
  return hash.digest('hex').slice(0, 16)
}

async function generateInto(cached: string, stamp: string): Promise<void> {
  const envoy = await installEnvoy((line) => process.stderr.write(`${line}\n`))
  const files = closure(descriptorsIn(await readFile(envoy.path)))
  await mkdir(dirname(cached), { recursive: true })
  const scratch = await mkdtemp(`${cached}-`)
  for (const [name, content] of runPlugin(files)) {
    await mkdir(dirname(join(scratch, name)), { recursive: true })
    await writeFile(join(scratch, name), content)
  }
  await writeFile(join(scratch, '.stamp'), stamp)
  await rm(cached, { recursive: true, force: true })
  await rename(scratch, cached)
}

/** The roots and all that they import; the well-known types ship with the protobuf runtime. */
function closure(all: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const byName = new Map(all.map((file) => [file.name, file]))
  const wanted = new Set<string>()
  const visit = (name: string): void => {
    const file = byName.get(name)
    if (!file) throw new Error(`the Envoy binary carries no descriptor for ${name}`)
    if (wanted.has(name)) return
    wanted.add(name)
    file.dependency.forEach(visit)
  }
  protoRoots.forEach(visit)
  return all.filter((file) => wanted.has(file.name))
}

function runPlugin(files: readonly FileDescriptorProto[]): [string, string][] {
  for (const file of files) fillJsonNames(file.messageType)
  const request = create(CodeGeneratorRequestSchema, {
    fileToGenerate: files.map((file) => file.name).filter((name) => !name.startsWith('google/protobuf/')),
    parameter: 'target=js+dts,import_extension=js',
    protoFile: [...files],
  })
  const plugin = spawnSync(process.execPath, [join(root, 'node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es')], {
    input: toBinary(CodeGeneratorRequestSchema, request),
    maxBuffer: 1 << 30,
  })
  if (plugin.status !== 0) throw new Error(`protoc-gen-es failed: ${plugin.stderr.toString()}`)
  const response = fromBinary(CodeGeneratorResponseSchema, plugin.stdout)
  if (response.error) throw new Error(response.error)
  return response.file.map((file) => [file.name, file.content])
}

/** C++ descriptors leave `json_name` out; protoc would have filled it. */
function fillJsonNames(messages: FileDescriptorProto['messageType']): void {
  for (const message of messages) {
    for (const field of message.field) field.jsonName ||= field.name.replace(/_+([a-zA-Z0-9])/g, (_, next: string) => next.toUpperCase())
    fillJsonNames(message.nestedType)
  }
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof EngineUnavailable ? error.message : String(error instanceof Error ? error.stack : error)}\n`)
  process.exitCode = 1
}
