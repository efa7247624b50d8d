-- Token bucket, leaky bucket and reservations: one instant, moved on by what is taken (GCRA), as
-- resil-core/src/remote/token_bucket.rs, its codec, describes it.
--
-- KEYS[1] holds the instant at which the bucket is full again: whole microseconds and, where it is not 0, after a
-- space the numerator of the rest. What reads otherwise is a full bucket. KEYS[2], to cancel only, remembers the
-- reservation that was given back.
-- ARGV: what; the interval of a permit as whole, parts, of; the span from empty to full as whole, parts; permits;
-- the longest wait this call accepts; the longest any call may; now, or nothing for the server's clock; grace, how
-- many ms longer than needed the key lives. To cancel, then: the level reserved as whole, parts; the act time.
-- All times are microseconds. Every sum stays below 2^53, up to which the numbers here are exact.
local what, permits = ARGV[1], tonumber(ARGV[7])
local whole, parts, of = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local span, rest = tonumber(ARGV[5]), tonumber(ARGV[6])
local patience, longest = tonumber(ARGV[8]), tonumber(ARGV[9])
local now, grace = tonumber(ARGV[10]), tonumber(ARGV[11])
local supplied = now
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

-- The time to live that covers so many microseconds: the server counts it from its time rounded down to a ms.
local function lived(micros) return math.floor(micros / 1000) + 2 + grace end

-- How far the bucket is from full: a + b / of.
local a, b = 0, 0
local held = redis.call('GET', KEYS[1])
if held then
  local q, r = string.match(held, '^(%d+) ?(%d*)$')
  if q then
    a, b = tonumber(q) - now, tonumber(r) or 0
    if b >= of then a, b = a + 1, 0 end
    if a < 0 then a, b = 0, 0 end
  end
end
-- Further than anybody may take it: the clock was set back, or the limit lowered. It reads as the furthest.
local late = a > span + longest or (a == span + longest and b > rest)
if late then a, b = span + longest, rest end

local function cost(n)
  local x = n * parts
  local c = math.floor(x / of)
  return n * whole + c, x - c * of
end

local function put()
  local q = now + a
  redis.call('SET', KEYS[1], b == 0 and q or string.format('%.0f %.0f', q, b), 'PX', lived(a))
end

if what == 'cancel' then
  if now > tonumber(ARGV[14]) then return {0} end
  if not redis.call('SET', KEYS[2], 1, 'NX', 'PX', lived(tonumber(ARGV[14]) - now)) then return {0} end
  -- What was taken after the reservation, then what is left of it to give back.
  local u, v = a - (tonumber(ARGV[12]) - now), b - tonumber(ARGV[13])
  if v < 0 then u, v = u - 1, v + of end
  if u < 0 then u, v = 0, 0 end
  local x, y = cost(permits)
  u, v = x - u, y - v
  if v < 0 then u, v = u - 1, v + of end
  if u < 0 or (u == 0 and v == 0) or (a == 0 and b == 0) then return {0} end
  a, b = a - u, b - v
  if b < 0 then a, b = a - 1, b + of end
  if a < 0 then a, b = 0, 0 end
  put()
  return {1}
end

-- How far n permits more would take it beyond empty; below 0 if they are there.
local function beyond(n)
  local u, v = cost(n)
  u, v = u - span + a, v - rest + b
  if v >= of then return u + 1, v - of elseif v < 0 then return u - 1, v + of end
  return u, v
end
local function fits(n)
  local u, v = beyond(n)
  return u < 0 or (u == 0 and v == 0)
end
local function room()
  local n = math.max(0, math.floor((span - a + (rest - b) / of) / (whole + parts / of)))
  while n > 0 and not fits(n) do n = n - 1 end
  while fits(n + 1) do n = n + 1 end
  return n
end
local function up(u, v) return v > 0 and u + 1 or u end

if what == 'charge' then
  -- All of it, and no further than anybody may take it: a sum that is not exact is beyond that.
  local u, v = cost(permits)
  a, b = a + u, b + v
  if b >= of then a, b = a + 1, b - of end
  if a > span + longest or (a == span + longest and b > rest) then a, b = span + longest, rest end
  put()
  return {1, room(), 0, up(a, b)}
end

local wait = math.max(0, up(beyond(permits)))
local start = up(a, b)
local short = wait - patience
if what == 'queue' then
  short = math.max(wait, start - patience)
  wait = start
end
if short > 0 then
  -- Not on clocks that callers supply: a slow one would erase what the others took.
  if late and not supplied and what ~= 'peek' then put() end
  return {0, room(), short, start}
end
if what == 'peek' then return {1, room(), wait, start} end
local u, v = cost(permits)
a, b = a + u, b + v
if b >= of then a, b = a + 1, b - of end
put()
if what == 'reserve' then return {1, room(), wait, up(a, b), now + a, b, now + wait} end
return {1, room(), wait, up(a, b)}
