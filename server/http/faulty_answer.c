#include "http/faulty_answer.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/instant.h"
#include "base/limits.h"
#include "http/firmware.h"

enum { PIECE = 16 * 1024, HEADER = 4096 + DISPOSITION_TEXT, THROTTLE_SLICES = 20, DRAIN_STEP_MS = 2, DRAIN_MS = 5000 };

static const char *const end_names[] = {"complete", "cut", "reset", "clientClosed", "serverEnds"};

const char *faulty_end_name(enum faulty_end end)
{
    return end_names[end];
}

/* FAULTY_COMPLETE: go on. */
static enum faulty_end pause_for(const struct faulty_answer *answer, int64_t ms)
{
    int64_t until = monotonic_ms() + ms;
    for (int64_t left = ms; left > 0; left = until - monotonic_ms()) {
        struct pollfd watched[] = {{.fd = answer->stop_fd, .events = POLLIN}, {.fd = answer->fd, .events = POLLRDHUP}};
        if (poll(watched, 2, (int)left) > 0) {
            return watched[0].revents != 0 ? FAULTY_STOPPED : FAULTY_CLIENT_CLOSED;
        }
    }
    return FAULTY_COMPLETE;
}

static enum faulty_end send_bytes(const struct faulty_answer *answer, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t sent = send(answer->fd, at, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            at += sent;
            length -= (size_t)sent;
            continue;
        }
        if (sent < 0 && errno != EAGAIN && errno != EINTR) {
            return FAULTY_CLIENT_CLOSED;
        }
        struct pollfd watched[] = {{.fd = answer->stop_fd, .events = POLLIN}, {.fd = answer->fd, .events = POLLOUT}};
        int ready = poll(watched, 2, LIMIT_HTTP_IDLE_S * 1000);
        if (ready == 0 || watched[0].revents != 0) {
            return ready == 0 ? FAULTY_CLIENT_CLOSED : FAULTY_STOPPED;
        }
    }
    return FAULTY_COMPLETE;
}

/* A reset throws away what the kernel still holds: it must have gone first. */
static void drain(const struct faulty_answer *answer)
{
    int unsent = 1;
    for (int ms = 0; ms < DRAIN_MS && ioctl(answer->fd, SIOCOUTQ, &unsent) == 0 && unsent > 0; ms += DRAIN_STEP_MS) {
        if (pause_for(answer, DRAIN_STEP_MS) != FAULTY_COMPLETE) {
            return;
        }
    }
}

static enum faulty_end reset(const struct faulty_answer *answer)
{
    drain(answer);
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    (void)connect(answer->fd, &none, sizeof none); /* sends RST at once, whoever else has the descriptor */
    return FAULTY_RESET;
}

/* --- which faults --------------------------------------------------------------------------------------------- */

static void look(struct faulty_answer *answer)
{
    uint64_t version = faults_version(answer->faults);
    if (version != answer->version) {
        answer->version = version;
        answer->hit_count = faults_look(answer->faults, FAULT_HTTP_FIRMWARE, &answer->entry.subject, answer->hits);
    }
}

static bool was_tried(const struct faulty_answer *answer, int64_t id)
{
    for (size_t i = 0; i < answer->tried_count; i++) {
        if (answer->tried[i] == id) {
            return true;
        }
    }
    return answer->tried_count == FAULTY_TRIED;
}

/* The fault's one use in this download. */
static bool fire(struct faulty_answer *answer, const struct fault_hit *hit, int64_t at)
{
    char detail[FAULT_TEXT];
    answer->tried[answer->tried_count++] = hit->id;
    (void)snprintf(detail, sizeof detail, "at byte %" PRId64 " of %" PRId64, at, answer->entry.size);
    return faults_fire(answer->faults, hit->id, &answer->entry.subject, detail);
}

