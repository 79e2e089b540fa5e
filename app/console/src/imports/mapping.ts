/** Columns of a file against columns of the register, as a person changes them before the delivery is checked again. */
import type { ImportFile, Kind } from './types'

export interface Line {
  header: string
  /** Register column it fills; '' is not used. */
  column: string
  unit: string
}

/** One line for each column of the file: those in use first. */
export function linesOf(file: ImportFile): Line[] {
  const mapping = file.mapping
  if (!mapping) return []
  const used = Object.entries(mapping.columns ?? {}).map(([column, m]) => ({ header: m.header, column, unit: m.unit ?? '' }))
  return [...used, ...(mapping.unused ?? []).map((header) => ({ header, column: '', unit: '' }))]
}

/** What was changed, as the server takes it: {register column: {header, unit}}; a column nothing fills any more has an empty header. */
export function changesOf(before: Line[], now: Line[]): Record<string, { header: string; unit?: string }> {
  const changes: Record<string, { header: string; unit?: string }> = {}
  const same = (a: Line, b: Line) => a.header === b.header && a.column === b.column && a.unit === b.unit
  for (const line of now)
    if (line.column && !before.some((b) => same(b, line))) changes[line.column] = { header: line.header, ...(line.unit ? { unit: line.unit } : {}) }
  for (const line of before) if (line.column && !now.some((n) => n.column === line.column)) changes[line.column] = { header: '' }
  return changes
}

/** All of it in the same form: what one of several files is told, whatever was said of all of them. */
export function wholeOf(before: Line[], now: Line[]): Record<string, { header: string; unit?: string }> {
  const used = now.filter((line) => line.column).map((line) => [line.column, { header: line.header, ...(line.unit ? { unit: line.unit } : {}) }])
  return { ...Object.fromEntries(used), ...changesOf(before, now) }
}

/** Register columns that must be filled and are not. */
export const unfilled = (kind: Kind | undefined, lines: Line[]): string[] =>
  (kind?.columns ?? []).filter((c) => c.required && !lines.some((l) => l.column === c.name)).map((c) => c.label)
