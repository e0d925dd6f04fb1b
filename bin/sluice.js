#!/usr/bin/env node
// Plain old syntax and no static import: a Node.js that is too old must get as far as saying so.
import module from 'node:module'
import process from 'node:process'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major > 22 || (major === 22 && minor >= 18)) {
  module.enableCompileCache() // reading the code anew takes longer than most runs
  import('../dist/src/cli.js').then(({ runProcess }) => runProcess())
} else {
  process.stderr.write(
    `error: sluice needs Node.js 22.18 or newer, and this is ${process.versions.node}; install a newer one from https://nodejs.org\n`,
  )
  process.exitCode = 69
}
