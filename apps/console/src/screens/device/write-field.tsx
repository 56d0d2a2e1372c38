import { Select, Switch, Textarea, TextInput } from '@mantine/core'
import type { ObjectTreeResource, ValueType } from '@fieldline/contracts'
import { optionsOf } from './write-value'

interface Props {
  resource: ObjectTreeResource
  type: ValueType
  label: string
  value: string
  error: string | undefined
  onChange: (value: string) => void
}

function describe({ range, unit }: ObjectTreeResource): string | undefined {
  const parts = [
    range === undefined ? undefined : `Range ${range}`,
    unit === undefined ? undefined : `in ${unit}`,
  ]
  return parts.filter((part) => part !== undefined).join(', ') || undefined
}

/** The field for one value, by its type. */
export function WriteField({ resource, type, label, value, error, onChange }: Props) {
  const options = optionsOf(resource)
  const common = { label, error, description: describe(resource), 'data-autofocus': true }
  if (type === 'boolean')
    return (
      <Switch
        {...common}
        checked={value === 'true'}
        onChange={(event) => onChange(String(event.currentTarget.checked))}
        description={value}
      />
    )
  if (options !== undefined)
    return <Select {...common} data={options} value={value} onChange={(next) => onChange(next ?? '')} />
  const text = { ...common, value, spellCheck: false, autoComplete: 'off' }
  if (type === 'opaque')
    return (
      <Textarea
        {...text}
        description="Bytes as pairs of hex digits"
        classNames={{ input: 'mono' }}
        autosize
        minRows={2}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  const numeric = type === 'integer' || type === 'unsigned' || type === 'float'
  return (
    <TextInput
      {...text}
      type={type === 'time' ? 'datetime-local' : 'text'}
      step={type === 'time' ? 1 : undefined}
      inputMode={numeric ? 'decimal' : undefined}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
