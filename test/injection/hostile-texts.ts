/** What would mean something to nginx, Lua, Envoy, YAML, JSON, a shell, or a terminal. A dollar sign is written twice, which the language reads as one. */
export const words = [
  '"',
  "'",
  ';',
  '{',
  '}',
  '#',
  '\\',
  '$$',
  '$$host',
  '$${host}',
  '`',
  ']]',
  ']=]',
  '--',
  '%',
  '%REQ(authorization)%',
  '%(x)s',
  '{{x}}',
  '{request.header.x}',
  '*/',
  '\\n',
  '" .. os.execute("touch CANARY") .. "',
  ']] os.execute("touch CANARY") --[[',
  '"; return 500; #',
  "'; } server { listen 1; } #",
  'include /etc/passwd;',
  '../../../../etc/passwd',
  '__proto__',
  '<script>alert(1)</script>',
  'ä中😀',
] as const

export const controls = ['\n', '\r', '\r\nx-evil: 1', '\0', '\t', '\x01', '\x1b[31m', '\x7f', '\x85', '\u2028', '\ufeff', '\ud800'] as const

/** Several at once, for a quick look: what needs one of them alone is for the long form. */
export const together = [
  `"';{}#\\$$host\`]] --%*/`,
  `"; return 500; # %REQ(authorization)%`,
  ']] os.execute("touch CANARY") --[[ $${host}',
  'a\nb',
  'a\r\nx-evil: 1\0\x1b[31m\x7f',
] as const

/** Alone, behind what was written, and before it. */
export const forms = (hostile: string, written: string): readonly string[] => [hostile, written + hostile, hostile + written]
