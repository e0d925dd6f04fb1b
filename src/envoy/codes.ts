/** What `sluice explain-code` says about the codes of making Envoy's resources. */
export const codes: Readonly<Record<string, string>> = {
  'envoy/hash-after-change':
    'Envoy hashes a request as it is about to leave. When the route itself changes the path, host or header whose value is hashed, equal values of the client no longer go to the same endpoint.',
  'envoy/unsupported':
    'The Envoy engine cannot do what this key asks for. sluice refuses to compile the gateway for Envoy instead of leaving the key out; the same file may be fine for nginx.',
  'envoy/differs':
    'The Envoy engine does what this key asks for, with a difference from nginx that the message names. It is told once, when the gateway is compiled for Envoy.',
  'envoy/refused-change':
    'The change as a whole would have left a reference without a target in the proxies, so nothing of it was sent and what was served goes on. The compiler should have found it: please report the file.',
  'envoy/refused-value':
    'Envoy has rules for the fields of its messages and refuses a whole update for one broken rule. sluice checks them before it sends anything; the message names the field in Envoy’s words.',
  'envoy/two-hash-keys':
    'Where a service hashes a key (ring-hash, maglev) and a route chooses among targets by an attribute, Envoy hashes all of them together: a caller would no longer stay at one target. Equal keys are one.',
  'envoy/too-many-variants':
    'Where policies tell the requests of one route apart (a forced canary, an injected fault), Envoy needs a route for each combination. The number is bounded, because every proxy holds all of them.',
  'envoy/refused-configuration':
    'The Envoy binary itself, asked by `--engine`, does not take the configuration although sluice found nothing wrong with it. Nothing that it refuses is served.',
}
