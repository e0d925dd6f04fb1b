import { fromBinary } from '@bufbuild/protobuf'
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'

const fileTag = 0x0a
const suffix = Buffer.from('.proto')

/**
 * Every file descriptor that a C++ protobuf binary carries, in dependency order.
 * C++ protobuf embeds each as a serialized FileDescriptorProto, which starts with its own name (field 1).
 */
export function descriptorsIn(binary: Buffer): FileDescriptorProto[] {
  const found = new Map<string, FileDescriptorProto>()
  for (let at = binary.indexOf(suffix); at !== -1; at = binary.indexOf(suffix, at + 1)) {
    const start = nameStart(binary, at + suffix.length)
    if (start === undefined) continue
    const file = decode(binary, start)
    if (file && !found.has(file.name)) found.set(file.name, file)
  }
  return inDependencyOrder(found)
}

function nameStart(binary: Buffer, end: number): number | undefined {
  for (let length = suffix.length + 1; length < 128; length++) {
    const start = end - length - 2
    if (start < 0) return undefined
    if (binary[start] === fileTag && binary[start + 1] === length) return start
    const byte = binary[start + 2] ?? 0
    if (byte < 0x20 || byte > 0x7e) return undefined
  }
  return undefined
}

function decode(binary: Buffer, start: number): FileDescriptorProto | undefined {
  const end = messageEnd(binary, start)
  try {
    const file = fromBinary(FileDescriptorProtoSchema, binary.subarray(start, end))
    return file.package || file.messageType.length > 0 ? file : undefined
  } catch {
    return undefined // bytes that only look like a descriptor
  }
}

/** Walks the top-level fields (1 to 12 and 14) until something cannot belong to this message; field 1 again is the next file. */
function messageEnd(binary: Buffer, start: number): number {
  let at = start
  while (at < binary.length) {
    const key = varint(binary, at)
    const field = key.value >>> 3
    const wire = key.value & 7
    if (field === 0 || field > 14 || field === 13 || (field === 1 && at !== start)) break
    if (wire === 2) {
      const length = varint(binary, key.next)
      if (length.next + length.value > binary.length) break
      at = length.next + length.value
    } else if (wire === 0 && (field === 10 || field === 11 || field === 14)) at = varint(binary, key.next).next
    else break
  }
  return at
}

function varint(binary: Buffer, at: number): { value: number; next: number } {
  let value = 0
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = binary[at++] ?? 0
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  return { value: value >>> 0, next: at }
}

function inDependencyOrder(files: ReadonlyMap<string, FileDescriptorProto>): FileDescriptorProto[] {
  const ordered: FileDescriptorProto[] = []
  const seen = new Set<string>()
  const visit = (name: string): void => {
    const file = files.get(name)
    if (!file || seen.has(name)) return
    seen.add(name)
    file.dependency.forEach(visit)
    ordered.push(file)
  }
  ;[...files.keys()].sort().forEach(visit)
  return ordered
}
