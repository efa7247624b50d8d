-- resil from LuaJIT, by its ffi module.
--
--     luajit limiter.lua /usr/local/lib/libresil.so
local ffi = require 'ffi'

ffi.cdef [[
typedef struct resil_quota_t { uint32_t permits; uint32_t burst; uint64_t period_ns; } resil_quota_t;
typedef struct resil_token_bucket_t resil_token_bucket_t;
const char *resil_version(void);
bool resil_status_is_granted(int32_t status);
const char *resil_last_error_message(void);
int32_t resil_token_bucket_new(const resil_quota_t *quota, const void *options, resil_token_bucket_t **out);
void resil_token_bucket_free(resil_token_bucket_t *bucket);
int32_t resil_token_bucket_try_acquire_at(const resil_token_bucket_t *bucket, uint64_t now_ns, uint32_t permits,
                                          uint64_t *retry_after_ns);
]]
local resil = ffi.load(arg[1] or 'resil')

local Limiter = {}
Limiter.__index = Limiter

-- Grants `permits` in each `period_ms`, and at most `burst` at once; nil and a message if that is wrong.
function Limiter.new(permits, period_ms, burst)
  local quota = ffi.new('resil_quota_t', permits, burst, period_ms * 1000000ULL)
  local out = ffi.new 'resil_token_bucket_t *[1]'
  if not resil.resil_status_is_granted(resil.resil_token_bucket_new(quota, nil, out)) then
    return nil, ffi.string(resil.resil_last_error_message())
  end
  -- Freed when it is collected.
  local bucket = ffi.gc(out[0], resil.resil_token_bucket_free)
  return setmetatable({ bucket = bucket, wait_ns = ffi.new 'uint64_t[1]' }, Limiter)
end

-- true if it took one permit, else false and after how many ms there is one. A service calls
-- resil_token_bucket_try_acquire, which reads the clock itself.
function Limiter:try_acquire_at(now_ms)
  local status = resil.resil_token_bucket_try_acquire_at(self.bucket, now_ms * 1000000ULL, 1, self.wait_ns)
  if resil.resil_status_is_granted(status) then return true end
  return false, tonumber(self.wait_ns[0]) / 1e6
end

print('resil ' .. ffi.string(resil.resil_version()))
local limiter = assert(Limiter.new(2, 1000, 2))
for request = 1, 3 do
  local granted, wait_ms = limiter:try_acquire_at(0)
  print(('request %d: %s'):format(request, granted and 'granted' or ('come back in %d ms'):format(wait_ms)))
end
local _, refused = Limiter.new(2, 1000, 0)
print('no burst: ' .. refused)
