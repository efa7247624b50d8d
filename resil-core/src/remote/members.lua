-- Who is there: each member says so again and again, and is counted until it has not for its life.
-- KEYS[1] is a sorted set of members by the server's milliseconds at which they are forgotten.
-- ARGV: the member; its life in ms. Answers how many there are.
local time = redis.call('TIME')
local now, life = time[1] * 1000 + math.floor(time[2] / 1000), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + life, ARGV[1])
redis.call('PEXPIRE', KEYS[1], life)
return {redis.call('ZCARD', KEYS[1])}
