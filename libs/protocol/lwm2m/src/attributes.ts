import { Code, ProtocolError } from '@fieldline/bytes'
import { parseQuery } from './query.js'

/**
 * Attributes that govern notifications; seconds for the periods. `null` removes an attribute at its level.
 * @see LwM2M Core 1.2 §7.3.2
 */
export interface NotificationAttributes {
  readonly pmin?: number | null
  readonly pmax?: number | null
  readonly gt?: number | null
  readonly lt?: number | null
  readonly st?: number | null
  /** From 1.1 on. */
  readonly epmin?: number | null
  readonly epmax?: number | null
  /** From 1.2 on: 0 falling, 1 rising. */
  readonly edge?: number | null
  /** From 1.2 on: 1 makes notifications confirmable. */
  readonly con?: number | null
  /** From 1.2 on: history entries kept. */
  readonly hqmax?: number | null
}

type Name = keyof NotificationAttributes

const whole: readonly Name[] = ['pmin', 'pmax', 'epmin', 'epmax', 'hqmax']
const flags: readonly Name[] = ['edge', 'con']
const names: readonly Name[] = [...whole, 'gt', 'lt', 'st', ...flags]

/** Why attributes cannot be set together, in words; undefined when they can. */
export function checkAttributes(attributes: NotificationAttributes): string | undefined {
  for (const name of names) {
    const value = attributes[name]
    if (value === undefined || value === null) continue
    if (!(Math.abs(value) < 1e15)) return `${name} is a number below 10^15`
    if (whole.includes(name) && (!Number.isSafeInteger(value) || value < 0))
      return `${name} is a whole number, 0 or more`
    if (flags.includes(name) && value !== 0 && value !== 1) return `${name} is 0 or 1`
  }
  const { pmin, pmax, epmin, epmax, gt, lt, st } = attributes
  // A pmax of 0 counts as absent.
  if (pmin != null && pmax && pmax < pmin) return 'pmax is at least pmin'
  if (epmin != null && epmax != null && epmax <= epmin) return 'epmax is greater than epmin'
  if (st != null && st < 0) return 'st is 0 or more'
  if (lt != null && gt != null && lt >= gt) return 'lt is less than gt'
  if (lt != null && gt != null && st != null && lt + 2 * st >= gt) return 'lt + 2·st is less than gt'
  return undefined
}

/** Attributes as query parameters, plain decimals. Throws `RangeError` in words as `checkAttributes` says. */
export function formatAttributes(attributes: NotificationAttributes): string[] {
  const wrong = checkAttributes(attributes)
  if (wrong) throw new RangeError(wrong)
  return names.flatMap((name) => {
    const value = attributes[name]
    if (value === undefined) return []
    return value === null ? [name] : [`${name}=${decimal(value)}`]
  })
}

/** The grammar has no exponent; what is smaller than 1e-20 is nothing to a meter. */
function decimal(value: number): string {
  const text = String(value)
  return text.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : text
}

/** Attributes of a query as a client receives them; other parameters are passed over. 4.00 on a bad value or set, or a name twice. */
export function parseAttributes(query: readonly string[]): NotificationAttributes {
  const attributes: Partial<Record<Name, number | null>> = {}
  for (const [name, value] of parseQuery(query) as Map<Name, string | true>) {
    if (!names.includes(name)) continue
    if (value !== true && !/^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$/.test(value)) {
      throw new ProtocolError(Code.BadRequest, `${name} is a number`)
    }
    attributes[name] = value === true ? null : Number(value)
  }
  const wrong = checkAttributes(attributes)
  if (wrong) throw new ProtocolError(Code.BadRequest, wrong)
  return attributes
}
