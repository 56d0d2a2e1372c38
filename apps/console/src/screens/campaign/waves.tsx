import { durationInWords } from '@fieldline/contracts'
import { Box, SimpleGrid, Stack, Text } from '@mantine/core'
import type { Campaign, Wave } from '@fieldline/contracts'
import { Status } from '@/parts/status-glyph'
import { LimitBar, WaveStrip } from '@/parts/wave-strip'
import { failureWords, waveWords } from '@/words'
import { errorShare, partsOf, percentText, progressInWords, successShare } from './progress'

function WaveBox({ wave, campaign }: { wave: Wave; campaign: Campaign }) {
  const { index, size, counts, state, text, soakSeconds, failures } = wave
  const { error, success } = campaign.recipe
  const { percent, judged, bad, decided } = errorShare(counts, error)
  const name = `Wave ${index + 1}`
  const stop = `${bad} of ${decided} decided not updated or silent (${percentText(percent)}); ${error.action === 'pause' ? 'pauses' : 'aborts'} at ${error.threshold} %`
  return (
    <Box component="section" aria-label={name}>
      <Stack gap={4}>
        <Text size="sm">
          <strong>{name}</strong> · {size.toLocaleString('en-GB')} {size === 1 ? 'device' : 'devices'}
        </Text>
        <WaveStrip parts={partsOf(counts)} successAt={success.threshold} label={name} />
        <Text size="xs">
          {progressInWords(counts)} · {percentText(successShare(counts))} confirmed, passes at{' '}
          {success.threshold} %
        </Text>
        <LimitBar percent={percent} limit={error.threshold} label={stop} />
        <Text size="xs" c="dimmed">
          {stop}
          {judged ? '' : `, judged from ${error.minSample} decided on`}
        </Text>
        <Text size="xs" component="div">
          <Status {...waveWords[state]} state={state} word={text} />
        </Text>
        {soakSeconds === 0 ? null : (
          <Text size="xs" c="dimmed">
            Soaks {durationInWords(soakSeconds * 1_000)}
          </Text>
        )}
        {failures.map(({ key, count }) => (
          <Text key={key} size="xs" style={{ color: 'var(--tone-failing)' }}>
            {count} {failureWords[key] ?? key.replaceAll('-', ' ')}
          </Text>
        ))}
      </Stack>
    </Box>
  )
}

/** The waves side by side, each with its gates drawn in. */
export function Waves({ campaign }: { campaign: Campaign }) {
  if (campaign.waves.length === 0)
    return (
      <Text size="sm" c="dimmed">
        The waves are drawn when the campaign starts:{' '}
        {campaign.recipe.waves
          .map(({ size, percent }) =>
            size === undefined ? `${percent} %` : `${size} ${size === 1 ? 'device' : 'devices'}`,
          )
          .join(', then ')}
        .
      </Text>
    )
  return (
    <SimpleGrid
      cols={{ base: 1, sm: 2, lg: Math.min(4, campaign.waves.length) }}
      spacing="lg"
      verticalSpacing="lg"
    >
      {campaign.waves.map((wave) => (
        <WaveBox key={wave.index} wave={wave} campaign={campaign} />
      ))}
    </SimpleGrid>
  )
}
