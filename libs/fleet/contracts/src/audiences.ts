import { z } from 'zod'
import { limits } from './limits.js'
import { Count, PathText } from './primitives.js'

/** The language of `q` and of audiences, for programs. Read by `parseAudience` of fleet/devices, whose tests hold every word against this. */
export const filterLanguage = [
  'Tokens separated by spaces; all of them must hold.',
  'Bare text is the beginning of an endpoint name; quote one in which letters and a colon come first,',
  'other than `urn:…`, a MAC address, or a name with a second colon.',
  '`key:value` with the keys `endpoint:`, `vendor:`, `model:`, `fw:`, `status:`, `cell:`, `group:`, `battery:`.',
  '`status:` is one of `registered`, `expired`, `deregistered`, `provisioned`; `awake`, `sleeping`, `late`, `silent`;',
  '`ok`, `attention`, `failing`.',
  '`fw:` and `battery:` (percent) also compare: `fw:<2.4.1`, `battery:>=15`.',
  'A comma means or: `vendor:Kelda,Tarnwater`. A trailing `*` compares the beginning: `model:TW*`; `endpoint:*` is every device.',
  'Quotes keep spaces: `group:"North DMA"`. A leading `-` leaves out: `-status:silent`;',
  'a device of which the fact is not known is not selected by `key:value`, and is by `-key:value`.',
  'Endpoint names are compared letter by letter.',
].join(' ')

/** A filter in the language of `q`; the empty text is refused: "everything" is written `endpoint:*`. */
export const AudienceText = z
  .string()
  .trim()
  .min(1)
  .max(limits.audienceLength)
  .meta({
    id: 'Audience',
    description: `${filterLanguage} The empty text is refused.`,
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
