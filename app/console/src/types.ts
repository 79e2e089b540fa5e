/** Shapes of the HTTP API the console reads. What may be absent is optional; areas are m² unless the name says 亩 (mu). */

export interface Problem {
  title: string
  status: number
  code: string
  detail?: string
  pointer?: string
  hint?: string
}

export interface Account {
  id: number
  username: string
  display_name: string
  role: string
  department_code: string | null
  responsible_body: string | null
  county_code: string
}

export interface Session {
  account: Account
  as_of: string
  county: { code: string; name: string; bbox: [number, number, number, number] | null }
  can: Record<string, boolean>
}

export interface Named {
  code: string
  name: string
}

export interface ClassMeta {
  label: string
  colour: string
}

export interface Meta {
  county: Named
  bodies: { code: string; name: string; kind: string }[]
  classes: Record<string, ClassMeta>
  case_states: Record<string, string>
  roles: Record<string, string>
  steps: Record<string, { label: string }>
  measures: { key: string; label: string; unit: string }[]
  methods?: Record<string, string>
  categories?: Record<string, string>
  tax_bands?: Record<string, string>
  calibres?: { code: string; label: string }[]
  facts: { name: string; label: string; unit: string | null; values?: string[] }[]
  words?: Record<string, Record<string, string>>
  facts_as_of: string | null
  run_id: number | null
  rule_version: string | null
}

export type Tri = 'true' | 'false' | 'unknown'

export interface Comparison {
  fact: string
  label: string
  value: unknown
  unit: string | null
  op: string
  threshold: unknown
  data_on: string | null
  source: string | null
  missing: boolean
  negated?: boolean
  band?: string | null
  note?: string
  distance?: number | null
}

export interface Criterion {
  id: string
  name: string
  result: Tri
  expr: string
  comparisons: Comparison[]
  clause: string | null
  threshold_note: string | null
}

export interface Verdict {
  kind: string
  label: string
  result: string
  result_label?: string
  as_of: string
  rule_version: string
  criteria: Criterion[]
  detail: Record<string, unknown>
  determination?: Record<string, unknown> | null
}

export interface AreaRow {
  kind: string
  label: string
  m2: number | null
  mu: number | null
  source: string | null
  diff_to_planar_pct: number | null
}

export interface Occupant {
  uscc: string
  name: string
  relation: string
  area_m2: number | null
  area_mu: number | null
  grade: string | null
  tax_per_mu?: number | null
  band?: string | null
}

export type Row = Record<string, unknown>

export interface Archive {
  access?: 'full' | 'outline' | 'public'
  parcel: {
    id: number
    land_code: string
    cadastral_code: string | null
    name?: string | null
    location?: string | null
    town: Named | null
    responsible_body: Named | null
    block: Named | string | null
    ownership: string | null
    legality: string | null
    valid_from: string
    version: number
  }
  areas: AreaRow[]
  facts_as_of: string | null
  verdicts: Verdict[]
  occupants: Occupant[]
  buildings: Row[]
  contract: (Row & { supplements?: Row[]; indicators?: Row[] }) | null
  overlays: { family: string; label: string; version: string; ratio: number | null; area_m2: number | null; zones?: string[] }[]
  cases: { id: number; code: string; name: string; state: string }[]
  postings: Posting[]
  versions: { valid_from: string; valid_to: string | null; recorded_from: string; recorded_to: string | null; area_planar_m2: number }[]
  lineage: { parents: string[]; children: string[] }
  history: { at: string; who: string | null; action: string; label?: string; what?: string | null }[]
}

export interface NextStep {
  step: string
  label: string
  needs: string[]
}

export interface CaseParcel {
  land_code: string
  cadastral_code?: string | null
  name?: string | null
  claimed_m2: number | null
  accepted_m2: number | null
  area_used_m2?: number | null
  is_part?: boolean
}