static bool acts_on_request(const struct fault_action *action)
{
    switch (action->type) {
    case FAULT_STATUS:
    case FAULT_CLOSE_BEFORE_HEADER:
    case FAULT_HEADER_DELAY:
    case FAULT_SHORT_BODY:
    case FAULT_IGNORE_RANGE:
    case FAULT_RANGE_OFF_BY_ONE:
    case FAULT_CHUNKED:
    case FAULT_NO_CONTENT_LENGTH:
    case FAULT_LOWER_CASE_CONTENT_LENGTH:
        return true;
    case FAULT_RESET:
        return (action->given & FAULT_HAS_AFTER_BYTES) == 0;
    default:
        return false;
    }
}

static bool acts_at_byte(const struct fault_action *action)
{
    switch (action->type) {
    case FAULT_CUT:
    case FAULT_STALL:
    case FAULT_EXPIRE:
    case FAULT_FLIP_BYTE:
        return true;
    case FAULT_RESET:
        return (action->given & FAULT_HAS_AFTER_BYTES) != 0;
    default:
        return false;
    }
}

/* --- the request ---------------------------------------------------------------------------------------------- */

static enum faulty_end send_status(struct faulty_answer *answer, const struct fault_action *action)
{
    char text[HEADER];
    char location[LIMIT_URL + 32] = "";
    char retry[48] = "";
    char size[48] = "";
    if (action->location[0] != '\0') {
        (void)snprintf(location, sizeof location, "Location: %s\r\n", action->location);
    } else if (action->code / 100 == 3 && action->code != 304) { /* a loop: the link itself */
        (void)snprintf(location, sizeof location, "Location: /firmware/%s%s\r\n", answer->entry.token,
                       answer->entry.extension);
    }
    if ((action->given & FAULT_HAS_RETRY_AFTER) != 0) {
        (void)snprintf(retry, sizeof retry, "Retry-After: %" PRId64 "\r\n", action->retry_after_s);
    }
    if (action->code == 416) {
        (void)snprintf(size, sizeof size, "Content-Range: bytes */%" PRId64 "\r\n", answer->entry.size);
    }
    int length =
        snprintf(text, sizeof text, "HTTP/1.1 %d Fault\r\nConnection: close\r\n%s%s%sContent-Length: 0\r\n\r\n",
                 action->code, location, retry, size);
    answer->http_status = action->code;
    return send_bytes(answer, text, (size_t)length);
}

/* FAULTY_COMPLETE and *over: the answer was sent. */
static enum faulty_end act_on_request(struct faulty_answer *answer, const struct fault_action *action, bool *over)
{
    switch (action->type) {
    case FAULT_STATUS:
        *over = true;
        return send_status(answer, action);
    case FAULT_CLOSE_BEFORE_HEADER:
        return FAULTY_CUT;
    case FAULT_RESET:
        return reset(answer);
    case FAULT_HEADER_DELAY:
        return pause_for(answer, action->ms);
    case FAULT_SHORT_BODY:
        answer->length = action->bytes < answer->length ? action->bytes : answer->length;
        return FAULTY_COMPLETE;
    case FAULT_IGNORE_RANGE:
        answer->partial = false;
        answer->first = 0;
        answer->last = answer->entry.size - 1;
        answer->length = answer->entry.size;
        return FAULTY_COMPLETE;
    case FAULT_RANGE_OFF_BY_ONE:
        answer->shift = 1;
        return FAULTY_COMPLETE;
    case FAULT_CHUNKED:
        answer->chunked = true;
        return FAULTY_COMPLETE;
    case FAULT_NO_CONTENT_LENGTH:
        answer->no_length = true;
        return FAULTY_COMPLETE;
    default:
        answer->lower_case = true;
        return FAULTY_COMPLETE;
    }
}

static enum faulty_end begin(struct faulty_answer *answer, bool *over)
{
    enum faulty_end end = FAULTY_COMPLETE;
    for (size_t i = 0; i < answer->hit_count && end == FAULTY_COMPLETE && !*over; i++) {
        const struct fault_hit *hit = &answer->hits[i];
        if (acts_on_request(&hit->action) && fire(answer, hit, answer->first)) {
            end = act_on_request(answer, &hit->action, over);
        }
    }
    return end;
}

