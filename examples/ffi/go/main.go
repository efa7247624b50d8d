// resil from Go, by cgo and pkg-config.
//
//	PKG_CONFIG_PATH=/usr/local/lib/pkgconfig go run .
package main

// #cgo pkg-config: resil
// #include <resil.h>
import "C"

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"
)

// Limiter grants permits at a rate. Any number of goroutines may use one.
type Limiter struct {
	bucket *C.resil_token_bucket_t
}

// NewLimiter grants permits in each period, and at most burst at once. Close it when it is no longer used.
func NewLimiter(permits uint32, period time.Duration, burst uint32) (*Limiter, error) {
	// The last error belongs to a thread: stay on it until the message is read.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	quota := C.resil_quota_t{permits: C.uint32_t(permits), burst: C.uint32_t(burst), period_ns: C.uint64_t(period)}
	limiter := &Limiter{}
	if C.resil_token_bucket_new(&quota, nil, &limiter.bucket) != C.RESIL_STATUS_GRANTED {
		return nil, errors.New(C.GoString(C.resil_last_error_message()))
	}
	return limiter, nil
}

// TryAcquireAt takes one permit if there is one, or tells after how long there is. A service calls
// resil_token_bucket_try_acquire, which reads the clock itself.
func (l *Limiter) TryAcquireAt(now time.Duration) (granted bool, wait time.Duration) {
	var waitNs C.uint64_t
	status := C.resil_token_bucket_try_acquire_at(l.bucket, C.uint64_t(now), 1, &waitNs)
	return bool(C.resil_status_is_granted(C.int32_t(status))), time.Duration(waitNs)
}

// Close frees the limiter.
func (l *Limiter) Close() {
	C.resil_token_bucket_free(l.bucket)
	l.bucket = nil
}

func main() {
	limiter, err := NewLimiter(2, time.Second, 2)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer limiter.Close()
	fmt.Println("resil", C.GoString(C.resil_version()))
	for request := 1; request <= 3; request++ {
		if granted, wait := limiter.TryAcquireAt(0); granted {
			fmt.Printf("request %d: granted\n", request)
		} else {
			fmt.Printf("request %d: come back in %d ms\n", request, wait.Milliseconds())
		}
	}
	_, err = NewLimiter(2, time.Second, 0)
	fmt.Println("no burst:", err)
}
