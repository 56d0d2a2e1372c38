import { Text } from '@mantine/core'
import type { ObjectTreeResource, Value } from '@fieldline/contracts'
import { Moment } from '@/parts/moment'
import { absoluteInWords } from '@/times'
import { sourceWords, unitText } from '@/words'
import classes from './device.module.css'
import { hexOfBase64 } from './write-value'

/** A value as text: device text is only ever text. */
export function valueText({ type, value }: Pick<Value, 'type' | 'value'>): string {
  if (type === 'opaque') return hexOfBase64(String(value))
  if (type === 'time' && Number.isFinite(Number(value))) return absoluteInWords(Number(value) * 1_000)
  return String(value)
}

function instanceOf(value: Value, resource: ObjectTreeResource): string | undefined {
  return value.path === resource.path ? undefined : value.path.slice(resource.path.length + 1)
}

function One({ value, resource }: { value: Value; resource: ObjectTreeResource }) {
  const instance = instanceOf(value, resource)
  const unit = value.unit ?? resource.unit
  const text = valueText(value)
  return (
    <div className={classes.value}>
      {instance === undefined ? null : <span className={classes.instance}>[{instance}]</span>}
      <span className={classes.valueText} title={text.length > 40 ? text : undefined}>
        {text}
        {unit === undefined ? '' : ` ${unitText(unit)}`}
      </span>
      <Text span size="xs" c="dimmed">
        <Moment at={value.time} /> · {sourceWords[value.source]}
      </Text>
    </div>
  )
}

/** The latest value of a resource with its age and source; or why there is none. */
export function ResourceValue({ resource }: { resource: ObjectTreeResource }) {
  if (resource.values.length === 0)
    return <span className={classes.absent}>{resource.absent?.text ?? 'No value yet'}</span>
  return resource.values.map((value) => <One key={value.path} value={value} resource={resource} />)
}
