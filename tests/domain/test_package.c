#include "domain/package.h"

#include <stdlib.h>

#include "violations_support.h"

static void test_type_names(void)
{
    enum component_type component = COMPONENT_MCU;
    enum package_type package = PACKAGE_DELTA;
    CHECK_TEXT(component_type_name(COMPONENT_MODULE), "module");
    CHECK_TEXT(component_type_name(COMPONENT_MCU), "mcu");
    CHECK_TEXT(package_type_name(PACKAGE_FULL), "full");
    CHECK_TEXT(package_type_name(PACKAGE_DELTA), "delta");
    CHECK_OK(component_type_parse("module", &component));
    CHECK(component == COMPONENT_MODULE);
    CHECK_OK(package_type_parse("full", &package));
    CHECK(package == PACKAGE_FULL);
    CHECK(component_type_parse("MCU", &component) == E_FORMAT);
    CHECK(component == COMPONENT_MODULE);
    CHECK(package_type_parse("", &package) == E_FORMAT);
    CHECK(package == PACKAGE_FULL);
}

static void test_extensions(void)
{
    static const struct {
        const char *name;
        const char *extension;
    } rows[] = {
        {"fw.bin", ".bin"},       {"fw.zip", ".zip"},       {"fw.rar", ".rar"},     {"fw.pack", ".pack"},
        {"fw.mini_1", ".mini_1"}, {"fw.mini_2", ".mini_2"}, {"fw.py", ".py"},       {"fw.tar", ".tar"},
        {"fw.tar.gz", ".tar.gz"}, {"fw.s19", ".s19"},       {"fw.bin_1", ".bin_1"}, {"fw.bin_2", ".bin_2"},
        {"a.bin.zip", ".zip"},    {"fw.gz", NULL},          {"fw.exe", NULL},       {"fw", NULL},
        {"fw.BIN", NULL},         {"fwbin", NULL},          {"fw.bin ", NULL},      {"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *found = package_file_extension(rows[i].name);
        bool same = rows[i].extension == NULL ? found == NULL : found != NULL && strcmp(found, rows[i].extension) == 0;
        CHECK_ROW(rows[i].name, same);
    }
}

static void test_versions(void)
{
    static const struct {
        const char *version;
        bool ok;
    } rows[] = {
        {"1_0_0", true},
        {"1", true},
        {"-", true},
        {"1/0", false},
        {"BC26NBR01A04.2-beta", true},
        {"", false},
        {"1 0", false},
        {"1:0", false},
        {"1;0", false},
        {"1\xC3\xA4", false},
        {"012345678901234567890123456789012345678901234567890123456789012", true},
        {"0123456789012345678901234567890123456789012345678901234567890123", true},
        {"01234567890123456789012345678901234567890123456789012345678901234", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].version, version_is_valid(rows[i].version) == rows[i].ok);
    }
}

/* A package with everything right; rows spoil it. */
static struct package good_package(void)
{
    struct package package = {.name = "MCU 2.0.0", .target_version = "2_0_0", .file_count = 1};
    package.files[0] = (struct package_file){.name = "fw.bin", .size = 1};
    return package;
}

static void spoil_nothing(struct package *package)
{
    (void)package;
}

static void no_name(struct package *package)
{
    package->name[0] = '\0';
}

/* A text of `count` characters of two bytes each. */
static void fill(char *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        memcpy(text + 2 * i, "\xC3\xA4", 2);
    }
    text[2 * count] = '\0';
}

static void name_1(struct package *package)
{
    fill(package->name, 1);
}

static void name_99(struct package *package)
{
    fill(package->name, 99);
}

static void name_100(struct package *package)
{
    fill(package->name, 100);
}

static void name_101(struct package *package)
{
    fill(package->name, 101);
}

static void target_1(struct package *package)
{
    (void)snprintf(package->target_version, sizeof package->target_version, "2");
}

static void target_64(struct package *package)
{
    memset(package->target_version, '2', LIMIT_VERSION);
    package->target_version[LIMIT_VERSION] = '\0';
}

static void no_target(struct package *package)
{
    package->target_version[0] = '\0';
}

static void spoil_target(struct package *package)
{
    package->target_version[1] = ' ';
}

static void remarks_199(struct package *package)
{
    fill(package->remarks, 199);
}

static void remarks_200(struct package *package)
{
    fill(package->remarks, 200);
}

static void remarks_201(struct package *package)
{
    fill(package->remarks, 201);
}

static void no_file(struct package *package)
{
    package->file_count = 0;
}

static void with_files(struct package *package, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        package->files[i] = package->files[0];
    }
    package->file_count = count;
}

static void four_files(struct package *package)
{
    with_files(package, 4);
}

static void five_files(struct package *package)
{
    with_files(package, 5);
}

static void six_files(struct package *package)
{
    package->file_count = 6;
}

static void empty_file(struct package *package)
{
    package->files[0].size = 0;
}

static void two_bytes(struct package *package)
{
    package->files[0].size = 2;
}

static void nearly_largest_file(struct package *package)
{
    package->files[0].size = 100LL * 1024 * 1024 - 1;
}

