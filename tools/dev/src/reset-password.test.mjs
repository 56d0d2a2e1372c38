// @ts-check
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { inRoot } from './layout.mjs'
import { loadSecrets } from './secrets.mjs'

const folder = mkdtempSync(join(tmpdir(), 'fieldline-reset-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const { credentials, credentialsPath } = loadSecrets(folder)

/** Runs the command without a terminal, beside a database that nobody reaches. @param {string[]} args */
function reset(...args) {
  const command = inRoot('tools/dev/reset-password.mjs')
  const { status, stderr } = spawnSync(process.execPath, [command, ...args, '--data-dir', folder], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' },
  })
  return { status, said: stderr.trim() }
}

describe('a new password without a terminal', () => {
  it("is refused before anything is changed when it is not the first sign-in's", () => {
    expect(reset('somebody@fieldline.local')).toEqual({
      status: 1,
      said: 'Nothing was changed: the new password of somebody@fieldline.local would be shown on a terminal only, and this is none.',
    })
  })

  it('of the first sign-in goes on to the database, and leaves the file as it was when that fails', () => {
    const { status, said } = reset()
    expect(status).toBe(1)
    expect(said).toMatch(/The password was not changed\.$/)
    expect(JSON.parse(readFileSync(credentialsPath, 'utf8'))).toEqual(credentials)
  }, 60_000)
})
