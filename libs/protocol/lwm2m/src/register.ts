import { Code, ProtocolError } from '@fieldline/bytes'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import { ContentFormat } from '@fieldline/codec'
import { formatBinding, parseBinding } from './binding.js'
import { expectCode } from './errors.js'
import { formatObjectLinks, parseObjectLinks } from './object-links.js'
import type { Announcement, ObjectLinks } from './object-links.js'
import { badParameter, parseQuery, secondsParameter, textParameter } from './query.js'
import { requestToServer } from './request.js'
import { parseLwM2mVersion } from './versions.js'
import type { LwM2mVersion } from './versions.js'

/** What a Register says. */
export interface RegistrationRequest {
  /** Endpoint Client Name, at most 255 bytes. */
  readonly endpoint: string
  /** Seconds; 0 never ends. */
  readonly lifetime: number
  readonly version: LwM2mVersion
  /** Transport letters without Q. */
  readonly binding: string
  readonly queueMode: boolean
  readonly sms?: string
  /** Profile ID, as sent. */
  readonly pid?: string
  readonly objectLinks: ObjectLinks
  /** The version had a third part (`1.0.0`) and was read without it. */
  readonly oddVersion?: boolean
}

/** Lifetime of LwM2M 1.0 when a Register leaves it out, in seconds. */
const DEFAULT_LIFETIME = 86_400

/** What the security layer knows about who is speaking. */
export interface RegisterContext {
  /** The authenticated name, which a Register of 1.1 or later may rely on instead of `ep`. */
  readonly identity?: string
}

/**
 * Reads a Register. Parameters the specification does not know are passed over: clients in the field add their own. 4.00 on a missing or invalid
 * parameter or an object list that is not link format, 4.09 on an empty list from 1.1 on, 4.12 on a version not spoken here.
 * @see LwM2M Core 1.2 §6.2.1
 */
export function parseRegister(
  query: readonly string[],
  payload: Uint8Array,
  context: RegisterContext = {},
): RegistrationRequest {
  const parameters = parseQuery(query)
  const { version, odd } = parseLwM2mVersion(parameters.get('lwm2m'))
  const modern = version !== '1.0'
  const endpoint = textParameter(parameters, 'ep') ?? (modern ? context.identity : undefined)
  if (endpoint === undefined) throw badParameter('ep, the Endpoint Client Name, is missing')
  const lifetime = secondsParameter(parameters, 'lt') ?? (modern ? undefined : DEFAULT_LIFETIME)
  if (lifetime === undefined) throw badParameter('lt, the Lifetime, is missing')
  const { binding = 'U', queueMode = false } = parseBinding(version, parameters.get('b'), parameters.get('Q'))
  const sms = textParameter(parameters, 'sms')
  const pid = version === '1.2' ? textParameter(parameters, 'pid')?.replace(/^"(.*)"$/, '$1') : undefined
  if (pid === '') throw badParameter('pid has no value')
  if (payload.length === 0) {
    throw new ProtocolError(modern ? Code.Conflict : Code.BadRequest, 'the object list is missing')
  }
  return {
    endpoint,
    lifetime,
    version,
    binding,
    queueMode,
    ...(sms !== undefined && { sms }),
    ...(pid !== undefined && { pid }),
    objectLinks: parseObjectLinks(payload),
    ...(odd && { oddVersion: true }),
  }
}

/** What a client says when it registers. */
export interface Registering extends Omit<RegistrationRequest, 'objectLinks' | 'oddVersion' | 'endpoint'> {
  /** Absent: the server is to use the authenticated identity (1.1 on). */
  readonly endpoint?: string
  readonly objects: Announcement
}

/** A client's Register. */
export function registerRequest(registering: Registering): CoapRequest {
  const { endpoint, lifetime, version, sms, pid, objects } = registering
  return requestToServer(Code.Post, ['rd'], {
    uriQuery: [
      ...(endpoint === undefined ? [] : [`ep=${endpoint}`]),
      `lt=${lifetime}`,
      `lwm2m=${version}`,
      ...formatBinding(version, registering),
      ...(sms === undefined ? [] : [`sms=${sms}`]),
      ...(pid === undefined ? [] : [`pid=${pid.includes(',') ? `"${pid}"` : pid}`]),
    ],
    contentFormat: ContentFormat.Link,
    payload: new TextEncoder().encode(formatObjectLinks(objects)),
  })
}

/** The location a server gave, as path segments for Update and De-register. Throws as `expectCode` does, and `ProtocolError` without a location. */
export function registerResult(response: CoapResponse): readonly string[] {
  expectCode(response, 'Register', Code.Created)
  const location = response.locationPath ?? []
  if (location.length === 0)
    throw new ProtocolError(Code.BadRequest, 'Register was answered without a location')
  return location
}
