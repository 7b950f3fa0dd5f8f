#include "xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEPTH = 16 };

static bool wrong(const char *what, const char *where)
{
    (void)fprintf(stderr, "    XML: %s: %.60s\n", what, where);
    return false;
}

/* "&lt;" and the like, or the number of a character. */
static bool is_reference(const char *p)
{
    static const char *const names[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&apos;"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strncmp(p, names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    size_t digits = strncmp(p, "&#", 2) == 0 ? strspn(p + 2, "0123456789") : 0;
    return digits > 0 && p[2 + digits] == ';';
}

/* From behind the element's name up to its '>'; NULL: it is none. */
static const char *skip_attributes(const char *p)
{
    for (;;) {
        size_t blanks = strspn(p, " \t\r\n");
        p += blanks;
        if (*p == '>' || *p == '/' || *p == '?') {
            return p;
        }
        size_t name = strcspn(p, "= <>&\"'/");
        if (blanks == 0 || name == 0 || strncmp(p + name, "=\"", 2) != 0) {
            return NULL;
        }
        for (p += name + 2; *p != '"'; p++) {
            if (*p == '\0' || *p == '<' || (*p == '&' && !is_reference(p))) {
                return NULL;
            }
        }
        p++;
    }
}

/* Where the text behind a tag begins; NULL: the tag is wrong. */
static const char *skip_tag(const char *tag, const char *open[DEPTH], size_t *depth)
{
    const char *name = tag + 1 + (tag[1] == '/' || tag[1] == '?');
    size_t length = strcspn(name, " \t\r\n/?>");
    const char *end = skip_attributes(name + length);
    if (length == 0 || end == NULL) {
        return NULL;
    }
    if (tag[1] == '/') {
        bool fits = *depth > 0 && strncmp(open[*depth - 1], name, length) == 0 && *end == '>';
        *depth -= *depth > 0;
        return fits && strcspn(open[*depth], " \t\r\n/?>") == length ? end + 1 : NULL;
    }
    if (*end == '>') {
        if (*depth == DEPTH) {
            return NULL;
        }
        open[(*depth)++] = name;
        return end + 1;
    }
    return end[0] == (tag[1] == '?' ? '?' : '/') && end[1] == '>' ? end + 2 : NULL;
}

static bool nests(const char *document)
{
    const char *open[DEPTH];
    size_t depth = 0;
    for (const char *p = document; *p != '\0';) {
        if (*p == '&' && !is_reference(p)) {
            return wrong("a lone &", p);
        }
        if (strncmp(p, "]]>", 3) == 0) {
            return wrong("the end of a section that never began", p);
        }
        if (*p != '<') {
            p++;
            continue;
        }
        const char *tag = p;
        p = skip_tag(tag, open, &depth);
        if (p == NULL) {
            return wrong("a tag", tag);
        }
    }
    return depth == 0 || wrong("never closed", open[depth - 1]);
}

static bool is_taken_by_xmllint(const char *document, size_t length)
{
    if (system("command -v xmllint >/dev/null 2>&1") != 0) {
        (void)fprintf(stderr, "    xmllint is not installed: it was not asked\n");
        return true;
    }
    char path[] = "/tmp/mockdc-xml-XXXXXX";
    int fd = mkstemp(path);
    bool written = fd >= 0 && write(fd, document, length) == (ssize_t)length;
    char command[96];
    (void)snprintf(command, sizeof command, "xmllint --noout --nonet %s", path);
    bool right = written && system(command) == 0;
    (void)close(fd);
    (void)unlink(path);
    return right;
}

bool xml_is_well_formed(const char *document, size_t length)
{
    return strlen(document) == length && nests(document) && is_taken_by_xmllint(document, length);
}

size_t xml_count(const char *document, const char *text)
{
    size_t count = 0;
    for (const char *p = strstr(document, text); p != NULL; p = strstr(p + 1, text)) {
        count++;
    }
    return count;
}
