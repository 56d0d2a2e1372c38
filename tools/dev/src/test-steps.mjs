// @ts-check
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './install.mjs'
import { inRoot } from './layout.mjs'
import { lintSteps } from './lint-steps.mjs'
import { allPrograms, findProgram, requiredPrograms } from './programs.mjs'
import { run } from './run.mjs'

/**
 * @typedef {{ passed: number, failed: number, skipped: number, output: string }} Result
 * @typedef {{ name: string, run: () => Promise<Result> }} Step
 */

/** @param {boolean} passed @param {string} output @returns {Result} */
const one = (passed, output) => ({ passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0, output })

/**
 * Runs vitest over one kind of test and counts from its JSON report. No test at all is a failure.
 * @param {string} kind @param {Record<string, string | undefined>} env @param {string[]} filters @returns {Promise<Result>}
 */
async function vitest(kind, env, filters) {
  const folder = mkdtempSync(join(tmpdir(), 'fieldline-report-'))
  const report = join(folder, 'report.json')
  const args = [
    'run',
    '--config',
    inRoot('tools/dev/vitest.config.ts'),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...filters,
  ]
  const { code, output } = await run(process.execPath, [inRoot('node_modules/vitest/vitest.mjs'), ...args], {
    env: { ...env, FIELDLINE_TESTS: kind, NO_COLOR: '1' },
  })
  try {
    const counts = JSON.parse(readFileSync(report, 'utf8'))
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = counts
    // a file that does not load has no test of its own to fail
    const suites = counts.testResults.filter(
      (/** @type {{ status: string, assertionResults: unknown[] }} */ file) =>
        file.status === 'failed' && file.assertionResults.length === 0,
    ).length
    const failed = numFailedTests + suites
    const none = numPassedTests + failed === 0
    return {
      passed: numPassedTests,
      failed: failed + (none || (code !== 0 && failed === 0) ? 1 : 0),
      skipped: numPendingTests + numTodoTests,
      output,
    }
  } catch {
    return one(false, output)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Every step of `npm test`, in order. @param {string[]} filters restrict the vitest steps to files whose path holds one of them @returns {Step[]} */
export function testSteps(filters) {
  /** @type {Step[]} */
  const programs = allPrograms().map(({ name, path }) => ({
    name: `${name} is on this machine`,
    async run() {
      if (path) return { passed: 0, failed: 0, skipped: 0, output: '' } // no test by itself
      const required = requiredPrograms().has(name)
      return {
        passed: 0,
        failed: required ? 1 : 0,
        skipped: required ? 0 : 1,
        output: `!! ${name} is missing: what needs it is ${required ? 'REQUIRED' : 'SKIPPED'}`,
      }
    },
  }))
  // two at a time: each of them keeps one core busy
  const checks = lintSteps()
  /** @type {Promise<{ passed: boolean, output: string }>[]} */
  const begun = []
  const begin = (/** @type {number} */ at) => {
    if (at < checks.length) begun[at] ??= checks[at].run()
    begun[at]?.catch(() => {}) // told by the step that waits for it
  }
  const lint = checks.map(({ name }, at) => ({
    name,
    async run() {
      begin(at)
      begin(at + 1)
      const { passed, output } = await begun[at]
      return one(passed, output)
    },
  }))
  return [
    ...programs,
    ...lint,
    { name: 'unit tests', run: () => vitest('unit', {}, filters) },
    {
      name: 'tests on PostgreSQL',
      run: () => onPostgres((url) => vitest('pg', { DATABASE_URL: url }, filters)),
    },
    {
      name: 'tests on Redis',
      run: () =>
        onRedis(async (url) =>
          url === undefined
            ? { passed: 0, failed: 0, skipped: 1, output: '' }
            : vitest('redis', { REDIS_URL: url }, filters),
        ),
    },
    {
      name: 'the build',
      async run() {
        try {
          await build()
          return one(true, '')
        } catch (error) {
          return one(false, /** @type {Error} */ (error).message)
        }
      },
    },
    {
      name: 'types of the console (tsc)',
      async run() {
        // after the build, which writes the declarations of its routes and styles
        const args = [
          '--noEmit',
          '-p',
          inRoot('apps/console/tsconfig.json'),
          '--customConditions',
          'fieldline-source',
        ]
        const { code, output } = await run(process.execPath, [
          inRoot('node_modules/typescript/bin/tsc'),
          ...args,
        ])
        return one(code === 0, output)
      },
    },
    {
      name: 'whole-system tests',
      run: () =>
        onRedis((url) =>
          vitest(
            'e2e',
            {
              CHROMIUM_PATH: findProgram('chromium'),
              COAP_CLIENT_PATH: findProgram('libcoap'),
              // one of the systems under test runs on Redis, the others on PostgreSQL alone
              E2E_REDIS_URL: url,
            },
            filters,
          ),
        ),
    },
  ]
}

/** @param {(url: string) => Promise<Result>} tests @returns {Promise<Result>} */
async function onPostgres(tests) {
  const { startThrowawayPostgres } = await import('./throwaway-postgres.mjs')
  const { migrate } = await import('./migrate.mjs')
  const postgres = await startThrowawayPostgres()
  try {
    await migrate(postgres.url('fieldline'))
    return await tests(postgres.url('fieldline'))
  } finally {
    await postgres.stop()
  }
}

/** With a Redis of its own, or with none where the program is missing. @template T @param {(url?: string) => Promise<T>} tests @returns {Promise<T>} */
async function onRedis(tests) {
  const program = findProgram('redis')
  if (!program) return tests()
  const { startThrowawayRedis } = await import('./redis.mjs')
  const redis = await startThrowawayRedis(program)
  try {
    return await tests(redis.url)
  } finally {
    await redis.stop()
  }
}
