import { ContentFormat } from '@fieldline/codec'
import { chance } from '../chance.js'
import { rateAt, registerReadingAt } from '../consumption.js'
import type { MeterIdentity } from '../identity.js'
import type { MeterModel } from './model.js'
import { constant, constants, live, node } from './resources.js'

const tenths = (value: number): number => Math.round(value * 10) / 10

/** Temperatures of flow and return, degrees Celsius. */
function temperatures({ seed }: MeterIdentity, timeMs: number): { flow: number; back: number } {
  const hour = Math.floor(timeMs / 3_600_000)
  const flow = tenths(66 + 8 * chance(seed, 'flow') + 4 * chance(seed, 'flow', hour))
  return { flow, back: tenths(flow - 22 - 6 * chance(seed, 'return', hour)) }
}

/** Watt hours. */
const energy = (identity: MeterIdentity, timeMs: number): number =>
  Math.round(registerReadingAt(identity, timeMs) * 1_000)
/** Cubic metres: a kilowatt hour at 25 kelvin is 34 litres of water. */
const volume = (identity: MeterIdentity, timeMs: number): number =>
  Math.round(registerReadingAt(identity, timeMs) * 34.4) / 1_000
/** Watts. */
const power = (identity: MeterIdentity, timeMs: number): number =>
  Math.round(rateAt(identity, timeMs) * 1_000)

/** Kelda H2: a heat meter that wakes once a day at ten past nine, whatever anybody would like. */
export const keldaH2: MeterModel = {
  id: 'H2',
  kind: 'heat',
  manufacturer: 'Kelda',
  modelNumber: 'H2',
  hardware: 'A',
  firmware: [['3.5.0', 1]],
  among30: 3,
  version: '1.1',
  queueMode: true,
  awakeSeconds: 10,
  rebinds: false,
  formats: [ContentFormat.SenmlJson, ContentFormat.SenmlCbor, ContentFormat.Tlv, ContentFormat.Text],
  naming: { productClass: 'H2' },
  power: 'battery',
  bearer: 'nb-iot',
  age: [0.6, 5],
  cadence: { every: 'day', atMinute: 9 * 60 + 10 },
  keepsCadence: true,
  sends: false,
  objectVersions: new Map(),
  registerPath: '/10257/0/5805',
  objects: ({ identity, now }) => [
    {
      object: 10257,
      instance: 0,
      resources: {
        0: constant(identity.manufacturer),
        1: constant(identity.modelNumber),
        2: constant(identity.meterSerial),
        11: constants(0),
        5800: live(() => power(identity, now())),
        5802: constants(14_800),
        5805: live(() => energy(identity, now())),
        12: live(() => temperatures(identity, now()).flow),
        14: live(() => temperatures(identity, now()).back),
        16: live(() => tenths(temperatures(identity, now()).flow - temperatures(identity, now()).back)),
        20: live(() => volume(identity, now())),
      },
    },
  ],
  readings: (identity, timeMs) => {
    const { flow, back } = temperatures(identity, timeMs)
    return [
      node('/10257/0/5805', 'float', energy(identity, timeMs)),
      node('/10257/0/12', 'float', flow),
      node('/10257/0/14', 'float', back),
      node('/10257/0/20', 'float', volume(identity, timeMs)),
    ]
  },
}
