/*
 * One line of a web log in the combined format of Apache and nginx:
 *
 *     192.0.2.7 - ann [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 512 "-" "curl/8.5.0"
 */
#ifndef ACCESS_LOG_H
#define ACCESS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Who asked, and when (Unix time in ns); false if the line is not all of the nine fields with a valid date.
 *
 * `line` is `length` bytes, with or without a line end, LF or CRLF. It is written to: `address` becomes a
 * string made of its bytes.
 */
bool access_log_parse(char *line, size_t length, char **address, uint64_t *at_ns);

#endif
