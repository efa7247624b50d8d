/* The protocol of Redis as far as a client needs it that carries out scripts: words there, integers back. */
#ifndef RESIL_TESTS_REDIS_CLIENT_H
#define RESIL_TESTS_REDIS_CLIENT_H

#include <netinet/tcp.h>

#include "redis_server.h"
#include "resil.h"

/* A connection to the server on this machine, or -1. */
static inline int connect_to(unsigned port)
{
    struct sockaddr_in address = server_address(port);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    server_must(connection >= 0, "socket");
    /* A small packet held back for the next one costs a round trip of 40 ms. */
    int at_once = 1;
    server_must(setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once) == 0, "setsockopt");
    if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0)
        return connection;
    close(connection);
    return -1;
}

static inline bool send_all(int connection, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = write(connection, bytes, len);
        if (sent <= 0)
            return false;
        bytes += sent, len -= (size_t)sent;
    }
    return true;
}

static inline bool send_command(int connection, size_t argc, const char *const *argv, const size_t *argv_lens)
{
    char head[32];
    bool sent = send_all(connection, head, (size_t)snprintf(head, sizeof head, "*%zu\r\n", argc));
    for (size_t i = 0; sent && i < argc; i++)
        sent = send_all(connection, head, (size_t)snprintf(head, sizeof head, "$%zu\r\n", argv_lens[i]))
               && send_all(connection, argv[i], argv_lens[i]) && send_all(connection, "\r\n", 2);
    return sent;
}

/* A line of an answer, without its end. */
static inline bool read_line(int connection, char *line, size_t room)
{
    for (size_t len = 0; len + 1 < room; len++) {
        if (read(connection, line + len, 1) != 1)
            return false;
        line[len + 1] = '\0';
        if (len > 0 && strcmp(line + len - 1, "\r\n") == 0) {
            line[len - 1] = '\0';
            return true;
        }
    }
    return false;
}

static inline int32_t read_numbers(int connection, int64_t *numbers, size_t *count)
{
    char line[256];
    if (!read_line(connection, line, sizeof line))
        return RESIL_REDIS_FAULT_DISCONNECTED;
    if (line[0] == '-')
        return resil_redis_fault_of(line + 1, strlen(line + 1));
    size_t there = strtoul(line + 1, NULL, 10);
    if (line[0] != '*' || there > RESIL_REDIS_MOST_NUMBERS)
        return RESIL_REDIS_FAULT_CALL;
    for (size_t i = 0; i < there; i++) {
        if (!read_line(connection, line, sizeof line))
            return RESIL_REDIS_FAULT_DISCONNECTED;
        if (line[0] != ':')
            return RESIL_REDIS_FAULT_CALL;
        numbers[i] = strtoll(line + 1, NULL, 10);
    }
    *count = there;
    return RESIL_REDIS_FAULT_NONE;
}

#endif
