import { badParameter } from './query.js'
import type { LwM2mVersion } from './versions.js'

/** How a device can be reached: transport letters in the order given, and whether it sleeps. */
export interface Binding {
  readonly binding: string
  /** Undefined: the message does not say. */
  readonly queueMode?: boolean
}

const bindingsOf10 = ['U', 'UQ', 'S', 'SQ', 'US', 'UQS']
const lettersOf: Readonly<Record<Exclude<LwM2mVersion, '1.0'>, string>> = { '1.1': 'UTSN', '1.2': 'UTSNMH' }

/**
 * Reads `b` and `Q` by the rules of a version: 1.0 knows six fixed values with Q among their letters, later versions letters in any combination and
 * a flag beside them. Absent `b` gives no binding. 4.00 on letters of another version.
 * @see LwM2M TS 1.0.2 §5.3.1.1, Core 1.2 §6.2.1.2
 */
export function parseBinding(
  version: LwM2mVersion,
  b: string | true | undefined,
  q: string | true | undefined,
): Partial<Binding> {
  if (q !== undefined && (q !== true || version === '1.0')) {
    throw badParameter(version === '1.0' ? 'Q stands among the letters of b in LwM2M 1.0' : 'Q has no value')
  }
  if (b === undefined) return q === true ? { queueMode: true } : {}
  if (version === '1.0') {
    if (b === true || !bindingsOf10.includes(b))
      throw badParameter(`b is one of ${bindingsOf10.join(', ')} in LwM2M 1.0`)
    return { binding: b.replace('Q', ''), queueMode: b.includes('Q') }
  }
  const letters = lettersOf[version]
  if (
    b === true ||
    b === '' ||
    [...b].some((letter, at) => !letters.includes(letter) || b.indexOf(letter) !== at)
  ) {
    throw badParameter(`b is made of the letters ${[...letters].join(' ')}, each once, in LwM2M ${version}`)
  }
  return q === true ? { binding: b, queueMode: true } : { binding: b }
}

/** The `b` and `Q` parameters that say a binding in a version. */
export function formatBinding(version: LwM2mVersion, { binding, queueMode = false }: Binding): string[] {
  if (version !== '1.0') return queueMode ? [`b=${binding}`, 'Q'] : [`b=${binding}`]
  // Q follows the first transport it applies to: UQS, not USQ.
  return [`b=${queueMode ? `${binding.slice(0, 1)}Q${binding.slice(1)}` : binding}`]
}
