import { chance, pick, shuffled, whole } from './chance.js'
import type { MeterIdentity, ModelId, PlantedLetter } from './identity.js'
import type { MeterModel } from './models/model.js'
import { models } from './models/models.js'
import { places } from './places.js'

/** Which fleet: the same arguments give the same meters. */
export interface FleetOptions {
  readonly seed: number
  readonly meters: number
}

/** Ages are counted back from here, so that a fleet does not depend on the day it is made. */
const referenceMs = Date.UTC(2025, 5, 1)
const yearMs = 365.25 * 86_400_000
/** The fleet is dealt in hands of thirty, in which every model has its share. */
const handSize = 30
const metersPerCell = 8
/** Private enterprise number for examples (RFC 5612). */
const exampleEnterprise = 32_473
/** In a fleet of this size everything planted is there in full; in smaller ones in proportion. */
const fullSize = 60
/** Below this nothing is planted: every meter would be a fault. */
const leastSize = 10

/** The manufacturer string of planted (m): what a console must show as text. */
export const hostileManufacturer = '<img src=x onerror=alert(1)>'

const kindLetters = { water: 'W', gas: 'G', electricity: 'E', heat: 'H' } as const

function modelAt(seed: number, index: number): MeterModel {
  const hand = Object.values(models).flatMap((model) => Array<ModelId>(model.among30).fill(model.id))
  return models[shuffled(hand, seed, `hand ${Math.floor(index / handSize)}`)[index % handSize]]
}

/** The digit that completes a number by the Luhn formula, as IMEI and ICCID end. */
function luhnDigit(digits: string): string {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const doubled = Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 2 : 1)
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return String((10 - (sum % 10)) % 10)
}

function endpointOf({ naming }: MeterModel, serial: number): string {
  const number = String(serial).padStart(6, '0')
  if ('productClass' in naming)
    return `urn:dev:ops:${exampleEnterprise}-${naming.productClass}-${String(serial).padStart(8, '0')}`
  return `urn:imei:${naming.tac}${number}${luhnDigit(naming.tac + number)}`
}

function weighted(options: MeterModel['firmware'], at: number): string {
  let passed = 0
  for (const [version, share] of options) if ((passed += share) > at) return version
  return options[0][0]
}

/** The meter at a place of the fleet; nothing planted yet. */
function meterAt(options: FleetOptions, index: number): MeterIdentity {
  const { seed, meters } = options
  const model = modelAt(seed, index)
  const own = Math.floor(chance(seed, 'meter', index) * 2 ** 31)
  const place = pick(places, own, 'place')
  const cells = Math.max(1, Math.round(meters / places.length / metersPerCell))
  const address = `${pick(place.streets, own, 'street')} ${whole(1, 148, own, 'house')}`
  const serial = (whole(0, 899_999, seed, 'serials') + index) % 1_000_000
  const age = model.age[0] + (model.age[1] - model.age[0]) * chance(own, 'age')
  const installedAt = Math.round((referenceMs - age * yearMs) / 60_000) * 60_000
  const year = new Date(installedAt).getUTCFullYear() % 100
  // Consecutive numbers, as SIM cards come out of their box.
  const iccid = `898823${String(10 ** 11 + whole(0, 10 ** 9, seed, 'iccid') + index)}`
  const point = String(10 ** 9 + whole(0, 10 ** 8, seed, 'points') + index * 37).padStart(10, '0')
  return {
    endpoint: endpointOf(model, serial),
    model: model.id,
    kind: model.kind,
    manufacturer: model.manufacturer,
    modelNumber: model.modelNumber,
    firmware: weighted(model.firmware, chance(own, 'firmware')),
    cell: place.firstCell + whole(0, cells - 1, own, 'cell'),
    iccid: iccid + luhnDigit(iccid),
    site: {
      name: address,
      timeZone: place.timeZone,
      address: `${address}, ${place.town}`,
      standardOffset: place.standardOffset,
    },
    meteringPoint: `MP-${kindLetters[model.kind]}-${point}`,
    meterSerial: `${model.id}${String(year).padStart(2, '0')}${String(serial).padStart(6, '0')}`,
    groups: [place.town.toLowerCase().replaceAll(' ', '-'), `route-${whole(1, 6, own, 'route')}`],
    installedAt,
    seed: own,
    planted: [],
  }
}

/** How many of something are planted in a fleet; at least one. */
function scaled(full: number, meters: number): number {
  return Math.max(1, Math.round(full * Math.min(1, meters / fullSize)))
}

/**
 * Whether a meter of the demonstration has a key and speaks DTLS. TW1 runs on node-coap, which has none; two clients with one key would be one
 * device, so what is planted about names stays without, and who is on nobody's list has no key.
 */
export function speaksDtls({ model, planted }: MeterIdentity): boolean {
  return !models[model].onNodeCoap && !planted.includes('j') && !planted.includes('k')
}

/** What is planted in a fleet, by index; every meter has at most one fault. */
function plant(fleet: readonly MeterIdentity[], seed: number): Map<number, PlantedLetter> {
  const planted = new Map<number, PlantedLetter>()
  if (fleet.length < leastSize) return planted
  const take = (letter: PlantedLetter, model: ModelId, count: number): void => {
    const free = fleet
      .map((_, index) => index)
      .filter((index) => fleet[index].model === model && !planted.has(index))
    for (const index of shuffled(free, seed, `planted ${letter}`).slice(0, count)) planted.set(index, letter)
  }
  const { length } = fleet
  for (const model of ['TW1', 'L7', 'G4'] as const) take('a', model, scaled(2, length))
  take('f', 'E3', scaled(6, length))
  take('j', 'G4', 1)
  take('m', 'L7', 1)
  return planted
}

/** The cell that falls silent: no other meter is on it. */
const silentCell = places[1].firstCell + 900

/**
 * The meters of the demo: identity, model, place and SIM card of each, and what is planted in them. The same for the same arguments; a
 * meter keeps its name when the fleet grows.
 */
export function demoFleet(options: FleetOptions): MeterIdentity[] {
  const fleet = Array.from({ length: options.meters }, (_, index) => meterAt(options, index))
  const planted = plant(fleet, options.seed)
  return fleet.map((meter, index) => {
    const letter = planted.get(index)
    if (letter === undefined) return meter
    return {
      ...meter,
      planted: [letter],
      ...(letter === 'a' && { cell: silentCell }),
      ...(letter === 'm' && { manufacturer: hostileManufacturer }),
    }
  })
}

/** The meter that nobody has put on the list: planted (k). It registers like the others; undefined in a fleet with nothing planted. */
export function unknownMeter(options: FleetOptions): MeterIdentity | undefined {
  if (options.meters < leastSize) return undefined
  // Beyond the end of the largest fleet, so that no list ever holds it.
  for (let index = 100_000; ; index++) {
    const meter = meterAt(options, index)
    if (meter.model === 'TW1') return { ...meter, planted: ['k'] }
  }
}
