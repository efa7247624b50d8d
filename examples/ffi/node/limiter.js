// resil from Node.js, by koffi.
//
//     npm install && node limiter.js /usr/local/lib/libresil.so
'use strict'

const koffi = require('koffi')

const library = koffi.load(process.argv[2] ?? 'libresil.so')
koffi.struct('resil_quota_t', { permits: 'uint32_t', burst: 'uint32_t', period_ns: 'uint64_t' })
koffi.opaque('resil_token_bucket_t')
const version = library.func('const char *resil_version(void)')
const isGranted = library.func('bool resil_status_is_granted(int32_t status)')
const lastErrorMessage = library.func('const char *resil_last_error_message(void)')
const bucketNew = library.func(
  'int32_t resil_token_bucket_new(const resil_quota_t *quota, const void *options, _Out_ resil_token_bucket_t **out)')
const bucketFree = library.func('void resil_token_bucket_free(resil_token_bucket_t *bucket)')
const bucketTryAcquireAt = library.func(
  'int32_t resil_token_bucket_try_acquire_at(const resil_token_bucket_t *bucket, uint64_t now_ns, uint32_t permits, ' +
  '_Out_ uint64_t *retry_after_ns)')

// Handles that nobody closed are freed when their limiter is collected.
const forgotten = new FinalizationRegistry(bucketFree)

class Limiter {
  #bucket

  /** Grants `permits` in each `periodMs`, and at most `burst` at once. */
  constructor(permits, periodMs, burst) {
    const out = [null]
    const status = bucketNew({ permits, burst, period_ns: BigInt(periodMs) * 1_000_000n }, null, out)
    if (!isGranted(status)) throw new RangeError(lastErrorMessage())
    this.#bucket = out[0]
    forgotten.register(this, this.#bucket, this)
  }

  /**
   * null if it took one permit, else after how many ms there is one. A service calls resil_token_bucket_try_acquire,
   * which reads the clock itself.
   */
  tryAcquireAt(nowMs) {
    const wait = [0]
    const status = bucketTryAcquireAt(this.#bucket, BigInt(nowMs) * 1_000_000n, 1, wait)
    return isGranted(status) ? null : Number(wait[0]) / 1e6
  }

  /** Frees the limiter, which must not be used afterwards. */
  close() {
    forgotten.unregister(this)
    bucketFree(this.#bucket)
    this.#bucket = null
  }
}

console.log('resil', version())
const limiter = new Limiter(2, 1000, 2)
for (let request = 1; request <= 3; request++) {
  const wait = limiter.tryAcquireAt(0)
  console.log(`request ${request}: ${wait === null ? 'granted' : `come back in ${wait} ms`}`)
}
limiter.close()
try {
  new Limiter(2, 1000, 0)
} catch (error) {
  console.log('no burst:', error.message)
}
