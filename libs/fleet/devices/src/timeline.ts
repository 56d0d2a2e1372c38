import { codeInWords, durationInWords, screenWords } from '@fieldline/contracts'
import type { OperationKind, OperationState, TimelineKind, UpdateDevice } from '@fieldline/contracts'
import { momentInWords } from './moment.js'

/** What happened, as facts; moments in ms. One kind of entry has one shape. */
export type TimelineFact =
  | { kind: 'registered'; address: string; lwm2mVersion: string; lifetimeSeconds: number; objects: number }
  | { kind: 'updated'; changes: readonly string[]; address: string }
  | { kind: 'deregistered' }
  | { kind: 'registration-expired'; validUntil: number }
  | { kind: 'registration-replaced'; address: string; before: string }
  | { kind: 'name-conflict'; addresses: readonly string[] }
  | { kind: 'values'; count: number; source: 'read' | 'notify' | 'send' | 'register' }
  | { kind: 'observation'; path: string; active: boolean; code?: string }
  | {
      kind: 'operation'
      operation: OperationKind
      path: string
      state: OperationState
      code?: string
      by?: string
    }
  | { kind: 'campaign'; name: string; text: string }
  | {
      kind: 'device-changed'
      by: string
      fields: readonly (keyof UpdateDevice)[]
      endsRegistration?: boolean
    }
  | { kind: 'late'; expectedAt: number }
  | { kind: 'silent'; lastContactAt: number; missed: number }
  | { kind: 'back'; absentMs: number }

const operationWords: Readonly<Record<OperationKind, string>> = {
  read: 'Read',
  write: 'Write',
  execute: 'Execute',
  discover: 'Discover',
  observe: 'Observe',
  'cancel-observe': 'Cancel observation of',
}

const fieldWords: Readonly<Record<keyof UpdateDevice, string>> = {
  label: 'its label',
  group: 'its groups',
  site: 'its site',
  meteringPoint: 'its metering point',
  meterSerial: 'its meter',
  iccid: 'its SIM',
  psk: 'its key',
}

const sourceWords = {
  read: 'on request',
  notify: 'as observed',
  send: 'by Send',
  register: 'with the registration',
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

/** The sentence of an entry. `now` (ms) and `timeZone` decide how moments inside it are written. */
export function timelineWords(
  fact: TimelineFact,
  now: number,
  timeZone?: string,
): { kind: TimelineKind; title: string; text?: string } {
  const { kind } = fact
  const at = (moment: number) => momentInWords(moment, now, timeZone)
  switch (fact.kind) {
    case 'registered': {
      const text = `LwM2M ${fact.lwm2mVersion}, lifetime ${durationInWords(fact.lifetimeSeconds * 1_000)}, ${plural(fact.objects, 'object instance')}`
      return { kind, title: `Registered from ${fact.address}`, text }
    }
    case 'updated':
      return {
        kind,
        title:
          fact.changes.length === 0
            ? 'Updated its registration'
            : `Updated its registration: ${fact.changes.join(', ')}`,
      }
    case 'deregistered':
      return { kind, title: 'De-registered' }
    case 'registration-expired':
      return { kind, title: `Registration lapsed: it was valid until ${at(fact.validUntil)}` }
    case 'registration-replaced':
      return { kind, title: `Registered again from ${fact.address}`, text: `before from ${fact.before}` }
    case 'name-conflict':
      return { kind, title: `Two addresses claim this name: ${fact.addresses.join(' and ')}` }
    case 'values':
      return { kind, title: `Reported ${plural(fact.count, 'value')} ${sourceWords[fact.source]}` }
    case 'observation': {
      if (fact.code !== undefined)
        return { kind, title: `Does not report ${fact.path}`, text: codeInWords(fact.code) }
      return {
        kind,
        title: fact.active ? `Reports ${fact.path} from now on` : `No longer reports ${fact.path}`,
      }
    }
    case 'operation': {
      const by = fact.by === undefined ? '' : ` (${fact.by})`
      const title = `${operationWords[fact.operation]} ${fact.path}: ${screenWords.operation[fact.state].toLowerCase()}${by}`
      return fact.code === undefined ? { kind, title } : { kind, title, text: codeInWords(fact.code) }
    }
    case 'campaign':
      return { kind, title: `${fact.name}: ${fact.text}` }
    case 'device-changed': {
      const fields = fact.fields.map((field) => fieldWords[field])
      const title = `${fact.by} changed ${fields.join(', ')}`
      if (!fact.endsRegistration) return { kind, title }
      return { kind, title, text: 'Its registration ended with that: it has to register again' }
    }
    case 'late':
      return { kind, title: `Late: expected ${at(fact.expectedAt)}` }
    case 'silent':
      return {
        kind,
        title: `Silent: ${plural(fact.missed, 'expected contact')} missed, last heard ${at(fact.lastContactAt)}`,
      }
    case 'back':
      return { kind, title: `Heard again after ${durationInWords(fact.absentMs)}` }
  }
}
