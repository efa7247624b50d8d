// resil from Java, by the foreign function API of JDK 22 and newer.
//
//     java --enable-native-access=ALL-UNNAMED -Dresil.library=/usr/local/lib/libresil.so Limiter.java

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import java.util.Optional;

/** Grants permits at a rate. Any number of threads may use one; close it when none does any longer. */
final class Limiter implements AutoCloseable {
    /** The functions of resil.h that this example needs. */
    private static final class Resil {
        static final SymbolLookup LIBRARY =
                SymbolLookup.libraryLookup(System.getProperty("resil.library", "libresil.so"), Arena.global());

        static MethodHandle function(String name, FunctionDescriptor type) {
            return Linker.nativeLinker().downcallHandle(LIBRARY.find(name).orElseThrow(), type);
        }

        static final MethodHandle VERSION = function("resil_version", FunctionDescriptor.of(ADDRESS));
        static final MethodHandle IS_GRANTED =
                function("resil_status_is_granted", FunctionDescriptor.of(JAVA_BOOLEAN, JAVA_INT));
        static final MethodHandle LAST_ERROR = function("resil_last_error_message", FunctionDescriptor.of(ADDRESS));
        static final MethodHandle NEW =
                function("resil_token_bucket_new", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
        static final MethodHandle FREE = function("resil_token_bucket_free", FunctionDescriptor.ofVoid(ADDRESS));
        static final MethodHandle TRY_ACQUIRE_AT = function("resil_token_bucket_try_acquire_at",
                FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS));
    }

    private final Arena arena = Arena.ofShared();
    private final MemorySegment bucket;

    /** Grants {@code permits} in each {@code period}, and at most {@code burst} at once. */
    Limiter(int permits, Duration period, int burst) throws Throwable {
        MemorySegment quota = arena.allocate(16, 8);
        quota.set(JAVA_INT, 0, permits);
        quota.set(JAVA_INT, 4, burst);
        quota.set(JAVA_LONG, 8, period.toNanos());
        MemorySegment out = arena.allocate(ADDRESS);
        int status = (int) Resil.NEW.invokeExact(quota, MemorySegment.NULL, out);
        if (!(boolean) Resil.IS_GRANTED.invokeExact(status)) {
            arena.close();
            throw new IllegalArgumentException(text((MemorySegment) Resil.LAST_ERROR.invokeExact()));
        }
        bucket = out.get(ADDRESS, 0);
    }

    /**
     * Empty if it took one permit, else after how long there is one. A service calls resil_token_bucket_try_acquire,
     * which reads the clock itself.
     */
    Optional<Duration> tryAcquireAt(Duration now) throws Throwable {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment wait = call.allocate(JAVA_LONG);
            int status = (int) Resil.TRY_ACQUIRE_AT.invokeExact(bucket, now.toNanos(), 1, wait);
            boolean granted = (boolean) Resil.IS_GRANTED.invokeExact(status);
            return granted ? Optional.empty() : Optional.of(Duration.ofNanos(wait.get(JAVA_LONG, 0)));
        }
    }

    @Override
    public void close() {
        try {
            Resil.FREE.invokeExact(bucket);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
        arena.close();
    }

    /** A text of C, which ends with a NUL. */
    private static String text(MemorySegment start) {
        return start.reinterpret(Long.MAX_VALUE).getString(0);
    }

    public static void main(String[] arguments) throws Throwable {
        System.out.println("resil " + text((MemorySegment) Resil.VERSION.invokeExact()));
        try (Limiter limiter = new Limiter(2, Duration.ofSeconds(1), 2)) {
            for (int request = 1; request <= 3; request++) {
                Optional<Duration> wait = limiter.tryAcquireAt(Duration.ZERO);
                System.out.println("request " + request + ": "
                        + wait.map(w -> "come back in " + w.toMillis() + " ms").orElse("granted"));
            }
        }
        try {
            new Limiter(2, Duration.ofSeconds(1), 0);
        } catch (IllegalArgumentException refused) {
            System.out.println("no burst: " + refused.getMessage());
        }
    }
}
