import { formatPath, pathLevel } from '@fieldline/object-model'
import type { Node, Path, ResourceType, ResourceValue } from '@fieldline/object-model'
import { Binder } from '../bind.js'
import { nameRoot } from '../context.js'
import type { DecodeContext } from '../context.js'
import { badPayload, tooLarge } from '../errors.js'
import { NameResolver } from './names.js'
import { Repeats } from './repeats.js'
import { resolveTime } from './times.js'

/** Most records in one pack. */
const MAX_RECORDS = 20_000
/** Most labels in one record; twelve are defined. */
const MAX_LABELS = 32
/** Highest version of SenML understood. */
const SENML_VERSION = 10

/** Labels as bits, to see in passing that none comes twice. */
export const Label = {
  bver: 1,
  bn: 2,
  bt: 4,
  bu: 8,
  n: 16,
  u: 32,
  t: 64,
  v: 128,
  vs: 256,
  vb: 512,
  vd: 1024,
  vlo: 2048,
  ut: 4096,
} as const
type LabelBit = (typeof Label)[keyof typeof Label]
const names = new Map<number, string>(Object.entries(Label).map(([name, bit]) => [bit, name]))
const VALUES = Label.v | Label.vs | Label.vb | Label.vd | Label.vlo
/** What a record of a fetch pack may hold. @see RFC 8790 §3.1 */
const FETCH = Label.bver | Label.bn | Label.bt | Label.bu | Label.n | Label.t | Label.u

/** What becomes of a record once its name and time are resolved; `value` is undefined when it has none, null when its value is null. */
interface Purpose {
  record(
    path: Path,
    time: number | undefined,
    value: ResourceValue | null | undefined,
    carried: ResourceType,
  ): void
}

/**
 * The records of one pack on their way through: a grammar (JSON or CBOR) says `begin`, then what it finds under each label in any order, then `end`;
 * base name and base time carry on to later records. No object stands for a record.
 * @see RFC 8428 §4.5, §4.6
 */
export class SenmlRecords {
  readonly #names: NameResolver
  readonly #purpose: Purpose
  readonly #now: number
  readonly #format: string
  /** Labels that a record may have; undefined lets all pass that need not be understood. */
  readonly #allowed: number | undefined
  #baseTime: number | undefined
  #count = 0
  #labels = 0
  #labelCount = 0
  #others: Set<string | number | bigint> | undefined
  #name = ''
  #time: number | undefined
  #value: ResourceValue | null | undefined
  #carried: ResourceType = 'none'

  constructor(format: string, context: DecodeContext, purpose: Purpose, allowed?: number) {
    this.#format = format
    this.#names = new NameResolver(nameRoot(context), context.gatewayPrefix !== undefined)
    this.#now = context.now
    this.#purpose = purpose
    this.#allowed = allowed
  }

  /** 4.00 in words, with the number of the record. */
  error(what: string): Error {
    return badPayload(`${this.#format} record ${this.#count}: ${what}`)
  }

