/** Facts detected in a file as rows of a table: those of the file, and the unit of each area column. */
import type { Finding, ImportFile } from './types'
import { words } from './words'

const isFinding = (v: unknown): v is Finding => typeof v === 'object' && v !== null && 'value' in v
export const factLabel = (fact: string): string => words.value?.facts[fact] ?? fact

export function findingsOf(file: ImportFile): { facts: [string, Finding][]; notes: string[] } {
  const facts: [string, Finding][] = []
  for (const [fact, found] of Object.entries(file.detected ?? {})) {
    if (isFinding(found)) facts.push([factLabel(fact), found])
    else if (fact === 'units')
      for (const [header, unit] of Object.entries(found ?? {})) if (isFinding(unit)) facts.push([`${factLabel('unit')}:${header}`, unit])
  }
  return { facts, notes: file.notes ?? [] }
}
