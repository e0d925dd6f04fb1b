import { test } from 'vitest'
import { coldStart } from '../serve/cold-start.ts'
import { backendSwaps, mixedChanges, routesOneByOne } from '../serve/faults.ts'

test('1,000 mixed changes and at least 200,000 requests: none fails', () => mixedChanges(1_000, 200_000, 500))
test('500 routes added one by one: only 404 or 200', () => routesOneByOne(500, false))
test('500 routes with clusters of their own, added one by one: only 404 or 200', () => routesOneByOne(500, true))
test('200 exchanges of all backends with health checks on: no request fails', () => backendSwaps(200, 300))
test('a cold start with 10,000 clusters: no 503 once ready', () => coldStart(10_000))
test('1,000 mixed changes of nginx and at least 200,000 requests: none fails, nothing is reloaded', () => mixedChanges(1_000, 200_000, 500, 'nginx'))
test('500 routes with services of their own, added to nginx one by one: only 404 or 200', () => routesOneByOne(500, true, 'nginx'))
test('200 exchanges of all backends of nginx with health checks on: no request fails', () => backendSwaps(200, 300, 'nginx'))
