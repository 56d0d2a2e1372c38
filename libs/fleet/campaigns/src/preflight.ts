import { DomainError, type CampaignRecipe, type RegistrationState } from '@fieldline/contracts'
import { isWithin, parsePath, type DefinitionLookup } from '@fieldline/object-model'

/** Why a device of the audience takes no part. */
export const exclusionWords = {
  'in-another-campaign': 'in another running campaign that writes the same',
  'never-heard': 'never heard from',
  deregistered: 'de-registered',
  'not-offered': 'does not offer what would be written',
  'beyond-waves': 'left over: the waves do not take everybody',
} as const
export type ExclusionCode = keyof typeof exclusionWords

export interface PreflightFacts {
  registration: RegistrationState
  /** Object and instance paths the device registered. */
  links: readonly string[]
  /** Paths that other campaigns under way write on this device. */
  busyPaths: readonly string[]
}

function overlap(a: string, b: string): boolean {
  const pathA = parsePath(a)
  const pathB = parsePath(b)
  return isWithin(pathA, pathB) || isWithin(pathB, pathA)
}

/** Judges one device before it enters a wave; undefined when it may. @see rules 12 and 16 */
export function preflight(write: CampaignRecipe['write'], device: PreflightFacts): ExclusionCode | undefined {
  if (device.registration === 'deregistered') return 'deregistered'
  if (device.registration === 'provisioned' || device.registration === 'bootstrapping') return 'never-heard'
  if (write.some(({ path }) => device.busyPaths.some((busy) => overlap(path, busy))))
    return 'in-another-campaign'
  const offered = write.every(({ path }) => {
    const [, object, instance] = path.split('/')
    return device.links.includes(`/${object}/${instance}`) || device.links.includes(`/${object}`)
  })
  return offered ? undefined : 'not-offered'
}

/**
 * What must be true of a recipe beyond each single write being allowed: every path is one resource and can be read back.
 * @throws DomainError unsupported (422), naming `write.N.path`
 */
export function checkRecipe(recipe: Pick<CampaignRecipe, 'write'>, definition: DefinitionLookup): void {
  recipe.write.forEach(({ path: text }, index) => {
    const path = parsePath(text)
    const field = `write.${index}.path`
    if (path.resourceId === undefined)
      throw new DomainError('unsupported', `${text}: a campaign writes single resources`, field)
    const resource = definition(path.objectId as number)?.resources.get(path.resourceId)
    if (resource === undefined || !resource.operations.includes('R'))
      throw new DomainError(
        'unsupported',
        `${text} cannot be read, so nothing could confirm that it was written`,
        field,
      )
    const clash = recipe.write.findIndex((other, at) => at < index && overlap(other.path, text))
    if (clash >= 0)
      throw new DomainError('unsupported', `${text} overlaps with ${recipe.write[clash]?.path}`, field)
  })
}
