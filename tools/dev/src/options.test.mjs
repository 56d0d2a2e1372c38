// @ts-check
import { describe, expect, it } from 'vitest'
import { bootstrapNote, coapUrl, isLoopback, readOptions } from './options.mjs'

describe('the options of npm start', () => {
  it('have sensible values when nothing is said', () => {
    expect(readOptions([], {})).toMatchObject({
      demo: true,
      meters: 120,
      seed: 1,
      host: '127.0.0.1',
      registration: 'open',
      ports: { console: 3000, api: 3001, coap: 5683 },
    })
  })

  it('let only known endpoints register when the network can reach us, unless told otherwise', () => {
    expect(readOptions(['--host', '192.0.2.1'], {}).registration).toBe('known')
    expect(readOptions(['--host', '192.0.2.1', '--registration', 'open'], {}).registration).toBe('open')
    expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost'].every(isLoopback)).toBe(true)
    expect(['0.0.0.0', '::', '10.0.0.1', '128.0.0.1'].some(isLoopback)).toBe(false)
  })

  it('say what is wrong with a value', () => {
    expect(() => readOptions(['--meters', 'many'], {})).toThrow(
      '--meters takes a whole number from 0 to 10000, not "many".',
    )
    expect(() => readOptions([], { COAP_PORT: '99999' })).toThrow(
      'COAP_PORT takes a whole number from 0 to 65535, not "99999".',
    )
    expect(() => readOptions(['--metres', '5'], {})).toThrow(/--metres/)
    expect(() => readOptions(['--reset'], { DATABASE_URL: 'postgresql://db.example/fieldline' })).toThrow(
      '--reset forgets the data of this folder; the database of DATABASE_URL is yours to empty.',
    )
    expect(readOptions(['--reset'], { DATABASE_URL: '' }).reset).toBe(true)
  })
})

describe("the address of a PostgreSQL of one's own", () => {
  const read = (/** @type {string} */ DATABASE_URL) => readOptions([], { DATABASE_URL }).databaseUrl

  it('is taken as it is', () => {
    for (const url of [
      'postgresql://me:p%40ss@db.example:5432/fieldline',
      'postgres://me@[::1]/fieldline?sslmode=require',
      'postgresql:///fieldline?host=/var/run/postgresql',
    ])
      expect(read(url)).toBe(url)
    expect(read('')).toBeUndefined()
  })

  it.each([
    ['nonsense', /^DATABASE_URL is no address of a PostgreSQL; it has the form postgresql:/],
    ['/var/run/postgresql', /^DATABASE_URL is no address/],
    ['db.example:5432/fieldline', /^DATABASE_URL is no address/],
    ['mysql://me@db.example/fieldline', /^DATABASE_URL begins with mysql:.*only a PostgreSQL/],
    ['http://db.example', /^DATABASE_URL begins with http:/],
    ['postgresql://me:secret@db.example:99999/x', /^DATABASE_URL cannot be read as/],
    ['postgresql://me:secret%@db.example/x', /^DATABASE_URL cannot be read as/],
  ])('%s is refused in one sentence that does not repeat a password', (url, sentence) => {
    let said = ''
    try {
      read(url)
    } catch (error) {
      said = /** @type {Error} */ (error).message
    }
    expect(said).toMatch(sentence)
    expect(said).not.toContain('secret')
    expect(said.split('\n')).toHaveLength(1)
  })
})

it('the ports kept for the Bootstrap-Server are those that were named', () => {
  const note = (/** @type {string} */ coap, /** @type {string} */ coaps) =>
    bootstrapNote(readOptions([], { BOOTSTRAP_COAP_PORT: coap, BOOTSTRAP_COAPS_PORT: coaps }).ports)
  expect(note('', '')).toBe('not yet (ports 5783 and 5784 are reserved)')
  expect(note('0', '6784')).toBe('not yet (port 6784 is reserved)')
  expect(note('6783', '0')).toBe('not yet (port 6783 is reserved)')
  expect(note('0', '0')).toBe('not yet')
})

it('the address of the CoAP server is one that a program on this machine can use', () => {
  expect(coapUrl('coap', '127.0.0.1', 5683)).toBe('coap://127.0.0.1:5683')
  expect(coapUrl('coap', '0.0.0.0', 5683)).toBe('coap://127.0.0.1:5683')
  expect(coapUrl('coap', '::', 5683)).toBe('coap://[::1]:5683')
  expect(coapUrl('coap', '2001:db8::1', 5683)).toBe('coap://[2001:db8::1]:5683')
  expect(coapUrl('coap', '192.0.2.1', 15683)).toBe('coap://192.0.2.1:15683')
})
