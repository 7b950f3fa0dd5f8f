/*
 * Any bytes as text of an XML 1.0 document (section 2.2, Characters): what comes out is well-formed whatever goes in.
 *
 *   a<b & "c"     -->  a&lt;b &amp; &quot;c&quot;
 *   01 7f-9f ..   -->  left out: control characters, U+FFFE, U+FFFF; tab and line end stay
 *   c3 28         -->  ?(                     what is no UTF-8 becomes '?', as in JSON answers
 */
#ifndef BASE_XML_TEXT_H
#define BASE_XML_TEXT_H

#include "base/buffer.h"

/* For the content of an element. */
void xml_append_text(struct buffer *buffer, const char *text);

/* For an attribute between double quotes: tab and line end as references, else a reader makes blanks of them. */
void xml_append_attribute(struct buffer *buffer, const char *name, const char *value);

#endif
