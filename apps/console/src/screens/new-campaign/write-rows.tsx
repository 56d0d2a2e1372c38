import { ActionIcon, Button, Group, Stack, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import type { UseFormReturnType } from '@mantine/form'
import { type FormValues, rowKey } from './recipe-form'
import type { Target } from './target'

function known(target: Target | undefined): string | undefined {
  if (target === undefined) return undefined
  const { name, object, type, range, unit, writable } = target
  const facts = [type, range && `range ${range}`, unit && `in ${unit}`, writable ? undefined : 'read-only']
  return `${name} (${object}), ${facts.filter(Boolean).join(', ')}`
}

/** Paths and values to write. What the registry knows of a path stands beneath it. */
export function WriteRows({
  form,
  targets,
}: {
  form: UseFormReturnType<FormValues>
  targets: ReadonlyMap<string, Target>
}) {
  const rows = form.values.write
  return (
    <Stack gap="xs">
      {rows.map((row, index) => (
        <Group key={row.key} align="flex-start" gap="xs" wrap="nowrap">
          <TextInput
            label="Path"
            placeholder="/1/0/2"
            classNames={{ input: 'mono' }}
            w={150}
            spellCheck={false}
            autoComplete="off"
            {...form.getInputProps(`write.${index}.path`)}
          />
          <TextInput
            label="Value"
            style={{ flex: 1 }}
            description={known(targets.get(row.path.trim()))}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            autoComplete="off"
            {...form.getInputProps(`write.${index}.value`)}
          />
          {rows.length === 1 ? null : (
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              mt={22}
              aria-label={`Remove write ${index + 1}`}
              onClick={() => form.removeListItem('write', index)}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          )}
        </Group>
      ))}
      <Button
        variant="subtle"
        style={{ alignSelf: 'flex-start' }}
        onClick={() => form.insertListItem('write', { key: rowKey(), path: '', value: '' })}
      >
        Add a write
      </Button>
    </Stack>
  )
}
