-- Who is there: each member says so again and again, and is counted until it has not for its life.
-- KEYS[1] is a sorted set of members by the milliseconds at which they are forgotten.
-- ARGV: the member; its life in ms; now in microseconds, or nothing for the server's clock. Answers how many there are.
local now, life = tonumber(ARGV[3]), tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
now = math.floor(now / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + life, ARGV[1])
redis.call('PEXPIRE', KEYS[1], life)
return {redis.call('ZCARD', KEYS[1])}