export interface CaseSummary {
  id: number
  code: string
  name: string
  state: string
  responsible_body: string
  responsible_body_name?: string
  deadline_on: string | null
  person_in_charge: string | null
  method?: string | null
  method_label?: string | null
  category?: string | null
  category_label?: string | null
  m2?: number | null
  mu?: number | null
  n_parcels?: number
  n_enterprises?: number
  state_label?: string
  state_since?: string
  days_in_state?: number
  is_overdue?: boolean
  version: number
}

export interface CaseEvent {
  step: string
  from_state: string | null
  to_state: string
  label?: string
  actor_name: string
  actor_role: string
  department_code: string | null
  reason: string | null
  document: string | null
  happened_on: string
  recorded_at: string
}

export interface EvidenceItem {
  sha256: string
  filename: string
  media_type: string
  size_bytes: number
  uploaded_at: string
}

export interface CaseDetail extends CaseSummary {
  plan_text: string | null
  accepted_on: string | null
  parcels: CaseParcel[]
  enterprises: { uscc: string; name: string }[]
  events: CaseEvent[]
  evidence: EvidenceItem[]
  next_steps: NextStep[]
}

export interface Posting {
  id: number
  kind: string
  posted_on: string
  project_code?: string | null
  project_name?: string | null
  responsible_body?: string
  responsible_body_name?: string
  method?: string | null
  measure_key?: string
  land_code?: string | null
  case?: { id: number; code: string; name: string } | null
  kind_label?: string
  method_label?: string | null
  geometry_label?: string
  by?: string
  counted_m2: number
  mu?: number
  geometry_status: string
  document?: string | null
  reason?: string | null
}

export interface PostingPage {
  items: Posting[]
  measure?: { key: string; label: string }
  total: { counted_m2: number; mu: number; n: number }
  next: string | null
}

export interface Target {
  id: string
  indicator: string
  key: string
  unit: string
  cmp: string
  value: number | null
  kind: string
  kind_label?: string
  period: [string, string]
  scope: string
  clause: string | null
  status: 'computed' | 'observed' | 'unknown' | 'rule'
  done?: number | null
  rate_pct?: number | null
  missing?: string | null
  remark?: string
  source?: string
  observed_on?: string
}

export interface BodyProgress {
  responsible_body: string | null
  name: string
  allocated_mu: number | null
  done_mu: number
  rate_pct: number | null
  ahead_pp: number | null
  month_mu: number
  unmapped_mu: number
  rank: number | null
  rank_change?: number | null
}

export interface Progress {
  target: Target
  as_of: string
  calibre: { code: string; label: string; note?: string | null }
  status: string
  missing?: string | null
  done: { m2: number; mu: number }
  rate_pct: number
  time_progress: { days_elapsed: number; days_total: number; pct: number }
  ahead_pp: number
  gap_mu: number
  month: { new_mu: number; n_parcels: number; n_firms: number | null; yoy: number | null; mom: number | null } | null
  pace_12m_mu: number | null
  required_pace_mu: number | null
  eta: string | null
  eta_is_late: boolean | null
  final: boolean
  unmapped_mu: number
  rows: BodyProgress[]
  months?: { month: string; mu: number }[]
  assumption?: string | null
  sum_check: { rows_m2: number; total_m2: number; equal: boolean }
  postings_url?: string
}

export interface Group {
  id?: string
  name?: string
  label?: string
  relation?: string
  ownership?: string
  responsible_body?: string
  threshold_note?: string | null
  unknown?: { n_parcels: number; mu: number; parcels_url?: string }
  n_parcels: number
  mu: number
  share_pct?: number
  parcels_url?: string
}

export interface Summary {
  as_of: string
  rule_version: string
  calibre: { code: string; label: string; note?: string | null }
  denominator: { n_parcels: number; mu: number; parcels_url?: string }
  inefficient: { n_parcels: number; mu: number; share_pct: number; parcels_url?: string }
  unknown: { n_parcels: number; mu: number; parcels_url?: string }
  determined: { n_parcels: number; mu: number; parcels_url?: string }
  by_criterion: Group[]
  by_line: Group[]
  by_ownership: Group[]
  by_body: Group[]
  top: Row[]
  by_criterion_note?: string
  determined_note?: string
  threshold_note?: string | null
}
