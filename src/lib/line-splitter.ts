import { StringDecoder } from 'node:string_decoder'

const longest = 64 * 1024

/** Turns chunks of a stream into whole lines; what comes after the last line break waits for more, up to 64 KiB, and is handed out by `end`. */
export function lineSplitter(onLine: (line: string) => void): { write(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return {
    write(chunk) {
      const lines = (rest + decoder.write(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line)
      if (rest.length > longest) {
        onLine(rest)
        rest = ''
      }
    },
    end() {
      rest += decoder.end()
      if (rest !== '') onLine(rest)
      rest = ''
    },
  }
}
