/** A JSON member value: what LwM2M payloads need. */
export type JsonField = string | number | bigint | boolean | null

/**
 * A flat JSON object with the given members, in order; undefined ones are left out. Integers of any size are written digit by digit.
 * Throws `RangeError` on a number JSON cannot carry.
 */
export function writeJsonObject(fields: readonly (readonly [string, JsonField | undefined])[]): string {
  const members: string[] = []
  for (const [name, value] of fields) {
    if (value !== undefined) members.push(`"${name}":${writeJsonField(value)}`)
  }
  return `{${members.join(',')}}`
}

/** One value as JSON text. Throws `RangeError` on NaN and the infinities. */
export function writeJsonField(value: JsonField): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`JSON cannot carry ${value}`)
  return Object.is(value, -0) ? '-0.0' : String(value)
}
