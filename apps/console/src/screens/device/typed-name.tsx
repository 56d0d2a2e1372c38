import { Alert, Code, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'

interface Props {
  endpoint: string
  /** What it leads to, in words. */
  danger: string
  typed: string
  change: (typed: string) => void
  /** The field has the focus when its dialog opens. */
  isFirst: boolean
}

/** What is dangerous goes on only when the name of the device is typed: nobody does that by accident, or to the wrong device. */
export function TypedName({ endpoint, danger, typed, change, isFirst }: Props) {
  return (
    <>
      <Alert color="orange" variant="outline" icon={<IconAlertTriangle size={18} aria-hidden />}>
        <Text size="sm">{danger}</Text>
      </Alert>
      <TextInput
        label="Type the endpoint name to go on"
        description={<Code style={{ overflowWrap: 'anywhere' }}>{endpoint}</Code>}
        value={typed}
        onChange={(event) => change(event.currentTarget.value)}
        data-autofocus={isFirst || undefined}
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: 'mono' }}
      />
    </>
  )
}
