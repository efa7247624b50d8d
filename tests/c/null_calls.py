"""Writes a C program that calls every function of include/resil.h with NULL: for all of its pointers, and, where the
first is an object, once more with a fresh one and NULL for the rest. Because it is made of the header, no function can
be left out of it.

    tests/c/null_calls.py >null_calls_test.c
"""

import re
import sys
from pathlib import Path

HEADER = Path(__file__).resolve().parents[2] / "include" / "resil.h"

# How an object is made, in `object`, for each type behind a handle.
MAKERS = {
    "resil_manual_clock_t": "resil_manual_clock_new(0, &object)",
    "resil_token_bucket_t": "resil_token_bucket_new(&(resil_quota_t){1, 1, 1000000000}, NULL, &object)",
    "resil_leaky_meter_t": "resil_leaky_meter_new(&(resil_quota_t){1, 1, 1000000000}, NULL, &object)",
    "resil_leaky_queue_t": "resil_leaky_queue_new(&(resil_quota_t){1, 1, 1000000000}, NULL, &object)",
    "resil_period_limiter_t": "resil_period_limiter_new(1, 1000000000, NULL, &object)",
    "resil_rolling_window_t": "resil_rolling_window_new(1000000000, 1, NULL, &object)",
    "resil_rolling_counter_t": "resil_rolling_counter_new(1000000000, 1, NULL, &object)",
    "resil_ewma_t": "resil_ewma_by_count(0.5, NULL, &object)",
    "resil_hash_ring_t": "resil_hash_ring_new(NULL, &object)",
    "resil_single_flight_t": "resil_single_flight_new(NULL, &object)",
    "resil_sre_breaker_t": "resil_sre_breaker_new(NULL, NULL, &object)",
    "resil_redis_store_t": "resil_redis_store_with_client(nobody, NULL, NULL, NULL, &object)",
    "resil_redis_token_bucket_t": 'resil_redis_token_bucket_new(away(), "n", &(resil_quota_t){1, 1, 1}, NULL, &object)',
    "resil_redis_reservation_t": "resil_redis_token_bucket_reserve(bucket_away(), NULL, 0, 1, 0, &object, NULL)",
    "resil_redis_leaky_meter_t": 'resil_redis_leaky_meter_new(away(), "n", &(resil_quota_t){1, 1, 1}, NULL, &object)',
    "resil_redis_leaky_queue_t": 'resil_redis_leaky_queue_new(away(), "n", &(resil_quota_t){1, 1, 1}, NULL, &object)',
    "resil_redis_period_limiter_t": 'resil_redis_period_limiter_new(away(), "n", 1, 1000, NULL, &object)',
}

# Types whose functions take nothing but the object, and how one comes about.
MADE_OTHERWISE = {"resil_shared_value_t": "by resil_single_flight_run"}

FUNCTION = re.compile(r"^(?:RESIL_NODISCARD\s+)?([\w ]+?[\s*]+)(resil_\w+)\(([^;{]*)\);", re.MULTILINE)

PROGRAM = """/* Written by tests/c/null_calls.py. */
#include <stdlib.h>

#include "check.h"

/* A client that reaches no server, a store over it, and a bucket there that this process rescues. */
static int32_t nobody(void *user_data, size_t argc, const char *const *argv, const size_t *argv_lens,
                      int64_t *numbers, size_t *count)
{{
    (void)user_data, (void)argc, (void)argv, (void)argv_lens, (void)numbers, (void)count;
    return RESIL_REDIS_FAULT_DISCONNECTED;
}}

static resil_redis_store_t *store;
static resil_redis_token_bucket_t *bucket;

static resil_redis_store_t *away(void)
{{
    if (store == NULL
        && resil_redis_store_with_client(nobody, NULL, NULL, NULL, &store) != RESIL_STATUS_GRANTED)
        abort();
    return store;
}}

static resil_redis_token_bucket_t *bucket_away(void)
{{
    const resil_quota_t quota = {{1, 1, 1}};
    if (bucket == NULL
        && resil_redis_token_bucket_new(away(), "n", &quota, NULL, &bucket) != RESIL_STATUS_GRANTED)
        abort();
    return bucket;
}}

static void every_function_answers_null_for_all_its_pointers(void)
{{
{all_null}}}

static bool answered(resil_status_t status, const char *function)
{{
    return status < RESIL_STATUS_NULL_ARGUMENT || message_says(function, "");
}}

static void every_function_answers_null_for_all_but_its_object(void)
{{
{but_object}}}

int main(void)
{{
    RUN(every_function_answers_null_for_all_its_pointers);
    RUN(every_function_answers_null_for_all_but_its_object);
    resil_redis_token_bucket_free(bucket);
    resil_redis_store_free(store);
    return finish("null_calls_test");
}}
"""


def main() -> None:
    text = re.sub(r"//[^\n]*", "", HEADER.read_text())
    callbacks = set(re.findall(r"\(\*(resil_\w+_t)\)\(", text))
    opaque = set(re.findall(r"^typedef struct (resil_\w+_t) \1;", text, re.MULTILINE))
    functions = FUNCTION.findall(text)
    if len(functions) < 50 or missing_makers(opaque):
        sys.exit(f"null_calls: {HEADER.name} is read wrongly, or MAKERS misses {missing_makers(opaque)}")
    all_null, but_object = [], []
    for returned, name, parameters in functions:
        returned = returned.strip()
        arguments, types = [], []
        for parameter in parameters.replace("\n", " ").split(","):
            parameter = parameter.strip()
            if parameter == "void":
                continue
            pointer = "*" in parameter or parameter.split()[0] in callbacks
            arguments.append("NULL" if pointer else "0")
            types.append(re.sub(r"\b(const|struct)\b|\*.*", "", parameter).strip() if parameter.count("*") == 1 else "")
        call = f"({', '.join(arguments)})"
        if returned == "resil_status_t" and "NULL" in arguments:
            all_null.append(f'    CHECK_NULL({name}, {call}, "");\n')
        else:
            all_null.append(f"    (void){name}{call};\n" if returned != "void" else f"    {name}{call};\n")
        if not types or types[0] not in opaque or name.endswith("_free") or types[0] in MADE_OTHERWISE:
            continue
        call = f"({', '.join(['object', *arguments[1:]])})"
        if returned == "resil_status_t":
            call = f'CHECK(answered({name}{call}, "{name}: "));'
        else:
            call = f"(void){name}{call};"
        but_object.append(
            f"    {{\n        {types[0]} *object = NULL;\n"
            f"        CHECK_STATUS({MAKERS[types[0]]}, RESIL_STATUS_GRANTED);\n"
            f"        if (object == NULL)\n            abort();\n        {call}\n"
            f"        {types[0].removesuffix('_t')}_free(object);\n    }}\n"
        )
    print(PROGRAM.format(all_null="".join(all_null), but_object="".join(but_object)), end="")


def missing_makers(opaque: set[str]) -> list[str]:
    return sorted(opaque ^ (set(MAKERS) | set(MADE_OTHERWISE)))


if __name__ == "__main__":
    main()
