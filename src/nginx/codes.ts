/** What `sluice explain-code` says about the codes of compiling for nginx. */
export const codes = {
  'nginx/unsupported':
    'The nginx engine cannot do what this key asks for. sluice refuses to compile the gateway for nginx instead of leaving the key out; the same file may be fine for Envoy.',
  'nginx/differs':
    'The nginx engine does what this key asks for, with a difference from Envoy that the message names. It is told once, when the gateway is compiled for nginx.',
} as const satisfies Readonly<Record<string, string>>
