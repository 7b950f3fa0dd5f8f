/*
 * Whether a document is well-formed XML.
 */
#ifndef TESTS_HTTP_XML_H
#define TESTS_HTTP_XML_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Elements that nest, attributes in quotes, no markup within text: looked at here; and xmllint must take it, where it
 * is installed (package libxml2-utils). Says on stderr what is wrong.
 */
bool xml_is_well_formed(const char *document, size_t length);

/* How often `text` stands in the document. */
size_t xml_count(const char *document, const char *text);

#endif
