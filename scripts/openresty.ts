/**
 * Prints the path of the OpenResty of this machine, for `npm run test:openresty`, or ends with 1 and says what is missing.
 * It is looked for as everywhere: in NGINX_BIN, on PATH, then where its packages put it.
 */
import { EngineUnavailable } from '../src/engine/engine-unavailable.ts'
import { findNginx } from '../src/engine/nginx-install.ts'

const found = await findNginx().catch((error: unknown) => {
  if (error instanceof EngineUnavailable) return error
  throw error
})
if (found instanceof EngineUnavailable) fail(found.message)
else if (found?.profile !== 'openresty-1.27')
  fail(`there is no OpenResty 1.27 or later here${found ? `; ${found.path} is nginx ${found.version}` : ''}`)
else {
  process.stderr.write(`OpenResty ${found.version}\n`)
  console.log(found.path)
}

function fail(reason: string): void {
  process.stderr.write(
    `${reason}\nInstall OpenResty as openresty.org says, then put openresty on PATH or name it: NGINX_BIN=/path/to/openresty npm run test:openresty\n`,
  )
  process.exitCode = 1
}
