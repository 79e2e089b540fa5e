/** Shapes of /api/imports. A value that is absent or null is unknown. */
import type { Problem } from '../types'

/** One fact found in a file: what, how sure (0–1), why. */
export interface Finding {
  value: unknown
  label?: string
  confidence?: number | null
  reason?: string | null
}

export interface Mapped {
  header: string
  unit?: string | null
  label?: string
}

export interface Mapping {
  columns: Record<string, Mapped>
  unused: string[]
  reason?: string | null
}

export interface ImportFile {
  name: string
  sha256?: string
  size?: number | null
  rows?: number | null
  layer?: string | null
  format?: string | null
  columns_unused?: string[]
  /** Fact → what was found; `units` by header. */
  detected?: Record<string, Finding | Record<string, Finding>> | null
  notes?: string[] | null
  mapping?: Mapping | null
  /** Names its columns: what is said of them is said by it where there are several files. */
  headers_hash?: string
  /** The first rows as they were read; absent where the cells are not for this person. */
  preview?: Preview | null
}

export interface Preview {
  headers: string[]
  rows: (string | null)[][]
}

export interface Choice {
  value: unknown
  label: string
  /** What speaks for it or against it. */
  reason?: string | null
}

/** A register column that nothing fills, and the file's column that is spelled like it. */
export interface Missing {
  value: unknown
  label: string
  alike?: string | null
}

export interface Question {
  field: string
  file?: string | null
  /** Column of the file a unit is asked for. */
  column?: string | null
  why: string
  hint?: string | null
  choices: Choice[]
  /** Register columns that nothing fills; the choices are the file's columns then. */
  missing?: Missing[]
}

export type Severity = 'error' | 'warning' | 'notice'

export interface IssueCount {
  code: string
  severity: Severity
  message: string
  hint?: string | null
  side?: string | null
  side_label?: string | null
  /** Its rows are not applied as things stand. */
  keeps_out?: boolean
  count: number
}

export interface ImportJob {
  id: number
  version: number
  kind: string
  kind_label: string
  state: string
  state_label: string
  supplier: string | null
  data_on: string | null
  files: ImportFile[]
  questions: Question[] | null
  problem: Problem | null
  counts: Record<string, number>
  issue_counts: IssueCount[]
  step: string | null
  step_label?: string | null
  rows_done: number | null
  rows_total: number | null
  made_at: string | null
  made_by: string | null
  staged_at: string | null
  applied_at: string | null
  applied_by: string | null
  undone_at: string | null
  undone_by: string | null
  message: string | null
  can: string[]
  /** What was decided so far. */
  options?: Record<string, unknown>
  uploads?: { name: string; sha256: string; size: number }[]
}

export interface IssueRow {
  id: number
  file: string
  layer?: string | null
  row: number | null
  code: string
  severity: Severity
  message: string
  field?: string | null
  value?: string | null
  hint?: string | null
  side?: string | null
  has_geometry?: boolean
}

export interface Change {
  field: string
  label: string
  old: unknown
  new: unknown
}

export interface DiffRow {
  row_id: string
  class: string
  file: string | null
  row: number | null
  key: string | null
  land_code: string | null
  parcel_id?: number | null
  changes: Change[] | null
}

export interface DiffPage {
  classes: Record<string, number>
  rows: DiffRow[]
  more: boolean
}

/** GeoJSON as the map reads it. */
export interface Shape {
  type: 'Feature'
  id?: number | string
  geometry: unknown
  properties: Record<string, unknown>
}

export interface Column {
  name: string
  label: string
  dimension?: string | null
  units?: string[]
  /** Word of each value of a closed list. */
  values?: Record<string, string>
  required: boolean
}

export interface Kind {
  kind: string
  label: string
  geometry: 'required' | 'optional' | 'none'
  columns: Column[]
}

/** Labels of the room: kinds with their columns, states, steps, classes, severities. */
export interface ImportWords {
  kinds: Kind[]
  states: Record<string, string>
  steps: Record<string, string>
  classes: Record<string, string>
  severities: Record<Severity, string>
  facts: Record<string, string>
  sides?: Record<string, string>
  families?: Record<string, string>
  /** Ways to read pairs of coordinates. */
  axis_orders?: Record<string, string>
}

export interface Quality {
  supplier: string | null
  kind: string
  kind_label: string
  deliveries: number
  rows: number | null
  issues: number | null
  per_1000: number | null
  trend: { id: number; data_on: string | null; rows: number | null; per_1000: number | null }[]
}
