'use client'

import { Anchor, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import type { AudiencePreview, Health } from '@fieldline/contracts'
import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { client } from '@/data/client'
import { useCampaigns, useCandidates, useHealth, usePreview } from '@/data/queries'
import { Legend } from '@/parts/legend'
import { Panel } from '@/parts/panel'
import { StackedBar, type Part } from '@/parts/stacked-bar'
import { Empty, Loaded } from '@/parts/states'
import { glyphOf, Status } from '@/parts/status-glyph'
import { devicesAddress } from '@/shell/screens'
import { toneColor } from '@/theme'
import { campaignWords, presenceWords } from '@/words'
import { progressInWords, partsOf } from '../campaign/progress'
import { tokenFor, type FilterKey } from '../devices/filter-tokens'
import { fleetInWords, needsOf, type Need } from './attention'
import classes from './overview.module.css'

const refresh = 15_000

function fleetParts({ total, byPresence }: AudiencePreview): (Part & { address: string })[] {
  const known = (['awake', 'sleeping', 'late', 'silent'] as const).map((key) => ({
    label: presenceWords[key].word.toLowerCase(),
    tone: presenceWords[key].tone,
    count: byPresence.find((row) => row.key === key)?.count ?? 0,
    address: devicesAddress(`status:${key}`),
  }))
  const heard = known.reduce((sum, { count }) => sum + count, 0)
  const others = { label: 'not in contact', tone: 'none' as const, count: Math.max(0, total - heard) }
  return [...known, { ...others, address: devicesAddress('-status:registered') }]
}

function Fleet({ preview }: { preview: AudiencePreview }) {
  const parts = fleetParts(preview)
  return (
    <Stack gap={8} p="md">
      <Text size="lg" fw={600}>
        {fleetInWords(preview)}
      </Text>
      <StackedBar parts={parts} label="Presence of the fleet" height={18} />
      <Legend parts={parts.filter(({ count }) => count > 0)} />
    </Stack>
  )
}

/** Devices whose health is not OK: as many as one reading gives, which is enough to say why. */
function useUnwell() {
  return useQuery({
    queryKey: ['devices-unwell'],
    queryFn: async ({ signal }) => {
      const q = 'status:failing,attention'
      const { items } = await client.call('listDevices', { query: { q, limit: 1_000 }, signal })
      return items
    },
    refetchInterval: refresh,
  })
}

function NeedLine({ need }: { need: Need }) {
  const Glyph = glyphOf(need.state)
  return (
    <li>
      <Link href={need.address} className={classes.need}>
        <Glyph size={16} aria-hidden style={{ color: toneColor(need.tone) }} />
        <span>
          <span className={classes.needText}>{need.text}</span>
          {need.detail === undefined ? null : <span className={classes.detail}>{need.detail}</span>}
        </span>
      </Link>
    </li>
  )
}

function Needs({ preview }: { preview: AudiencePreview }) {
  const unwell = useUnwell()
  const campaigns = useCampaigns()
  const candidates = useCandidates()
  return (
    <Loaded query={unwell}>
      {(devices) => {
        const needs = needsOf(preview, devices, campaigns.data?.items ?? [], candidates.data?.items ?? [])
        return needs.length === 0 ? (
          <Empty title="Nothing needs you">
            <Text size="sm" c="dimmed">
              Every device that was expected has been heard. Sleeping is healthy.
            </Text>
          </Empty>
        ) : (
          <ul className={classes.needs} aria-label="Needs you">
            {needs.map((need) => (
              <NeedLine key={need.key} need={need} />
            ))}
          </ul>
        )
      }}
    </Loaded>
  )
}

function Spread({
  title,
  name,
  rows,
  total,
}: {
  title: string
  name: FilterKey
  rows: AudiencePreview['byModel']
  total: number
}) {
  return (
    <Panel title={title}>
      {rows.length === 0 ? (
        <Text p="md" size="sm" c="dimmed">
          No device has told it yet.
        </Text>
      ) : (
        <ul className={classes.spread}>
          {rows.slice(0, 8).map(({ key, count }) => (
            <li key={key}>
              <Link href={devicesAddress(tokenFor(name, key))} className={classes.spreadName}>
                {key}
              </Link>
              <span className={classes.spreadBar} aria-hidden>
                <span style={{ width: `${(count / Math.max(1, total)) * 100}%` }} />
              </span>
              <span>{count.toLocaleString('en-GB')}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Campaigns() {
  const query = useCampaigns()
  return (
    <Panel
      title="Campaigns under way"
      aside={
        <Anchor component={Link} href="/campaigns" size="sm">
          All
        </Anchor>
      }
    >
      <Loaded query={query} lines={2}>
        {({ items }) => {
          const active = items.filter(
            ({ state }) => state !== 'finished' && state !== 'aborted' && state !== 'draft',
          )
          return active.length === 0 ? (
            <Text p="md" size="sm" c="dimmed">
              None.
            </Text>
          ) : (
            <Stack p="md" gap="md">
              {active.map(({ id, name, state, counts }) => (
                <div key={id}>
                  <Anchor component={Link} href={`/campaigns/${id}`} size="sm" mr="sm">
                    {name}
                  </Anchor>
                  <Status {...campaignWords[state]} state={state} />
                  <StackedBar parts={partsOf(counts)} label={`Progress of ${name}`} height={10} />
                  <Text size="xs" c="dimmed">
                    {progressInWords(counts)}
                  </Text>
                </div>
              ))}
            </Stack>
          )
        }}
      </Loaded>
    </Panel>
  )
}

const componentTone = { ok: 'well', degraded: 'attention', down: 'failing' } as const

function System({ health }: { health: Health }) {
  return (
    <ul className={classes.system}>
      {Object.entries(health.components).map(([name, { status, detail }]) => (
        <li key={name}>
          <span>{name}</span>
          <Status state={status} word={status} tone={componentTone[status]} />
          {detail === undefined ? null : (
            <Text span size="xs" c="dimmed">
              {detail}
            </Text>
          )}
        </li>
      ))}
    </ul>
  )
}

export function OverviewScreen() {
  const fleet = usePreview('endpoint:*', { refresh })
  const health = useHealth()
  return (
    <Stack gap="sm">
      <Title order={1}>Overview</Title>
      <Loaded query={fleet} lines={8}>
        {(preview) => (
          <>
            <Panel title="Fleet">
              <Fleet preview={preview} />
            </Panel>
            <div className={classes.columns}>
              <Stack gap="sm">
                <Panel title="Needs you">
                  <Needs preview={preview} />
                </Panel>
                <Campaigns />
              </Stack>
              <Stack gap="sm">
                <Panel title="Fieldline itself">
                  <Loaded query={health} lines={3}>
                    {(known) => <System health={known} />}
                  </Loaded>
                </Panel>
              </Stack>
            </div>
            <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm">
              <Spread title="Vendors" name="vendor" rows={preview.byVendor} total={preview.total} />
              <Spread title="Models" name="model" rows={preview.byModel} total={preview.total} />
              <Spread title="Firmware" name="fw" rows={preview.byFirmware} total={preview.total} />
            </SimpleGrid>
          </>
        )}
      </Loaded>
    </Stack>
  )
}
