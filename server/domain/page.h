/*
 * A piece of a list: where to go on, how many, and which (api.md, Conventions: Lists).
 */
#ifndef DOMAIN_PAGE_H
#define DOMAIN_PAGE_H

struct page {
    const char *after; /* sort key of the last item seen; NULL: from the start */
    int limit;         /* 1..LIMIT_PAGE */
    const char *query; /* only items whose key or name contains this, letter case aside; NULL: all */
};

#endif
