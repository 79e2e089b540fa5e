/** Rows a page at a time, forward by the last one's number and back by those remembered. */
import { computed, ref, shallowRef } from 'vue'
import { problemFrom } from '../api'
import type { Problem } from '../types'

export const PAGE = 50
type Mark = number | string | undefined

interface Page<T> {
  rows: T[]
  more: boolean
  /** Mark of the page's last row: what the next page is asked after. */
  last: Mark
}

export function usePages<T>(ask: (after: Mark, limit: number) => Promise<Page<T>>) {
  const rows = shallowRef<T[]>([])
  const more = ref(false)
  const busy = ref(false)
  const problem = ref<Problem | null>(null)
  const marks = ref<Mark[]>([undefined])
  let last: Mark
  let turn = 0

  async function load() {
    const mine = ++turn
    busy.value = true
    problem.value = null
    try {
      const page = await ask(marks.value[marks.value.length - 1], PAGE)
      if (mine !== turn) return // a later question was asked meanwhile
      rows.value = page.rows
      more.value = page.more
      last = page.last
    } catch (e) {
      if (mine === turn) problem.value = problemFrom(e)
    } finally {
      if (mine === turn) busy.value = false
    }
  }

  function restart() {
    marks.value = [undefined]
    void load()
  }
  function next() {
    marks.value.push(last)
    void load()
  }
  function back() {
    if (marks.value.length > 1) marks.value.pop()
    void load()
  }
  return { rows, more, busy, problem, first: computed(() => marks.value.length === 1), restart, next, back }
}
