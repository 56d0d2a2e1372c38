import { z } from 'zod'
import { limits } from './limits.js'
import { Count, PathText } from './primitives.js'

/** A filter in the language of `q`; the empty text is refused: "everything" is written `endpoint:*`. */
export const AudienceText = z
  .string()
  .trim()
  .min(1)
  .max(limits.audienceLength)
  .meta({
    id: 'Audience',
    examples: ['vendor:Tarnwater fw:<2.4.1 -status:silent'],
  })

export const PreviewAudience = z
  .strictObject({ audience: AudienceText, paths: z.array(PathText).max(limits.writesPerCampaign).optional() })
  .meta({ id: 'PreviewAudience' })

/** Who an audience selects now, and, given the paths to be written, who would be left out and why. */
export const AudiencePreview = z
  .object({
    audience: z.string(),
    total: z.number().int(),
    byVendor: z.array(Count),
    byModel: z.array(Count),
    byFirmware: z.array(Count),
    byPresence: z.array(Count),
    sample: z.array(z.string()),
    excluded: z.array(z.object({ code: z.string(), text: z.string(), count: z.number().int() })),
  })
  .meta({ id: 'AudiencePreview' })
export type AudiencePreview = z.infer<typeof AudiencePreview>
