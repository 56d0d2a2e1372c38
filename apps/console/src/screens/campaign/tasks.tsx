'use client'

import { Anchor, Button, Select, Table } from '@mantine/core'
import type { Task, TaskCounts, TaskState } from '@fieldline/contracts'
import Link from 'next/link'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { useTasks } from '@/data/queries'
import { ListTable } from '@/parts/list-table'
import { Moment } from '@/parts/moment'
import { Panel } from '@/parts/panel'
import { Empty, Loaded } from '@/parts/states'
import { Status } from '@/parts/status-glyph'
import { deviceAddress } from '@/shell/screens'
import { taskWords } from '@/words'

const taskStates = Object.keys(taskWords) as TaskState[]

/** What the state alone does not say. */
function detailOf({ state, text }: Task): string {
  const { word } = taskWords[state]
  return text === word ? '' : text.startsWith(`${word}: `) ? text.slice(word.length + 2) : text
}

function Row({ task }: { task: Task }) {
  const { endpoint, wave, state, updatedAt } = task
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component={Link} href={deviceAddress(endpoint)} className="mono" prefetch={false} size="sm">
          {endpoint}
        </Anchor>
      </Table.Td>
      <Table.Td>{wave === null ? '—' : wave + 1}</Table.Td>
      <Table.Td>
        <Status {...taskWords[state]} state={state} />
      </Table.Td>
      <Table.Td>{detailOf(task)}</Table.Td>
      <Table.Td>
        <Moment at={updatedAt} />
      </Table.Td>
    </Table.Tr>
  )
}

const titles = ['Device', 'Wave', 'State', 'In words', 'Since']

/** Every device of the campaign and where it stands. */
export function Tasks({ id, counts }: { id: string; counts: TaskCounts }) {
  const [state, setState] = useQueryState('task', parseAsStringLiteral(taskStates))
  const query = useTasks(id, state ?? undefined)
  const filter = (
    <Select
      size="xs"
      w={260}
      aria-label="State of the devices shown"
      value={state ?? ''}
      onChange={(next) => void setState(taskStates.find((known) => known === next) ?? null)}
      data={[
        { value: '', label: 'All states' },
        ...taskStates
          .filter((one) => (counts[one] ?? 0) > 0 || one === state)
          .map((one) => ({ value: one, label: `${taskWords[one].word} (${counts[one] ?? 0})` })),
      ]}
    />
  )
  return (
    <Panel title="Devices" aside={filter}>
      <Loaded query={query}>
        {({ pages }) => {
          const tasks = pages.flatMap((page) => page.items)
          return tasks.length === 0 ? (
            <Empty title={state === null ? 'No device drawn yet' : 'No device in this state'} />
          ) : (
            <>
              <ListTable label="Devices of the campaign" titles={titles}>
                {tasks.map((task) => (
                  <Row key={task.deviceId} task={task} />
                ))}
              </ListTable>
              {query.hasNextPage ? (
                <Button
                  variant="default"
                  m="sm"
                  loading={query.isFetchingNextPage}
                  onClick={() => void query.fetchNextPage()}
                >
                  Show more
                </Button>
              ) : null}
            </>
          )
        }}
      </Loaded>
    </Panel>
  )
}
