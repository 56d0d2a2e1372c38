import { Code } from '@fieldline/bytes'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import { ContentFormat } from '@fieldline/codec'
import { formatBinding, parseBinding } from './binding.js'
import { expectCode } from './errors.js'
import { formatObjectLinks, parseObjectLinks } from './object-links.js'
import type { Announcement, ObjectLinks } from './object-links.js'
import { parseQuery, secondsParameter, textParameter } from './query.js'
import { requestToServer } from './request.js'
import type { LwM2mVersion } from './versions.js'

/** What an Update changes; what is absent stays. An object list replaces the whole list. */
export interface RegistrationUpdate {
  /** Seconds; 0 never ends. */
  readonly lifetime?: number
  readonly binding?: string
  readonly queueMode?: boolean
  readonly sms?: string
  readonly objectLinks?: ObjectLinks
}

/**
 * Reads an Update by the rules of the version the device registered with (1.2 takes the most). Parameters an Update does not have are passed over.
 * 4.00 on an invalid one or a list that is not link format.
 * @see LwM2M Core 1.2 §6.2.2
 */
export function parseUpdate(
  query: readonly string[],
  payload: Uint8Array,
  version: LwM2mVersion = '1.2',
): RegistrationUpdate {
  const parameters = parseQuery(query)
  const lifetime = secondsParameter(parameters, 'lt')
  const { binding, queueMode } = parseBinding(version, parameters.get('b'), parameters.get('Q'))
  const sms = textParameter(parameters, 'sms')
  return {
    ...(lifetime !== undefined && { lifetime }),
    ...(binding !== undefined && { binding }),
    ...(queueMode !== undefined && { queueMode }),
    ...(sms !== undefined && { sms }),
    ...(payload.length > 0 && { objectLinks: parseObjectLinks(payload) }),
  }
}

/** What a client changes with an Update. */
export interface Updating extends Omit<RegistrationUpdate, 'objectLinks'> {
  readonly objects?: Announcement
}

/** A client's Update; `location` is what Register answered. With nothing to change it only keeps the registration alive. */
export function updateRequest(
  location: readonly string[],
  updating: Updating = {},
  version: LwM2mVersion = '1.1',
): CoapRequest {
  const { lifetime, binding, queueMode, sms, objects } = updating
  return requestToServer(Code.Post, location, {
    uriQuery: [
      ...(lifetime === undefined ? [] : [`lt=${lifetime}`]),
      ...(binding === undefined ? [] : formatBinding(version, { binding, queueMode })),
      ...(sms === undefined ? [] : [`sms=${sms}`]),
    ],
    ...(objects && {
      contentFormat: ContentFormat.Link,
      payload: new TextEncoder().encode(formatObjectLinks(objects)),
    }),
  })
}

/** Passes when the server kept the registration; `RefusedError` with 4.04 means: register again. */
export function updateResult(response: CoapResponse): void {
  expectCode(response, 'Update', Code.Changed)
}
