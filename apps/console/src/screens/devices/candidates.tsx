'use client'

import { durationInWords } from '@fieldline/contracts'
import { Button, Table, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { Candidate } from '@fieldline/contracts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, errorInWords } from '@/data/client'
import { keys } from '@/data/keys'
import { useCandidates } from '@/data/queries'
import { ListTable } from '@/parts/list-table'
import { Moment } from '@/parts/moment'
import { Empty, Loaded } from '@/parts/states'
import classes from './devices.module.css'

function useAdmit() {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (endpoint: string) => client.call('createDevice', { body: { endpoint } }),
    onSuccess: (_device, endpoint) => {
      notifications.show({ title: 'Admitted', message: `${endpoint} is let in when it knocks next.` })
      void cache.invalidateQueries({ queryKey: keys.candidates })
      void cache.invalidateQueries({ queryKey: keys.allDevices })
    },
    onError: (error) =>
      notifications.show({
        color: 'red',
        title: 'Not admitted',
        message: errorInWords(error),
        autoClose: false,
      }),
  })
}

function Row({ candidate }: { candidate: Candidate }) {
  const admit = useAdmit()
  const { endpoint, address, firstSeenAt, lastSeenAt, attempts, lwm2mVersion, lifetime, objects } = candidate
  return (
    <Table.Tr>
      <Table.Td className="mono" style={{ overflowWrap: 'anywhere' }}>
        {endpoint}
      </Table.Td>
      <Table.Td className="mono">{address}</Table.Td>
      <Table.Td>
        <Moment at={firstSeenAt} />
      </Table.Td>
      <Table.Td>
        <Moment at={lastSeenAt} />
      </Table.Td>
      <Table.Td>{attempts}</Table.Td>
      <Table.Td>
        {lwm2mVersion === null ? '—' : `LwM2M ${lwm2mVersion}`}
        {lifetime === null ? '' : `, lifetime ${durationInWords(lifetime * 1_000)}`}
      </Table.Td>
      <Table.Td className="mono" style={{ overflowWrap: 'anywhere' }}>
        {objects.join(' ')}
      </Table.Td>
      <Table.Td>
        <Button
          loading={admit.isPending}
          onClick={() => admit.mutate(endpoint)}
          aria-label={`Admit ${endpoint}`}
        >
          Admit
        </Button>
      </Table.Td>
    </Table.Tr>
  )
}

const titles = ['Endpoint', 'Address', 'First seen', 'Last seen', 'Attempts', 'Says', 'Objects', 'Action']

/** Meters at the door: unknown endpoints that asked to register and got 4.03. */
export function Candidates() {
  const query = useCandidates()
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="Nobody is at the door">
            <Text size="sm" c="dimmed" maw={560}>
              Where registration is limited to known devices, an endpoint that is not known gets 4.03
              Forbidden and appears here, to be admitted.
            </Text>
          </Empty>
        ) : (
          <div className={classes.scroll} style={{ height: 'auto', maxHeight: 'calc(100dvh - 190px)' }}>
            <ListTable label="Candidates" titles={titles}>
              {items.map((candidate) => (
                <Row key={candidate.endpoint} candidate={candidate} />
              ))}
            </ListTable>
          </div>
        )
      }
    </Loaded>
  )
}
