import { Stack, Text, UnstyledButton } from '@mantine/core'
import type { AudiencePreview } from '@fieldline/contracts'
import { presenceWords } from '@/words'
import classes from './devices.module.css'
import { hasToken, toggleToken, tokenFor, type FilterKey } from './filter-tokens'

interface Props {
  q: string
  onChange: (q: string) => void
  preview: AudiencePreview
}

const most = 8

function word(key: FilterKey, value: string): string {
  return key === 'status' && value in presenceWords
    ? presenceWords[value as keyof typeof presenceWords].word
    : value
}

function Facet({
  title,
  name,
  rows,
  q,
  onChange,
}: { title: string; name: FilterKey; rows: { key: string; count: number }[] } & Omit<Props, 'preview'>) {
  const known = rows.filter(({ key }) => key !== '').slice(0, most)
  if (known.length === 0) return null
  return (
    <div role="group" aria-label={title}>
      <Text size="xs" c="dimmed" fw={600} mb={2}>
        {title}
      </Text>
      {known.map(({ key, count }) => {
        const token = tokenFor(name, key)
        return (
          <UnstyledButton
            key={key}
            className={classes.facet}
            aria-pressed={hasToken(q, token)}
            onClick={() => onChange(toggleToken(q, token))}
          >
            <span className={classes.facetName}>{word(name, key)}</span>
            <span>{count.toLocaleString('en-GB')}</span>
          </UnstyledButton>
        )
      })}
    </div>
  )
}

/** Breakdown of what the filter selects; pressing a row writes its token. */
export function Facets({ q, onChange, preview }: Props) {
  const common = { q, onChange }
  return (
    <Stack gap="md" component="aside" aria-label="Narrow down">
      <Facet title="Status" name="status" rows={preview.byPresence} {...common} />
      <Facet title="Vendor" name="vendor" rows={preview.byVendor} {...common} />
      <Facet title="Model" name="model" rows={preview.byModel} {...common} />
      <Facet title="Firmware" name="fw" rows={preview.byFirmware} {...common} />
    </Stack>
  )
}
