/** Fields of an <Item>; `undefined` leaves the element out, an `xml` field is put in as it stands. */
export interface ItemText {
  readonly id?: string
  readonly Name?: string
  readonly Operations?: string
  readonly MultipleInstances?: string
  readonly Mandatory?: string
  readonly Type?: string
  readonly RangeEnumeration?: string
  readonly Units?: string
}

const itemOrder = [
  'Name',
  'Operations',
  'MultipleInstances',
  'Mandatory',
  'Type',
  'RangeEnumeration',
  'Units',
] as const

/** One <Item>: each field on a line of its own. */
export function item(change: ItemText = {}): string {
  const fields: ItemText = {
    id: '1',
    Name: 'Level',
    Operations: 'RW',
    MultipleInstances: 'Single',
    Mandatory: 'Optional',
    Type: 'Integer',
    RangeEnumeration: '',
    Units: '',
    ...change,
  }
  const lines = itemOrder.flatMap((name) =>
    fields[name] === undefined ? [] : [`<${name}>${fields[name]}</${name}>`],
  )
  return [
    `<Item ID="${fields.id}">`,
    ...lines,
    '<Description><![CDATA[1 < 2 & <b>]]></Description>',
    '</Item>',
  ].join('\n')
}

/** An object definition; the first line of the fields is line 3. */
export function ddf(items = item(), change: Readonly<Record<string, string | undefined>> = {}): string {
  const fields: Record<string, string | undefined> = {
    Name: 'Gas valve',
    Description1: 'Opens &amp; closes.',
    ObjectID: '33001',
    ObjectURN: 'urn:oma:lwm2m:x:33001:1.1',
    LWM2MVersion: '1.0',
    ObjectVersion: '1.1',
    MultipleInstances: 'Multiple',
    Mandatory: 'Optional',
    ...change,
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<LWM2M><Object ObjectType="MODefinition">',
    ...Object.entries(fields).flatMap(([name, text]) =>
      text === undefined ? [] : [`<${name}>${text}</${name}>`],
    ),
    '<Resources>',
    items,
    '</Resources>',
    '<Description2/>',
    '</Object></LWM2M>',
    '',
  ].join('\n')
}
