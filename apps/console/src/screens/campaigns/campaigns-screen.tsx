'use client'

import { Anchor, Button, Group, Paper, Stack, Table, Text, Title } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import type { Campaign } from '@fieldline/contracts'
import Link from 'next/link'
import { useCampaigns } from '@/data/queries'
import { ListTable } from '@/parts/list-table'
import { Moment } from '@/parts/moment'
import { StackedBar } from '@/parts/stacked-bar'
import { Empty, Loaded } from '@/parts/states'
import { Status } from '@/parts/status-glyph'
import { campaignWords } from '@/words'
import { partsOf, progressInWords } from '../campaign/progress'

function Row({ campaign }: { campaign: Campaign }) {
  const { id, name, state, text, counts, createdAt, startedAt, createdBy } = campaign
  return (
    <Table.Tr>
      <Table.Td>
        <Status {...campaignWords[state]} state={state} />
      </Table.Td>
      <Table.Td>
        <Anchor component={Link} href={`/campaigns/${id}`} fw={500} size="sm">
          {name}
        </Anchor>
        {text === campaignWords[state].word ? null : (
          <Text size="xs" c="dimmed">
            {text}
          </Text>
        )}
      </Table.Td>
      <Table.Td miw={240}>
        {startedAt === undefined ? (
          <Text size="xs" c="dimmed">
            Not started
          </Text>
        ) : (
          <>
            <StackedBar parts={partsOf(counts)} label={`Progress of ${name}`} height={10} />
            <Text size="xs" c="dimmed">
              {progressInWords(counts)}
            </Text>
          </>
        )}
      </Table.Td>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>
        <Moment at={startedAt ?? createdAt} />
      </Table.Td>
      <Table.Td>{createdBy}</Table.Td>
    </Table.Tr>
  )
}

const titles = ['State', 'Campaign', 'Progress', 'Since', 'By']

export function CampaignsScreen() {
  const query = useCampaigns()
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Title order={1}>Campaigns</Title>
        <Button component={Link} href="/campaigns/new" leftSection={<IconPlus size={15} aria-hidden />}>
          New configuration campaign
        </Button>
      </Group>
      <Paper bg="var(--surface)">
        <Loaded query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No campaign yet">
                <Text size="sm" c="dimmed" maw={620}>
                  A campaign writes a value to many devices, in waves: a few first, and the rest only if those
                  confirm it by read-back. It pauses itself when too many do not.
                </Text>
              </Empty>
            ) : (
              <ListTable label="Campaigns" titles={titles} spacing={8}>
                {items.map((campaign) => (
                  <Row key={campaign.id} campaign={campaign} />
                ))}
              </ListTable>
            )
          }
        </Loaded>
      </Paper>
    </Stack>
  )
}
