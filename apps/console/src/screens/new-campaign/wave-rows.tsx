import { ActionIcon, Button, Group, NumberInput, Select, Stack, Text } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import type { UseFormReturnType } from '@mantine/form'
import { type FormValues, rowKey } from './recipe-form'

const by = [
  { value: 'percent', label: '% of all' },
  { value: 'size', label: 'devices' },
]
const units = [
  { value: 'min', label: 'minutes' },
  { value: 'h', label: 'hours' },
  { value: 'd', label: 'days' },
]

/** The waves, one line each: how many, and how long to wait and watch before the next. */
export function WaveRows({ form }: { form: UseFormReturnType<FormValues> }) {
  const rows = form.values.waves
  return (
    <Stack gap="xs">
      {rows.map((row, index) => {
        const at = `waves.${index}`
        const name = `Wave ${index + 1}`
        return (
          <Group key={row.key} gap="xs" wrap="wrap" align="flex-start" role="group" aria-label={name}>
            <Text size="sm" w={54} pt={8}>
              {name}
            </Text>
            <NumberInput
              aria-label={`${name}: how many`}
              w={96}
              min={row.by === 'size' ? 1 : 0.01}
              max={row.by === 'size' ? 1_000_000 : 100}
              allowDecimal={row.by === 'percent'}
              decimalScale={2}
              {...form.getInputProps(`${at}.amount`)}
            />
            <Select
              aria-label={`${name}: percent or devices`}
              w={112}
              data={by}
              {...form.getInputProps(`${at}.by`)}
            />
            <Text size="sm" pt={8}>
              soak
            </Text>
            <NumberInput aria-label={`${name}: soak`} w={84} min={0} {...form.getInputProps(`${at}.soak`)} />
            <Select
              aria-label={`${name}: unit of the soak`}
              w={104}
              data={units}
              {...form.getInputProps(`${at}.unit`)}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              disabled={rows.length === 1}
              aria-label={`Remove wave ${index + 1}`}
              onClick={() => form.removeListItem('waves', index)}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </Group>
        )
      })}
      <Button
        variant="subtle"
        style={{ alignSelf: 'flex-start' }}
        onClick={() =>
          form.insertListItem('waves', { key: rowKey(), by: 'percent', amount: 100, soak: 1, unit: 'd' })
        }
      >
        Add a wave
      </Button>
    </Stack>
  )
}
