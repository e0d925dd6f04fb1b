-- The globals of nginx's Lua module, and nothing else.
std = "ngx_lua"
max_line_length = 160
files["lua/envoy"].globals = { "envoy_on_request" }
