import { readdirSync, readFileSync } from 'node:fs'

/** CPU time of a process in microseconds, all threads together, to the nanosecond of the scheduler (`/proc/PID/stat` counts ticks of 10 ms). */
export function cpuMicros(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + threadMicros(pid, Number(thread)), 0)
}

/** CPU time of one thread in microseconds; by default the main thread. */
export function threadMicros(pid: number, thread = pid): number {
  return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1000
}

/** Memory of a process in MB: what it has now, and the most that it ever had. */
export function memory(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? NaN) / 1024
  return { now: read('VmRSS'), peak: read('VmHWM') }
}

/** Wall and CPU time of this process while `work` runs, in milliseconds. */
export async function timed<T>(work: () => T | Promise<T>): Promise<{ readonly value: T; readonly wall: number; readonly cpu: number }> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const value = await work()
  const used = process.cpuUsage(cpu)
  return { value, wall: performance.now() - start, cpu: (used.user + used.system) / 1000 }
}
