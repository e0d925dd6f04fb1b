import { test } from 'vitest'
import { coldStart } from './cold-start.ts'

test('a proxy with 300 services is never ready before its last route answers', () => coldStart(300))
