#include "fleet/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/frame.h"

const char *script_kind_name(enum script_kind kind)
{
    static const char *const names[SCRIPT_KIND_COUNT] = {
        [SCRIPT_CONNECT] = "connect",       [SCRIPT_SEND] = "send",
        [SCRIPT_AWAIT] = "await",           [SCRIPT_WAIT] = "wait",
        [SCRIPT_DOWNLOAD] = "download",     [SCRIPT_DOWNLOADED] = "downloaded",
        [SCRIPT_DISCONNECT] = "disconnect", [SCRIPT_CLOSED] = "closed",
    };
    return kind < SCRIPT_KIND_COUNT ? names[kind] : "?";
}

void script_finish(struct script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        free(script->moves[i].bytes);
    }
    free(script->moves);
    *script = (struct script){0};
}

void script_command_name(uint16_t command, char name[SCRIPT_COMMAND_NAME])
{
    text_copy_cut(name, SCRIPT_COMMAND_NAME, command_name(command));
    if (strcmp(name, "unknown") == 0) {
        (void)snprintf(name, SCRIPT_COMMAND_NAME, "0x%04x", (unsigned)command);
    }
}

void script_move_text(const struct script_move *move, char text[SCRIPT_MOVE_TEXT])
{
    char name[SCRIPT_COMMAND_NAME];
    script_command_name(move->command, name);
    const char *kind = script_kind_name(move->kind);
    switch (move->kind) {
    case SCRIPT_SEND:
        (void)snprintf(text, SCRIPT_MOVE_TEXT, "%s %s", kind, move->is_raw ? "raw bytes" : name);
        break;
    case SCRIPT_AWAIT:
        (void)snprintf(text, SCRIPT_MOVE_TEXT, "%s %s", kind, name);
        break;
    case SCRIPT_WAIT:
        (void)snprintf(text, SCRIPT_MOVE_TEXT, "%s %lld ms", kind, (long long)move->wait_ms);
        break;
    case SCRIPT_DOWNLOAD:
        (void)snprintf(text, SCRIPT_MOVE_TEXT, "%s %.50s", kind, move->range[0] != '\0' ? move->range : "whole file");
        break;
    default:
        text_copy_cut(text, SCRIPT_MOVE_TEXT, kind);
        break;
    }
}
