import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Peer } from '@fieldline/coap'
import { definitionsFor, parseObjectLinks } from '@fieldline/lwm2m'
import { peerOf } from '@fieldline/transport'
import fc from 'fast-check'
import type { Registration } from './ports.js'
import { expiry } from './registering.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes of objects and typed arrays that are reachable. */
export function memoryInUse(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 15, maxLength: 15 })

/** Names as they are, and as nobody would choose them. */
export const names = fc.oneof(
  fc.uuid(),
  fc.uuid().map((uuid) => uuid.toUpperCase()),
  fc.ipV6(),
  digits.map((some) => `urn:imei:${some.join('')}`),
  fc.stringMatching(/^[A-Za-z0-9_-]{0,40}$/),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'grapheme', minLength: 250, maxLength: 255 }),
  fc.constantFrom(
    '',
    'Zähler-7',
    '水表',
    '\ufeffmeter',
    '::',
    '1::8',
    '1:2:3:4:5:6:7::',
    '0:0::1',
    ':1::2',
    '1:::2',
    'urn:imei:12345678901234x',
    'urn:imei:000000000000000',
  ),
)

/** Few clients of every kind: plain ones, IPv6 with a zone, secured ones, and ids that look like an address and are none. */
export const peers: fc.Arbitrary<Peer> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('192.0.2.1', '0.0.0.0', '255.255.255.255', '2001:db8::1', 'fe80::1%eth0'),
      fc.constantFrom(0, 5683, 65_535),
    )
    .map(([address, port]) => peerOf(address, port)),
  fc.constantFrom('a', 'b').map((session) => ({
    id: `dtls:${session}`,
    address: '192.0.2.1',
    port: 5683,
    identity: `psk:${session}`,
  })),
  fc
    .constantFrom(
      '192.0.2.01:5683',
      '192.0.2.1:05683',
      '192.0.2.1',
      '192.0.2.256:5683',
      '192.0.2.1:65536',
      'x',
    )
    .map((id) => ({ id, address: '192.0.2.1', port: 5683 })),
)

const lists = ['</1/0>,</3/0>', '</>;rt="oma.lwm2m";ct=112,</3/0>'].map((text) =>
  parseObjectLinks(new TextEncoder().encode(text)),
)

/** What changes of a registration beside its peer. */
export const changes = fc.record({
  lifetime: fc.constantFrom(0, 1, 60, 2 ** 32 - 1),
  binding: fc.constantFrom('U', 'UQ'),
  queueMode: fc.boolean(),
  contentFormat: fc.constantFrom(undefined, 110, 112),
  list: fc.nat({ max: lists.length - 1 }),
})

/** What these changes make of a registration that is updated now, epoch milliseconds. */
export function changed(
  now: number,
  { list, ...change }: Record<string, unknown> & { list: number; lifetime: number },
): Pick<
  Registration,
  | 'lifetime'
  | 'binding'
  | 'queueMode'
  | 'contentFormat'
  | 'objectLinks'
  | 'definitions'
  | 'updatedAt'
  | 'expiresAt'
> {
  const objectLinks = lists[list]
  return {
    ...(change as Pick<Registration, 'lifetime' | 'binding' | 'queueMode' | 'contentFormat'>),
    objectLinks,
    definitions: definitionOf[list],
    updatedAt: now,
    expiresAt: expiry(now, change.lifetime),
  }
}

const definitionOf = lists.map((objectLinks) => definitionsFor(objectLinks, '1.1'))

/** A registration of a device at `192.0.2.1`; its times are those of the start of 2026. */
export function registrationOf(fields: Partial<Registration> = {}): Registration {
  const now = Date.UTC(2026, 0, 1)
  return {
    deviceId: 'device-1',
    organisationId: 'o',
    endpoint: 'urn:imei:490154203237518',
    location: 'Ab-_56789012',
    version: '1.1',
    peer: peerOf('192.0.2.1', 5683),
    registeredAt: now,
    awakeUntil: now + 10_000,
    ...changed(now, { lifetime: 60, binding: 'U', queueMode: false, contentFormat: undefined, list: 0 }),
    ...fields,
  }
}
