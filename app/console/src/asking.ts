import { ref } from 'vue'
import { problemFrom } from './api'
import type { Problem } from './types'

/** A form or a list that asks the server: whether it waits, what was refused, whether it was answered last: until then a count is unknown, not 0. */
export function useAsking() {
  const busy = ref(false)
  const problem = ref<Problem | null>(null)
  const answered = ref(false)

  /** Do it; a refusal becomes `problem`. Whether it was done. */
  async function ask(act: () => Promise<unknown>): Promise<boolean> {
    busy.value = true
    problem.value = null
    try {
      await act()
      answered.value = true
      return true
    } catch (e) {
      problem.value = problemFrom(e)
      answered.value = false
      return false
    } finally {
      busy.value = false
    }
  }

  /** Nothing is sent: this is missing in the form. */
  function lacks(what: string): void {
    problem.value = { title: what, status: 0, code: 'form' }
  }

  return { busy, problem, answered, ask, lacks }
}
