'use client'

import { Button, Tooltip } from '@mantine/core'
import type { ObjectTreeResource, Operation, OperationKind } from '@fieldline/contracts'
import { useNow } from '@/data/use-now'
import { glyphOf } from '@/parts/status-glyph'
import { toneColor } from '@/theme'
import { hazardWords, operationVerbs, operationWords } from '@/words'
import { isPending, Outcome, Refusal } from './outcome'
import { operationInWords } from './operation-words'
import { requestKey, useRequests } from './requests'

interface ButtonProps {
  kind: OperationKind
  /** What is asked: a resource, or a whole object instance. */
  of: Pick<ObjectTreeResource, 'path' | 'name' | 'hazard'>
  label: string
  onPress?: () => void
}

/** One request of one path. Its glyph is its own last outcome; the words stand in its tooltip and beside it. */
export function RequestButton({ kind, of: { path, name, hazard }, label, onPress }: ButtonProps) {
  const { send, latest, sending } = useRequests()
  const now = useNow()
  const key = requestKey(kind, path)
  const last = latest.get(key)
  const Glyph = last === undefined ? undefined : glyphOf(last.state)
  const hint = [
    last === undefined ? undefined : `Last: ${operationInWords(last, now)}`,
    hazard === undefined || kind === 'observe' ? undefined : hazardWords[hazard],
  ].filter((line) => line !== undefined)
  return (
    <Tooltip label={hint.join('. ')} disabled={hint.length === 0}>
      <Button
        size="compact-xs"
        variant="default"
        loading={sending.has(key)}
        aria-label={`${operationVerbs[kind]} ${path} ${name}`}
        leftSection={
          Glyph === undefined || last === undefined ? null : (
            <Glyph size={12} aria-hidden style={{ color: toneColor(operationWords[last.state].tone) }} />
          )
        }
        onClick={onPress ?? (() => void send({ kind, path }))}
      >
        {label}
      </Button>
    </Tooltip>
  )
}

const kinds: readonly OperationKind[] = ['read', 'write', 'execute', 'observe', 'cancel-observe']

/** Shown in words: what is under way, and the newest of what is over. */
function outcomesOf(path: string, latest: Map<string, Operation>): Operation[] {
  const all = kinds
    .map((kind) => latest.get(requestKey(kind, path)))
    .filter((operation) => operation !== undefined)
    .sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
  const newest = all.find((operation) => !isPending(operation))
  return all.filter((operation) => isPending(operation) || operation === newest)
}

/** What became of the requests of one path, and what of them the API refused. */
export function Outcomes({ path }: { path: string }) {
  const { latest, refusals } = useRequests()
  const refused = kinds
    .map((kind) => refusals[requestKey(kind, path)])
    .filter((problem) => problem !== undefined)
  return (
    <>
      {outcomesOf(path, latest).map((operation) => (
        <Outcome key={operation.id} operation={operation} />
      ))}
      {refused.map((problem) => (
        <Refusal key={problem.detail} problem={problem} />
      ))}
    </>
  )
}
