/** What `sluice explain-code` says about the codes of the checks over a whole gateway. */
export const codes: Readonly<Record<string, string>> = {
  'attribute/unknown':
    'Braces in this text hold an attribute of the request, such as {client.ip} or {request.header.x-user}. A brace that is meant as such is written `{{`.',
  'attribute/unclosed':
    'An opening brace begins an attribute such as {client.ip}, so it needs a closing one. A brace that is meant as such is written `{{`.',
  'attribute/not-here':
    'The attribute exists, but this key cannot use it, for the reason that the message gives. The help lists the attributes that it takes.',
  'config/duration-out-of-range':
    'Durations are longer than nothing (except where `0` switches a limit off) and at most 365 days, which timers and proxies can still count.',
  'gateway/no-listener': 'Without a listener no request can ever arrive. Write at least `listeners: {public: {port: 8080}}`.',
  'listener/bad-address':
    'A listener binds an IP address of the machine that the proxy runs on: 0.0.0.0 or :: for all of them, 127.0.0.1 for this machine alone.',
  'listener/port-used-twice': 'Two listeners cannot have the same port of the same address. `0.0.0.0` and `::` mean every address of the machine.',
  'listener/unknown-redirect': '`redirectTo` names the listener, by its key in `listeners`, that clients are sent to instead.',
  'listener/redirect-chain':
    'A listener that redirects serves no routes. When the target redirects as well, a client follows redirects without an end.',
  'route/unknown-group': '`group` names an entry of `groups`, whose hosts, listeners and policy hold for the route too.',
  'route/unknown-listener': 'An entry of `listeners` of a route or a group names a listener that is not defined.',
  'route/redirecting-listener':
    'A listener with `redirectTo` answers every request with a redirect, so a route that is bound to it is never reached.',
  'route/unknown-service': '`to` names an entry of `services`. A route to nothing would answer every request with 503.',
  'route/no-such-labels':
    'A target with `labels` uses only the endpoints that carry all of them. No endpoint does, so requests that are dealt to this target get 503.',
  'route/bad-label':
    'The value of a label is a text, or one attribute of the request in braces, such as `{request.header.x-version}`. At most three labels of a target may come from the request.',
  'route/no-weight': 'Weights are shares. When each target has the share 0, no request can be sent anywhere; give at least one a weight.',
  'route/bad-host':
    'Hosts are names such as `shop.example.com` or `*.example.com`, without scheme, port and path. No `hosts` at all serves every host.',
  'route/bad-path':
    'A path is exact (`/a`), a prefix (`/a/*`), a template (`/users/{user}/orders`, `/files/{path=**}`) or `{regex: …}`. It starts with a slash and has no query.',
  'route/bad-regex':
    'Regular expressions are RE2, which is what the proxy runs: no look-around and no back-references, and matching takes linear time. They match the whole path.',
  'route/duplicate':
    'Two routes match exactly the same requests on the same hosts, so one of them would never be used. Which one was meant is not guessed.',
  'route/shadowed':
    'Every request that this route matches is taken by another route that ranks before it: by `priority`, by a more specific path, or by more conditions.',
  'service/unused': 'No route leads to the service. It is still sent to the proxies and its endpoints are checked for health.',
  'service/no-endpoints': 'Requests for the service are answered with 503 until it has an endpoint.',
  'service/bad-address': 'An endpoint is `10.0.0.1:8080`, `[::1]:8080` or `host.name:8080`; the port is not optional.',
  'service/duplicate-endpoint': 'The same address stands twice in one service. To give it a larger share, set its `weight`.',
  'file/unreadable': 'A file that gateway.yaml names, such as a certificate, cannot be read. Relative paths start at the file that holds them.',
  'secret/unreadable':
    'A `secret://` reference leads to an environment variable that is not set, or to a file that cannot be read. Nothing is used in its place.',
}
