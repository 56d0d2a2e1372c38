// @ts-check
import { inRoot } from './layout.mjs'
import { run } from './run.mjs'

/**
 * The checks that need no running system, each by its name.
 * @returns {{ name: string, run: () => Promise<{ passed: boolean, output: string }> }[]}
 */
export function lintSteps() {
  const node = async (/** @type {string[]} */ ...args) => {
    const { code, output } = await run(process.execPath, args)
    return { passed: code === 0, output }
  }
  return [
    {
      name: 'style and module boundaries (eslint)',
      async run() {
        // the boundary rule reads the project graph that Nx left; without one it would skip itself and report nothing
        await run(process.execPath, [inRoot('node_modules/nx/dist/bin/nx.js'), 'show', 'projects'])
        const linted = await node(
          inRoot('node_modules/eslint/bin/eslint.js'),
          '--config',
          inRoot('tools/lint/eslint.config.mjs'),
          '--max-warnings',
          '0',
          'apps',
          'libs',
          'tools',
        )
        return /rule will be skipped/i.test(linted.output)
          ? { passed: false, output: `the boundary rule skipped itself\n${linted.output}` }
          : linted
      },
    },
    { name: "the house's own checks", run: () => node(inRoot('tools/lint/house.mjs')) },
    { name: 'the migrations make the schema', run: () => schemaMatches() },
    {
      name: 'types (tsc)',
      async run() {
        const prisma = await node(
          inRoot('node_modules/prisma/build/index.js'),
          'generate',
          '--config',
          inRoot('libs/platform/store/prisma.config.ts'),
        )
        return prisma.passed
          ? node(inRoot('node_modules/typescript/bin/tsc'), '-p', inRoot('tools/lint/tsconfig.check.json'))
          : prisma
      },
    },
  ]
}

/** Nothing may be in the schema that no migration makes. */
async function schemaMatches() {
  const { startThrowawayPostgres } = await import('./throwaway-postgres.mjs')
  const { migrate } = await import('./migrate.mjs')
  const postgres = await startThrowawayPostgres()
  try {
    const url = postgres.url('fieldline')
    await migrate(url)
    const config = inRoot('libs/platform/store/prisma.config.ts')
    const args = [
      'migrate',
      'diff',
      '--config',
      config,
      '--from-config-datasource',
      '--to-schema',
      inRoot('libs/platform/store/prisma/schema.prisma'),
      '--exit-code',
    ]
    const { code, output } = await run(
      process.execPath,
      [inRoot('node_modules/prisma/build/index.js'), ...args],
      { env: { DATABASE_URL: url } },
    )
    return { passed: code === 0, output }
  } finally {
    await postgres.stop()
  }
}
