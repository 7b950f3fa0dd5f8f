#include "crypto/digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/text.h"

struct digest_stream {
    EVP_MD_CTX *md5;
    EVP_MD_CTX *sha256;
    uLong crc32;
};

enum status digest_stream_create(struct digest_stream **stream)
{
    CLEANUP(cleanup_digest_stream) struct digest_stream *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return E_NOMEM;
    }
    created->md5 = EVP_MD_CTX_new();
    created->sha256 = EVP_MD_CTX_new();
    if (created->md5 == NULL || created->sha256 == NULL) {
        return E_NOMEM;
    }
    if (EVP_DigestInit_ex(created->md5, EVP_md5(), NULL) != 1 ||
        EVP_DigestInit_ex(created->sha256, EVP_sha256(), NULL) != 1) {
        return E_CRYPTO;
    }
    created->crc32 = crc32_z(0, NULL, 0);
    *stream = created;
    created = NULL;
    return OK;
}

void digest_stream_destroy(struct digest_stream *stream)
{
    if (stream != NULL) {
        EVP_MD_CTX_free(stream->md5);
        EVP_MD_CTX_free(stream->sha256);
        free(stream);
    }
}

void cleanup_digest_stream(struct digest_stream **stream)
{
    digest_stream_destroy(*stream);
}

enum status digest_stream_add(struct digest_stream *stream, const void *bytes, size_t count)
{
    if (count == 0) {
        return OK;
    }
    if (EVP_DigestUpdate(stream->md5, bytes, count) != 1 || EVP_DigestUpdate(stream->sha256, bytes, count) != 1) {
        return E_CRYPTO;
    }
    stream->crc32 = crc32_z(stream->crc32, bytes, count);
    return OK;
}

enum status digest_stream_end(struct digest_stream *stream, struct digests *digests)
{
    uint8_t md5[16];
    uint8_t sha256[32];
    if (EVP_DigestFinal_ex(stream->md5, md5, NULL) != 1 || EVP_DigestFinal_ex(stream->sha256, sha256, NULL) != 1) {
        return E_CRYPTO;
    }
    hex_encode(md5, sizeof md5, digests->md5);
    hex_encode(sha256, sizeof sha256, digests->sha256);
    (void)snprintf(digests->crc32, sizeof digests->crc32, "%08lx", stream->crc32 & 0xFFFFFFFFUL);
    return OK;
}

enum status digest_bytes(const void *bytes, size_t count, struct digests *digests)
{
    CLEANUP(cleanup_digest_stream) struct digest_stream *stream = NULL;
    enum status status = digest_stream_create(&stream);
    if (status == OK) {
        status = digest_stream_add(stream, bytes, count);
    }
    if (status == OK) {
        status = digest_stream_end(stream, digests);
    }
    return status;
}

enum status sha256_bytes(const void *bytes, size_t count, uint8_t digest[32])
{
    return EVP_Digest(bytes, count, digest, NULL, EVP_sha256(), NULL) == 1 ? OK : E_CRYPTO;
}
