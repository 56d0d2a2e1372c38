/** The models of the fleet. */
export type ModelId = 'TW1' | 'L7' | 'G4' | 'E3' | 'H2'

/** What a meter measures. */
export type MeterKind = 'water' | 'gas' | 'electricity' | 'heat'

/** What is wrong with a meter of the demo: the letters of the list of truths. */
export type PlantedLetter = 'a' | 'f' | 'j' | 'k' | 'm'

/** Where a meter hangs. */
export interface Site {
  readonly name: string
  readonly timeZone: string
  readonly address: string
  /** Minutes east of UTC without summer time. */
  readonly standardOffset: number
}

/** Everything that stays the same about a meter, from the seed. */
export interface MeterIdentity {
  /** Endpoint Client Name. */
  readonly endpoint: string
  readonly model: ModelId
  readonly kind: MeterKind
  readonly manufacturer: string
  readonly modelNumber: string
  readonly firmware: string
  readonly cell: number
  readonly iccid: string
  readonly site: Site
  readonly meteringPoint: string
  /** Serial of the meter, on its face plate. */
  readonly meterSerial: string
  readonly groups: readonly string[]
  /** Epoch milliseconds. */
  readonly installedAt: number
  /** Own seed of the meter. */
  readonly seed: number
  readonly planted: readonly PlantedLetter[]
}
