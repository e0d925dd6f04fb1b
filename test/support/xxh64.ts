const [p1, p2, p3, p4, p5] = [11400714785074694791n, 14029467366897019727n, 1609587929392839161n, 9650029242287828579n, 2870177450012600261n]
const mask = (1n << 64n) - 1n

const times = (a: bigint, b: bigint): bigint => (a * b) & mask
const plus = (...terms: bigint[]): bigint => terms.reduce((sum, term) => sum + term, 0n) & mask
const rotate = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (64n - by))) & mask
const round = (value: bigint, input: bigint): bigint => times(rotate(plus(value, times(input, p2)), 31n), p1)

/** XXH64 with seed 0, slow and plain. https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md */
export function xxh64(text: string): bigint {
  const data = Buffer.from(text)
  let at = 0
  let hash = p5
  if (data.length >= 32) {
    const lanes = [plus(p1, p2), p2, 0n, (mask + 1n - p1) & mask]
    for (; at + 32 <= data.length; at += 32) lanes.forEach((lane, index) => (lanes[index] = round(lane, data.readBigUInt64LE(at + 8 * index))))
    hash = plus(...lanes.map((lane, index) => rotate(lane, [1n, 7n, 12n, 18n][index] ?? 0n)))
    for (const lane of lanes) hash = plus(times(hash ^ round(0n, lane), p1), p4)
  }
  hash = plus(hash, BigInt(data.length))
  for (; at + 8 <= data.length; at += 8) hash = plus(times(rotate(hash ^ round(0n, data.readBigUInt64LE(at)), 27n), p1), p4)
  for (; at + 4 <= data.length; at += 4) hash = plus(times(rotate(hash ^ times(BigInt(data.readUInt32LE(at)), p1), 23n), p2), p3)
  for (; at < data.length; at++) hash = times(rotate(hash ^ times(BigInt(data[at] ?? 0), p5), 11n), p1)
  hash = times(hash ^ (hash >> 33n), p2)
  hash = times(hash ^ (hash >> 29n), p3)
  return hash ^ (hash >> 32n)
}
