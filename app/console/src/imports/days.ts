import { session } from '../session'

/** Whether a day is still to come: data reflect a day that has been (the server refuses others). */
export function isToCome(day: Date): boolean {
  const said = [day.getFullYear(), String(day.getMonth() + 1).padStart(2, '0'), String(day.getDate()).padStart(2, '0')].join('-')
  return !!session.value?.as_of && said > session.value.as_of
}
