-- Period limiter: permits counted window by window, as resil-core/src/remote/period_limiter.rs, its codec,
-- describes it.
--
-- KEYS[1] holds `index taken`, and sliding `index taken before`: the number of the newest window and the permits
-- taken in it and in the one before. From first use it holds `start taken`, and goes when its window ends. What
-- reads otherwise is unused.
-- To charge is to take what there is of what is asked for.
-- ARGV: what; limit; period; origin of the windows, or nothing from first use; 1 if it slides; permits; now, or
-- nothing for the server's clock; grace, how many ms longer than needed the key lives.
-- All times are microseconds. Every sum stays below 2^53, up to which the numbers here are exact.
local what, limit, period = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local origin, slides, permits = tonumber(ARGV[4]), ARGV[5] == '1', tonumber(ARGV[6])
local now, grace = tonumber(ARGV[7]), tonumber(ARGV[8])
local supplied = now
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local first, taken, before
local held = redis.call('GET', KEYS[1])
if held then
  first, taken, before = string.match(held, '^(%d+) (%d+) ?(%d*)$')
  first, taken, before = tonumber(first), tonumber(taken), tonumber(before) or 0
end

local start
if origin then
  local index = math.floor((now - origin) / period)
  if not first then
    first, taken, before = index, 0, 0
  elseif index > first then
    before = (slides and index == first + 1) and taken or 0
    first, taken = index, 0
  elseif index < first and not supplied then
    -- The server's clock was set back, or the period changed: what was taken counts in the window that runs.
    first = index
  end
  start = origin + first * period
else
  -- Later than now, the clock was set back: a window never ends later than a period from now.
  if first and not supplied then first = math.min(first, now) end
  if first and now < first + period then start = first else first, taken, before = now, 0, 0 end
end
if taken > limit then taken = limit end
if before > limit then before = limit end

-- The whole part of x * y / z, and whether there is more; x a count, digit by digit so that it stays exact.
local function share(x, y, z)
  local q, r = 0, 0
  for shift = 28, 0, -4 do
    local unit = 2 ^ shift
    local digit = math.floor(x / unit)
    x = x - digit * unit
    local value = r * 16 + digit * y
    local whole = math.floor(value / z)
    q, r = q * 16 + whole, value - whole * z
  end
  return q, r > 0
end

local begin = start or now
local gone = math.max(0, now - begin)
local ends = begin + period - now
local weighed = 0
if slides and before > 0 then
  local whole, more = share(before, period - gone, period)
  weighed = more and whole + 1 or whole
end
local room = math.max(0, limit - taken - weighed)
local reset = (start or what ~= 'peek') and ends or 0

if what == 'charge' then permits = math.min(permits, room) end
if permits > room then
  local wait = ends
  if slides and taken <= limit - permits then
    wait = ends - share(limit - permits - taken, period, before)
  elseif slides then
    wait = ends + period - share(limit - permits, period, taken)
  end
  return {0, room, wait, reset}
end
if what == 'peek' or permits == 0 then return {1, room, 0, reset} end
taken = taken + permits
local text = string.format('%.0f %.0f', first, taken)
if slides and before > 0 then text = text .. string.format(' %.0f', before) end
-- The server counts it from its time rounded down to a ms.
local life = math.floor((slides and ends + period or ends) / 1000) + 2 + grace
redis.call('SET', KEYS[1], text, 'PX', life)
return {1, room - permits, 0, reset}
