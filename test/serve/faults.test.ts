import { test } from 'vitest'
import { backendSwaps, mixedChanges, routesOneByOne } from './faults.ts'

test('60 mixed changes under load: no request fails, the listener never changes', () => mixedChanges(60, 2_000, 400))
test('60 routes added one by one: only 404 or 200', () => routesOneByOne(60, false))
test('40 routes with clusters of their own, added one by one: only 404 or 200', () => routesOneByOne(40, true))
test('20 exchanges of all backends with health checks on: no request fails', () => backendSwaps(20, 300))
test('100 mixed changes of nginx under load: no request fails, nothing is reloaded', () => mixedChanges(100, 2_000, 300, 'nginx'))
test('40 routes with services of their own, added to nginx one by one: only 404 or 200', () => routesOneByOne(40, true, 'nginx'))
test('10 exchanges of all backends of nginx with health checks on: no request fails', () => backendSwaps(10, 200, 'nginx'))
