/*
 * schema/openapi.json as a text; made at build by schema/embed_text.cmake.
 */
#ifndef HTTP_OPENAPI_H
#define HTTP_OPENAPI_H

extern const char openapi_json[];

#endif
