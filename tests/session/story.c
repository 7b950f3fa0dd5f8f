#include "story.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/text.h"

static void give_up(const char *what, const char *text)
{
    (void)fprintf(stderr, "story: %s '%s'\n", what, text);
    abort();
}

static void copy(char *target, size_t capacity, const char *source)
{
    if (text_copy(target, capacity, source) != OK) {
        give_up("too long", source);
    }
}

static int64_t number_of(const char *word)
{
    int64_t number = 0;
    if (text_parse_int(word, -1000000, INT64_MAX, &number) != OK) {
        give_up("no number", word);
    }
    return number;
}

static void add_component(struct task *task, char *word)
{
    size_t i = task->component_count++;
    struct task_component *component = &task->components[i];
    size_t length = strlen(word);
    if (word[length - 1] == '!') {
        component->skipped = true;
        word[length - 1] = '\0';
    }
    bool module = strcmp(word, "MOD") == 0;
    component->position = (int)i;
    component->type = module ? COMPONENT_MODULE : COMPONENT_MCU;
    component->package_id = (int64_t)i + 1;
    copy(component->component_no, sizeof component->component_no, word);
    copy(component->target_version, sizeof component->target_version, module ? "M2" : "2_0_0");
    const char *old = module ? "M1" : "1_0_0";
    copy(component->source_version, sizeof component->source_version,
         component->skipped ? component->target_version : old);
}

void story_init(struct story *story, const char *plan, int retries)
{
    memset(story, 0, sizeof *story);
    story->strategy = STRATEGY_DEFAULT;
    story->strategy.retries = retries;
    story->now = STORY_START_MS;
    story->online = true;
    story->task.plan_id = 1;
    story->task.device_id = 1;
    char words[512];
    copy(words, sizeof words, plan);
    char *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        add_component(&story->task, word);
    }
}

/* --- events ----------------------------------------------------------------------------------------------------- */

static void take_version(struct version_report *versions, const char *word)
{
    if (word[0] == 'm' || word[0] == 'i') {
        copy(versions->module_version, sizeof versions->module_version, word + 2);
        versions->module_is_bare = word[0] == 'm';
        return;
    }
    const char *colon = strchr(word, ':');
    if (colon == NULL) {
        give_up("no version in", word);
        return;
    }
    struct mcu_version *mcu = &versions->mcus[versions->mcu_count++];
    (void)snprintf(mcu->component_no, sizeof mcu->component_no, "%.*s", (int)(colon - word - 2), word + 2);
    copy(mcu->version, sizeof mcu->version, colon + 1);
}

static void take_abort(struct session_event *event, const char *word)
{
    static const struct session_abort aborts[] = {
        {REASON_DECLINED, LOG_FAILED, LOG_FROM_DEVICE, "declined by the user"},
        {REASON_PLAN_TERMINATED, LOG_TERMINATED, LOG_FROM_SERVER, "the plan was terminated"},
        {REASON_PLAN_ENDED, LOG_ENDED, LOG_FROM_SERVER, "the plan has ended"},
        {REASON_TIMEOUT, LOG_FAILED, LOG_FROM_SERVER, "not verified within 60 minutes"},
    };
    for (size_t i = 0; i < sizeof aborts / sizeof aborts[0]; i++) {
        if (strcmp(reason_name(aborts[i].reason), word) == 0) {
            event->abort = aborts[i];
            return;
        }
    }
    give_up("unknown abort", word);
}

/* One word behind the first. */
static void take_word(struct session_event *event, struct upgrade_report *upgrade, const char *word)
{
    if (event->kind == SESSION_ABORT) {
        take_abort(event, word);
        return;
    }
    if (word[1] != '=') {
        if (strcmp(word, "sha") == 0) {
            upgrade->wants_sha256 = true;
        } else {
            copy(upgrade->component_no, sizeof upgrade->component_no, word);
        }
        return;
    }
    switch (word[0]) {
    case 'p':
        event->progress = (int)number_of(word + 2);
        return;
    case 't':
        upgrade->component_type = (struct maybe_int){true, (int)number_of(word + 2)};
        return;
    case 'v':
    case 'm':
    case 'i':
        take_version(&upgrade->versions, word);
        return;
    default:
        give_up("unknown word", word);
    }
}

static enum session_event_kind event_kind(const char *word, struct upgrade_report *upgrade)
{
    int64_t number = 0;
    if (text_parse_int(word, 0, 1000000, &number) == OK) {
        upgrade->status = (int)number;
        return SESSION_STATUS;
    }
    for (int kind = 0; kind < SESSION_EVENT_COUNT; kind++) {
        if (strcmp(word, session_event_name((enum session_event_kind)kind)) == 0) {
            return (enum session_event_kind)kind;
        }
    }
    give_up("unknown event", word);
    return SESSION_EVENT_COUNT;
}

