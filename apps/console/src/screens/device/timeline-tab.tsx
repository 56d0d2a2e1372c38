'use client'

import { Button, Chip, Group, Text } from '@mantine/core'
import type { TimelineEntry, TimelineKind } from '@fieldline/contracts'
import Link from 'next/link'
import { useState } from 'react'
import { useTimeline } from '@/data/queries'
import { Empty, Loaded } from '@/parts/states'
import { absoluteInWords } from '@/times'
import { toneColor, type Tone } from '@/theme'
import { timelineWords } from '@/words'
import classes from './device.module.css'

const timelineKinds = Object.keys(timelineWords) as TimelineKind[]

const tones: Readonly<Partial<Record<TimelineKind, Tone>>> = {
  late: 'attention',
  silent: 'failing',
  'registration-expired': 'failing',
  'name-conflict': 'attention',
  back: 'well',
}

function Entry({ entry, timeZone }: { entry: TimelineEntry; timeZone: string | undefined }) {
  const { at, kind, title, text, addresses, campaignId } = entry
  return (
    <li className={classes.entry}>
      <time dateTime={at} className={classes.entryTime}>
        {absoluteInWords(Date.parse(at), timeZone)}
      </time>
      <span className={classes.entryKind} style={{ color: toneColor(tones[kind] ?? 'none') }}>
        {timelineWords[kind]}
      </span>
      <span>
        {title}
        {text === undefined ? null : (
          <Text size="xs" c="dimmed">
            {text}
          </Text>
        )}
        {addresses === undefined || addresses.length === 0 ? null : (
          <Text size="xs" c="dimmed" className="mono">
            {addresses.join(' · ')}
          </Text>
        )}
        {campaignId === undefined ? null : (
          <Text size="xs">
            <Link href={`/campaigns/${campaignId}`}>Open the campaign</Link>
          </Text>
        )}
      </span>
    </li>
  )
}

/** What happened to the device, newest first. */
export function TimelineTab({ endpoint, timeZone }: { endpoint: string; timeZone: string | undefined }) {
  const [kind, setKind] = useState<TimelineKind>()
  const query = useTimeline(endpoint, kind)
  return (
    <div>
      <Chip.Group
        value={kind ?? ''}
        onChange={(next) => setKind(timelineKinds.find((known) => known === next))}
      >
        <Group gap={6} p="md" pb="xs" role="radiogroup" aria-label="Kinds of entries">
          <Chip value="" size="xs">
            Everything
          </Chip>
          {timelineKinds.map((value) => (
            <Chip key={value} value={value} size="xs">
              {timelineWords[value]}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <Loaded query={query}>
        {({ pages }) => {
          const entries = pages.flatMap((page) => page.items)
          return entries.length === 0 ? (
            <Empty
              title={
                kind === undefined ? 'Nothing happened yet' : `No entry of the kind “${timelineWords[kind]}”`
              }
            />
          ) : (
            <>
              <ol className={classes.timeline} aria-label="Timeline">
                {entries.map((entry) => (
                  <Entry key={entry.id} entry={entry} timeZone={timeZone} />
                ))}
              </ol>
              {query.hasNextPage ? (
                <Button
                  variant="default"
                  m="md"
                  loading={query.isFetchingNextPage}
                  onClick={() => void query.fetchNextPage()}
                >
                  Show older
                </Button>
              ) : null}
            </>
          )
        }}
      </Loaded>
    </div>
  )
}
