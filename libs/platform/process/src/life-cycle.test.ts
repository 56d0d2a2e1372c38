import { afterEach, describe, expect, it, vi } from 'vitest'
import { createLogger, runProcess } from './index.js'

const log = createLogger('test')
log.level = 'silent'
afterEach(() => void vi.restoreAllMocks())

/** What a process does to itself and says to its parent, instead of doing so: whoever leaves comes no further. */
function watch() {
  const said: unknown[] = []
  const kill = vi.spyOn(process, 'kill').mockImplementation((_pid, signal) => {
    throw new Error(`left by ${String(signal)}`)
  })
  const own = process as { send?: (message: unknown) => boolean }
  const before = own.send
  own.send = (message) => said.push(message) > 0
  const signals = ['SIGTERM', 'SIGINT', 'disconnect', 'unhandledRejection', 'uncaughtException'] as const
  const listeners = signals.map((name) => [name, process.listeners(name as 'exit')] as const)
  return {
    said,
    kill,
    restore() {
      own.send = before
      for (const [name, kept] of listeners)
        for (const one of process.listeners(name as 'exit'))
          if (!kept.includes(one)) process.removeListener(name, one)
    },
  }
}

describe('a process', () => {
  it('says that it is ready once it has started', async () => {
    const { said, kill, restore } = watch()
    try {
      await runProcess(log, async () => async () => {})
      expect(said).toEqual(['ready'])
      expect(kill).not.toHaveBeenCalled()
    } finally {
      restore()
    }
  })

  it('that cannot start ends badly, and never says that it is ready', async () => {
    const { said, restore } = watch()
    try {
      await expect(runProcess(log, () => Promise.reject(new Error('no database')))).rejects.toThrow(
        'left by SIGKILL',
      )
      expect(said).toEqual([])
    } finally {
      restore()
    }
  })
})
