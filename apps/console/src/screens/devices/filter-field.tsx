'use client'

import { CloseButton, Combobox, Group, Pill, Text, TextInput, useCombobox } from '@mantine/core'
import { IconFilter } from '@tabler/icons-react'
import type { AudiencePreview } from '@fieldline/contracts'
import { useEffect, useRef, useState } from 'react'
import { filterFieldAttribute } from '@/shell/shortcuts'
import { isUnfinished, suggestionsFor, tokensOf, withoutToken } from './filter-tokens'

interface Props {
  q: string
  onChange: (q: string) => void
  facets: AudiencePreview | undefined
  /** What the API does not understand in it, in words. */
  error: string | undefined
  label?: string
  /** Chips of the single tokens below the field. */
  chips?: boolean
}

const settleMs = 250

/** One text field for the filter language: completes keys and values, waits until typing pauses, shows the API's verdict beneath. */
export function FilterField({ q, onChange, facets, error, label = 'Filter devices', chips = true }: Props) {
  const [text, setText] = useState(q)
  const [caret, setCaret] = useState(q.length)
  const input = useRef<HTMLInputElement>(null)
  const told = useRef(q)
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() })
  const suggestions = suggestionsFor(text, caret, facets)

  // The filter changed elsewhere: a facet, a chip, the browser's back button.
  useEffect(() => {
    if (q === told.current) return
    told.current = q
    setText(q)
    setCaret(q.length)
  }, [q])

  useEffect(() => {
    const wanted = text.trim()
    if (wanted === told.current || isUnfinished(wanted)) return
    const timer = setTimeout(() => {
      told.current = wanted
      onChange(wanted)
    }, settleMs)
    return () => clearTimeout(timer)
  }, [text, onChange])

  const choose = (index: string) => {
    const chosen = suggestions[Number(index)]
    if (chosen === undefined) return
    setText(chosen.text)
    setCaret(chosen.caret)
    combobox.resetSelectedOption()
    requestAnimationFrame(() => {
      input.current?.focus()
      input.current?.setSelectionRange(chosen.caret, chosen.caret)
    })
  }

  const followCaret = () => setCaret(input.current?.selectionStart ?? text.length)
  const tokens = tokensOf(q)
  return (
    <div>
      <Combobox
        store={combobox}
        onOptionSubmit={choose}
        position="bottom-start"
        middlewares={{ flip: false }}
      >
        <Combobox.Target withAriaAttributes>
          <TextInput
            ref={input}
            {...{ [filterFieldAttribute]: '' }}
            aria-label={label}
            placeholder="Name, or vendor: model: fw: status: cell: group: battery:"
            classNames={{ input: 'mono' }}
            value={text}
            error={error}
            leftSection={<IconFilter size={16} aria-hidden />}
            rightSection={
              text === '' ? null : (
                <CloseButton size="sm" aria-label="Clear the filter" onClick={() => setText('')} />
              )
            }
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => {
              setText(event.currentTarget.value)
              setCaret(event.currentTarget.selectionStart ?? event.currentTarget.value.length)
              combobox.openDropdown()
              combobox.resetSelectedOption()
            }}
            onClick={() => combobox.openDropdown()}
            onFocus={() => combobox.openDropdown()}
            onBlur={() => combobox.closeDropdown()}
            onKeyUp={followCaret}
            onSelect={followCaret}
          />
        </Combobox.Target>
        <Combobox.Dropdown hidden={suggestions.length === 0}>
          <Combobox.Options aria-label="Completions" mah={300} style={{ overflowY: 'auto' }}>
            {suggestions.map((suggestion, index) => (
              <Combobox.Option key={suggestion.label} value={String(index)}>
                <Group justify="space-between" gap="lg" wrap="nowrap">
                  <span className="mono">{suggestion.label}</span>
                  {suggestion.hint === undefined ? null : (
                    <Text size="xs" c="dimmed" truncate>
                      {suggestion.hint}
                    </Text>
                  )}
                </Group>
              </Combobox.Option>
            ))}
          </Combobox.Options>
        </Combobox.Dropdown>
      </Combobox>
      {chips && tokens.length > 0 ? (
        <Group gap={6} mt={8} role="group" aria-label="Filter in force">
          {tokens.map((token, index) => (
            <Pill
              key={`${token} ${index}`}
              withRemoveButton
              className="mono"
              onRemove={() => onChange(withoutToken(q, token))}
              removeButtonProps={{ 'aria-label': `Remove ${token}`, tabIndex: 0, 'aria-hidden': false }}
            >
              {token}
            </Pill>
          ))}
        </Group>
      ) : null}
    </div>
  )
}
