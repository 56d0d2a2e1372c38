import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * One configuration for every kind of test. `FIELDLINE_TESTS` picks the kind: `unit` (the default), `pg`, `redis`, `e2e`. Libraries are taken from their sources, so that no build is needed.
 */
const kinds: Record<string, { include: string[]; exclude: string[] }> = {
  unit: {
    include: ['{apps,libs,tools}/**/*.test.{ts,tsx,mjs}'],
    exclude: ['**/*.pg.test.{ts,mjs}', '**/*.redis.test.ts'],
  },
  pg: { include: ['{apps,libs,tools}/**/*.pg.test.{ts,mjs}'], exclude: [] },
  redis: { include: ['{apps,libs,tools}/**/*.redis.test.ts'], exclude: [] },
  e2e: { include: ['tools/e2e/src/**/*.e2e.ts'], exclude: [] },
}
const kind = kinds[process.env.FIELDLINE_TESTS ?? 'unit']
if (!kind)
  throw new Error(
    `FIELDLINE_TESTS is "${process.env.FIELDLINE_TESTS}"; it may be ${Object.keys(kinds).join(', ')}`,
  )

const wholeSystem = kind === kinds.e2e

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { conditions: ['fieldline-source', 'node'] },
  ssr: { resolve: { conditions: ['fieldline-source', 'node'] } },
  test: {
    include: kind.include,
    exclude: [...kind.exclude, '**/node_modules/**', '**/dist/**', '**/.next/**'],
    testTimeout: wholeSystem ? 120_000 : 20_000,
    hookTimeout: wholeSystem ? 180_000 : 60_000,
    pool: 'threads',
    // whole-system tests, too: each starts a Fieldline of its own beside the other's, and much of its time is waiting
    maxWorkers: 2,
  },
})
