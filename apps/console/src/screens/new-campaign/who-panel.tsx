import { Stack, Text } from '@mantine/core'
import type { AudiencePreview } from '@fieldline/contracts'
import { Legend } from '@/parts/legend'
import { Panel } from '@/parts/panel'
import { StackedBar, type Part } from '@/parts/stacked-bar'
import { presenceWords } from '@/words'

function presenceParts({ byPresence, total }: AudiencePreview): Part[] {
  const known = Object.entries(presenceWords).map(([key, { word, tone }]) => ({
    label: word.toLowerCase(),
    tone,
    count: byPresence.find((row) => row.key === key)?.count ?? 0,
  }))
  const heard = known.reduce((sum, { count }) => sum + count, 0)
  return [
    ...known,
    { label: 'not in contact', tone: 'none' as const, count: Math.max(0, total - heard) },
  ].filter(({ count }) => count > 0)
}

function Breakdown({ title, rows }: { title: string; rows: { key: string; count: number }[] }) {
  if (rows.length === 0) return null
  return (
    <Text size="xs">
      <Text span size="xs" c="dimmed">
        {title}:{' '}
      </Text>
      {rows.map(({ key, count }) => `${key || 'not told'} ${count}`).join(', ')}
    </Text>
  )
}

/** Who the audience selects now, and who would be left out and why. */
export function WhoPanel({ preview, summary }: { preview: AudiencePreview | undefined; summary: string[] }) {
  return (
    <Stack gap="sm" component="aside" aria-label="Summary">
      <Panel title="Who it selects">
        <Stack p="md" gap={8} aria-live="polite">
          {preview === undefined ? (
            <Text size="sm" c="dimmed">
              Write an audience to see whom it selects.
            </Text>
          ) : (
            <>
              <Text>
                <strong>{preview.total.toLocaleString('en-GB')}</strong>{' '}
                {preview.total === 1 ? 'device' : 'devices'} now
              </Text>
              <StackedBar parts={presenceParts(preview)} label="Presence of the audience" height={10} />
              <Legend parts={presenceParts(preview)} />
              <Breakdown title="Models" rows={preview.byModel} />
              <Breakdown title="Firmware" rows={preview.byFirmware} />
              <Breakdown title="Vendors" rows={preview.byVendor} />
              {preview.excluded.map(({ code, text, count }) => (
                <Text key={code} size="xs" style={{ color: 'var(--tone-attention)' }}>
                  {count} left out: {text}
                </Text>
              ))}
              <Text size="xs" c="dimmed">
                The audience is drawn once, when the campaign starts.
              </Text>
            </>
          )}
        </Stack>
      </Panel>
      <Panel title="In words">
        <Stack p="md" gap={8}>
          {summary.map((sentence) => (
            <Text key={sentence.slice(0, 16)} size="sm">
              {sentence}
            </Text>
          ))}
        </Stack>
      </Panel>
    </Stack>
  )
}
