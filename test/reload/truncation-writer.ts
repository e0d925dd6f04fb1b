import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { seeded } from '../support/random.ts'

/** Writes cuts of two texts over a file, in place, and one of them whole at the end: `node truncation-writer.ts <file> <count> <seed> <json of the texts>`. */
const [, , file = '', count = '0', seed = '1', texts = '[]'] = process.argv
const [old = '', next = ''] = JSON.parse(texts) as string[]
const random = seeded(Number(seed))
for (let i = 0; i < Number(count); i++) {
  const text = i % 2 ? old : next
  let length = random.below(text.length)
  // Every other cut is at the end of a line, where what is left is often valid.
  if (i % 4 < 2) length = text.lastIndexOf('\n', length) + 1
  writeFileSync(file, text.slice(0, length))
  await delay(5)
}
writeFileSync(file, next)
