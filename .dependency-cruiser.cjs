/** Who may import whom; docs/architecture.md says why. */
const only = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to })

module.exports = {
  forbidden: [
    only('no-cycles', {}, { circular: true }, 'a cycle hides the direction of the data flow'),
    only(
      'diagnostics-and-lib-alone',
      { path: '^src/(diagnostics|lib)/' },
      { path: '^src/', pathNot: ['^src/$1/', '^src/lib/'] },
      'they serve everybody, so they depend on nobody',
    ),
    only(
      'model-is-neutral',
      { path: '^src/model/' },
      { path: '^src/(envoy|nginx|xds|live|admin|engine|features)/' },
      'the model belongs to no engine',
    ),
    only('engines-apart', { path: '^src/envoy/' }, { path: '^src/nginx/' }, 'engines know nothing of each other'),
    only('engines-apart-too', { path: '^src/nginx/' }, { path: '^src/envoy/' }, 'engines know nothing of each other'),
    only(
      'xds-knows-resources',
      { path: '^src/xds/' },
      { path: '^src/', pathNot: ['^src/xds/', '^src/lib/'] },
      'the protocol knows resources, no gateways',
    ),
    only(
      'features-apart',
      { path: '^src/features/([^/]+)/' },
      { path: '^src/features/([^/]+)/', pathNot: '^src/features/$1/' },
      'what two features need is spine',
    ),
    only(
      'stages-know-no-feature',
      { path: '^src/', pathNot: ['^src/(compile|serve|cli)\\.ts$', '^src/cli/', '^src/features/'] },
      { path: '^src/features/' },
      'stages get the list of features as an argument',
    ),
    only(
      'features-from-the-list',
      { path: '^src/(compile|serve|cli)' },
      { path: '^src/features/', pathNot: '^src/features/index\\.ts$' },
      'only the list is imported',
    ),
    only('no-orphans', { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' }, {}, 'dead code'),
    only('tests-stay-outside', { path: '^src/' }, { path: '^(test|bench|scripts|examples)/' }, 'the product does not depend on its tests'),
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^gen/'] },
    exclude: { path: ['^gen/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node'] },
  },
}
