import { ContentFormat } from '@fieldline/codec'
import { rateAt, registerReadingAt } from '../consumption.js'
import type { MeterModel } from './model.js'
import { accepts, constant, live, node } from './resources.js'

/** Tarnwater TW1: a water meter on NB-IoT that speaks LwM2M 1.0 and TLV; half of them hang for more than six years. */
export const tarnwaterTw1: MeterModel = {
  id: 'TW1',
  kind: 'water',
  manufacturer: 'Tarnwater',
  modelNumber: 'TW1',
  hardware: 'C',
  firmware: [
    ['2.3.1', 0.7],
    ['2.3.0', 0.3],
  ],
  among30: 10,
  version: '1.0',
  queueMode: true,
  awakeSeconds: 10,
  rebinds: false,
  formats: [ContentFormat.Tlv, ContentFormat.Text, ContentFormat.Opaque],
  naming: { tac: '00481001' },
  power: 'battery',
  bearer: 'nb-iot',
  age: [0.8, 8.4],
  cadence: { every: 'day' },
  sends: false,
  onNodeCoap: true,
  objectVersions: new Map([[3424, '1.1']]),
  registerPath: '/3424/0/1',
  objects: ({ identity, now }) => [
    {
      object: 3424,
      instance: 0,
      resources: {
        1: live(() => registerReadingAt(identity, now())),
        2: accepts,
        3: constant('single-jet Q3 2.5'),
        4: live(() => Math.floor(registerReadingAt(identity, now()) * 1_000)),
        5: accepts,
        6: constant(1_000),
        8: live(() => Number((rateAt(identity, now()) / 3_600).toPrecision(3))),
        9: constant(false),
        10: constant(false),
        11: constant(false),
        12: constant(false),
        13: constant(false),
      },
    },
  ],
  readings: (identity, timeMs) => [
    node('/3424/0/1', 'float', registerReadingAt(identity, timeMs)),
    node('/3424/0/10', 'boolean', false),
    node('/3424/0/11', 'boolean', false),
  ],
}