static void largest_file(struct package *package)
{
    package->files[0].size = 100LL * 1024 * 1024;
}

static void too_large_file(struct package *package)
{
    five_files(package);
    package->files[4].size = 100LL * 1024 * 1024 + 1;
}

static void bad_extension(struct package *package)
{
    five_files(package);
    (void)snprintf(package->files[2].name, sizeof package->files[2].name, "fw.exe");
}

/* The sources are borrowed by the package of the row. */
static char sources[LIMIT_SOURCE_VERSIONS + 1][LIMIT_VERSION + 1];

static void with_sources(struct package *package, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(sources[i], sizeof sources[i], "1_0_%zu", i);
    }
    package->package_type = PACKAGE_DELTA;
    package->sources = sources;
    package->source_count = count;
}

static void full_with_sources(struct package *package)
{
    with_sources(package, 1);
    package->package_type = PACKAGE_FULL;
}

static void delta_without_sources(struct package *package)
{
    with_sources(package, 0);
}

static void delta_one_source(struct package *package)
{
    with_sources(package, 1);
}

static void delta_99_sources(struct package *package)
{
    with_sources(package, LIMIT_SOURCE_VERSIONS - 1);
}

static void delta_longest_source(struct package *package)
{
    with_sources(package, 2);
    memset(sources[1], '1', LIMIT_VERSION);
    sources[1][LIMIT_VERSION] = '\0';
}

static void delta_empty_source(struct package *package)
{
    with_sources(package, 2);
    sources[1][0] = '\0';
}

static void delta_most_sources(struct package *package)
{
    with_sources(package, LIMIT_SOURCE_VERSIONS);
}

static void delta_too_many_sources(struct package *package)
{
    with_sources(package, LIMIT_SOURCE_VERSIONS + 1);
}

static void delta_bad_source(struct package *package)
{
    with_sources(package, 3);
    sources[1][0] = ';';
}

static void delta_same_source(struct package *package)
{
    with_sources(package, 3);
    memcpy(sources[2], sources[0], sizeof sources[0]);
}

static void test_check(void)
{
    static const struct {
        const char *name;
        void (*spoil)(struct package *package);
        const char *expect;
    } rows[] = {
        {"good: full, one file of one byte", spoil_nothing, ""},
        {"no name", no_name, "/name"},
        {"name of 1", name_1, ""},
        {"name of 99", name_99, ""},
        {"name of 100", name_100, ""},
        {"name of 101", name_101, "/name"},
        {"no target", no_target, "/targetVersion"},
        {"target of 1", target_1, ""},
        {"target of 64", target_64, ""},
        {"blank in the target", spoil_target, "/targetVersion"},
        {"remarks of 199", remarks_199, ""},
        {"remarks of 200", remarks_200, ""},
        {"remarks of 201", remarks_201, "/remarks"},
        {"no file", no_file, "/files"},
        {"four files", four_files, ""},
        {"five files", five_files, ""},
        {"six files", six_files, "/files"},
        {"empty file", empty_file, "/files/0"},
        {"file of two bytes", two_bytes, ""},
        {"file of 100 MiB less one byte", nearly_largest_file, ""},
        {"file of 100 MiB", largest_file, ""},
        {"fifth file too large", too_large_file, "/files/4"},
        {"third file's extension", bad_extension, "/files/2"},
        {"full with one source", full_with_sources, "/sourceVersions"},
        {"delta without", delta_without_sources, "/sourceVersions"},
        {"delta with 1", delta_one_source, ""},
        {"delta with 99", delta_99_sources, ""},
        {"delta with 100", delta_most_sources, ""},
        {"delta with 101", delta_too_many_sources, "/sourceVersions"},
        {"delta with a source of 64", delta_longest_source, ""},
        {"delta with an empty one", delta_empty_source, "/sourceVersions/1"},
        {"delta with a bad one", delta_bad_source, "/sourceVersions/1"},
        {"delta with one twice", delta_same_source, "/sourceVersions/2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct package package = good_package();
        struct violations violations = {0};
        rows[i].spoil(&package);
        package_check(&package, &violations);
        check_pointers(rows[i].name, &violations, rows[i].expect);
    }
}

static void test_applies_to(void)
{
    struct package package = good_package();
    CHECK(package_applies_to(&package, "anything"));
    with_sources(&package, 2);
    CHECK(package_applies_to(&package, "1_0_0"));
    CHECK(package_applies_to(&package, "1_0_1"));
    CHECK(!package_applies_to(&package, "1_0_2"));
    CHECK(!package_applies_to(&package, "1_0"));
}

static void test_finish(void)
{
    struct package package = good_package();
    package.sources = calloc(2, sizeof *package.sources);
    package.source_count = 2;
    package_finish(&package);
    CHECK(package.sources == NULL);
    CHECK(package.source_count == 0);
    package_finish(&package);
    package_finish(NULL);
}

int main(void)
{
    static const struct test_case cases[] = {{"names of types", test_type_names},
                                             {"extensions", test_extensions},
                                             {"versions", test_versions},
                                             {"check", test_check},
                                             {"applies to", test_applies_to},
                                             {"finish", test_finish},
                                             {0}};
    return suite_run("package", cases);
}
