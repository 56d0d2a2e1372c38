import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * One configuration for every kind of test. `FIELDLINE_TESTS` picks the kind: `unit` (the default), `pg`, `redis`; whole-system tests run in
 * Playwright and in the runner of tools/e2e. Libraries are taken from their sources, so that no build is needed.
 */
const kinds: Record<string, { include: string[]; exclude: string[] }> = {
  unit: { include: ['{apps,libs,tools}/**/*.test.{ts,tsx}'], exclude: ['**/*.pg.test.ts', '**/*.redis.test.ts'] },
  pg: { include: ['{apps,libs,tools}/**/*.pg.test.ts'], exclude: [] },
  redis: { include: ['{apps,libs,tools}/**/*.redis.test.ts'], exclude: [] },
}
const kind = kinds[process.env.FIELDLINE_TESTS ?? 'unit']
if (!kind) throw new Error(`FIELDLINE_TESTS is "${process.env.FIELDLINE_TESTS}"; it may be ${Object.keys(kinds).join(', ')}`)

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { conditions: ['fieldline-source', 'node', 'import', 'module', 'default'] },
  ssr: { resolve: { conditions: ['fieldline-source', 'node', 'import', 'module', 'default'] } },
  test: {
    include: kind.include,
    exclude: [...kind.exclude, '**/node_modules/**', '**/dist/**', '**/.next/**'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: 'threads',
    maxWorkers: 2,
  },
})
