import type { Change, Resource, ResourceKey, ResourceType } from '../../src/xds/resource.ts'

/** A resource with made-up bytes; the version is part of the bytes. */
export function resource(type: ResourceType, name: string, version = '1', more: Partial<Resource> = {}): Resource {
  return { type, name, version, value: new TextEncoder().encode(`${name}@${version}`), refs: [], owner: `${type}/${name}`, ...more }
}

export const ref = (type: ResourceType, name: string): ResourceKey => ({ type, name })

export const put = (...resources: readonly Resource[]): Change => ({ put: resources, remove: [] })

export const remove = (...keys: readonly ResourceKey[]): Change => ({ put: [], remove: keys })

/** A cluster with its endpoints. */
export function service(name: string, version = '1'): Resource[] {
  return [resource('cluster', name, version, { refs: [ref('endpoints', name)] }), resource('endpoints', name, '1')]
}

export const many = (count: number, prefix = 'c'): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`)
