import { ByteWriter } from '@fieldline/bytes'
import { ContentFormat } from '@fieldline/codec'
import type { ResourceValue } from '@fieldline/object-model'
import { registerReadingAt } from '../consumption.js'
import type { MeterIdentity } from '../identity.js'
import { offsetText } from '../places.js'
import type { MeterModel } from './model.js'
import { constant, live, node } from './resources.js'

const intervalSeconds = 900
/** A block of intervals holds one day. */
const mostIntervals = 96
const deliveredPath = '/10266/0/6005'

/** The last whole interval at a moment, epoch seconds. */
function latestInterval(timeMs: number): number {
  return Math.floor(timeMs / 1_000 / intervalSeconds) * intervalSeconds
}

/**
 * The intervals after the last delivered one, packed: version 2, class, first time, period, count, one value of 16 bits per interval
 * (litres), big-endian. Empty when there is nothing new.
 */
function packIntervals(identity: MeterIdentity, delivered: number, timeMs: number): Uint8Array {
  const latest = latestInterval(timeMs)
  const count = Math.min(mostIntervals, Math.floor((latest - delivered) / intervalSeconds))
  if (count <= 0) return new Uint8Array(0)
  const first = latest - count * intervalSeconds
  const writer = new ByteWriter()
  writer.u8(2)
  writer.u16(1)
  writer.u32(first)
  writer.u32(intervalSeconds)
  writer.u16(count)
  writer.u8(1)
  writer.u8(16)
  for (let at = 0; at < count; at++) {
    const from = (first + at * intervalSeconds) * 1_000
    const litres =
      1_000 *
      (registerReadingAt(identity, from + intervalSeconds * 1_000) - registerReadingAt(identity, from))
    writer.u16(Math.round(litres))
  }
  return writer.finish()
}

/** Lyngvik L7: a water meter that packs its intervals, listens for twelve seconds and comes from a new port each time. */
export const lyngvikL7: MeterModel = {
  id: 'L7',
  kind: 'water',
  manufacturer: 'Lyngvik',
  modelNumber: 'L7',
  hardware: '3',
  firmware: [
    ['1.18.2', 0.8],
    ['1.17.0', 0.2],
  ],
  among30: 5,
  version: '1.0',
  queueMode: true,
  awakeSeconds: 12,
  rebinds: true,
  formats: [ContentFormat.LwM2mJson, ContentFormat.Tlv, ContentFormat.Text, ContentFormat.Opaque],
  naming: { productClass: 'L7' },
  power: 'battery',
  bearer: 'nb-iot',
  age: [0.4, 4.5],
  cadence: { every: 'day' },
  sends: false,
  objectVersions: new Map([[3424, '1.1']]),
  registerPath: '/3424/0/1',
  objects: ({ identity, now, kept, keep }) => {
    const delivered = (): number => Number(kept(deliveredPath) ?? latestInterval(now()) - 86_400)
    const deliver = (time: ResourceValue): void => keep(deliveredPath, time)
    return [
      {
        object: 3424,
        instance: 0,
        resources: {
          1: live(() => registerReadingAt(identity, now())),
          3: constant('ultrasonic Q3 4'),
          10: constant(false),
          11: constant(false),
        },
      },
      {
        object: 10266,
        instance: 0,
        resources: {
          6000: constant(intervalSeconds),
          6001: constant(0),
          6002: constant(offsetText(identity.site.standardOffset)),
          6003: constant(Math.floor(identity.installedAt / 1_000)),
          6004: live(() => latestInterval(now()) - 60 * 86_400),
          6005: { read: delivered, write: (value) => deliver(Number(value)) },
          6006: live(() => latestInterval(now())),
          6007: constant(true),
          6028: constant(1),
          6029: {
            // A Read moves the delivery pointer: that is why nobody reads this without being asked.
            read: () => {
              const packed = packIntervals(identity, delivered(), now())
              deliver(latestInterval(now()))
              return packed
            },
          },
        },
      },
    ]
  },
  readings: (identity, timeMs) => [
    node('/3424/0/1', 'float', registerReadingAt(identity, timeMs)),
    node('/3424/0/10', 'boolean', false),
    node('/3424/0/11', 'boolean', false),
    node('/10266/0/6006', 'time', latestInterval(timeMs)),
  ],
}
