#include "codec/device_url.h"

#include <string.h>

#include "base/text.h"

enum { HOST_LEAST = 4, HOST_MOST = 63, DECIMAL = 10 };

static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static const char *behind_scheme(const char *url)
{
    size_t letters = strspn(url, LETTERS);
    return text_starts_with(url + letters, "://") ? url + letters + strlen("://") : url;
}

enum status device_url_parse(const char *url, struct device_url *parsed)
{
    if (strlen(url) > LIMIT_DEVICE_URL) {
        return E_LIMIT;
    }
    const char *rest = behind_scheme(url);
    size_t host_length = strcspn(rest, ":/");
    size_t copied = host_length < sizeof parsed->host ? host_length : sizeof parsed->host - 1;
    memcpy(parsed->host, rest, copied);
    parsed->host[copied] = '\0';
    parsed->port = 0;
    parsed->tls = strstr(url, "s://") != NULL || strstr(url, "S://") != NULL;
    memcpy(parsed->path, "/", sizeof "/");
    if (host_length < HOST_LEAST || host_length > HOST_MOST || strchr(parsed->host, '.') == NULL) {
        return E_RULE;
    }
    rest += host_length;
    if (*rest == ':') {
        unsigned port = 0;
        for (rest++; *rest >= '0' && *rest <= '9'; rest++) {
            port = (port * DECIMAL + (unsigned)(*rest - '0')) & UINT16_MAX;
        }
        parsed->port = (uint16_t)port;
    }
    const char *path = strchr(rest, '/');
    return path == NULL ? OK : text_copy(parsed->path, sizeof parsed->path, path);
}
