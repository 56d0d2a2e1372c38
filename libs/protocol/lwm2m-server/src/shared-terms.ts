import { Interned } from './interned.js'
import type { Registration } from './ports.js'

/** What a registration has in common with many others. */
export type Terms = Pick<
  Registration,
  'organisationId' | 'version' | 'binding' | 'queueMode' | 'objectLinks' | 'definitions' | 'contentFormat'
>

/** Terms of registrations: there are far fewer models than meters. */
export class SharedTerms extends Interned<Terms> {
  constructor() {
    super(
      ({ organisationId, version, binding, queueMode, contentFormat, objectLinks }) =>
        JSON.stringify([organisationId, version, binding, queueMode, contentFormat, objectLinks.text]),
      ({ organisationId, version, binding, queueMode, objectLinks, definitions, contentFormat }) => ({
        organisationId,
        version,
        binding,
        queueMode,
        objectLinks,
        definitions,
        contentFormat,
      }),
    )
  }
}
