import type { LwM2mVersion } from '@fieldline/lwm2m'
import type { Resources } from '@fieldline/lwm2m-client'
import type { Node, ObjectDefinition, ResourceValue } from '@fieldline/object-model'
import type { MeterIdentity, MeterKind, ModelId } from '../identity.js'

/** When a model reports in real life; moments in minutes of its site's day. */
export type Cadence =
  /** Once a day; `atMinute` absent: at a minute of the night that the seed gives each meter. */
  | { readonly every: 'day'; readonly atMinute?: number }
  /** Every so many minutes. */
  | { readonly every: 'minutes'; readonly minutes: readonly number[] }

/** What a meter's objects are made from. */
export interface MeterContext {
  readonly identity: MeterIdentity
  /** The true time, epoch milliseconds; a meter's own clock drifts from it. */
  readonly now: () => number
  /** A small value that survives a restart, such as a delivery pointer; undefined until it is written. */
  readonly kept: (path: string) => ResourceValue | undefined
  readonly keep: (path: string, value: ResourceValue) => void
}

/** A model of meter: data first, and what its own objects say. */
export interface MeterModel {
  readonly id: ModelId
  readonly kind: MeterKind
  readonly manufacturer: string
  readonly modelNumber: string
  readonly hardware: string
  /** Firmware versions in the field and their shares. */
  readonly firmware: readonly (readonly [version: string, share: number])[]
  /** Meters of this model among thirty. */
  readonly among30: number
  readonly version: LwM2mVersion
  readonly queueMode: boolean
  /** Seconds it listens after the last message; 0 without Queue Mode. */
  readonly awakeSeconds: number
  /** A new UDP port at each wake. */
  readonly rebinds: boolean
  /** Content formats; the first answers a request without Accept. */
  readonly formats: readonly number[]
  /** How the endpoint is named: `urn:imei:` with a type allocation code, or `urn:dev:ops:` with a product class. */
  readonly naming: { readonly tac: string } | { readonly productClass: string }
  readonly power: 'battery' | 'mains'
  readonly bearer: 'nb-iot' | 'lte-m'
  /** Years since installation. */
  readonly age: readonly [low: number, high: number]
  readonly cadence: Cadence
  /** Follows its real cadence also in a demonstration. */
  readonly keepsCadence?: boolean
  /** Reports by Send, several timestamps at once. */
  readonly sends: boolean
  /** In a demonstration it speaks through node-coap. */
  readonly onNodeCoap?: boolean
  readonly objectVersions: ReadonlyMap<number, string>
  readonly vendorObjects?: readonly ObjectDefinition[]
  /** Where the register is. */
  readonly registerPath: string
  /** The model's own object instances, beside Server, Device and Connectivity Monitoring. */
  readonly objects: (
    context: MeterContext,
  ) => readonly { object: number; instance: number; resources: Resources }[]
  /** What a report of a moment says: the same values that its objects have then. */
  readonly readings: (identity: MeterIdentity, timeMs: number) => Node[]
}
