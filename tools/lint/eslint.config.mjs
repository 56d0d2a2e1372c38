// @ts-check
import nx from '@nx/eslint-plugin'
import tseslint from 'typescript-eslint'

/** Who may depend on whom: see "Who may depend on whom" in the README. Strictly downward; a tag that is not listed may use nothing. */
const depConstraints = [
  // sides
  { sourceTag: 'side:protocol', onlyDependOnLibsWithTags: ['side:protocol'] },
  { sourceTag: 'side:fleet', onlyDependOnLibsWithTags: ['side:fleet', 'layer:object-model'] },
  { sourceTag: 'side:platform', onlyDependOnLibsWithTags: ['side:platform', 'side:fleet', 'side:protocol'] },
  { sourceTag: 'side:app', onlyDependOnLibsWithTags: ['side:platform', 'side:fleet', 'side:protocol'] },
  {
    sourceTag: 'side:tool',
    onlyDependOnLibsWithTags: ['side:tool', 'side:platform', 'side:fleet', 'side:protocol'],
  },
  // the ladder of the protocol
  { sourceTag: 'layer:bytes', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'layer:object-model', onlyDependOnLibsWithTags: ['layer:bytes'] },
  { sourceTag: 'layer:codec', onlyDependOnLibsWithTags: ['layer:object-model', 'layer:bytes'] },
  { sourceTag: 'layer:coap', onlyDependOnLibsWithTags: ['layer:bytes'] },
  { sourceTag: 'layer:dtls', onlyDependOnLibsWithTags: ['layer:bytes'] },
  { sourceTag: 'layer:transport', onlyDependOnLibsWithTags: ['layer:coap', 'layer:dtls', 'layer:bytes'] },
  {
    sourceTag: 'layer:lwm2m',
    onlyDependOnLibsWithTags: ['layer:codec', 'layer:coap', 'layer:object-model', 'layer:bytes'],
  },
  {
    sourceTag: 'layer:lwm2m-role',
    onlyDependOnLibsWithTags: [
      'layer:lwm2m',
      'layer:codec',
      'layer:transport',
      'layer:coap',
      'layer:object-model',
      'layer:bytes',
    ],
  },
  // the rungs of the fleet
  { sourceTag: 'layer:contracts', onlyDependOnLibsWithTags: ['layer:object-model'] },
  { sourceTag: 'layer:devices', onlyDependOnLibsWithTags: ['layer:contracts', 'layer:object-model'] },
  {
    sourceTag: 'layer:fleet',
    onlyDependOnLibsWithTags: ['layer:devices', 'layer:contracts', 'layer:object-model'],
  },
  // the platform: adapters do not know each other
  { sourceTag: 'layer:process', onlyDependOnLibsWithTags: ['layer:bytes'] },
  { sourceTag: 'layer:adapter', onlyDependOnLibsWithTags: ['layer:process', 'side:fleet', 'side:protocol'] },
  { sourceTag: 'layer:sdk', onlyDependOnLibsWithTags: ['layer:contracts'] },
  // the console runs in a browser
  {
    sourceTag: 'scope:browser',
    onlyDependOnLibsWithTags: ['layer:contracts', 'layer:sdk', 'layer:object-model', 'layer:codec'],
  },
]

/** What the pure libraries may not reach for: it is passed in. */
const impure = [
  { object: 'Date', property: 'now', message: 'Time is passed in: take a Clock.' },
  { object: 'Math', property: 'random', message: 'Chance is passed in: take a Random.' },
]

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/.next/**',
      '**/generated/**',
      '**/node_modules/**',
      '**/next-env.d.ts',
      '**/test-results/**',
    ],
  },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.mts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: [],
          banTransitiveDependencies: false,
          checkDynamicDependenciesExceptions: ['.*'],
          depConstraints,
        },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { prefer: 'type-imports', fixStyle: 'separate-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
    },
  },
  {
    files: ['libs/protocol/*/src/**/*.ts', 'libs/fleet/*/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.test-support.ts'],
    rules: {
      'no-restricted-properties': ['error', ...impure],
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval', 'setImmediate', 'process', 'fetch'],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(@nestjs/|pg$|ioredis$|bullmq$|@prisma/)',
              message: 'The pure libraries know no framework, database or queue.',
            },
          ],
        },
      ],
    },
  },
  {
    // decorated constructors need the classes they inject at run time
    files: ['apps/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    files: ['**/*.test.ts', '**/*.test.tsx', '**/*.test-support.ts', 'tools/**'],
    rules: { 'no-console': 'off', '@typescript-eslint/no-unused-expressions': 'off' },
  },
)
