/* A real Redis or Valkey server for one test: on a free port, keeping nothing on disk, ended by its process id.
 *
 * RESIL_REDIS_SERVER names another program than redis-server, and REQUIRE_REDIS=1 makes its absence a failure; else a
 * test that finds none says so loudly. C and C++. */
#ifndef RESIL_TESTS_REDIS_SERVER_H
#define RESIL_TESTS_REDIS_SERVER_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

struct redis_server {
    pid_t pid;
    unsigned port;
    char url[64];
};

/* Ends the program where the system does not do what the test needs. */
static inline void server_must(bool done, const char *what)
{
    if (!done) {
        perror(what);
        exit(3);
    }
}

static inline const char *server_program(void)
{
    const char *named = getenv("RESIL_REDIS_SERVER");
    return named != NULL ? named : "redis-server";
}

static inline void server_pause_ms(long ms)
{
    struct timespec wait;
    wait.tv_sec = ms / 1000;
    wait.tv_nsec = ms % 1000 * 1000000;
    while (nanosleep(&wait, &wait) != 0)
        continue;
}

static inline struct sockaddr_in server_address(unsigned port)
{
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* A port that nobody listens on. */
static inline unsigned free_port(void)
{
    struct sockaddr_in address = server_address(0);
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    server_must(listener >= 0, "socket");
    server_must(bind(listener, (struct sockaddr *)&address, sizeof address) == 0, "bind");
    server_must(getsockname(listener, (struct sockaddr *)&address, &size) == 0, "getsockname");
    close(listener);
    return ntohs(address.sin_port);
}

/* Sends one command, words apart by spaces, on a connection of its own; whether an answer that begins with `begins`
 * came. */
static inline bool server_command(unsigned port, const char *command, const char *begins)
{
    struct sockaddr_in address = server_address(port);
    char answer[256] = {0};
    bool answered = false;
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    server_must(connection >= 0, "socket");
    if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0
        && write(connection, command, strlen(command)) > 0 && write(connection, "\r\n", 2) == 2
        && read(connection, answer, sizeof answer - 1) > 0)
        answered = strncmp(answer, begins, strlen(begins)) == 0;
    close(connection);
    return answered;
}

/* Starts the program on the server's port and waits until it answers. */
static inline bool server_begin(struct redis_server *server)
{
    char port[16];
    snprintf(port, sizeof port, "%u", server->port);
    server->pid = fork();
    server_must(server->pid >= 0, "fork");
    if (server->pid == 0) {
        int nothing = open("/dev/null", O_RDWR);
#ifdef __linux__
        /* A test that is ended from outside leaves none behind. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
        dup2(nothing, 0);
        dup2(nothing, 1);
        dup2(nothing, 2);
        execlp(server_program(), server_program(), "--port", port, "--bind", "127.0.0.1", "--save", "",
               "--appendonly", "no", "--dir", "/tmp", (char *)NULL);
        _exit(127);
    }
    /* 20 s. */
    for (int tries = 0; tries < 10000; tries++) {
        if (waitpid(server->pid, NULL, WNOHANG) != 0)
            return false;
        if (server_command(server->port, "PING", "+PONG"))
            return true;
        server_pause_ms(2);
    }
    return false;
}

/* Ends it as `kill -9` does. */
static inline void server_kill(const struct redis_server *server)
{
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
}

/* Whether there is a program to test with. */
static inline bool server_is_there(void)
{
    int status = -1;
    pid_t child = fork();
    server_must(child >= 0, "fork");
    if (child == 0) {
        int nothing = open("/dev/null", O_WRONLY);
        dup2(nothing, 1);
        dup2(nothing, 2);
        execlp(server_program(), server_program(), "--version", (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    fprintf(stderr, "*** SKIPPED: no %s here: limits that many processes share were not tested ***\n",
            server_program());
    if (getenv("REQUIRE_REDIS") != NULL)
        exit(3);
    return false;
}

static inline struct redis_server server_start(void)
{
    struct redis_server server;
    /* Somebody may take the port in between: then another one. */
    for (int tries = 0; tries < 20; tries++) {
        server.port = free_port();
        snprintf(server.url, sizeof server.url, "redis://127.0.0.1:%u/", server.port);
        if (server_begin(&server))
            return server;
    }
    fprintf(stderr, "%s does not start\n", server_program());
    exit(3);
}

#endif
