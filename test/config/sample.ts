/** A valid file with every kind of YAML that people write, and as many entities as asked for. */
export function sample(count: number): string {
  const lines = [
    '# a gateway',
    'version: 1',
    'name: "shop"',
    '',
    'listeners:',
    '  public: {port: 8080, trustedHops: 1}',
    "  'plain':",
    '    port: 8081 # inside',
    'services:',
  ]
  for (let i = 0; i < count; i++) {
    lines.push(
      `  service-${i}:`,
      '    endpoints:',
      `      - 10.0.${i >> 8}.${i & 255}:9000`,
      '      - address: "[::1]:9000"',
      '        labels: {version: v2, capability: [gpu, big]}',
      '    # next',
      '',
    )
  }
  lines.push('groups:', '  store: {owner: team-shop, hosts: ["*.shop.example.com"],', '    policy: {timeout: 5s}}', 'routes:')
  for (let i = 0; i < count; i++) {
    lines.push(
      `  route-${i}:`,
      '    group: store',
      `    match: {path: "/r${i}/{id}", methods: [GET, POST]}`,
      `    to: service-${i}`,
      '    owner: >-',
      '      team',
      '      shop',
    )
  }
  lines.push('tests:', '- request: GET /r1/x', '  expect: {route: route-1}', '')
  return lines.join('\n')
}