/* A URL is new only when the one before has expired; an old one is sent again only while it lives. */
static void note_urls(struct story *story, const char *event)
{
    for (size_t i = 0; i < story->effects.count; i++) {
        const struct session_effect *effect = &story->effects.items[i];
        if (effect->kind == EFFECT_SEND_URL) {
            CHECK_ROW(event, story->live[effect->component] != effect->fresh);
            story->live[effect->component] = true;
        } else if (effect->kind == EFFECT_EXPIRE_URL) {
            story->live[effect->component] = false;
        }
    }
}

void story_play(struct story *story, const char *event)
{
    static struct upgrade_report upgrade;
    memset(&upgrade, 0, sizeof upgrade);
    struct session_event happening = {.progress = -1};
    char words[512];
    copy(words, sizeof words, event);
    char *rest = NULL;
    char *word = strtok_r(words, " ", &rest);
    if (word != NULL && word[0] == '+') {
        story->now += number_of(word + 1);
        word = strtok_r(NULL, " ", &rest);
    }
    if (word == NULL) {
        give_up("no event in", event);
        return;
    }
    happening.kind = event_kind(word, &upgrade);
    while ((word = strtok_r(NULL, " ", &rest)) != NULL) {
        take_word(&happening, &upgrade, word);
    }
    if (happening.kind == SESSION_ONLINE || happening.kind == SESSION_OFFLINE) {
        story->online = happening.kind == SESSION_ONLINE;
    }
    happening.device_online = story->online;
    happening.upgrade = happening.kind == SESSION_STATUS ? &upgrade : NULL;
    happening.versions = happening.kind == SESSION_VERSIONS ? &upgrade.versions : NULL;
    if (happening.kind == SESSION_ABORT && happening.abort.why == NULL) {
        give_up("no reason in", event);
    }
    session_step(&story->task, &story->strategy, &happening, story->now, &story->effects);
    note_urls(story, event);
}

/* --- what came out ---------------------------------------------------------------------------------------------- */

static void append(char text[STORY_TEXT], const char *format, ...) PRINTF_LIKE(2, 3);

static void append(char text[STORY_TEXT], const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text + used, STORY_TEXT - used, format, arguments);
    va_end(arguments);
}

static void append_effect(char text[STORY_TEXT], const struct task *task, const struct session_effect *effect)
{
    const char *component = task->components[effect->component].component_no;
    switch (effect->kind) {
    case EFFECT_LOG:
        append(text, "%s%s%s", log_kind_name(effect->entry.kind), effect->entry.component_no[0] == '\0' ? "" : "/",
               effect->entry.component_no);
        break;
    case EFFECT_SEND_NOTIFY:
        append(text, "NOTIFY");
        break;
    case EFFECT_SEND_URL:
        append(text, "URL%s%s", effect->fresh ? "+" : "=", component);
        break;
    case EFFECT_EXPIRE_URL:
        append(text, "EXPIRE/%s", component);
        break;
    case EFFECT_SETTLE:
        append(text, "SETTLE");
        break;
    case EFFECT_STARTED:
        append(text, "STARTED");
        break;
    case EFFECT_RELEASED:
        append(text, "RELEASED");
        break;
    case EFFECT_FINISHED:
        append(text, "FINISHED");
        break;
    case SESSION_EFFECT_COUNT:
        break;
    }
}

void story_effects_text(const struct story *story, char text[STORY_TEXT])
{
    text[0] = '\0';
    for (size_t i = 0; i < story->effects.count; i++) {
        append(text, "%s", i == 0 ? "" : " ");
        append_effect(text, &story->task, &story->effects.items[i]);
    }
}

void story_state_text(const struct task *task, char text[STORY_TEXT])
{
    text[0] = '\0';
    append(text, "%s", task_phase_name(task->phase));
    if (task->phase == TASK_DONE) {
        append(text, ":%s", device_status_name(task->status));
    }
    if (task->reason != REASON_NONE) {
        append(text, ":%s", reason_name(task->reason));
    }
    append(text, "%s", task->url_pending ? ",pending" : "");
    for (size_t i = 0; i < task->component_count; i++) {
        const struct task_component *component = &task->components[i];
        append(text, " %s", component_step_name(component->step));
        if (component->attempts > 0) {
            append(text, "#%d", component->attempts);
        }
        if (component->progress > 0 && component->step != STEP_SUCCESSFUL) {
            append(text, "@%d", component->progress);
        }
    }
}

