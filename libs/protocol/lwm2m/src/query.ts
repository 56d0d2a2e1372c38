import { Code, ProtocolError } from '@fieldline/bytes'

/** Highest lifetime and other second counts, in seconds: what 32 bits hold. */
const MAX_SECONDS = 4_294_967_295

/** 4.00 with words about a query parameter. */
export function badParameter(message: string): ProtocolError {
  return new ProtocolError(Code.BadRequest, message)
}

/** Query parameters by name; `true` for one without a value. 4.00 on a name twice. */
export function parseQuery(query: readonly string[]): Map<string, string | true> {
  const parameters = new Map<string, string | true>()
  for (const part of query) {
    const at = part.indexOf('=')
    const name = at < 0 ? part : part.slice(0, at)
    if (parameters.has(name)) throw badParameter(`${name.slice(0, 20)} appears twice`)
    parameters.set(name, at < 0 ? true : part.slice(at + 1))
  }
  return parameters
}

/** A text parameter without control characters, at most 255 bytes; undefined when absent. 4.00 when empty or longer. */
export function textParameter(
  parameters: ReadonlyMap<string, string | true>,
  name: string,
): string | undefined {
  const value = parameters.get(name)
  if (value === undefined) return undefined
  if (value === true || value === '') throw badParameter(`${name} has no value`)
  if (/[\p{Cc}\ud800-\udfff]/u.test(value)) throw badParameter(`${name} holds control characters`)
  if (new TextEncoder().encode(value).length > 255) throw badParameter(`${name} is longer than 255 bytes`)
  return value
}

/** A number of seconds; undefined when absent. 4.00 unless decimal digits up to 4294967295. */
export function secondsParameter(
  parameters: ReadonlyMap<string, string | true>,
  name: string,
): number | undefined {
  const value = parameters.get(name)
  if (value === undefined) return undefined
  if (value === true || !/^[0-9]{1,10}$/.test(value) || Number(value) > MAX_SECONDS) {
    throw badParameter(`${name} is a number of seconds in 0..${MAX_SECONDS}`)
  }
  return Number(value)
}
