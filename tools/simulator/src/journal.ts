import { closeSync, openSync, writeSync } from 'node:fs'
import { toHex } from '@fieldline/bytes'
import type { DeliveredReport, HandledRequest } from '@fieldline/lwm2m-client'
import { formatPath, valueToJson } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'

/** A Register or an Update that was acknowledged. */
export interface AcknowledgedContact {
  readonly how: 'register' | 'update'
  /** The registration, as the server named it: `/rd/5a3f`. */
  readonly path: string
  /** When the meter began to speak, epoch milliseconds. */
  readonly sentAt: number
}

/** Writes what a server must not forget: every request executed, every acknowledgement received. */
export interface Journal {
  executed(endpoint: string, request: HandledRequest): void
  acknowledged(endpoint: string, report: DeliveredReport): void
  contacted(endpoint: string, contact: AcknowledgedContact): void
  close(): void
}

const flushMs = 250

function valuesOf(nodes: readonly Node[]): object[] {
  return nodes.map(({ path, type, value, time }) => ({
    path: formatPath(path),
    value: valueToJson(type, value),
    ...(time !== undefined && { time: new Date(time).toISOString() }),
  }))
}

/** A journal in a file of JSON lines, appended to; what is older than a quarter of a second survives a kill. */
export function openJournal(file: string): Journal {
  const descriptor = openSync(file, 'a')
  let lines: string[] = []
  const flush = (): void => {
    if (lines.length === 0) return
    writeSync(descriptor, lines.join(''))
    lines = []
  }
  const timer = setInterval(flush, flushMs)
  timer.unref()
  const add = (entry: object): void => {
    lines.push(`${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`)
  }
  return {
    executed(endpoint, { kind, path, code, token, nodes, text }) {
      const value = kind === 'write' && nodes ? { values: valuesOf(nodes) } : text ? { text } : {}
      add({ event: 'request', endpoint, token: toHex(token), method: kind, path, code, ...value })
    },
    acknowledged(endpoint, { how, path, nodes, sentAt }) {
      add({
        event: 'acknowledged',
        endpoint,
        how,
        path,
        sentAt: new Date(sentAt).toISOString(),
        values: valuesOf(nodes),
      })
    },
    contacted(endpoint, { how, path, sentAt }) {
      add({ event: 'acknowledged', endpoint, how, path, sentAt: new Date(sentAt).toISOString() })
    },
    close() {
      clearInterval(timer)
      flush()
      closeSync(descriptor)
    },
  }
}
