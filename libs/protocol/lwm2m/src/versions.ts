import { Code, ProtocolError } from '@fieldline/bytes'
import { badParameter } from './query.js'

/** Enabler versions this server speaks. */
export type LwM2mVersion = '1.0' | '1.1' | '1.2'

/** The versions, oldest first. */
export const lwm2mVersions: readonly LwM2mVersion[] = ['1.0', '1.1', '1.2']

function isKnown(text: string): text is LwM2mVersion {
  return (lwm2mVersions as readonly string[]).includes(text)
}

/**
 * Reads the `lwm2m` parameter; absent means 1.0. Some clients add a patch number (`1.0.0`): read without it and marked `odd`. 4.00 when it is no
 * version, 4.12 when it is one we do not speak.
 * @see LwM2M Core 1.2 §6.2.1
 */
export function parseLwM2mVersion(value: string | true | undefined): { version: LwM2mVersion; odd: boolean } {
  if (value === undefined) return { version: '1.0', odd: false }
  const match = value === true ? null : /^([0-9]{1,3}\.[0-9]{1,3})(\.[0-9]{1,3})?$/.exec(value)
  if (!match) throw badParameter('lwm2m is a version such as 1.1')
  const version = match[1]!
  if (!isKnown(version)) {
    throw new ProtocolError(
      Code.PreconditionFailed,
      `LwM2M ${version} is not spoken here; ${lwm2mVersions.join(', ')} are`,
    )
  }
  return { version, odd: match[2] !== undefined }
}
