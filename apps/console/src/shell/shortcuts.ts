import { screens } from './screens'

interface Shortcut {
  /** Keys as printed on them, pressed one after the other. */
  keys: readonly string[]
  does: string
  /** With a modifier, or in a field: not a single key that WCAG 2.1.4 lets people switch off. */
  always?: true
}

/** Every shortcut there is; the sheet behind `?` is drawn from this list. */
export const shortcuts: readonly { group: string; items: readonly Shortcut[] }[] = [
  {
    group: 'Anywhere',
    items: [
      { keys: ['Ctrl/⌘', 'K'], does: 'Find a device or a screen', always: true },
      { keys: ['/'], does: 'Go to the filter of this page' },
      { keys: ['?'], does: 'Show these shortcuts' },
      { keys: ['Esc'], does: 'Close the top layer', always: true },
    ],
  },
  { group: 'Go to', items: screens.map(({ key, label }) => ({ keys: ['g', key], does: label })) },
  {
    group: 'In the list of devices',
    items: [
      { keys: ['j'], does: 'Next device' },
      { keys: ['k'], does: 'Previous device' },
      { keys: ['Enter'], does: 'Open the device', always: true },
    ],
  },
]

/** Attribute of the field that `/` goes to. */
export const filterFieldAttribute = 'data-filter-field'
