import { ContentFormat } from '@fieldline/codec'
import type { ObjectDefinition, ResourceDefinition } from '@fieldline/object-model'
import { registerReadingAt } from '../consumption.js'
import type { MeterModel } from './model.js'
import { accepts, constant, live, node } from './resources.js'

const resource = (
  id: number,
  name: string,
  operations: 'R' | 'E',
  type: ResourceDefinition['type'],
): ResourceDefinition => ({
  id,
  name,
  operations,
  type,
  multiple: false,
  mandatory: true,
  range: '',
  units: '',
})

/** The vendor's own object, in the range that companies reserve: a server without its definition sees numbers only. */
const valve: ObjectDefinition = {
  id: 33_042,
  name: 'Brentagas Gas Valve',
  version: '1.0',
  lwm2mVersion: '1.1',
  urn: 'urn:oma:lwm2m:x:33042',
  multiple: false,
  mandatory: false,
  resources: new Map(
    [
      resource(0, 'Valve State', 'R', 'integer'),
      resource(1, 'Close Valve', 'E', 'none'),
      resource(2, 'Enable Opening', 'E', 'none'),
      resource(3, 'Last Moved', 'R', 'time'),
    ].map((definition) => [definition.id, definition]),
  ),
}
const statePath = '/33042/0/0'
const movedPath = '/33042/0/3'
/** Closed; open; closed, and the button on the meter may open it. */
const State = { Closed: 0, Open: 1, OpeningEnabled: 2 } as const

/** Brentagas G4: a gas meter that sleeps, with a valve that closes remotely and opens on site only. */
export const brentagasG4: MeterModel = {
  id: 'G4',
  kind: 'gas',
  manufacturer: 'Brentagas',
  modelNumber: 'G4',
  hardware: 'R2',
  firmware: [
    ['4.2.0', 0.85],
    ['4.1.3', 0.15],
  ],
  among30: 6,
  version: '1.1',
  queueMode: true,
  awakeSeconds: 8,
  rebinds: false,
  formats: [
    ContentFormat.SenmlCbor,
    ContentFormat.SenmlJson,
    ContentFormat.Tlv,
    ContentFormat.Text,
    ContentFormat.Cbor,
    ContentFormat.Opaque,
  ],
  naming: { tac: '00481004' },
  power: 'battery',
  bearer: 'nb-iot',
  age: [0.5, 5.5],
  cadence: { every: 'day' },
  sends: false,
  objectVersions: new Map([
    [3423, '1.1'],
    [33_042, '1.0'],
  ]),
  vendorObjects: [valve],
  registerPath: '/3423/0/1',
  objects: ({ identity, now, kept, keep }) => {
    const state = (): number => Number(kept(statePath) ?? State.Open)
    const move = (to: number): void => {
      if (to === state()) return
      keep(statePath, to)
      keep(movedPath, Math.floor(now() / 1_000))
    }
    return [
      {
        object: 3423,
        instance: 0,
        resources: {
          1: live(() => registerReadingAt(identity, now())),
          2: accepts,
          3: constant('diaphragm G4'),
          4: live(() => Math.floor(registerReadingAt(identity, now()) * 100)),
          5: accepts,
          6: constant(100),
          9: constant(false),
          10: constant(false),
          11: constant(false),
        },
      },
      {
        object: 33_042,
        instance: 0,
        resources: {
          0: live(state),
          1: { execute: () => move(State.Closed) },
          2: { execute: () => state() === State.Closed && move(State.OpeningEnabled) },
          3: live(() => Number(kept(movedPath) ?? Math.floor(identity.installedAt / 1_000))),
        },
      },
    ]
  },
  readings: (identity, timeMs) => [
    node('/3423/0/1', 'float', registerReadingAt(identity, timeMs)),
    node('/3423/0/10', 'boolean', false),
  ],
}