static enum faulty_end send_header(struct faulty_answer *answer)
{
    char text[HEADER];
    char range[96] = "";
    char length[64] = "";
    char disposition[DISPOSITION_TEXT + 1];
    if (answer->partial) {
        (void)snprintf(range, sizeof range, "Content-Range: bytes %" PRId64 "-%" PRId64 "/%" PRId64 "\r\n",
                       answer->first, answer->last, answer->entry.size);
    }
    if (answer->chunked) {
        (void)snprintf(length, sizeof length, "Transfer-Encoding: chunked\r\n");
    } else if (!answer->no_length) {
        (void)snprintf(length, sizeof length, "%s: %" PRId64 "\r\n",
                       answer->lower_case ? "content-length" : "Content-Length", answer->length);
    }
    firmware_disposition(answer->entry.name, disposition);
    answer->http_status = answer->partial ? 206 : 200;
    int used =
        snprintf(text, sizeof text,
                 "HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: application/octet-stream\r\n%s%s"
                 "ETag: \"%s\"\r\nContent-Disposition: %s\r\nAccept-Ranges: bytes\r\n"
                 "Cache-Control: private, no-transform\r\nX-Content-Type-Options: nosniff\r\n\r\n",
                 answer->partial ? "206 Partial Content" : "200 OK", range, length, answer->entry.sha256, disposition);
    return send_bytes(answer, text, (size_t)used);
}

/* --- the body ------------------------------------------------------------------------------------------------- */

/* Bytes of the body before the place; negative: this answer begins behind it. */
static int64_t distance(const struct faulty_answer *answer, const struct fault_action *action)
{
    return fault_place_in(&action->at_byte, answer->entry.size) - answer->first;
}

static enum faulty_end act_at_byte(struct faulty_answer *answer, const struct fault_action *action)
{
    switch (action->type) {
    case FAULT_RESET:
        return reset(answer);
    case FAULT_STALL:
        return pause_for(answer, action->ms);
    case FAULT_EXPIRE:
        firmware_table_expire(answer->table, answer->entry.token);
        return FAULTY_CUT;
    default:
        return FAULTY_CUT;
    }
}

/* What begins now; *most is shortened to the next byte at which something happens. */
static enum faulty_end act_before_piece(struct faulty_answer *answer, int64_t *most)
{
    enum faulty_end end = FAULTY_COMPLETE;
    look(answer);
    for (size_t i = 0; i < answer->hit_count && end == FAULTY_COMPLETE; i++) {
        const struct fault_hit *hit = &answer->hits[i];
        if (was_tried(answer, hit->id)) {
            continue;
        }
        if (hit->action.type == FAULT_THROTTLE && *most > 0 && fire(answer, hit, answer->first + answer->sent)) {
            answer->bytes_per_second = hit->action.bytes_per_second;
            answer->throttle_since = monotonic_ms();
            answer->throttled = 0;
        }
        if (hit->action.type == FAULT_RANDOM_BYTES && *most > 0 && fire(answer, hit, answer->first + answer->sent)) {
            answer->random = true;
            answer->seed = (uint64_t)hit->id;
        }
        int64_t ahead = acts_at_byte(&hit->action) ? distance(answer, &hit->action) - answer->sent : -1;
        bool before = distance(answer, &hit->action) < 0;
        if (ahead > 0 && ahead < *most) {
            *most = ahead;
        } else if (acts_at_byte(&hit->action) && hit->action.type != FAULT_FLIP_BYTE && ahead <= 0 && !before &&
                   fire(answer, hit, answer->first + answer->sent)) {
            end = act_at_byte(answer, &hit->action);
        }
    }
    return end;
}

