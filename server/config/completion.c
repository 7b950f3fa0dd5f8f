/*
 * Completion scripts. A value is completed where the table knows more than its type: words of a choice, files, folders.
 */
#include <string.h>

#include "config/command.h"

enum value_kind { VALUE_NONE, VALUE_ANY, VALUE_FILE, VALUE_FOLDER, VALUE_WORDS };

static enum value_kind kind_of(const struct option *option)
{
    if (option->kind == OPTION_FLAG) {
        return VALUE_NONE;
    }
    if (option->kind == OPTION_CHOICE) {
        return VALUE_WORDS;
    }
    return strcmp(option->argument, "FILE") == 0  ? VALUE_FILE
           : strcmp(option->argument, "DIR") == 0 ? VALUE_FOLDER
                                                  : VALUE_ANY;
}

/* "text|json" as "text json" */
static void put_words(FILE *file, const char *choices)
{
    for (; *choices != '\0'; choices++) {
        (void)fputc(*choices == '|' ? ' ' : *choices, file);
    }
}

static void put_names(FILE *file, const struct subcommand *const *commands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(file, "%s%s", i == 0 ? "" : " ", commands[i]->name);
    }
}

static void bash_command(FILE *file, const struct subcommand *command)
{
    (void)fprintf(file, "        %s)\n            case $before in\n", command->name);
    for (const struct option *option = command->options; option->kind != OPTION_END; option++) {
        enum value_kind kind = kind_of(option);
        if (option->secret) {
            (void)fprintf(file, "                --%s-file) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n",
                          option->name);
        }
        if (kind == VALUE_NONE) {
            continue;
        }
        (void)fprintf(file, "                --%s) ", option->name);
        if (kind == VALUE_WORDS) {
            (void)fputs("COMPREPLY=($(compgen -W '", file);
            put_words(file, option->argument);
            (void)fputs("' -- \"$word\")); ", file);
        } else if (kind != VALUE_ANY) {
            (void)fprintf(file, "COMPREPLY=($(compgen %s -- \"$word\")); ", kind == VALUE_FILE ? "-f" : "-d");
        }
        (void)fputs("return ;;\n", file);
    }
    (void)fputs("            esac\n            words='--help --version", file);
    for (const struct option *option = command->options; option->kind != OPTION_END; option++) {
        (void)fprintf(file, " --%s", option->name);
        if (option->secret) {
            (void)fprintf(file, " --%s-file", option->name);
        }
    }
    (void)fprintf(file, "%s%s' ;;\n", command->words == NULL ? "" : " ", command->words == NULL ? "" : command->words);
}

static void complete_bash(FILE *file, const struct subcommand *const *commands, size_t count)
{
    (void)fputs("# bash completion of mockdc, made by 'mockdc manual --completion bash'\n"
                "_mockdc() {\n"
                "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
                "    COMPREPLY=()\n"
                "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                "        COMPREPLY=($(compgen -W '--help --version ",
                file);
    put_names(file, commands, count);
    (void)fputs("' -- \"$word\"))\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n", file);
    for (size_t i = 0; i < count; i++) {
        bash_command(file, commands[i]);
    }
    (void)fputs("    esac\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                "    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))\n}\n"
                "complete -F _mockdc mockdc\n",
                file);
}

static void fish_option(FILE *file, const char *command, const struct option *option, bool twin)
{
    enum value_kind kind = twin ? VALUE_FILE : kind_of(option);
    (void)fprintf(file, "complete -c mockdc -n '__fish_seen_subcommand_from %s' -l %s%s", command, option->name,
                  twin ? "-file" : "");
    if (kind == VALUE_WORDS) {
        (void)fputs(" -x -a '", file);
        put_words(file, option->argument);
        (void)fputs("'", file);
    } else if (kind == VALUE_FILE) {
        (void)fputs(" -r -F", file);
    } else if (kind == VALUE_FOLDER) {
        (void)fputs(" -x -a '(__fish_complete_directories)'", file);
    } else if (kind == VALUE_ANY) {
        (void)fputs(" -x", file);
    }
    (void)fputs("\n", file);
}

static void complete_fish(FILE *file, const struct subcommand *const *commands, size_t count)
{
    (void)fputs("# fish completion of mockdc, made by 'mockdc manual --completion fish'\ncomplete -c mockdc -f\n",
                file);
    for (size_t i = 0; i < count; i++) {
        const struct subcommand *command = commands[i];
        (void)fprintf(file, "complete -c mockdc -n __fish_use_subcommand -a %s -d '%s'\n", command->name,
                      command->summary);
        if (command->words != NULL) {
            (void)fprintf(file, "complete -c mockdc -n '__fish_seen_subcommand_from %s' -a '%s'\n", command->name,
                          command->words);
        }
        for (const struct option *option = command->options; option->kind != OPTION_END; option++) {
            fish_option(file, command->name, option, false);
            if (option->secret) {
                fish_option(file, command->name, option, true);
            }
        }
    }
}

enum status commands_complete(FILE *file, const char *shell, const struct subcommand *const *commands, size_t count)
{
    if (strcmp(shell, "fish") == 0) {
        complete_fish(file, commands, count);
        return OK;
    }
    bool zsh = strcmp(shell, "zsh") == 0;
    if (!zsh && strcmp(shell, "bash") != 0) {
        return E_NOT_FOUND;
    }
    if (zsh) {
        /* zsh runs completions written for bash */
        (void)fputs("#compdef mockdc\nautoload -U +X bashcompinit && bashcompinit\n", file);
    }
    complete_bash(file, commands, count);
    return OK;
}
