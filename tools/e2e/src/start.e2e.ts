import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { commandOf, isAlive, ownEnvironment, treeOf, until } from './system.test-support.js'

const start = fileURLToPath(new URL('../../dev/start.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'fieldline-e2e-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Starts Fieldline where it must fail; gives its exit code and what it said. */
function failing(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [start, '--data-dir', join(folder, 'data'), '--no-demo', ...args], {
      env: { ...process.env, ...ownEnvironment, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (chunk) => (said += chunk))
    child.on('close', (code) => resolve({ code, said: said.trim() }))
  })
}
const oneSentence = (said: string): void => {
  expect(said).not.toMatch(/\n\s+at /)
  expect(said.split('\n')).toHaveLength(1)
}

describe('a start that cannot succeed ends with one clear sentence', () => {
  it('when the console port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const { code, said } = await failing([], { CONSOLE_PORT: String(port) })
    server.close()
    expect(code).toBe(1)
    expect(said).toContain(`TCP port ${port} on 127.0.0.1 is in use`)
    expect(said).toContain('CONSOLE_PORT')
    oneSentence(said)
  })

  it('when the CoAP port is in use', async () => {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    const { code, said } = await failing([], { COAP_PORT: String(socket.address().port) })
    socket.close()
    expect(code).toBe(1)
    expect(said).toContain('COAP_PORT')
    oneSentence(said)
  })

  it('when the data folder cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '')
    const { code, said } = await failing(['--data-dir', join(folder, 'file', 'data')])
    expect(code).toBe(1)
    expect(said).toMatch(/The data folder .* cannot be written/)
    oneSentence(said)
  })

  it('when DATABASE_URL leads nowhere', async () => {
    const { code, said } = await failing([], { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' })
    expect(code).toBe(1)
    expect(said).toContain('DATABASE_URL does not lead to a PostgreSQL')
    oneSentence(said)
  })

  it('when DATABASE_URL is no address, or that of another database', async () => {
    for (const [url, sentence] of [
      ['nonsense', 'DATABASE_URL is no address of a PostgreSQL'],
      ['mysql://me:secret@127.0.0.1/none', 'DATABASE_URL begins with mysql://'],
    ] as const) {
      const { code, said } = await failing([], { DATABASE_URL: url })
      expect(code).toBe(1)
      expect(said).toContain(sentence)
      expect(said).not.toContain('secret')
      oneSentence(said)
    }
  })

  it('when an option is unknown or has no sense', async () => {
    expect((await failing(['--metres', '5'])).said).toContain('--metres')
    expect(await failing(['--meters', 'many'])).toMatchObject({
      code: 1,
      said: '--meters takes a whole number from 0 to 10000, not "many".',
    })
    expect((await failing(['--registration', 'closed'])).said).toBe(
      '--registration is open or known, not "closed".',
    )
    expect((await failing(['--host', '203.0.113.1'])).said).toContain(
      '203.0.113.1 is not an address of this machine',
    )
  })

  it('when it is to forget a database that is not its own', async () => {
    const { code, said } = await failing(['--reset'], {
      DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
    })
    expect(code).toBe(1)
    expect(said).toBe(
      '--reset forgets the data of this folder; the database of DATABASE_URL is yours to empty.',
    )
  })

  it('and makes no database', () => {
    expect(existsSync(join(folder, 'data', 'pg'))).toBe(false)
  })
})

describe('a start that is stopped on its way ends without a complaint, and everything with it', () => {
  for (const afterMs of [1_000, 4_000, 9_000]) {
    it(`${afterMs / 1000} s after it began`, async () => {
      const child = spawn(
        process.execPath,
        [start, '--data-dir', join(folder, `stopped-${afterMs}`), '--no-demo'],
        {
          env: { ...process.env, ...ownEnvironment },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      )
      let said = ''
      child.stdout.on('data', (chunk) => (said += chunk))
      child.stderr.on('data', (chunk) => (said += chunk))
      const exited = new Promise((resolve) => child.once('exit', resolve))
      const seen = new Map<number, string>()
      const watch = setInterval(
        () => treeOf(child.pid ?? 0).forEach((pid) => seen.set(pid, commandOf(pid) || (seen.get(pid) ?? ''))),
        50,
      )
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      const asked = Date.now()
      child.kill('SIGTERM')
      child.kill('SIGINT') // an impatient second signal changes nothing
      expect(await exited).toBe(0)
      clearInterval(watch)
      expect(Date.now() - asked).toBeLessThan(15_000)
      expect(said).toMatch(/stopped\n$/)
      expect(said).not.toMatch(/failed/)
      expect(seen.size).toBeGreaterThan(1)
      // what was killed needs a moment to be gone; what was forgotten never goes
      const left = (): string[] =>
        [...seen].filter(([pid]) => isAlive(pid)).map(([pid, command]) => `${pid} ${command}`)
      await until('the end of every process', 2_000, () => left().length === 0).catch(() => {})
      expect(left()).toEqual([])
    })
  }
})
