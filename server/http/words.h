/*
 * A query parameter that is some of the words of a table:  ?waitFor=upgraded,failed
 */
#ifndef HTTP_WORDS_H
#define HTTP_WORDS_H

#include "http/request.h"

typedef const char *word_name(unsigned number);

/*
 * For check(): the words of `text`, with commas, as bits: bit n is word n of `count` (at most 32). Another word is a
 * violation of the parameter `name` that lists those that are right, as many as there is room for.
 */
void words_check(struct request *request, const char *name, const char *text, word_name *word, unsigned count,
                 uint32_t *bits);

#endif
