#include "logs/bus_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static enum status ipc_parse(struct bus_address *address, const char *endpoint, struct error *err)
{
    static const char suffix[] = ".cmd";
    const char *path = endpoint + strlen("ipc://");
    size_t longest = sizeof((struct sockaddr_un *)0)->sun_path - sizeof suffix;
    if (*path == '\0' || *path == '@' || *path == '*')
        return error_set(err, STATUS_BAD_INPUT, "endpoint '%s' needs the path of a file behind ipc://", endpoint);
    if (strlen(path) > longest)
        return error_set(err, STATUS_BAD_INPUT, "endpoint '%s': a socket's path has at most %zu characters, this one "
                         "has %zu; choose a shorter folder", endpoint, longest, strlen(path));
    snprintf(address->publish, sizeof address->publish, "%s", endpoint);
    snprintf(address->command, sizeof address->command, "%s%s", endpoint, suffix);
    address->publish_path = address->publish + strlen("ipc://");
    address->command_path = address->command + strlen("ipc://");
    return STATUS_OK;
}

static enum status tcp_parse(struct bus_address *address, const char *endpoint, struct error *err)
{
    const char *host = endpoint + strlen("tcp://"), *colon = strrchr(host, ':');
    char name[64] = "";
    if (colon && (size_t)(colon - host) < sizeof name)
        memcpy(name, host, (size_t)(colon - host));
    char *end = NULL;
    long port = colon && colon[1] >= '0' && colon[1] <= '9' ? strtol(colon + 1, &end, 10) : 0;
    if (!end || *end || port < 1 || port > 65534)
        return error_set(err, STATUS_BAD_INPUT, "endpoint '%s' needs a port from 1 to 65534 at its end, as in "
                         "tcp://127.0.0.1:5600 (the next port takes commands)", endpoint);
    struct in_addr ipv4;
    bool loopback = inet_pton(AF_INET, name, &ipv4) == 1 && ntohl(ipv4.s_addr) >> 24 == 127;
    if (!strcmp(name, "localhost")) {
        snprintf(name, sizeof name, "127.0.0.1"); /* ZeroMQ cannot bind a name */
        loopback = true;
    }
    if (!loopback && strcmp(name, "[::1]") != 0)
        return error_set(err, STATUS_BAD_INPUT, "endpoint '%s' is not on this machine's loopback; use ipc://PATH, "
                         "tcp://127.0.0.1:PORT or tcp://[::1]:PORT", endpoint);
    snprintf(address->publish, sizeof address->publish, "tcp://%s:%ld", name, port);
    snprintf(address->command, sizeof address->command, "tcp://%s:%ld", name, port + 1);
    return STATUS_OK;
}

enum status bus_address_parse(struct bus_address *address, const char *endpoint, struct error *err)
{
    *address = (struct bus_address){0};
    if (!strncmp(endpoint, "ipc://", 6))
        return ipc_parse(address, endpoint, err);
    if (!strncmp(endpoint, "tcp://", 6))
        return tcp_parse(address, endpoint, err);
    return error_set(err, STATUS_BAD_INPUT, "endpoint '%s' is neither ipc://PATH nor tcp://127.0.0.1:PORT", endpoint);
}

/* ZeroMQ unlinks whatever is at an ipc path before it binds: a live server's socket or a user's file. */
static enum status path_claim(const char *path, struct error *err)
{
    struct stat about;
    if (lstat(path, &about))
        return STATUS_OK; /* nothing there, or bind will say what is wrong with the folder */
    if (!S_ISSOCK(about.st_mode))
        return error_set(err, STATUS_BAD_INPUT, "%s is there already and is not a socket; choose another path", path);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool stale = probe >= 0 && connect(probe, (struct sockaddr *)&name, sizeof name) && errno == ECONNREFUSED;
    if (probe >= 0)
        close(probe);
    if (stale)
        return STATUS_OK;
    return error_set(err, STATUS_IO, "%s is in use: another simulator listens there; stop it or choose another "
                     "endpoint", path);
}

enum status bus_address_claim(const struct bus_address *address, struct error *err)
{
    if (!address->publish_path)
        return STATUS_OK;
    enum status status = path_claim(address->publish_path, err);
    return status ? status : path_claim(address->command_path, err);
}
