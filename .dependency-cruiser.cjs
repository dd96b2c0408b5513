// Layers, top to bottom. Imports point down only.
const LAYERS = [
  'main',
  'cli',
  'app',
  'transports|admin|console',
  'mcp|export',
  'gateway',
  'triggers',
  'registry|policy',
  'store',
  'config',
  'core',
];
const pathOf = (layer) => `^src/(${layer})(/|\\.ts$)`;

const layers = LAYERS.slice(1).map((layer, i) => ({
  name: `no-import-upwards-from-${layer.replaceAll('|', '-')}`,
  comment: 'Imports point down only; code that two layers need belongs to the lower one.',
  severity: 'error',
  from: { path: pathOf(layer) },
  to: { path: pathOf(LAYERS.slice(0, i + 1).join('|')) },
}));

module.exports = {
  forbidden: [
    ...layers,
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-imports-no-other-layer',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { path: '^(src/(?!core/)|adapters/)' },
    },
    {
      name: 'host-imports-core-only',
      severity: 'error',
      from: { path: '^src/host/' },
      to: { path: '^(src/(?!core/|host/)|adapters/)' },
    },
    {
      name: 'adapters-import-host-and-core-only',
      severity: 'error',
      from: { path: '^adapters/' },
      to: { path: '^src/(?!core/|host/)' },
    },
    {
      name: 'adapters-do-not-know-each-other',
      severity: 'error',
      from: { path: '^adapters/([^/]+)/' },
      to: { path: '^adapters/', pathNot: '^adapters/$1/' },
    },
    {
      name: 'only-main-knows-the-adapters',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main\\.ts$' },
      to: { path: '^adapters/' },
    },
    {
      name: 'only-the-app-and-the-cli-know-the-host',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/(main|app)\\.ts$|^src/(cli|host)/',
      },
      to: { path: '^src/host/' },
    },
    {
      name: 'the-protocol-stays-on-its-layer',
      severity: 'error',
      from: { path: '^(src|adapters)/', pathNot: '^(src/mcp|adapters/mcp)/' },
      to: { path: '@modelcontextprotocol/' },
    },
    {
      name: 'the-page-knows-the-api-only-by-its-types',
      severity: 'error',
      from: { path: '^src/console/page/' },
      to: { path: '^(src|adapters)/', pathNot: '^src/console/(page/|api/(types|tool-types|live-types)\\.ts$)' },
    },
    {
      name: 'the-page-needs-no-node',
      severity: 'error',
      from: { path: '^src/console/page/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nothing-imports-the-page',
      severity: 'error',
      from: { path: '^(src|adapters)/', pathNot: '^src/console/page/' },
      to: { path: '^src/console/page/' },
    },
    {
      name: 'no-undeclared-package',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
    {
      name: 'no-development-package-at-run-time',
      severity: 'error',
      from: { path: '^(src|adapters)/', pathNot: '^src/console/page/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