static void compare(const char *row, const char *event, const char *what, const char *found, const char *expect)
{
    if (expect != NULL && strcmp(found, expect) != 0) {
        (void)fprintf(stderr, "    '%s' at '%s': %s are\n      %s\n    expected\n      %s\n", row, event, what, found,
                      expect);
    }
    CHECK_ROW(row, expect == NULL || strcmp(found, expect) == 0);
}

void story_expect(struct story *story, const char *row, const char *event, const char *effects, const char *state)
{
    char text[STORY_TEXT];
    story_play(story, event);
    story_effects_text(story, text);
    compare(row, event, "effects", text, effects);
    story_state_text(&story->task, text);
    compare(row, event, "state", text, state);
    story_check_invariants(story, row);
}

void story_tell(const struct told_story *stories, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct story story;
        story_init(&story, stories[i].plan, stories[i].retries);
        CHECK_ROW(stories[i].name, stories[i].moments[0].event != NULL);
        for (const struct moment *moment = stories[i].moments; moment->event != NULL; moment++) {
            story_expect(&story, stories[i].name, moment->event, moment->effects, moment->state);
        }
    }
}

const struct log_entry *story_entry(const struct story *story, enum log_kind kind)
{
    for (size_t i = story->effects.count; i > 0; i--) {
        const struct session_effect *effect = &story->effects.items[i - 1];
        if (effect->kind == EFFECT_LOG && effect->entry.kind == kind) {
            return &effect->entry;
        }
    }
    return NULL;
}

bool story_has_effect(const struct story *story, enum session_effect_kind kind)
{
    for (size_t i = 0; i < story->effects.count; i++) {
        if (story->effects.items[i].kind == kind) {
            return true;
        }
    }
    return false;
}

/* --- what always holds ------------------------------------------------------------------------------------------ */

static bool status_fits_phase(const struct task *task)
{
    switch (task->phase) {
    case TASK_WAITING:
        return task->status == DEVICE_NON_UPGRADED;
    case TASK_DONE:
        return task->status == DEVICE_UPGRADED || task->status == DEVICE_FAILED;
    default:
        return task->status == DEVICE_IN_UPGRADE && task->reason == REASON_NONE;
    }
}

static void check_component(const struct story *story, size_t i, const char *row)
{
    const struct task *task = &story->task;
    const struct task_component *component = &task->components[i];
    bool under_way =
        component->step == STEP_CONFIRMED || component->step == STEP_DOWNLOADING || component->step == STEP_UPGRADING;
    CHECK_ROW(row, component->attempts >= 0 && component->attempts <= story->strategy.retries + 1);
    CHECK_ROW(row, component->progress >= 0 && component->progress <= 100);
    CHECK_ROW(row, under_way == (task->phase == TASK_RUNNING && i == task->current));
    CHECK_ROW(row, !under_way || component->attempts > 0);
    CHECK_ROW(row, component->started_at.known == (component->attempts > 0));
    CHECK_ROW(row, !component->unconfirmed || component->step == STEP_SUCCESSFUL);
    CHECK_ROW(row, !component->skipped || component->attempts == 0);
    CHECK_ROW(row, component->step != STEP_FAILED || task->status == DEVICE_FAILED);
    CHECK_ROW(row, task->status != DEVICE_UPGRADED || component->step == STEP_SUCCESSFUL);
    CHECK_ROW(row, task->phase != TASK_DONE || component->step != STEP_START);
    CHECK_ROW(row, component->step != STEP_FAILED || component->ended_at.known);
    CHECK_ROW(row, !story->live[i] || (i == task->current && task->status == DEVICE_IN_UPGRADE));
}

void story_check_invariants(const struct story *story, const char *row)
{
    const struct task *task = &story->task;
    CHECK_ROW(row, status_fits_phase(task));
    CHECK_ROW(row, task->deadline.known == (task->phase == TASK_RUNNING));
    CHECK_ROW(row, !task->url_pending || task->phase == TASK_RUNNING);
    CHECK_ROW(row, task->ended_at.known == (task->phase == TASK_DONE));
    CHECK_ROW(row, task->current < task->component_count);
    CHECK_ROW(row, story->effects.count <= SESSION_EFFECTS);
    for (size_t i = 0; i < task->component_count; i++) {
        check_component(story, i, row);
    }
    for (size_t i = 0; i < story->effects.count; i++) {
        const struct session_effect *effect = &story->effects.items[i];
        CHECK_ROW(row, effect->component < task->component_count);
        CHECK_ROW(row, effect->kind != EFFECT_LOG || effect->entry.detail[0] != '\0');
        CHECK_ROW(row, effect->kind != EFFECT_SEND_URL || (story->online && task->phase == TASK_RUNNING &&
                                                           effect->component == task->current && task->url_sent));
        CHECK_ROW(row, effect->kind != EFFECT_FINISHED || task->phase == TASK_DONE);
    }
}
