import { Option } from 'commander'

/** `--engine`: which proxy a verb works with. */
export function engineOption(words: string): Option {
  return new Option('--engine <engine>', words).choices(['envoy', 'nginx']).default('envoy')
}
