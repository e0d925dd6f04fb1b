export const percentPattern = '^(100(\\.0{1,4})?|[0-9]{1,2}(\\.[0-9]{1,4})?)%$'

const shape = new RegExp(percentPattern)

/** Reads `50%` or `0.5%` as 50 or 0.5; undefined when it is not between `0%` and `100%`. */
export function parsePercent(text: string): number | undefined {
  return shape.test(text) ? Number(text.slice(0, -1)) : undefined
}
