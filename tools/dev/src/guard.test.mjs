// @ts-check
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { inRoot } from './layout.mjs'

/** A guard over a program that tells its process id and stays; its supervisor is gone after `milliseconds`. @param {number | 'its start'} when */
async function abandoned(when) {
  const stays =
    "console.log(process.pid); setInterval(() => {}, 1000); process.on('SIGINT', () => process.exit(0))"
  const guard = spawn(
    process.execPath,
    [inRoot('tools/dev/src/guard.mjs'), 'SIGINT', process.execPath, '-e', stays],
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], env: { ...process.env, NODE_OPTIONS: '' } },
  )
  let program = 0
  const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (guard.stdout) })
  const told = new Promise((resolve) => lines.once('line', (line) => resolve((program = Number(line)))))
  const ended = new Promise((resolve) => guard.once('exit', () => resolve(true)))
  if (when === 'its start') await told
  else await new Promise((resolve) => setTimeout(resolve, when))
  guard.disconnect()
  const late = new Promise((resolve) => setTimeout(() => resolve(false), 5_000))
  const isGone = await Promise.race([ended, late])
  guard.kill('SIGTERM') // a guard that does not notice must not outlive the test
  await ended
  return { isGone, program }
}

describe('a guard whose supervisor is gone', () => {
  it.each([0, 30, 60, 90])('ends within 5 s when that was %i ms after it was started', async (when) => {
    expect((await abandoned(when)).isGone).toBe(true)
  })

  it('ends within 5 s, and its program with it, once that has started', async () => {
    const { isGone, program } = await abandoned('its start')
    expect(isGone).toBe(true)
    expect(() => process.kill(program, 0)).toThrow()
  })
})
