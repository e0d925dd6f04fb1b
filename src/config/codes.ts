/** What `sluice explain-code` says about the codes of reading and checking. */
export const codes: Readonly<Record<string, string>> = {
  'yaml/syntax': 'The file is not valid YAML 1.2 at this place. Only the first error of a line is shown; those that follow are often its echo.',
  'yaml/quote-this':
    'YAML reads this text as something else: inside `{}` or `[]` a brace begins a map (`{port: ${PORT}}`, `{path: /t/{id}}`), and a leading `*` is an alias (`[*.example.com]`). Put the text in quotes.',
  'yaml/too-deep': 'Maps and lists may be nested 64 levels deep. gateway.yaml needs about ten; deeper files are mistakes or attacks.',
  'yaml/many-documents': 'A file holds one YAML document. Remove the `---` between two, or make two files and name both in `include`.',
  'yaml/duplicate-key': 'The same key stands twice in one map. YAML readers disagree about which one counts, so neither is taken silently.',
  'yaml/key-not-text': 'Keys are text. Numbers, true, false, null, maps and lists are not; quote what is meant as text (`"503": …`).',
  'yaml/forbidden-key': '`__proto__`, `constructor` and `prototype` have a meaning in programs that read such files, and are refused.',
  'yaml/half-character':
    'An escape such as `\\ud83d` stands for one half of a character. Alone it is no text: files and messages to proxies could not hold it. Write the character itself.',
  'yaml/old-boolean':
    'YAML 1.1 reads `y`, `n`, `yes`, `no`, `on` and `off` as booleans, YAML 1.2 as text. Write `true` or `false`, or quote the text.',
  'yaml/alias-cycle': 'An alias stands inside the value that its anchor names, so the value would never end.',
  'yaml/alias-bomb':
    'Aliases of aliases multiply: a few lines can become billions of values. The file is refused when they add more than about 100,000 values.',
  'yaml/bad-merge': '`<<` merges maps: its value is a map, an alias of one, or a list of these.',
  'yaml/custom-tag': 'Tags such as `!Ref` have no meaning here. Standard tags (`!!str`, `!!int`, …) are allowed.',
  'config/empty-file': 'The file holds nothing but perhaps comments. Nothing read is a failure, never a success.',
  'config/not-a-map': 'A file of the gateway is a map with keys such as `version`, `services` and `routes`.',
  'config/missing-file':
    'A file that was named on the command line, in `include` or as an overlay does not exist. Paths in a file start at that file.',
  'config/unreadable-file': 'The file exists but cannot be used: no permission, a directory, larger than 16 MiB, or not UTF-8 text.',
  'config/include-cycle': 'Files include each other in a circle. The message names the circle; remove one of its includes.',
  'config/included-twice': 'Two includes name the same file. Its content would only count once, so one of them is a mistake.',
  'config/bad-include': '`include` is a list of paths and patterns of files, without variables, in the main file or in an included one.',
  'config/empty-include': 'A pattern of `include` matches no file. That may be meant (no routes yet), so it is a warning.',
  'config/duplicate-name':
    'Two files define the same name. Included files never override each other; use an overlay to change something for one environment.',
  'config/unknown-overlay-name': 'The overlay deletes (`name: null`) something that the files under it do not define.',
  'config/bad-overlay': 'The name of an overlay is the name of a file in `overlays/`, without `.yaml`.',
  'config/unknown-key':
    'The language has no such key at this place. Unknown keys are errors, so that a typing mistake never switches a protection off.',
  'config/missing-key': 'A key that must be written is not there.',
  'config/wrong-type':
    'The value is of another kind than the key takes, such as text where a number must stand. Quotes make text; a variable takes the type that is asked for.',
  'config/bad-value': 'The value is of the right kind, but not one that the key takes. The message says which are.',
  'config/bad-name':
    'Names have lower-case letters, digits and inner hyphens, 1 to 63 characters: they become resource names, labels of metrics and parts of URLs.',
  'config/one-of':
    'Of some keys exactly one must be written, such as `endpoints` or `discovery` of a service, and `to` or another action of a route.',
  'config/literal-secret':
    'A secret stands in the file itself. Write a reference instead: `secret://env/NAME` or `secret://file/path`. The value is not repeated in findings.',
  'config/bad-variable':
    'Variables are written `${NAME}`, `${NAME:-default}` or `${NAME:?message}` and are not nested. A dollar sign is written `$$`.',
  'config/undefined-variable': 'A variable without a default is not set in the environment (or is empty, with `:?`).',
}
