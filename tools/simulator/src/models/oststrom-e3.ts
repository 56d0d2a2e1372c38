import { ContentFormat } from '@fieldline/codec'
import { chance } from '../chance.js'
import { rateAt, registerReadingAt } from '../consumption.js'
import type { MeterIdentity } from '../identity.js'
import type { MeterModel } from './model.js'
import { constant, live, node } from './resources.js'

/** Volts at a moment: 230, and what the neighbours do. */
function voltage({ seed }: MeterIdentity, timeMs: number): number {
  const minute = Math.floor(timeMs / 60_000)
  return Math.round((228 + 5 * chance(seed, 'feeder') + 3 * chance(seed, 'volts', minute)) * 10) / 10
}

/** Kilowatts at a moment. */
function power(identity: MeterIdentity, timeMs: number): number {
  return Math.round(rateAt(identity, timeMs) * 1_000) / 1_000
}

/** Oststrom E3: a single-phase electricity meter on the mains, always awake, that sends several timestamps at once. */
export const oststromE3: MeterModel = {
  id: 'E3',
  kind: 'electricity',
  manufacturer: 'Oststrom',
  modelNumber: 'E3',
  hardware: 'B1',
  firmware: [
    ['7.0.4', 0.9],
    ['6.9.8', 0.1],
  ],
  among30: 6,
  version: '1.1',
  queueMode: false,
  awakeSeconds: 0,
  rebinds: false,
  formats: [
    ContentFormat.SenmlCbor,
    ContentFormat.SenmlJson,
    ContentFormat.Tlv,
    ContentFormat.Text,
    ContentFormat.Cbor,
  ],
  naming: { tac: '00481003' },
  power: 'mains',
  bearer: 'lte-m',
  age: [0.3, 3.5],
  cadence: { every: 'minutes', minutes: [15, 60] },
  sends: true,
  objectVersions: new Map([[10243, '2.0']]),
  registerPath: '/10243/0/14',
  objects: ({ identity, now }) => [
    {
      object: 10243,
      instance: 0,
      resources: {
        0: constant(identity.manufacturer),
        1: constant(identity.modelNumber),
        2: constant(identity.meterSerial),
        4: live(() => voltage(identity, now())),
        5: live(() => Math.round((power(identity, now()) / voltage(identity, now())) * 1e5) / 100),
        6: live(() => power(identity, now())),
        11: constant(0.97),
        14: live(() => registerReadingAt(identity, now())),
        17: live(() => Math.round((49.98 + 0.04 * chance(identity.seed, 'hertz', now())) * 100) / 100),
      },
    },
  ],
  readings: (identity, timeMs) => [
    node('/10243/0/4', 'float', voltage(identity, timeMs)),
    node('/10243/0/14', 'float', registerReadingAt(identity, timeMs)),
  ],
}
