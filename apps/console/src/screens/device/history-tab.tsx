'use client'

import { durationInWords } from '@fieldline/contracts'
import { Button, Group, SegmentedControl, Select, Stack, Table, Text } from '@mantine/core'
import type { ObjectTree, Value } from '@fieldline/contracts'
import { parseAsInteger, parseAsString, useQueryState } from 'nuqs'
import { useMemo, useState } from 'react'
import { useObjects, useValues } from '@/data/queries'
import type { ValueRange } from '@/data/value-range'
import { Empty, Loaded } from '@/parts/states'
import { absoluteInWords } from '@/times'
import { sourceWords, unitText } from '@/words'
import { Chart } from './chart'
import { pointsOf, withGaps } from './gaps'
import { useRequests } from './requests'

interface Choice {
  value: string
  label: string
  unit: string | undefined
}

const numeric = new Set(['integer', 'unsigned', 'float'])
const longest = 35

/** Numeric resources that hold a value; what is observed first, because it has a history. */
function choicesOf(tree: ObjectTree): Choice[] {
  const all = tree.objects.flatMap((object) =>
    object.instances.flatMap(({ resources }) =>
      resources.flatMap((resource) =>
        resource.values
          .filter(({ type, value }) => numeric.has(type) && Number.isFinite(Number(value)))
          .map((value) => ({
            value: value.path,
            label: `${value.path} ${resource.name} (${object.name})`,
            unit: value.unit ?? resource.unit,
            // The Device object tells about the module; a meter is opened for what it measures.
            rank: (resource.observed ? 0 : 2) + (object.id < 30 ? 1 : 0),
          })),
      ),
    ),
  )
  return all.sort((a, b) => a.rank - b.rank)
}

function ValueTable({ values }: { values: Value[] }) {
  const [shown, setShown] = useState(200)
  const newest = values.slice().reverse()
  return (
    <>
      <Table aria-label="Values" verticalSpacing={3} maw={760}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Time</Table.Th>
            <Table.Th>Value</Table.Th>
            <Table.Th>Received</Table.Th>
            <Table.Th>Source</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {newest.slice(0, shown).map((value) => (
            <Table.Tr key={`${value.time} ${value.receivedAt} ${value.path}`}>
              <Table.Td>{absoluteInWords(Date.parse(value.time))}</Table.Td>
              <Table.Td>
                {String(value.value)} {value.unit === undefined ? '' : unitText(value.unit)}
              </Table.Td>
              <Table.Td>{absoluteInWords(Date.parse(value.receivedAt))}</Table.Td>
              <Table.Td>{sourceWords[value.source]}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {newest.length > shown ? (
        <Button variant="default" mt="xs" onClick={() => setShown(shown + 500)}>
          Show more ({newest.length - shown})
        </Button>
      ) : null}
    </>
  )
}

function History({
  range,
  choice,
  days,
  view,
}: {
  range: ValueRange
  choice: Choice
  days: number
  view: string
}) {
  const { values, cutAt } = range
  const points = useMemo(() => pointsOf(values), [values])
  const series = useMemo(() => withGaps(points), [points])
  const to = useMemo(() => (values.length >= 0 ? Date.now() : 0), [values])
  const { send } = useRequests()
  const last = points.at(-1)
  if (last === undefined)
    return (
      <Empty title={`Nothing heard of ${choice.value} in this time`}>
        <Text size="sm" c="dimmed">
          Values appear when the device reports them, or when somebody reads them.
        </Text>
        <Button variant="default" onClick={() => void send({ kind: 'observe', path: choice.value })}>
          Observe {choice.value}
        </Button>
      </Empty>
    )
  const unit = choice.unit === undefined ? '' : ` ${unitText(choice.unit)}`
  const held = points.map(({ value }) => value)
  const low = held.reduce((a, b) => Math.min(a, b))
  const high = held.reduce((a, b) => Math.max(a, b))
  const gaps = series.gaps === 0 ? 'no gaps' : series.gaps === 1 ? '1 gap' : `${series.gaps} gaps`
  const rhythm = points.length < 2 ? '' : `, usually every ${durationInWords(series.rhythm)}`
  const count = points.length === 1 ? '1 value' : `${points.length.toLocaleString('en-GB')} values`
  const summary = `${count}${rhythm}, ${gaps}. Lowest ${low}${unit}, highest ${high}${unit}, last ${last.value}${unit}`
  const cut =
    cutAt === undefined
      ? undefined
      : `Too many values for one chart: shown are the newest, from ${absoluteInWords(cutAt)} on.`
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed">
        {summary}
      </Text>
      {cut === undefined ? null : (
        <Text size="sm" fw={600}>
          {cut}
        </Text>
      )}
      {view === 'table' ? (
        <ValueTable values={values} />
      ) : (
        <Chart
          series={series}
          label={choice.unit === undefined ? 'Value' : unitText(choice.unit)}
          summary={[`${choice.label}. ${summary}.`, cut].join(' ').trim()}
          from={to - days * 86_400_000}
          to={to}
        />
      )}
    </Stack>
  )
}

function Chosen({ endpoint, tree }: { endpoint: string; tree: ObjectTree }) {
  const choices = useMemo(() => choicesOf(tree), [tree])
  const [path, setPath] = useQueryState('path', parseAsString)
  const [days, setDays] = useQueryState('days', parseAsInteger.withDefault(longest))
  const [view, setView] = useState('chart')
  const choice = choices.find(({ value }) => value === path) ?? choices[0]
  const values = useValues(endpoint, choice?.value, days)
  if (choice === undefined)
    return (
      <Empty title="No numbers yet">
        <Text size="sm" c="dimmed">
          A chart needs a resource with a numeric value. Read or observe one on the Objects tab.
        </Text>
      </Empty>
    )
  return (
    <Stack gap="sm" p="md">
      <Group gap="md" align="flex-end">
        <Select
          label="Resource"
          data={choices.map(({ value, label }) => ({ value, label }))}
          value={choice.value}
          onChange={(next) => void setPath(next)}
          searchable
          w={440}
        />
        <SegmentedControl
          size="xs"
          aria-label="Range"
          value={String(days)}
          onChange={(next) => void setDays(Number(next))}
          data={[
            { value: '1', label: '1 d' },
            { value: '7', label: '7 d' },
            { value: '35', label: '35 d' },
          ]}
        />
        <SegmentedControl
          size="xs"
          aria-label="Show as"
          value={view}
          onChange={setView}
          data={[
            { value: 'chart', label: 'Chart' },
            { value: 'table', label: 'Table' },
          ]}
        />
      </Group>
      <Loaded query={values} lines={12}>
        {(range) => <History range={range} choice={choice} days={days} view={view} />}
      </Loaded>
      <Text size="xs" c="dimmed">
        Times are yours ({Intl.DateTimeFormat().resolvedOptions().timeZone}). A break in the line is silence:
        at least one report is missing by the rhythm around it. Drag to zoom, double click to go back.
      </Text>
    </Stack>
  )
}

export function HistoryTab({ endpoint }: { endpoint: string }) {
  const query = useObjects(endpoint)
  return (
    <Loaded query={query} lines={12}>
      {(tree) => <Chosen endpoint={endpoint} tree={tree} />}
    </Loaded>
  )
}
