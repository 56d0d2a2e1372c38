'use client'

import { Alert, Anchor, Button, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { IconPlayerPause } from '@tabler/icons-react'
import { ProblemError } from '@fieldline/sdk'
import type { Campaign } from '@fieldline/contracts'
import Link from 'next/link'
import { useFollow } from '@/data/live'
import { useCampaign } from '@/data/queries'
import { Legend } from '@/parts/legend'
import { Moment } from '@/parts/moment'
import { Panel } from '@/parts/panel'
import { Broken, Empty, Loading } from '@/parts/states'
import { Status } from '@/parts/status-glyph'
import { campaignWords } from '@/words'
import { summaryOf } from '../new-campaign/summary'
import { partsOf } from './progress'
import { Tasks } from './tasks'
import { Verbs } from './verbs'
import { Waves } from './waves'

const nobody: readonly string[] = []

function Funnel({ campaign }: { campaign: Campaign }) {
  const out = campaign.excluded.reduce((sum, { count }) => sum + count, 0)
  return (
    <Stack gap={6}>
      <Text size="sm">
        <strong>{campaign.members.toLocaleString('en-GB')}</strong>{' '}
        {campaign.members === 1 ? 'device' : 'devices'} in all
      </Text>
      <Legend parts={partsOf(campaign.counts).filter(({ count }) => count > 0)} />
      {out === 0 ? null : (
        <Text size="xs" c="dimmed">
          Left out {out}: {campaign.excluded.map(({ count, text }) => `${count} ${text}`).join('; ')}
        </Text>
      )}
    </Stack>
  )
}

function Details({ campaign }: { campaign: Campaign }) {
  const { name, state, text, pausedBy, startedAt, finishedAt, createdAt, createdBy, recipe, counts } =
    campaign
  const gate = state === 'paused' && pausedBy === 'gate'
  return (
    <>
      <Paper p="md" bg="var(--surface)">
        <Group justify="space-between" align="flex-start">
          <Stack gap={4}>
            <Group gap="md" align="baseline">
              <Title order={1}>{name}</Title>
              <Status {...campaignWords[state]} state={state} />
            </Group>
            {gate || text === campaignWords[state].word ? null : <Text size="sm">{text}</Text>}
            <Text size="xs" c="dimmed">
              Written down <Moment at={createdAt} /> by {createdBy}
              {startedAt === undefined ? null : (
                <>
                  {' · started '}
                  <Moment at={startedAt} />
                </>
              )}
              {finishedAt === undefined ? null : (
                <>
                  {' · ended '}
                  <Moment at={finishedAt} />
                </>
              )}
            </Text>
          </Stack>
          <Verbs campaign={campaign} />
        </Group>
        {gate ? (
          <Alert
            mt="sm"
            role="status"
            color="orange"
            variant="outline"
            icon={<IconPlayerPause size={18} aria-hidden />}
            title={text}
          >
            Nobody new is offered anything. Look at the devices that failed, then resume with a reason or
            abort.
          </Alert>
        ) : null}
      </Paper>
      <Panel title="Waves">
        <Stack p="md" gap="md">
          {startedAt === undefined ? null : <Funnel campaign={campaign} />}
          <Waves campaign={campaign} />
        </Stack>
      </Panel>
      <Panel title="What it does">
        <Stack p="md" gap={4}>
          {summaryOf(recipe).map((sentence) => (
            <Text key={sentence} size="sm">
              {sentence}
            </Text>
          ))}
        </Stack>
      </Panel>
      <Tasks id={campaign.id} counts={counts} />
    </>
  )
}

export function CampaignScreen({ id }: { id: string }) {
  const query = useCampaign(id)
  useFollow(nobody, id)
  if (query.data === undefined) {
    if (query.error instanceof ProblemError && (query.error.status === 404 || query.error.status === 400))
      return (
        <Empty title="There is no such campaign">
          <Button component={Link} href="/campaigns" variant="default">
            All campaigns
          </Button>
        </Empty>
      )
    if (query.error !== null) return <Broken error={query.error} retry={() => void query.refetch()} />
    return <Loading lines={8} label="Loading the campaign" />
  }
  return (
    <Stack gap="sm">
      <Anchor component={Link} href="/campaigns" size="sm">
        ← Campaigns
      </Anchor>
      <Details campaign={query.data} />
    </Stack>
  )
}
