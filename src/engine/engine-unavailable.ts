/** No usable Envoy: the message says what was tried and what to do. */
export class EngineUnavailable extends Error {}
