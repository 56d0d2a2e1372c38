import { checkRecipe } from '@fieldline/campaigns'
import { DomainError } from '@fieldline/contracts'
import type { CampaignRecipe } from '@fieldline/contracts'
import { parseAudience } from '@fieldline/devices'
import { registryDefinitions } from '@fieldline/object-model'
import { validateOperation } from '@fieldline/operations'

/** Runs a check; what it finds is told with the whole name of the field. */
function within(prefix: string, check: () => void): void {
  try {
    check()
  } catch (error) {
    if (error instanceof DomainError && error.field !== undefined)
      throw new DomainError(error.code, error.detail, `${prefix}.${error.field}`)
    throw error
  }
}

/**
 * Judges a recipe before it is written down: its audience can be read, it ends in the future, each write may go to many devices at once, and
 * each can be confirmed by reading back what may be read from many devices at once.
 * @param now epoch milliseconds
 * @throws DomainError invalid-request (400), hazard-refused (403), read-only, not-readable, wrong-type, out-of-range, unsupported (422), with `write.N.path` or `write.N.value`
 */
export function validateRecipe(recipe: CampaignRecipe, now: number): void {
  parseAudience(recipe.audience, 'audience')
  if (recipe.expiresAt !== undefined && Date.parse(recipe.expiresAt) <= now)
    throw new DomainError('invalid-request', 'expiresAt: this moment has passed', 'expiresAt')
  const context = { definition: registryDefinitions, bulk: true }
  recipe.write.forEach(({ path, value }, index) =>
    within(`write.${index}`, () => validateOperation({ kind: 'write', path, value }, context)),
  )
  checkRecipe(recipe, registryDefinitions)
  recipe.write.forEach(({ path }, index) =>
    within(`write.${index}`, () => validateOperation({ kind: 'read', path }, context)),
  )
}
