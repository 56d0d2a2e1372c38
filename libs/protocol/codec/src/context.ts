import type { DefinitionLookup, Path } from '@fieldline/object-model'

/** What a payload alone does not say. */
export interface DecodeContext {
  /** The path the request named; names in the payload are resolved against it. The root for composites, Send and Register. */
  readonly base: Path
  /** Definitions that hold for this device. */
  readonly definitions: DefinitionLookup
  /** Epoch milliseconds, for times a payload gives relative to now. */
  readonly now: number
  /** The device's alternate path (`/lwm2m`), taken off the names of SenML payloads. */
  readonly alternatePath?: string
}

/** What encoding needs beside the values. */
export interface EncodeContext {
  /** The path the request names; every value lies within it. */
  readonly base: Path
  readonly definitions: DefinitionLookup
  /** The device's alternate path, put before the names of SenML payloads. */
  readonly alternatePath?: string
}
