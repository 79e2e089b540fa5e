import { ref } from 'vue'
import { problemFrom } from './api'
import type { Problem } from './types'

/** A form or a list that asks the server: whether it waits, what was refused. */
export function useAsking() {
  const busy = ref(false)
  const problem = ref<Problem | null>(null)

  /** Do it; a refusal becomes `problem`. Whether it was done. */
  async function ask(act: () => Promise<unknown>): Promise<boolean> {
    busy.value = true
    problem.value = null
    try {
      await act()
      return true
    } catch (e) {
      problem.value = problemFrom(e)
      return false
    } finally {
      busy.value = false
    }
  }

  /** Nothing is sent: this is missing in the form. */
  function lacks(what: string): void {
    problem.value = { title: what, status: 0, code: 'form' }
  }

  return { busy, problem, ask, lacks }
}
