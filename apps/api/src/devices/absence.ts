import { codeInWords } from '@fieldline/contracts'
import type { AbsenceCode } from '@fieldline/contracts'
import { momentInWords } from '@fieldline/devices'
import type { ResourceDefinition } from '@fieldline/object-model'
import type { LastRead } from './last-reads.js'

export interface AbsenceFacts {
  readonly path: string
  readonly resource: ResourceDefinition | undefined
  /** Some resource of the same instance has a value. */
  readonly instanceWasRead: boolean
  /** Of any path of the device. */
  readonly reads: readonly LastRead[]
  /** Epoch milliseconds. */
  readonly now: number
  /** IANA name of the site's zone. */
  readonly timeZone: string | undefined
}

const newest = (reads: readonly LastRead[]): LastRead | undefined =>
  reads.reduce<LastRead | undefined>((last, read) => (last && last.at >= read.at ? last : read), undefined)

/**
 * Why a resource shows no value, in words. The newest answer about the resource itself decides, or of a path above it that did bring values;
 * that a whole instance could not be read says little about one resource, and is told only where nothing better is known.
 */
export function absence(facts: AbsenceFacts): { code: AbsenceCode; text: string } {
  const { path, resource, instanceWasRead, now, timeZone } = facts
  if (resource?.operations === 'E')
    return { code: 'executable', text: 'An action: it is executed and holds no value' }
  if (resource?.operations === 'W') return { code: 'write-only', text: 'Can be written, never read' }
  if (resource?.operations === '')
    return { code: 'bootstrap-only', text: 'Not shown to a server: set during bootstrap, or only sent' }
  const above = facts.reads.filter((read) => path.startsWith(`${read.path}/`))
  const own = facts.reads.filter((read) => read.path === path)
  const last = newest([...own, ...above.filter((read) => read.succeeded)])
  const moment = (at: number): string => momentInWords(at, now, timeZone)
  if (last && last.path !== path) {
    const answer = `not among what the device answered for ${last.path}, ${moment(last.at)}`
    return resource?.mandatory === true
      ? { code: 'missing', text: `Mandatory, and yet ${answer}` }
      : { code: 'not-offered', text: `Optional, and ${answer}` }
  }
  if (last?.succeeded) return { code: 'empty', text: `Answered without a value, ${moment(last.at)}` }
  if (last) return failure(last, path, moment(last.at))
  if (instanceWasRead && resource && !resource.mandatory)
    return {
      code: 'not-offered',
      text: 'Optional, and so far not among what the device reported; read it to ask',
    }
  const refused = newest(above)
  if (refused) return failure(refused, path, moment(refused.at))
  return { code: 'not-read-yet', text: 'Not read yet: request it, and it comes with the next contact' }
}

/** How the server marks the outcome of a read that failed here and not at the device, beside its own 4.15. */
const unreadable = 'unreadable answer: '

/** `It refused to be read: 4.05 Method Not Allowed, 10:31`. A device is not said to refuse when it is us who cannot read its answer. */
function failure(read: LastRead, path: string, moment: string): { code: AbsenceCode; text: string } {
  const { kind, code, text } = read
  const asked = kind === 'read' ? 'read' : 'observed'
  const itself = read.path === path
  const what = itself ? 'It' : read.path
  if (code === '4.15' && text?.startsWith(unreadable) === true) {
    const why = text.slice(unreadable.length)
    if (why === 'no content format is left to ask in')
      return { code: 'unreadable', text: `${what} could not be ${asked}: ${why}, ${moment}` }
    const answer = itself ? 'Its answer' : `The answer for ${read.path}`
    return { code: 'unreadable', text: `${answer} could not be read: ${why}, ${moment}` }
  }
  const verb = code.startsWith('4.') ? 'refused to' : 'could not'
  const words = codeInWords(code).split(': ')[0]
  return { code: 'refused', text: `${what} ${verb} be ${asked}: ${words}, ${moment}` }
}
