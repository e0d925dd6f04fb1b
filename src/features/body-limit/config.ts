import { size } from '../../config/schema/scalars.ts'

/** What the user writes. */
export type Written = string

export const schema = size({ description: 'Largest body of a request. A larger one is answered with 413.', examples: ['64KiB', '1MiB', '5GiB'] })
