import { symbols } from 'pino'
import { expect, it, vi } from 'vitest'
import { createLogger } from './index.js'

it('the log holds no secret, neither at the top of an entry nor one below, and no header of a request', () => {
  const log = createLogger('test') as unknown as ReturnType<typeof createLogger> &
    Record<symbol, { write(line: string): void }>
  const lines: string[] = []
  vi.spyOn(log[symbols.streamSym], 'write').mockImplementation((line) => void lines.push(line))
  const names = ['password', 'apiKey', 'authorization', 'cookie', 'secret', 'psk']
  const secrets = Object.fromEntries(names.map((name) => [name, `the ${name} itself`]))
  log.error(secrets, 'at the top')
  log.error({ err: new Error('failed'), body: secrets, req: { headers: secrets } }, 'one below')
  expect(lines).toHaveLength(2)
  expect(lines.join('')).toContain('[redacted]')
  expect(lines.join('')).not.toContain('itself')
})
