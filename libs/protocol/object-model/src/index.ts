export { fromBase64, toBase64, toBase64Url } from './base64.js'
export {
  allObjectIds,
  impliedVersion,
  objectDefinition,
  objectVersions,
  registryDefinitions,
} from './catalogue.js'
export {
  compareVersions,
  definitionsOf,
  firstDefinition,
  nearestVersion,
  versionParts,
} from './definition.js'
export type { DefinitionLookup, ObjectDefinition, ResourceDefinition } from './definition.js'
export { hazardOf } from './hazards.js'
export type { Hazard, HazardOperation } from './hazards.js'
export { valueFromJson, valueToJson } from './json.js'
export type { JsonValue } from './json.js'
export {
  comparePaths,
  formatPath,
  isWithin,
  joinPath,
  parentPath,
  parsePath,
  pathIds,
  pathLevel,
  pathOf,
  resourcePath,
  rootPath,
  samePath,
} from './path.js'
export type { Path } from './path.js'
export {
  INT64_MAX,
  INT64_MIN,
  UINT64_MAX,
  formatObjlnk,
  isIntegerValue,
  isObjlnk,
  normaliseInteger,
  parseObjlnk,
  resourceTypes,
  sameValue,
  typeMismatch,
} from './value.js'
export type { Node, Objlnk, ResourceType, ResourceValue } from './value.js'
export { validateWrite } from './write-validation.js'
