/** Facts detected in a file as rows of a table: facts of the file, and units of single columns. */
import type { Finding, ImportFile } from './types'
import { words } from './words'

const isFinding = (v: unknown): v is Finding => typeof v === 'object' && v !== null && 'value' in v
export const factLabel = (fact: string): string => words.value?.facts[fact] ?? fact

export function findingsOf(file: ImportFile): { facts: [string, Finding][]; notes: string[] } {
  const found = file.detected ?? {}
  const list: [string, Finding][] = Array.isArray(found.findings)
    ? found.findings.map((f) => [f.fact ?? '', f])
    : Object.entries(found).flatMap(([fact, f]) => (isFinding(f) ? [[fact, f] as [string, Finding]] : []))
  const facts = list.map(([fact, f]): [string, Finding] => [f.column ? `${factLabel(fact)}:${f.column}` : factLabel(fact), f])
  return { facts, notes: file.notes ?? [] }
}
