-- Answers by itself with the body as it was written.
local answer = require("sluice.answer")

local M = {}

function M.action(written, _)
  answer.send(written)
  return true
end

return M
