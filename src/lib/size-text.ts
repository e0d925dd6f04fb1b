const units = [
  ['TiB', 1024 ** 4],
  ['TB', 1e12],
  ['GiB', 1024 ** 3],
  ['GB', 1e9],
  ['MiB', 1024 ** 2],
  ['MB', 1e6],
  ['KiB', 1024],
  ['kB', 1e3],
] as const

/** Bytes as `64KiB`, `10MB` or `512B`: the largest unit that needs no fraction. */
export function sizeText(bytes: number): string {
  const unit = bytes === 0 ? undefined : units.find(([, size]) => bytes % size === 0)
  return unit ? `${bytes / unit[1]}${unit[0]}` : `${bytes}B`
}
