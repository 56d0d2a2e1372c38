'use client'

import { Button, Table, Text } from '@mantine/core'
import type { Operation } from '@fieldline/contracts'
import { useNow } from '@/data/use-now'
import { useOperations } from '@/data/queries'
import { ListTable } from '@/parts/list-table'
import { Moment } from '@/parts/moment'
import { Empty, Loaded } from '@/parts/states'
import { Status } from '@/parts/status-glyph'
import { operationVerbs, operationWords } from '@/words'
import { CancelButton } from './outcome'
import { operationInWords } from './operation-words'
import { valueText } from './resource-value'

function Row({ operation }: { operation: Operation }) {
  const now = useNow()
  const { kind, path, value, state, createdAt, finishedAt, expiresAt, createdBy, result } = operation
  const appearance = operationWords[state]
  const read = result?.values?.map(valueText).join(', ')
  return (
    <Table.Tr>
      <Table.Td>
        <Moment at={createdAt} />
      </Table.Td>
      <Table.Td>
        {operationVerbs[kind]} <span className="mono">{path}</span>
        {value === undefined ? '' : ` ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`}
      </Table.Td>
      <Table.Td>
        <Status {...appearance} state={state} word={operationInWords(operation, now)} />
        {read === undefined || read === '' ? null : (
          <Text size="xs" lineClamp={1} title={read}>
            {read}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        {finishedAt === undefined ? (
          <>
            until <Moment at={expiresAt} as="clock" />
          </>
        ) : (
          <Moment at={finishedAt} />
        )}
      </Table.Td>
      <Table.Td>{createdBy ?? '—'}</Table.Td>
      <Table.Td>{state === 'queued' ? <CancelButton operation={operation} /> : null}</Table.Td>
    </Table.Tr>
  )
}

const titles = ['Asked', 'Request', 'State', 'Done, or given up', 'By', 'Action']

export function OperationsTab({ endpoint }: { endpoint: string }) {
  const query = useOperations(endpoint)
  return (
    <Loaded query={query}>
      {({ pages }) => {
        const operations = pages.flatMap((page) => page.items)
        return operations.length === 0 ? (
          <Empty title="Nothing was asked of this device yet">
            <Text size="sm" c="dimmed">
              Read, write, execute or observe something on the Objects tab.
            </Text>
          </Empty>
        ) : (
          <>
            <ListTable label="Operations" titles={titles}>
              {operations.map((operation) => (
                <Row key={operation.id} operation={operation} />
              ))}
            </ListTable>
            {query.hasNextPage ? (
              <Button variant="default" m="sm" onClick={() => void query.fetchNextPage()}>
                Show older
              </Button>
            ) : null}
          </>
        )
      }}
    </Loaded>
  )
}
