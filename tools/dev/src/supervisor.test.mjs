// @ts-check
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Supervisor, boundedLog } from './supervisor.mjs'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fieldline-logs-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Waits until the file holds the text. @param {string} name @param {string} text */
async function holds(name, text) {
  for (let tries = 0; tries < 100; tries++) {
    try {
      if (readFileSync(join(folder, name), 'utf8').includes(text)) return true
    } catch {
      // not there yet
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return false
}

describe('a log with a bound', () => {
  it('keeps the file and its predecessor, and no more', async () => {
    const log = boundedLog(folder, 'app', 30)
    for (const line of ['first first first', 'second second', 'third third third'])
      log.write(Buffer.from(`${line}\n`))
    expect(await holds('app.log', 'third')).toBe(true)
    expect(await holds('app.1.log', 'second')).toBe(true)
    log.write(Buffer.from('fourth fourth fourth\n'))
    expect(await holds('app.log', 'fourth')).toBe(true)
    expect(await holds('app.1.log', 'third')).toBe(true)
    expect(statSync(join(folder, 'app.log')).size).toBeLessThanOrEqual(30)
    log.end()
  })

  it('goes on when its folder was removed', async () => {
    const log = boundedLog(folder, 'app', 30)
    log.write(Buffer.from('before before before\n'))
    expect(await holds('app.log', 'before')).toBe(true)
    rmSync(folder, { recursive: true })
    log.write(Buffer.from('after after after\n'))
    expect(await holds('app.log', 'after')).toBe(true)
    log.end()
  })

  it.runIf(process.platform === 'linux')(
    'loses what a full disk does not take, and nothing else',
    async () => {
      symlinkSync('/dev/full', join(folder, 'app.log'))
      const log = boundedLog(folder, 'app', 50)
      for (let line = 0; line < 2; line++) log.write(Buffer.from('lost lost lost lost\n'))
      await new Promise((resolve) => setTimeout(resolve, 50)) // time for an error that nobody catches
      rmSync(join(folder, 'app.log'))
      await new Promise((resolve) => setTimeout(resolve, 1_000)) // it is tried again after a second
      log.write(Buffer.from('kept\n'))
      expect(await holds('app.log', 'kept')).toBe(true)
      log.end()
    },
  )
})

describe('the supervisor', () => {
  it('gives every stop the same end, with nothing running after it', async () => {
    const supervisor = new Supervisor(folder)
    const child = supervisor.start({
      name: 'app',
      command: process.execPath,
      args: ['-e', "process.send('ready'); setInterval(() => {}, 1000)"],
    })
    await supervisor.ready(child, 20)
    const pid = supervisor.pids.app ?? 0
    const [one, other] = [supervisor.stop(), supervisor.stop()]
    expect(one).toBe(other)
    await other
    expect(() => process.kill(pid, 0)).toThrow()
    expect(supervisor.pids).toEqual({})
  })

  it('stops, too, when a program could not be started', async () => {
    const supervisor = new Supervisor(folder)
    supervisor.start({ name: 'none', command: join(folder, 'no-such-program'), args: [] })
    await new Promise((resolve) => setTimeout(resolve, 50))
    await supervisor.stop()
    expect(supervisor.pids).toEqual({})
  })

  it('starts again what ended, after its cleaning up and pauses that double up to half a minute', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const paused = vi.spyOn(globalThis, 'setTimeout')
      const supervisor = new Supervisor(folder)
      let cleaned = 0
      const cleanUp = async () => void cleaned++
      supervisor.start({ name: 'none', command: join(folder, 'no-such-program'), args: [], cleanUp })
      for (let starts = 1; starts <= 8; starts++) {
        while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve))
        expect(cleaned).toBe(starts - 1)
        vi.advanceTimersToNextTimer()
      }
      expect(paused.mock.calls.map(([, milliseconds]) => milliseconds)).toEqual([
        500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
      ])
      await supervisor.stop()
    } finally {
      vi.restoreAllMocks()
      vi.useRealTimers()
    }
  })
})
