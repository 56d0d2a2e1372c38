'use client'

import { Alert, Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core'
import type { Campaign, CampaignState, CampaignVerb } from '@fieldline/contracts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { client, errorInWords } from '@/data/client'
import { keys } from '@/data/keys'

interface VerbWords {
  label: string
  color?: string
  /** What will happen, before anything does. */
  does: (campaign: Campaign) => string
  /** `required`: a person answers for it. `typed`: the name is typed again. */
  asks: 'nothing' | 'reason' | 'required' | 'typed'
}

const verbWords: Readonly<Record<CampaignVerb, VerbWords>> = {
  start: {
    label: 'Start…',
    does: ({ recipe }) =>
      `It draws the audience “${recipe.audience}” as it is now and begins with the first wave. Every device drawn is sent ${recipe.write.map(({ path, value }) => `${path} = ${JSON.stringify(value)}`).join(', ')}.`,
    asks: 'typed',
  },
  pause: {
    label: 'Pause…',
    does: () =>
      'No device is offered anything new. What has been handed over already goes on to its end: a device is never cut off in the middle.',
    asks: 'reason',
  },
  resume: {
    label: 'Resume…',
    does: () => 'It goes on where it stopped. You answer for it: the reason is kept with the campaign.',
    asks: 'required',
  },
  abort: {
    label: 'Abort…',
    color: 'red',
    does: () =>
      'Nothing more is offered, and it cannot be taken up again. Work in flight is followed to its end. Devices that have the new value keep it.',
    asks: 'reason',
  },
}

const verbsOf: Readonly<Record<CampaignState, readonly CampaignVerb[]>> = {
  draft: ['start', 'abort'],
  validating: [],
  running: ['pause', 'abort'],
  paused: ['resume', 'abort'],
  completing: [],
  finished: [],
  aborted: [],
}

const routeOf = {
  start: 'startCampaign',
  pause: 'pauseCampaign',
  resume: 'resumeCampaign',
  abort: 'abortCampaign',
} as const

function useVerb(id: string, done: () => void) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: ({ verb, reason }: { verb: CampaignVerb; reason: string }) =>
      verb === 'resume'
        ? client.call('resumeCampaign', { params: { id }, body: { reason } })
        : client.call(routeOf[verb], { params: { id }, body: reason === '' ? {} : { reason } }),
    onSuccess: (campaign) => {
      cache.setQueryData(keys.campaign(id), campaign)
      void cache.invalidateQueries({ queryKey: keys.campaigns })
      void cache.invalidateQueries({ queryKey: keys.allTasks(id) })
      done()
    },
  })
}

function VerbForm({ campaign, verb, close }: { campaign: Campaign; verb: CampaignVerb; close: () => void }) {
  const [text, setText] = useState('')
  const run = useVerb(campaign.id, close)
  const { does, asks, color, label } = verbWords[verb]
  const ready = asks === 'typed' ? text === campaign.name : asks === 'required' ? text.trim() !== '' : true
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (ready) run.mutate({ verb, reason: asks === 'typed' ? '' : text.trim() })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm">{does(campaign)}</Text>
        {asks === 'typed' ? (
          <TextInput
            label="Type the name of the campaign to go on"
            description={campaign.name}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
        ) : asks === 'nothing' ? null : (
          <Textarea
            label={asks === 'required' ? 'Reason' : 'Reason (optional)'}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            maxLength={500}
            required={asks === 'required'}
            data-autofocus
          />
        )}
        {run.error === null ? null : (
          <Alert role="alert" color="red" variant="outline">
            {errorInWords(run.error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Leave it as it is
          </Button>
          <Button type="submit" color={color} disabled={!ready} loading={run.isPending}>
            {label.replace('…', '')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** What a person can do with the campaign now; each says first what it does. */
export function Verbs({ campaign }: { campaign: Campaign }) {
  const [verb, setVerb] = useState<CampaignVerb>()
  return (
    <Group gap="xs">
      {verbsOf[campaign.state].map((one, index) => (
        <Button
          key={one}
          variant={index === 0 ? 'filled' : 'default'}
          color={verbWords[one].color}
          onClick={() => setVerb(one)}
        >
          {verbWords[one].label}
        </Button>
      ))}
      <Modal
        opened={verb !== undefined}
        onClose={() => setVerb(undefined)}
        title={verb === undefined ? '' : `${verbWords[verb].label.replace('…', '')} “${campaign.name}”`}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {verb === undefined ? null : (
          <VerbForm key={verb} campaign={campaign} verb={verb} close={() => setVerb(undefined)} />
        )}
      </Modal>
    </Group>
  )
}
