const [quote, backslash, openList, closeList, openMap, closeMap] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d] as const
/** The root, its list, the element. */
const elementDepth = 3

/**
 * Cuts JSON of the shape `{"list": [{…}, {…}]}` that comes in pieces into the texts of the elements, so that nobody needs all of it at once.
 * Text that is not JSON is cut somewhere: who parses an element finds out.
 */
export class ListElements {
  #depth = 0
  #inString = false
  #escaped = false
  #begun = ''
  #ended = false

  /** True when the root was closed. */
  get ended(): boolean {
    return this.#ended
  }

  /** The elements that end in this piece. */
  push(text: string): string[] {
    const whole: string[] = []
    let start = this.#depth >= elementDepth ? 0 : text.length
    for (let index = 0; index < text.length; index++) {
      const turn = this.#step(text.charCodeAt(index))
      if (turn > 0 && this.#depth === elementDepth) start = index
      if (turn < 0 && this.#depth === elementDepth - 1) {
        whole.push(this.#begun + text.slice(start, index + 1))
        this.#begun = ''
        start = text.length
      }
      if (turn < 0 && this.#depth === 0) this.#ended = true
    }
    this.#begun += text.slice(start)
    return whole
  }

  /** Follows one character: 1 when something opens, -1 when something closes. */
  #step(code: number): -1 | 0 | 1 {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false
      else if (code === backslash) this.#escaped = true
      else if (code === quote) this.#inString = false
      return 0
    }
    if (code === quote) this.#inString = true
    if (code === openMap || code === openList) {
      this.#depth++
      return 1
    }
    if (code !== closeMap && code !== closeList) return 0
    this.#depth--
    return -1
  }
}
