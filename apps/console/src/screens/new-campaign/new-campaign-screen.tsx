'use client'

import {
  Alert,
  Anchor,
  Button,
  Group,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { useForm } from '@mantine/form'
import { ProblemError } from '@fieldline/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { parseAsString, useQueryState } from 'nuqs'
import { useDebouncedValue } from '@mantine/hooks'
import { client, errorInWords } from '@/data/client'
import { keys } from '@/data/keys'
import { usePreview } from '@/data/queries'
import { Panel } from '@/parts/panel'
import { FilterField } from '../devices/filter-field'
import classes from './new-campaign.module.css'
import { initialValues, recipeOf, type FormValues } from './recipe-form'
import { summaryOf } from './summary'
import { useTargets } from './target'
import { WaveRows } from './wave-rows'
import { WhoPanel } from './who-panel'
import { WriteRows } from './write-rows'

const fieldOfForm: Readonly<Record<string, keyof FormValues>> = {
  'success.threshold': 'successThreshold',
  'error.threshold': 'errorThreshold',
  'error.minSample': 'minSample',
  'silence.missed': 'missed',
  'silence.grace': 'graceMinutes',
}

/** The field of the form that shows a problem of this member of the request. */
function fieldOf(field: string): string {
  return (
    fieldOfForm[field] ??
    field
      .replace(/^(waves\.\d+)\.(size|percent)$/, '$1.amount')
      .replace(/^(waves\.\d+)\.soakSeconds$/, '$1.soak')
  )
}

function useCreate(setError: (field: string, words: string) => void) {
  const cache = useQueryClient()
  const router = useRouter()
  return useMutation({
    mutationFn: (body: ReturnType<typeof recipeOf>) => client.call('createCampaign', { body }),
    onSuccess: (campaign) => {
      cache.setQueryData(keys.campaign(campaign.id), campaign)
      void cache.invalidateQueries({ queryKey: keys.campaigns })
      router.push(`/campaigns/${campaign.id}`)
    },
    onError: (error) => {
      if (error instanceof ProblemError && error.field !== undefined)
        setError(fieldOf(error.field), error.detail)
    },
  })
}

export function NewCampaignScreen() {
  const [given] = useQueryState('audience', parseAsString.withDefault(''))
  const form = useForm<FormValues>({ initialValues: initialValues(given) })
  const targets = useTargets(form.values.write.map(({ path }) => path))
  const recipe = recipeOf(form.values, targets)
  const [paths] = useDebouncedValue(
    recipe.write
      .map(({ path }) => path)
      .filter((path) => targets.has(path))
      .join(' '),
    400,
  )
  const preview = usePreview(form.values.audience.trim(), {
    paths: paths === '' ? undefined : paths.split(' '),
  })
  const everyone = usePreview('endpoint:*')
  const create = useCreate(form.setFieldError)
  const badAudience =
    preview.error instanceof ProblemError && preview.error.code === 'invalid-request'
      ? preview.error.detail
      : undefined
  const shown = preview.error === null ? preview.data : undefined
  return (
    <Stack gap="sm">
      <Anchor component={Link} href="/campaigns" size="sm">
        ← Campaigns
      </Anchor>
      <Title order={1}>New configuration campaign</Title>
      <form
        noValidate
        className={classes.layout}
        onSubmit={(event) => {
          event.preventDefault()
          form.clearErrors()
          create.mutate(recipe)
        }}
      >
        <Stack gap="sm">
          <Panel title="What">
            <Stack p="md" gap="sm">
              <TextInput
                label="Name"
                placeholder="Report every 15 minutes"
                maxLength={200}
                {...form.getInputProps('name')}
              />
              <WriteRows form={form} targets={targets} />
            </Stack>
          </Panel>
          <Panel title="Who">
            <Stack p="md" gap={6}>
              <FilterField
                label="Audience"
                q={form.values.audience}
                onChange={(audience) => form.setFieldValue('audience', audience)}
                facets={everyone.data}
                error={badAudience ?? (form.errors.audience as string | undefined)}
                chips={false}
              />
              <Text size="xs" c="dimmed">
                The language of the device list. Everything is written <code>endpoint:*</code>.
              </Text>
            </Stack>
          </Panel>
          <Panel title="Waves">
            <Stack p="md">
              <WaveRows form={form} />
            </Stack>
          </Panel>
          <Panel title="Gates">
            <SimpleGrid p="md" cols={{ base: 1, sm: 3 }} spacing="md">
              <NumberInput
                label="Passes at"
                suffix=" % confirmed"
                min={0.01}
                max={100}
                decimalScale={2}
                {...form.getInputProps('successThreshold')}
              />
              <NumberInput
                label="Stops at"
                suffix=" % not updated"
                min={0.01}
                max={100}
                decimalScale={2}
                {...form.getInputProps('errorThreshold')}
              />
              <NumberInput
                label="Judged from"
                suffix=" decided on"
                min={1}
                {...form.getInputProps('minSample')}
              />
              <Select
                label="When it stops"
                data={[
                  { value: 'pause', label: 'Pause: a person decides' },
                  { value: 'abort', label: 'Abort' },
                ]}
                {...form.getInputProps('action')}
              />
              <NumberInput
                label="Silent after"
                suffix=" missed contacts"
                min={1}
                max={30}
                {...form.getInputProps('missed')}
              />
              <NumberInput
                label="and"
                suffix=" min of grace"
                min={0}
                {...form.getInputProps('graceMinutes')}
              />
            </SimpleGrid>
          </Panel>
          {create.error === null ? null : (
            <Alert role="alert" color="red" variant="outline" title="Not saved">
              {errorInWords(create.error)}
            </Alert>
          )}
          <Group gap="xs">
            <Button type="submit" size="sm" loading={create.isPending}>
              Save as draft
            </Button>
            <Text size="xs" c="dimmed">
              Nothing is sent yet. You start it on the next page.
            </Text>
          </Group>
        </Stack>
        <WhoPanel
          preview={form.values.audience.trim() === '' ? undefined : shown}
          summary={summaryOf(recipe)}
        />
      </form>
    </Stack>
  )
}