  begin(): void {
    if (++this.#count > MAX_RECORDS) throw tooLarge(`${this.#format}: more than ${MAX_RECORDS} records`)
    this.#labels = 0
    this.#labelCount = 0
    this.#others = undefined
    this.#name = ''
    this.#time = undefined
    this.#value = undefined
  }

  baseName(name: string): void {
    this.#label(Label.bn)
    this.#names.setBase(name)
  }

  name(name: string): void {
    this.#label(Label.n)
    this.#name = name
  }

  baseTime(seconds: number | bigint): void {
    this.#label(Label.bt)
    this.#baseTime = Number(seconds)
  }

  time(seconds: number | bigint): void {
    this.#label(Label.t)
    this.#time = Number(seconds)
  }

  version(version: number | bigint): void {
    this.#label(Label.bver)
    if (version > SENML_VERSION) throw this.error(`SenML version ${version} is unknown`)
  }

  /** Units and update times: allowed, and of no meaning here. */
  passed(label: typeof Label.bu | typeof Label.u | typeof Label.ut): void {
    this.#label(label)
  }

  /** The one value; null under `v` stands for none. */
  value(label: LabelBit, value: ResourceValue | null, carried: ResourceType): void {
    this.#label(label)
    if ((this.#labels & VALUES) !== label) throw this.error('more than one value')
    this.#value = value
    this.#carried = carried
  }

  /** A label without a meaning here. @see RFC 8428 §4.4: one ending in "_" must be understood */
  other(label: string | number | bigint): void {
    const name = String(label).slice(0, 40)
    if (label === 'bv' || label === 'bs' || label === -5 || label === -6)
      // Ignoring a base value would change readings without a word.
      throw this.error('base values and sums are not used by LwM2M')
    if (this.#allowed !== undefined) throw this.error(`label "${name}" has no place here`)
    if (typeof label === 'string' && label.endsWith('_'))
      throw this.error(`label "${name}" must be understood and is not`)
    if (this.#others?.has(label)) throw this.error(`label "${name}" twice`)
    this.#others = (this.#others ?? new Set()).add(label)
    this.#countLabel()
  }

  end(): void {
    const path = this.#names.resolve(this.#name)
    const base = this.#baseTime
    const own = this.#time
    const time =
      base === undefined && own === undefined ? undefined : resolveTime((base ?? 0) + (own ?? 0), this.#now)
    this.#purpose.record(path, time, this.#value, this.#carried)
  }

  #label(label: LabelBit): void {
    if ((this.#labels & label) !== 0) throw this.error(`label "${names.get(label)}" twice`)
    if (this.#allowed !== undefined && (this.#allowed & label) === 0)
      throw this.error(`label "${names.get(label)}" has no place here`)
    this.#labels |= label
    this.#countLabel()
  }

  #countLabel(): void {
    if (++this.#labelCount > MAX_LABELS) throw this.error(`more than ${MAX_LABELS} labels`)
  }
}

/** How a grammar reads a whole pack into records. */
export type PackReader = (payload: Uint8Array, records: SenmlRecords) => void

/** Values from a pack, in its order. 4.00 on a record without a value, a name that is no path, or a path twice at one time. */
export function readValues(
  format: string,
  read: PackReader,
  payload: Uint8Array,
  context: DecodeContext,
): Node[] {
  const nodes: Node[] = []
  // A Read of something empty may be answered with nothing at all.
  if (payload.length === 0) return nodes
  const binder = new Binder(context.definitions)
  const repeats = new Repeats()
  read(
    payload,
    new SenmlRecords(format, context, {
      record(path, time, value, carried) {
        if (value === undefined) throw badPayload(`${formatPath(path)}: the record has no value`)
        repeats.check(path, time)
        nodes.push(binder.node(path, value ?? '', carried, time))
      },
    }),
  )
  return nodes
}

/** Paths from a pack of names alone; `strict` for a fetch pack, which may hold nothing else. 4.00 on a value or a path twice. */
export function readPaths(
  format: string,
  read: PackReader,
  payload: Uint8Array,
  context: DecodeContext,
  strict: boolean,
): Path[] {
  const paths: Path[] = []
  const repeats = new Repeats()
  const purpose: Purpose = {
    record(path, _time, value) {
      if (value !== undefined) throw badPayload(`${formatPath(path)}: a list of paths carries no values`)
      repeats.check(path)
      paths.push(path)
    },
  }
  read(payload, new SenmlRecords(format, context, purpose, strict ? FETCH : undefined))
  return paths
}

/** A resource instance that a patch pack removes. */
export interface Removal {
  readonly path: Path
  readonly removed: true
}
/** What a patch pack asks for at one path: a value to write, or a removal. */
export type Change = Node | Removal

/** Changes from a patch pack, in its order: one value per record, or null, which removes a resource instance. @see RFC 8790 §3.2 */
export function readChanges(
  format: string,
  read: PackReader,
  payload: Uint8Array,
  context: DecodeContext,
): Change[] {
  const changes: Change[] = []
  const binder = new Binder(context.definitions)
  const repeats = new Repeats()
  read(
    payload,
    new SenmlRecords(format, context, {
      record(path, time, value, carried) {
        if (value === undefined) throw badPayload(`${formatPath(path)}: the record has no value`)
        repeats.check(path)
        if (value !== null) changes.push(binder.node(path, value, carried, time))
        else if (pathLevel(path) < 4)
          throw badPayload(`${formatPath(path)}: only resource instances can be removed`)
        else changes.push({ path, removed: true })
      },
    }),
  )
  return changes
}
