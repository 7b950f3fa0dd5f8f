/*
 * Which of a plan's upgrade texts a user reads (RFC 4647, lookup).
 *
 *   "zh-CN" --> zh-CN, else zh      the tag, then shortened tag by tag; letters' case and '_' for '-' do not count
 *
 *   language=de, Accept-Language: fr-CH, zh;q=0.9    texts zh, en     --> de? no; English
 *   (no language)                                                     --> fr-CH? fr? no; zh
 */
#ifndef HTTP_LANGUAGE_H
#define HTTP_LANGUAGE_H

#include "domain/plan.h"

/*
 * `wanted`: the language asked for by name, NULL: none; then `accept`, an Accept-Language header (NULL: none), is
 * asked, the best weight first. Falls back to English, then to the first text. Borrowed; NULL: the plan has no texts.
 */
const struct upgrade_text *language_choose(const struct plan *plan, const char *wanted, const char *accept);

#endif
