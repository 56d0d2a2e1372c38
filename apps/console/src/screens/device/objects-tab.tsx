'use client'

import { Switch, Text, TextInput, UnstyledButton } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import type { ObjectTree, ObjectTreeResource } from '@fieldline/contracts'
import { parseAsString, useQueryState } from 'nuqs'
import { useState } from 'react'
import { useObjects } from '@/data/queries'
import { Empty, Loaded } from '@/parts/states'
import { filterFieldAttribute } from '@/shell/shortcuts'
import classes from './device.module.css'
import { ExecuteDialog } from './execute-dialog'
import { Outcomes, RequestButton } from './request-button'
import { ResourceRow } from './resource-row'
import { shownOf, type Section } from './object-sections'
import { WriteDialog } from './write-dialog'

interface ActionProps {
  write: (resource: ObjectTreeResource) => void
  execute: (resource: ObjectTreeResource) => void
}

function ObjectList({
  tree,
  chosen,
  choose,
}: {
  tree: ObjectTree
  chosen: string
  choose: (path: string) => void
}) {
  return (
    <nav aria-label="Objects" className={classes.objects}>
      {tree.objects.flatMap((object) =>
        object.instances.map((instance) => {
          const path = `/${object.id}/${instance.id}`
          return (
            <UnstyledButton
              key={path}
              className={classes.object}
              aria-current={path === chosen ? 'true' : undefined}
              onClick={() => choose(path)}
            >
              <span className="mono">{path}</span>
              <span className={classes.objectName}>{object.known ? object.name : 'Not in the registry'}</span>
            </UnstyledButton>
          )
        }),
      )}
    </nav>
  )
}

function ResourceTable({
  section: { path, name, resources },
  write,
  execute,
}: { section: Section } & ActionProps) {
  return (
    <table className={classes.resources} aria-label={`Resources of ${path} ${name}`}>
      <colgroup>
        <col style={{ width: 136 }} />
        <col />
        <col style={{ width: '27%' }} />
        <col style={{ width: 48 }} />
        <col style={{ width: 238 }} />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">Path</th>
          <th scope="col">Resource</th>
          <th scope="col">Latest value</th>
          <th scope="col">Ops</th>
          <th scope="col">Request</th>
        </tr>
      </thead>
      <tbody>
        {resources.map((resource) => (
          <ResourceRow key={resource.path} resource={resource} write={write} execute={execute} />
        ))}
      </tbody>
    </table>
  )
}

/** Why an instance has no rows; the button above is the way out. */
function NothingKnown({ known }: { known: boolean }) {
  return (
    <Text size="sm" c="dimmed" px="md" py={4}>
      {known
        ? 'The definition of this object names no resource.'
        : 'No value of this object is here. Without a definition only the device can tell what it holds: what it answers when it is read stands here by number.'}
    </Text>
  )
}

function SectionTable({ section, write, execute }: { section: Section } & ActionProps) {
  const { path, name, version, known, asWhole, resources } = section
  return (
    <section aria-label={`${path} ${name}`}>
      <div className={classes.sectionHead}>
        <h2 className={classes.sectionTitle}>
          <span className="mono">{path}</span> {name}{' '}
          <Text span size="xs" c="dimmed" fw={400}>
            version {version}
            {known ? '' : ' · no definition: values are read by number'}
          </Text>
        </h2>
        {asWhole ? <RequestButton kind="read" of={{ path, name }} label="Read" /> : null}
      </div>
      <div className={classes.sectionOutcomes}>
        <Outcomes path={path} />
      </div>
      {resources.length === 0 ? (
        <NothingKnown known={known} />
      ) : (
        <ResourceTable section={section} write={write} execute={execute} />
      )}
    </section>
  )
}

function Tree({ tree }: { tree: ObjectTree }) {
  const [filter, setFilter] = useState('')
  const [all, setAll] = useState(false)
  const [chosen, setChosen] = useQueryState('object', parseAsString)
  const [writing, setWriting] = useState<ObjectTreeResource>()
  const [executing, setExecuting] = useState<ObjectTreeResource>()
  const { path, sections, hidden } = shownOf(tree, { filter, chosen, all })
  if (tree.objects.length === 0)
    return (
      <Empty title="No object yet">
        <Text size="sm" c="dimmed">
          A device lists its objects when it registers. This one has not done so yet.
        </Text>
      </Empty>
    )
  return (
    <div className={classes.tree}>
      <ObjectList
        tree={tree}
        chosen={filter === '' ? path : ''}
        choose={(next) => {
          setFilter('')
          void setChosen(next)
        }}
      />
      <div className={classes.sections}>
        <div className={classes.treeBar}>
          <TextInput
            {...{ [filterFieldAttribute]: '' }}
            aria-label="Filter objects, names and values"
            placeholder="Filter objects, names, values"
            leftSection={<IconSearch size={15} aria-hidden />}
            size="xs"
            w={300}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
          <Switch
            size="xs"
            label={
              hidden > 0
                ? `Show what the device does not offer (${hidden})`
                : 'Show what the device does not offer'
            }
            checked={all}
            onChange={(event) => setAll(event.currentTarget.checked)}
          />
        </div>
        {sections.length === 0 ? (
          <Empty title={filter === '' ? 'Nothing offered in this object' : `Nothing matches “${filter}”`} />
        ) : (
          sections.map((section) => (
            <SectionTable key={section.path} section={section} write={setWriting} execute={setExecuting} />
          ))
        )}
      </div>
      <WriteDialog resource={writing} close={() => setWriting(undefined)} />
      <ExecuteDialog resource={executing} close={() => setExecuting(undefined)} />
    </div>
  )
}

/** What the device offers, with the latest value of everything and what can be asked of it. */
export function ObjectsTab({ endpoint }: { endpoint: string }) {
  const query = useObjects(endpoint)
  return (
    <Loaded query={query} lines={10}>
      {(tree) => <Tree tree={tree} />}
    </Loaded>
  )
}
