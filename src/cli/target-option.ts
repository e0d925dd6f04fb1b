import { Option } from 'commander'
import type { Target } from '../target.ts'

const targets: readonly Target[] = ['envoy', 'nginx']

/** `--target`: the engine that the configuration is for; Envoy unless said otherwise. */
export function targetOption(description: string): Option {
  return new Option('--target <engine>', description).choices(targets).default('envoy')
}
