import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allObjectIds, objectDefinition, objectVersions } from '../index.js'
import type { ObjectDefinition, ResourceType } from '../index.js'
import { ddf, item } from './ddf.test-support.js'
import { DdfError, MAX_DDF_BYTES, importDdf } from './index.js'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const only = (file: string | Uint8Array): ObjectDefinition => importDdf(file).definitions[0]!
const warningsOf = (file: string | Uint8Array): string[] =>
  importDdf(file).warnings.map(({ line, message }) => `${line}: ${message}`)

describe('a definition file', () => {
  it('gives the definition it states', () => {
    const file = ddf([item(), item({ id: '2', Name: 'Close', Operations: 'E', Type: '' })].join('\n'))
    expect(importDdf(file).warnings).toEqual([])
    expect(importDdf(utf8(file))).toEqual(importDdf(file))
    expect(only(file)).toEqual({
      id: 33001,
      name: 'Gas valve',
      version: '1.1',
      lwm2mVersion: '1.0',
      urn: 'urn:oma:lwm2m:x:33001:1.1',
      multiple: true,
      mandatory: false,
      resources: new Map([
        [
          1,
          {
            id: 1,
            name: 'Level',
            operations: 'RW',
            multiple: false,
            mandatory: false,
            type: 'integer',
            range: '',
            units: '',
          },
        ],
        [
          2,
          {
            id: 2,
            name: 'Close',
            operations: 'E',
            multiple: false,
            mandatory: false,
            type: 'none',
            range: '',
            units: '',
          },
        ],
      ]),
    })
  })

  it('takes elements in any order, versions left out, entities and CDATA', () => {
    const definition = only(
      ddf(item({ Name: '<![CDATA[A & B < C]]> &amp;&#x20;&#233;' }), {
        Name: undefined,
        ObjectURN: 'urn:oma:lwm2m:x:33001',
        LWM2MVersion: undefined,
        ObjectVersion: undefined,
      }).replace('<Resources>', '<Name>Late</Name>\n<Resources>'),
    )
    expect(definition).toMatchObject({
      name: 'Late',
      version: '1.0',
      lwm2mVersion: '1.0',
      urn: 'urn:oma:lwm2m:x:33001',
    })
    expect(definition.resources.get(1)!.name).toBe('A & B < C & é')
  })

  it('of several objects gives all of them', () => {
    const two = ddf().replace(
      '</Object></LWM2M>',
      `</Object>${ddf(item(), { ObjectID: '33002', ObjectURN: 'urn:oma:lwm2m:x:33002:1.1' }).replace(/^[^]*?<LWM2M>/, '')}`,
    )
    expect(importDdf(two).definitions.map(({ id }) => id)).toEqual([33001, 33002])
  })

  it.each([
    ['a byte order mark', `\ufeff${ddf()}`, '1: the file begins with a byte order mark'],
    [
      'no operation',
      ddf(item({ Operations: '' })),
      '14: resource 1 has no operation: bootstrap or Send only',
    ],
    [
      'operations in other words',
      ddf(item({ Operations: 'w, r' })),
      '14: resource 1: operations "w, r" are read as RW',
    ],
    [
      'an executable with a type',
      ddf(item({ Operations: 'E' })),
      '17: resource 1 is executed and has the type Integer',
    ],
    ['no type', ddf(item({ Type: '' })), '17: resource 1 has no type: its values are shown as they come'],
    [
      'a type in other capitals',
      ddf(item({ Type: 'unsigned_integer' })),
      '17: resource 1: type "unsigned_integer" is read as Unsigned Integer',
    ],
    [
      'units of more than 40 characters',
      ddf(item({ Units: `${'\u{1f4a7}'.repeat(39)} per hour` })),
      `19: resource 1: of its units only "${'\u{1f4a7}'.repeat(39)}" is kept`,
    ],
    [
      'an executable with instances',
      ddf(item({ Operations: 'E', Type: '', MultipleInstances: 'Multiple' })),
      '12: resource 1 is executed and has instances',
    ],
    ['other capitals', ddf(item({ Mandatory: 'optional' })), '16: Mandatory "optional" is read as Optional'],
    [
      'an irregular range',
      ddf(item({ RangeEnumeration: '0-255' })),
      '18: resource 1: range "0-255" is read as 0..255',
    ],
    [
      'a range nobody understands',
      ddf(item({ RangeEnumeration: '8 bit' })),
      '18: resource 1: range "8 bit" is not understood and not enforced',
    ],
    [
      'another version in the URN',
      ddf(item(), { ObjectURN: 'urn:oma:lwm2m:x:33001' }),
      '6: ObjectURN states version 1.0, ObjectVersion 1.1; the ObjectVersion is taken',
    ],
    [
      'a version in the URN alone',
      ddf(item(), { ObjectVersion: undefined }),
      '6: ObjectVersion is missing; version 1.1 is taken from the URN',
    ],
    [
      'another object in the URN',
      ddf(item(), { ObjectURN: 'urn:oma:lwm2m:x:33009:1.1' }),
      '6: ObjectURN names object 33009, ObjectID 33001; the ObjectID is taken',
    ],
    [
      'no URN',
      ddf(item(), { ObjectURN: undefined }),
      '2: ObjectURN is missing; it is taken as urn:oma:lwm2m:x:33001:1.1',
    ],
    [
      'a URN of something else',
      ddf(item(), { ObjectURN: 'urn:x' }),
      '6: ObjectURN "urn:x" is none of LwM2M; it is taken as urn:oma:lwm2m:x:33001:1.1',
    ],
    ['no resources', ddf(''), '11: the object has no resources'],
    ['another object type', ddf().replace('MODefinition', 'MO'), '2: ObjectType is not "MODefinition"'],
    ['no root', ddf().replace(/<\/?LWM2M>/g, ''), '2: the <LWM2M> around <Object> is missing'],
  ])('with %s is taken with a warning', (_what, file, warning) => {
    expect(warningsOf(file)).toEqual([warning])
    expect(warningsOf(file.replaceAll('\n', '\r\n'))).toEqual([warning])
    expect(only(file)).toMatchObject({ id: 33001, version: '1.1', name: 'Gas valve' })
  })

  it.each([
    ['nothing', '', 1, 'Start tag'],
    ['text', 'ID;Name', 1, 'not well-formed'],
    ['another XML', '<html>\n</html>', 1, '<html> is no object definition'],
    ['no object', '<LWM2M>\n</LWM2M>', 1, 'no object definition'],
    ['a tag not closed', ddf().replace('</Units>', ''), 21, 'not well-formed'],
    [
      'a document type',
      ddf().replace('?>', '?>\n<!-- x -->\n<!DOCTYPE LWM2M [<!ENTITY a "b">]>'),
      3,
      'document type',
    ],
    [
      'a document type inside',
      ddf().replace('<Resources>', '<!DOCTYPE a>\n<Resources>'),
      11,
      'document type',
    ],
    ['an unknown entity', ddf(item({ Name: '&secret;' })), 13, 'character reference'],
    ['a bare ampersand', ddf(item({ Name: 'A & B' })), 13, 'not well-formed'],
    ['a surrogate', ddf(item({ Name: '&#xd800;' })), 13, 'character reference'],
    ['no name', ddf(item(), { Name: '' }), 3, '<Name>'],
    ['no object id', ddf(item(), { ObjectID: undefined }), 2, '<ObjectID>'],
    ['an object id that is none', ddf(item(), { ObjectID: '70000' }), 5, 'ObjectID is a number'],
    ['a version that is none', ddf(item(), { ObjectVersion: '2' }), 8, 'ObjectVersion is major.minor'],
    [
      'an enabler version that is none',
      ddf(item(), { LWM2MVersion: 'one' }),
      7,
      'LWM2MVersion is major.minor',
    ],
    ['no instances said', ddf(item(), { MultipleInstances: undefined }), 2, '<MultipleInstances>'],
    ['no resource list', ddf().replaceAll('Resources>', 'Others>'), 2, '<Resources> is missing'],
    ['an id twice', ddf([item(), item()].join('\n')), 22, 'resource 1 is defined twice'],
    ['no resource id', ddf(item({ id: '' })), 12, 'the ID of an Item'],
    ['a resource id too large', ddf(item({ id: '65536' })), 12, 'the ID of an Item'],
    ['an unknown type', ddf(item({ Type: 'Money' })), 17, 'Type "Money"'],
    ['an unknown operation', ddf(item({ Operations: 'RWX' })), 14, 'Operations are'],
    ['execute and read', ddf(item({ Operations: 'RE' })), 14, 'Operations are'],
    ['a choice that is none', ddf(item({ Mandatory: 'maybe' })), 16, 'Mandatory is Optional or Mandatory'],
    ['a resource without a name', ddf(item({ Name: ' ' })), 13, '<Name>'],
    ['a name of no end', ddf(item({ Name: 'x'.repeat(300) })), 13, 'more than 200'],
    [
      'elements of no end after an apostrophe',
      `<?it's?>\n<LWM2M>${'\n<a/>'.repeat(20_001)}</LWM2M>`,
      20_002,
      'more than 20000 elements',
    ],
    ['elements of no end', `<LWM2M>${'\n<a/>'.repeat(20_001)}</LWM2M>`, 20_001, 'more than 20000 elements'],
    [
      'too many resources',
      ddf(
        Array.from(
          { length: 2_001 },
          (_, id) =>
            `<Item ID="${id}"><Name>a</Name><Operations>R</Operations><MultipleInstances>Single</MultipleInstances><Mandatory>Optional</Mandatory><Type>Time</Type></Item>`,
        ).join('\n'),
      ),
      2_012,
      'more than 2000 resources',
    ],
    ['a name of control characters', ddf(item({ Name: '\u0001' })), 13, 'missing or empty'],
    ['nesting', `<LWM2M>${'\n<a>'.repeat(20)}`, 17, 'nested deeper'],
  ])('with %s is refused with the line', (_what, file, line, words) => {
    expect(() => importDdf(file)).toThrow(DdfError)
    expect(() => importDdf(file)).toThrow(words)
    expect(() => importDdf(file)).toThrow(expect.objectContaining({ line }))
  })

  it('with names that mean something to an engine is taken or refused, never more', () => {
    for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '_', 'a:b']) {
      const inside = ddf().replace(
        '<Resources>',
        `<${name} ${name}="1"><${name}>x</${name}></${name}>\n<Resources>`,
      )
      for (const file of [`<${name}/>`, `<LWM2M ${name}="1"/>`, inside]) {
        try {
          importDdf(file)
        } catch (error) {
          expect(error).toBeInstanceOf(DdfError)
        }
      }
    }
    expect({}).not.toHaveProperty('x')
  })

  it('with anything changed is taken or refused, never more', () => {
    const good = ddf([item(), item({ id: '2', Operations: 'E', Type: '' })].join('\n'))
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      '&',
      ';',
      '"',
      "'",
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      '<!DOCTYPE',
      '</Item>',
      '<Item>',
      '&#0;',
      '&lt',
      '\u0000',
      '\ufeff',
      '',
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length), fc.nat(30), piece), { minLength: 1, maxLength: 3 }),
        (edits) => {
          let file = good
          for (const [at, length, text] of edits) file = file.slice(0, at) + text + file.slice(at + length)
          try {
            importDdf(file)
          } catch (error) {
            if (!(error instanceof DdfError)) throw error
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('that is too large or not UTF-8 is refused', () => {
    expect(() => importDdf(new Uint8Array(MAX_DDF_BYTES + 1))).toThrow('more than')
    expect(() => importDdf(Uint8Array.of(0x3c, 0xff))).toThrow('not UTF-8')
  })

  it.each([
    ['open tags', '<a>'],
    ['open comments', '<!--'],
    ['open sections', '<![CDATA['],
    ['less-than signs', '<'],
    ['ampersands', '&'],
    ['attributes', '<a b="c" '],
    ['quotes', '<a b="'],
    ['closed comments', '<!--x-->'],
    ['siblings', '<a/>'],
    ['question marks', '<?'],
    ['declarations', '<?xml?>'],
    ['line ends', '\r'],
  ])('of nothing but %s costs little', (_what, body) => {
    const size = 65_536
    for (const head of ['', '<LWM2M>', '<LWM2M><Object>', '<LWM2M x="']) {
      const start = process.cpuUsage()
      for (const tail of ['', '>', '/>', '"/>', '-->'])
        expect(() => importDdf(head + body.repeat(size / body.length) + tail)).toThrow(DdfError)
      expect(process.cpuUsage(start).user / 1000).toBeLessThan(1_000)
    }
  })
})

