// @ts-check
import { inRoot } from './layout.mjs'
import { run } from './run.mjs'
import { Complaint } from './say.mjs'

/**
 * Brings the database to the schema of this version.
 * @param {string} databaseUrl
 * @param {(child: import('node:child_process').ChildProcess) => void} [onStart]
 */
export async function migrate(databaseUrl, onStart) {
  const { code, output } = await run(
    process.execPath,
    [
      inRoot('node_modules/prisma/build/index.js'),
      'migrate',
      'deploy',
      '--config',
      inRoot('libs/platform/store/prisma.config.ts'),
    ],
    { env: { DATABASE_URL: databaseUrl }, onStart },
  )
  // the CLI has been seen to end with 0 after an engine that died: its closing words are the proof
  if (code !== 0 || !/No pending migrations|successfully applied/.test(output)) {
    throw new Complaint(`The database could not be migrated:\n${output.trim()}`)
  }
}
