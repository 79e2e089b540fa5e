/** Labels, colours and units as the server says them. */
import { ref } from 'vue'
import { call } from './api'
import type { ClassMeta, Meta } from './types'

export const meta = ref<Meta | null>(null)
let asked: Promise<Meta> | null = null

export function loadMeta(): Promise<Meta> {
  asked ??= call<Meta>('/api/meta')
    .then((found) => (meta.value = found))
    .catch((e: unknown) => {
      asked = null
      throw e
    })
  return asked
}

export function dropMeta(): void {
  meta.value = null
  asked = null
}

export const classes = (): [string, ClassMeta][] => Object.entries(meta.value?.classes ?? {})
export const classOf = (key: string): ClassMeta => meta.value?.classes[key] ?? { label: key || '资料不全', colour: '#9aa0a6' }
export const stateLabel = (key: string | null): string => (key ? (meta.value?.case_states[key] ?? key) : '')
export const stepLabel = (key: string): string => meta.value?.steps[key]?.label ?? key
export const roleLabel = (key: string): string => meta.value?.roles[key] ?? key
export const bodyName = (code: string | null | undefined): string =>
  code ? (meta.value?.bodies.find((b) => b.code === code)?.name ?? code) : '未归属'
export const factLabel = (name: string): string => meta.value?.facts.find((f) => f.name === name)?.label ?? name
export const methodLabel = (key: string | null | undefined): string => (key ? (meta.value?.methods?.[key] ?? key) : '')
/** Word of a stored value (ownership, supply mode …) where the server gives one. */
export const wordOf = (group: string, key: unknown): string =>
  key === null || key === undefined || key === '' ? '—' : (meta.value?.words?.[GROUPS[group] ?? group]?.[String(key)] ?? WORDS[group]?.[String(key)] ?? String(key))

/** Our group names → the pack's. */
const GROUPS: Record<string, string> = { cause: 'idle', menu: 'idle', standard_status: 'standard_land', inefficient: '-', standard_land: '-' }

export const bandLabel = (key: unknown): string => (key ? (meta.value?.tax_bands?.[String(key)] ?? String(key)) : '—')

// Words of PRACTICE §5 for closed value lists of verdict details; used where /api/meta has none.
const WORDS: Record<string, Record<string, string>> = {
  ownership: { G: '国有', J: '集体', Z: '权属不明' },
  legality: { certified: '有证', approved_uncertified: '有批未证', unlawful: '无合法手续' },
  relation: { own: '自有', rent_in: '承租', rent_out: '出租' },
  inefficient: { true: '低效(初判)', false: '正常', unknown: '资料不全' },
  idle: { suspected: '疑似闲置', not_idle: '未见闲置', insufficient_data: '资料不全' },
  standard_land: { true: '标准地', false: '非标准地', unknown: '资料不全' },
  cause: { holder: '企业原因', government: '政府原因', force_majeure: '不可抗力', unverified: '未核实' },
  menu: { art12: '令53第12条', art14_fee: '令53第14条(满一年)', art14_recover: '令53第14条(满两年)', needs_investigation: '先行调查核实原因' },
  limb: { '2(1)': '第二条第一款:满一年未动工', '2(2)': '第二条第二款:动工不足且中止满一年' },
  missing: { start: '约定动工日', started: '是否动工', ratios: '动工面积或投资额', suspended_from: '中止日期' },
  standard_status: {
    performing: '履约中',
    completion_due: '待竣工验收',
    capacity_due: '待达产复核',
    met: '达标',
    not_met: '未达标',
    breach: '违约处置',
    transferred: '已转让',
  },
  posting_kind: { acceptance: '入账', opening: '期初结转', reversal: '核减', repost: '转记', mapping: '补图' },
  geometry_status: { mapped: '已上图', unmapped: '未上图' },
  line: { inside: '线内', outside: '线外', crossing: '跨线' },
  gate: { completion: '竣工', capacity: '达产' },
  indicator: {
    fixed_asset_investment_intensity: '固定资产投资强度',
    floor_area_ratio: '容积率',
    energy_value_added: '单位能耗增加值',
    emission_value_added: '单位排放增加值',
    tax_per_mu: '亩均税收',
  },
  indicator_result: { passed: '达标', failed: '未达标', due: '到期未验', open: '未到期' },
  supply_mode: { standard_land: '标准地出让', listed_grant: '挂牌出让', agreed_grant: '协议出让', allocation: '划拨', lease: '租赁', historic: '历史用地' },
  result: { true: '符合', false: '不符合', unknown: '资料不全' },
}
