/** What `parseSecretRef` can take apart, for the schema. */
export const secretPattern = '^secret://(env/[A-Za-z_][A-Za-z0-9_]*|file/[^\\u0000-\\u001f]+)$'

type SecretRef = { readonly from: 'env'; readonly name: string } | { readonly from: 'file'; readonly path: string }

/** Takes `secret://env/NAME` or `secret://file/path` apart; undefined when it is neither. `secret://file//run/x` is the absolute `/run/x`. */
export function parseSecretRef(text: string): SecretRef | undefined {
  const parts = /^secret:\/\/(?:env\/([A-Za-z_][A-Za-z0-9_]*)|file\/([^\0]+))$/.exec(text)
  if (!parts) return undefined
  return parts[1] !== undefined ? { from: 'env', name: parts[1] } : { from: 'file', path: parts[2] ?? '' }
}