describe('every object of the registry', () => {
  const typeNames: Record<ResourceType, string> = {
    string: 'String',
    integer: 'Integer',
    unsigned: 'Unsigned Integer',
    float: 'Float',
    boolean: 'Boolean',
    opaque: 'Opaque',
    time: 'Time',
    objlnk: 'Objlnk',
    corelnk: 'Corelnk',
    none: '',
  }
  const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

  it('survives being written as a definition file and read again, its ranges aside', () => {
    for (const definition of allObjectIds().flatMap((id) =>
      objectVersions(id).map((version) => objectDefinition(id, version)!),
    )) {
      const items = [...definition.resources.values()].map((resource) =>
        item({
          id: String(resource.id),
          Name: escaped(resource.name),
          Operations: resource.operations,
          MultipleInstances: resource.multiple ? 'Multiple' : 'Single',
          Mandatory: resource.mandatory ? 'Mandatory' : 'Optional',
          Type: typeNames[resource.type],
          RangeEnumeration: escaped(resource.range),
          Units: escaped(resource.units),
        }),
      )
      const file = ddf(items.join('\n'), {
        Name: escaped(definition.name),
        ObjectID: String(definition.id),
        ObjectURN: definition.urn,
        LWM2MVersion: definition.lwm2mVersion,
        ObjectVersion: definition.version,
        MultipleInstances: definition.multiple ? 'Multiple' : 'Single',
        Mandatory: definition.mandatory ? 'Mandatory' : 'Optional',
      })
      const withoutRanges = ({ resources, ...rest }: ObjectDefinition): unknown => ({
        ...rest,
        resources: [...resources.values()].map((resource) => ({ ...resource, range: '' })),
      })
      expect(withoutRanges(only(file))).toEqual(withoutRanges(definition))
    }
  })
})
