const factors: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
}

export const sizePattern = '^[0-9]{1,15}(B|KiB|MiB|GiB|TiB|kB|KB|MB|GB|TB)$'

/** Reads `64KiB`, `10MB` or `512B` as bytes; undefined when it is none or too large to count exactly. */
export function parseSize(text: string): number | undefined {
  const parts = /^([0-9]{1,15})(B|KiB|MiB|GiB|TiB|kB|KB|MB|GB|TB)$/.exec(text)
  if (!parts) return undefined
  const value = Number(parts[1]) * (factors[parts[2] ?? ''] ?? Number.NaN)
  return Number.isSafeInteger(value) ? value : undefined
}
