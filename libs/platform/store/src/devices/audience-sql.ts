import type { Audience, AudienceTerm } from '@fieldline/devices'
import { lowBatteryPercent, versionKey } from '@fieldline/devices'

/** Collects the parameters of one statement: `$1`, `$2`, … in the order they are given. */
export class Parameters {
  readonly values: unknown[] = []

  add(value: unknown): string {
    this.values.push(value)
    return `$${this.values.length}`
  }
}

/** How presence is told from the row alone, by the twin rules of fleet/devices. `now` is a parameter so that both agree on the moment. */
export function presenceSql(now: string): string {
  return `CASE WHEN device.registration NOT IN ('registered', 'expired') THEN NULL
    WHEN device.silent_at <= ${now} THEN 'silent' WHEN device.late_at <= ${now} THEN 'late'
    WHEN registration.queue_mode AND coalesce(device.awake_until <= ${now}, true) THEN 'sleeping' ELSE 'awake' END`
}

/** Health from the row alone, by the twin rules of fleet/devices. */
export function healthSql(now: string): string {
  return `CASE WHEN device.registration = 'expired' OR (device.registration = 'registered' AND device.silent_at <= ${now}) THEN 'failing'
    WHEN (device.registration = 'registered' AND device.late_at <= ${now}) OR jsonb_array_length(device.marks) > 0
      OR device.battery_percent < ${lowBatteryPercent} THEN 'attention' ELSE 'ok' END`
}

function like(text: string): string {
  return `${text.replace(/[\\%_]/g, '\\$&')}%`
}

function sameText(column: string, value: AudienceTerm['values'][number], parameters: Parameters): string {
  return value.prefix
    ? `lower(${column}) LIKE ${parameters.add(like(value.text.toLowerCase()))}`
    : `lower(${column}) = ${parameters.add(value.text.toLowerCase())}`
}

function condition(
  term: AudienceTerm,
  value: AudienceTerm['values'][number],
  parameters: Parameters,
  now: string,
): string {
  switch (term.key) {
    case 'endpoint':
      return value.prefix
        ? `device.endpoint COLLATE "C" LIKE ${parameters.add(like(value.text))}`
        : `device.endpoint = ${parameters.add(value.text)}`
    case 'vendor':
    case 'model':
    case 'cell':
      return sameText(`device.${term.key}`, value, parameters)
    case 'group':
      return `EXISTS (SELECT FROM unnest(device.groups) AS name WHERE ${sameText('name', value, parameters)})`
    case 'fw':
      if (term.comparison === '=')
        return value.prefix
          ? `device.firmware LIKE ${parameters.add(like(value.text))}`
          : `device.firmware = ${parameters.add(value.text)}`
      return `device.firmware_key COLLATE "C" ${term.comparison} ${parameters.add(versionKey(value.text))}`
    case 'battery':
      return `device.battery_percent ${term.comparison} ${parameters.add(Number(value.text))}`
    case 'status':
      return `${parameters.add(value.text)} IN (device.registration, ${healthSql(now)}, ${presenceSql(now)})`
  }
}

/**
 * The audience as a condition over `device LEFT JOIN registration`, the SQL twin of `matches`. A fact that is not known is false, also under
 * negation.
 * @param now the parameter that holds the moment, such as `$2`
 */
export function audienceSql(audience: Audience, parameters: Parameters, now: string): string {
  const terms = audience.terms.map((term) => {
    const any = term.values
      .map((value) => `coalesce(${condition(term, value, parameters, now)}, false)`)
      .join(' OR ')
    return term.negated ? `NOT (${any})` : `(${any})`
  })
  return terms.length === 0 ? 'true' : terms.join(' AND ')
}