/* Waits until some bytes may go, at the rate. */
static enum faulty_end throttle(const struct faulty_answer *answer, int64_t *most)
{
    if (answer->bytes_per_second == 0) {
        return FAULTY_COMPLETE;
    }
    int64_t slice = answer->bytes_per_second / THROTTLE_SLICES + 1;
    *most = *most < slice ? *most : slice;
    int64_t due = answer->throttle_since + (answer->throttled + *most) * 1000 / answer->bytes_per_second;
    int64_t wait = due - monotonic_ms();
    return wait > 0 ? pause_for(answer, wait) : FAULTY_COMPLETE;
}

/* A byte that only seed and place decide. */
static uint8_t random_byte(uint64_t seed, int64_t at)
{
    uint64_t z = (seed << 40) + (uint64_t)at + 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return (uint8_t)(z >> 56);
}

static void fill(struct faulty_answer *answer, uint8_t *piece, int64_t count)
{
    int64_t at = answer->first + answer->sent;
    for (int64_t i = 0; i < count; i++) {
        int64_t from = at + i + answer->shift;
        piece[i] = answer->random              ? random_byte(answer->seed, at + i)
                   : from < answer->entry.size ? answer->bytes[from]
                                               : 0;
    }
    for (size_t i = 0; i < answer->hit_count; i++) {
        const struct fault_hit *hit = &answer->hits[i];
        int64_t place = hit->action.type == FAULT_FLIP_BYTE ? distance(answer, &hit->action) - answer->sent : -1;
        place = place == count && at + count == answer->entry.size ? count - 1 : place; /* "100%": the last one */
        if (place >= 0 && place < count && !was_tried(answer, hit->id) && fire(answer, hit, at + place)) {
            piece[place] ^= 0xFF;
        }
    }
}

static enum faulty_end send_piece(struct faulty_answer *answer, const uint8_t *piece, int64_t count)
{
    char frame[32];
    int length = snprintf(frame, sizeof frame, "%" PRIx64 "\r\n", (uint64_t)count);
    enum faulty_end end = answer->chunked ? send_bytes(answer, frame, (size_t)length) : FAULTY_COMPLETE;
    if (end == FAULTY_COMPLETE) {
        end = send_bytes(answer, piece, (size_t)count);
    }
    if (end == FAULTY_COMPLETE && answer->chunked) {
        end = send_bytes(answer, "\r\n", 2);
    }
    return end;
}

/* Behind the last byte of the file: what is to happen "at 100%". */
static enum faulty_end act_behind_the_last(struct faulty_answer *answer)
{
    int64_t none = 0;
    return answer->first + answer->sent == answer->entry.size ? act_before_piece(answer, &none) : FAULTY_COMPLETE;
}

static enum faulty_end send_body(struct faulty_answer *answer)
{
    uint8_t piece[PIECE];
    enum faulty_end end = FAULTY_COMPLETE;
    while (answer->sent < answer->length && end == FAULTY_COMPLETE) {
        int64_t left = answer->length - answer->sent;
        int64_t count = left < PIECE ? left : PIECE;
        if ((end = act_before_piece(answer, &count)) != FAULTY_COMPLETE ||
            (end = throttle(answer, &count)) != FAULTY_COMPLETE) {
            break;
        }
        fill(answer, piece, count);
        end = send_piece(answer, piece, count);
        answer->sent += end == FAULTY_COMPLETE ? count : 0;
        answer->throttled += count;
    }
    if (end == FAULTY_COMPLETE) {
        end = act_behind_the_last(answer);
    }
    return end == FAULTY_COMPLETE && answer->chunked ? send_bytes(answer, "0\r\n\r\n", 5) : end;
}

enum faulty_end faulty_answer_send(struct faulty_answer *answer)
{
    bool over = false;
    enum faulty_end end = FAULTY_COMPLETE;
    answer->version = UINT64_MAX; /* look at once */
    look(answer);
    answer->length = answer->last - answer->first + 1;
    if (answer->in_body) {
        answer->http_status = answer->partial ? 206 : 200;
    } else if ((end = begin(answer, &over)) == FAULTY_COMPLETE && !over) {
        end = send_header(answer);
    }
    return end == FAULTY_COMPLETE && !over ? send_body(answer) : end;
}
