/** What `sluice explain-code` says about the codes of compiling for nginx. */
export const codes = {
  'nginx/unsupported':
    'The nginx engine cannot do what this key asks for. sluice refuses to compile the gateway for nginx instead of leaving the key out; the same file may be fine for Envoy.',
  'nginx/differs':
    'The nginx engine does what this key asks for, with a difference from Envoy that the message names. It is told once, when the gateway is compiled for nginx.',
  'nginx/fixed-addresses':
    'A compiled tree holds the addresses that a name had when it was compiled, because nginx workers ask no name server. Compile again when the name moves, or let `sluice run --engine nginx` follow it.',
  'nginx/unknown-name':
    'A compiled tree needs the addresses of each name, because nginx workers ask no name server, and the machine that compiles cannot find them. Compile where the name is known, write addresses, or let `sluice run --engine nginx` follow the name.',
  'nginx/refused-configuration':
    'The nginx binary itself, asked with `nginx -t`, does not take the tree although sluice found nothing wrong with it. Nothing was written; what is there stays as it is.',
} as const satisfies Readonly<Record<string, string>>
