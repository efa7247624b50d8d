/* One line of a web log in the combined format of Apache and nginx. */
#include "access_log.h"

#include <string.h>

#define NS_PER_S UINT64_C(1000000000)
/* The last whole second that resil's 2^63 - 1 ns reach: in April 2262. */
#define LAST_UNIX_SECOND INT64_C(9223372036)

/* What is left of a line. Each reader below goes on behind what it read, or says no. */
struct cursor {
    const char *at, *end;
};

static bool skip(struct cursor *cursor, const char *literal)
{
    size_t length = strlen(literal);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, literal, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

/* Everything up to a space or a control character: at least one byte. */
static bool read_word(struct cursor *cursor, const char **word, size_t *length)
{
    *word = cursor->at;
    while (cursor->at != cursor->end && (unsigned char)*cursor->at > ' ' && *cursor->at != 0x7f)
        cursor->at++;
    *length = (size_t)(cursor->at - *word);
    return *length > 0;
}

/* A string in quotes, in which a backslash takes the next byte with it. */
static bool skip_quoted(struct cursor *cursor)
{
    if (!skip(cursor, "\""))
        return false;
    while (cursor->at != cursor->end && *cursor->at != '"') {
        if (*cursor->at == '\\' && ++cursor->at == cursor->end)
            return false;
        cursor->at++;
    }
    return skip(cursor, "\"");
}

static bool read_number(struct cursor *cursor, int digits, int *out)
{
    *out = 0;
    for (; digits > 0; digits--, cursor->at++) {
        if (cursor->at == cursor->end || *cursor->at < '0' || *cursor->at > '9')
            return false;
        *out = *out * 10 + (*cursor->at - '0');
    }
    return true;
}

/* Leap days from year 1 to the end of `year`. */
static int64_t leap_days(int year)
{
    return year / 4 - year / 100 + year / 400;
}

/*
 * The instant of a date such as `17/May/2015:10:05:03 +0000`, as Unix time. Not strptime, which reads the
 * month in the user's language and takes the 30th of February for the 2nd of March.
 */
static bool read_date(struct cursor *cursor, uint64_t *at_ns)
{
    static const char *const names[] = {"Jan/", "Feb/", "Mar/", "Apr/", "May/", "Jun/",
                                        "Jul/", "Aug/", "Sep/", "Oct/", "Nov/", "Dec/"};
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int day, month = 0, year, hour, minute, second, offset_hours, offset_minutes;

    if (!read_number(cursor, 2, &day) || !skip(cursor, "/"))
        return false;
    while (!skip(cursor, names[month])) {
        if (++month == 12)
            return false;
    }
    if (!read_number(cursor, 4, &year) || !skip(cursor, ":") || !read_number(cursor, 2, &hour) ||
        !skip(cursor, ":") || !read_number(cursor, 2, &minute) || !skip(cursor, ":") ||
        !read_number(cursor, 2, &second) || !skip(cursor, " "))
        return false;
    bool west = skip(cursor, "-");
    if ((!west && !skip(cursor, "+")) || !read_number(cursor, 2, &offset_hours) ||
        !read_number(cursor, 2, &offset_minutes))
        return false;

    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    int month_length = lengths[month] + (month == 1 && leap);
    if (day < 1 || day > month_length || hour > 23 || minute > 59 || second > 59 || offset_hours > 23 ||
        offset_minutes > 59)
        return false;

    int64_t days = 365 * (int64_t)(year - 1970) + leap_days(year - 1) - leap_days(1969) + day - 1;
    for (int i = 0; i < month; i++)
        days += lengths[i] + (i == 1 && leap);
    int64_t unix_second = ((days * 24 + hour) * 60 + minute) * 60 + second;
    int64_t offset = (offset_hours * 60 + offset_minutes) * 60;
    unix_second -= west ? -offset : offset;
    if (unix_second < 0 || unix_second > LAST_UNIX_SECOND)
        return false;
    *at_ns = (uint64_t)unix_second * NS_PER_S;
    return true;
}

/* Whether `text` is UTF-8 in its shortest form and without surrogates, as JSON must be. */
static bool is_utf8(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    while (at != end) {
        unsigned char first = *at++, low = 0x80, high = 0xbf;
        if (first < 0x80)
            continue;
        if (first < 0xc2 || first > 0xf4)
            return false;
        /* Only the second byte has bounds of its own. */
        if (first == 0xe0)
            low = 0xa0;
        else if (first == 0xed)
            high = 0x9f;
        else if (first == 0xf0)
            low = 0x90;
        else if (first == 0xf4)
            high = 0x8f;
        for (int more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3; more > 0; more--) {
            if (at == end || *at < low || *at > high)
                return false;
            at++;
            low = 0x80;
            high = 0xbf;
        }
    }
    return true;
}

bool access_log_parse(char *line, size_t length, char **address, uint64_t *at_ns)
{
    if (length > 0 && line[length - 1] == '\n')
        length--;
    if (length > 0 && line[length - 1] == '\r')
        length--;
    if (memchr(line, '\0', length) != NULL)
        return false;

    struct cursor cursor = {line, line + length};
    const char *word, *status, *size;
    size_t address_length, word_length, status_length, size_length;
    if (!read_word(&cursor, &word, &address_length) || !skip(&cursor, " ") ||
        !read_word(&cursor, &word, &word_length) || !skip(&cursor, " ") || /* identity */
        !read_word(&cursor, &word, &word_length) || !skip(&cursor, " [") || /* user */
        !read_date(&cursor, at_ns) || !skip(&cursor, "] ") ||
        !skip_quoted(&cursor) || !skip(&cursor, " ") || /* request */
        !read_word(&cursor, &status, &status_length) || !skip(&cursor, " ") ||
        !read_word(&cursor, &size, &size_length) || !skip(&cursor, " ") ||
        !skip_quoted(&cursor) || !skip(&cursor, " ") || /* referer */
        !skip_quoted(&cursor) || cursor.at != cursor.end) /* user agent */
        return false;
    bool status_ok = status_length == 3 && strspn(status, "0123456789") == 3;
    bool size_ok = (size_length == 1 && *size == '-') || strspn(size, "0123456789") == size_length;
    if (!status_ok || !size_ok || !is_utf8(line, address_length))
        return false;
    line[address_length] = '\0'; /* where the first space was */
    *address = line;
    return true;
}
