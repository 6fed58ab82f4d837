/* Tests of runtime/{safetensors,safetensors_write,table}.c, which need error.c, file.c and text.c. */
#define _GNU_SOURCE
#include "check.h"
#include <math.h>

/* ---------------------------------------------------------------- safetensors */

static long shape2[] = {2, 3}, shape0[] = {0, 5}, shape1[] = {3};
static const float floats[] = {1, -2, 3.5f, 0, 1e30f, -1e-30f};
static const double doubles[] = {1.0 / 3, -2, 1e300, 0, 5, 6};
static const long long integers[] = {-1, 0, 1ll << 62};
static const ag_u8 bytes[] = {1, 2, 255};

static int write_sample(const char *path)
{
    struct ag_st_writer writer;
    ag_st_begin(&writer);
    ag_st_add(&writer, "u8", AG_U8, 1, shape1, bytes);
    ag_st_add(&writer, "f32", AG_F32, 2, shape2, floats);
    ag_st_add(&writer, "f64", AG_F64, 2, shape2, doubles);
    ag_st_add(&writer, "scalar", AG_F32, 0, NULL, floats + 2);
    ag_st_add(&writer, "empty", AG_F32, 2, shape0, NULL);
    ag_st_add(&writer, "a \"quoted\" n\xC3\xA4me\\", AG_I64, 1, shape1, integers);
    ag_st_add_meta(&writer, "spec", "{\"name\": \"x\",\n\t\"path\": \"\\u00e4 \xF0\x9F\x98\x80\"}");
    ag_st_add_meta(&writer, "b", "");
    return ag_st_write(&writer, path, &err);
}

static void test_round_trip(void)
{
    struct ag_st st;
    const char *path = in_folder("sample.safetensors");
    CHECK(!write_sample(path) && !ag_st_open(&st, path, &err));
    CHECK(st.tensors == 6 && st.texts == 3 && !ag_st_find(&st, "none") && !ag_st_meta(&st, "none"));
    const struct ag_st_tensor *t = ag_st_find(&st, "f32");
    CHECK(t && t->dtype == AG_F32 && t->rank == 2 && t->shape[0] == 2 && t->shape[1] == 3 && t->count == 6);
    CHECK(t && !memcmp(t->data, floats, sizeof floats) && (size_t)t->data % 4 == 0);
    t = ag_st_find(&st, "f64");
    CHECK(t && t->dtype == AG_F64 && !memcmp(t->data, doubles, sizeof doubles) && (size_t)t->data % 8 == 0);
    t = ag_st_find(&st, "scalar");
    CHECK(t && t->rank == 0 && t->count == 1 && !memcmp(t->data, floats + 2, 4));
    t = ag_st_find(&st, "empty");
    CHECK(t && t->count == 0);
    t = ag_st_find(&st, "a \"quoted\" n\xC3\xA4me\\");
    CHECK(t && t->dtype == AG_I64 && !memcmp(t->data, integers, sizeof integers));
    t = ag_st_find(&st, "u8");
    CHECK(t && !memcmp(t->data, bytes, sizeof bytes));
    CHECK(!strcmp(ag_st_meta(&st, "spec"), "{\"name\": \"x\",\n\t\"path\": \"\\u00e4 \xF0\x9F\x98\x80\"}"));
    CHECK(!strcmp(ag_st_meta(&st, "b"), ""));
    ag_st_close(&st);
}

/* A file with any bit flipped is refused. A file without our checksum, as other programs write, is read. */
static void test_checksum(void)
{
    struct ag_st st;
    char *file = NULL, *found;
    long size = 0, taken = 0;
    const char *path = in_folder("sum.safetensors");
    CHECK(!write_sample(path) && !ag_read_file(path, 1 << 20, &file, &size, &err));
    for (long bit = 0; bit < 8 * size; bit++) {
        file[bit / 8] = (char)(file[bit / 8] ^ 1 << bit % 8);
        const int status = ag_st_open_memory(&st, "flipped", file, size, &err);
        /* a flipped bit in the name of the checksum's key makes it a file without checksum */
        const int in_key = bit / 8 >= 8 && bit / 8 < 8 + (long)strlen(AG_ST_CHECKSUM) + 9;
        taken += !status && !in_key;
        ag_st_close(&st);
        file[bit / 8] = (char)(file[bit / 8] ^ 1 << bit % 8);
    }
    CHECK(taken == 0);
    file[size - 1] ^= 1;
    CHECK(ag_st_open_memory(&st, "flipped", file, size, &err) == 2 &&
          strstr(err.text, "flipped: damaged: its checksum"));
    found = strstr(file + 8, "crc32");
    memcpy(found, "other", 5);
    CHECK(!ag_st_open_memory(&st, "another's", file, size, &err));
    ag_st_close(&st);
    ag_free(file);
}

static void test_writer_errors(void)
{
    struct ag_st_writer writer;
    long huge[] = {1l << 40, 1l << 40};
    const char *path = in_folder("never");
    ag_st_begin(&writer);
    ag_st_add(&writer, "x", AG_F32, 1, shape1, floats);
    ag_st_add(&writer, "x", AG_F32, 1, shape1, floats);
    CHECK(ag_st_write(&writer, path, &err) == 1 && strstr(err.text, "named x"));
    ag_st_add(&writer, "x", AG_F32, 2, huge, floats);
    CHECK(ag_st_write(&writer, path, &err) == 1);
    ag_st_add(&writer, "x", AG_F32, 9, huge, floats);
    CHECK(ag_st_write(&writer, path, &err) == 1);
    ag_st_add_meta(&writer, "k", "1");
    ag_st_add_meta(&writer, "k", "2");
    CHECK(ag_st_write(&writer, path, &err) == 1 && !ag_is_file(path));
    ag_st_add(&writer, "k", AG_F32, 1, shape1, floats);
    ag_st_add_meta(&writer, "k", "no clash with a tensor");
    CHECK(!ag_st_write(&writer, path, &err));
    ag_st_add(&writer, "x", AG_F32, 1, shape1, floats);
    CHECK(ag_st_write(&writer, "/dev/full", &err) == 1 && strstr(err.text, "No space"));
    ag_st_add(&writer, "x", AG_F32, 1, shape1, floats);
    ag_st_discard(&writer);
}

static void test_thousands_of_tensors(void)
{
    struct ag_st_writer writer;
    struct ag_st st;
    static float values[5000];
    char name[64];
    long one = 1;
    int found = 0;
    ag_st_begin(&writer);
    for (int i = 0; i < 5000; i++) {
        values[i] = (float)i;
        snprintf(name, sizeof name, "g.cell%d.normal%d.weight", i % 71, i);
        ag_st_add(&writer, name, AG_F32, 1, &one, values + i);
    }
    CHECK(!ag_st_write(&writer, in_folder("many"), &err) && !ag_st_open(&st, in_folder("many"), &err));
    for (int i = 0; i < 5000; i++) {
        float value = -1;
        snprintf(name, sizeof name, "g.cell%d.normal%d.weight", i % 71, i);
        const struct ag_st_tensor *t = ag_st_find(&st, name);
        if (t) memcpy(&value, t->data, sizeof value);
        found += value == values[i];
    }
    CHECK(found == 5000);
    ag_st_close(&st);
}

/* Opens a file with this header and data_size bytes of data, from memory of exactly its size, so that a sanitizer sees
 * every read beyond its end. */
static int open_header_of(const char *header, size_t length, long data_size)
{
    struct ag_st st;
    size_t size = 8 + length + (size_t)data_size;
    ag_u8 *file = calloc(1, size);
    for (int i = 0; i < 8; i++) file[i] = (ag_u8)((ag_u64)length >> 8 * i);
    memcpy(file + 8, header, length);
    err.text[0] = 0;
    int status = ag_st_open_memory(&st, "FILE", file, (long)size, &err);
    if (status && (st.tensor || st.strings || strncmp(err.text, "FILE: ", 6))) status = -1;
    ag_st_close(&st);
    free(file);
    return status;
}

static int open_header(const char *header, long data_size)
{
    return open_header_of(header, strlen(header), data_size);
}

#define T(fields) "{\"x\":{" fields "}}"
#define U8(name, shape, begin, end)                                                                                    \
    "\"" name "\":{\"dtype\":\"U8\",\"shape\":[" shape "],\"data_offsets\":[" begin "," end "]}"
#define GOOD "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]"

static const char *const sound[] = {
    T(GOOD),
    "{}",
    "{}   \n ",
    "{ \"__metadata__\" : { } }",
    "{\"__metadata__\":{\"a\":\"\\ud83d\\ude00\\u00e4\\n\\/\"}}",
    "{\"y\" : { \"data_offsets\" :[ 0 , 8 ],\t\"dtype\":\"U8\" , \"shape\":[2,4] } } ",
    T("\"dtype\":\"BF16\",\"shape\":[2,2],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]"),
    "{" U8("b", "4", "4", "8") "," U8("z", "0", "4", "4") "," U8("a", "4", "0", "4") "}",
};
static const long sound_data[] = {8, 0, 0, 0, 0, 8, 8, 8, 8};

static const char *const corrupt[] = {
    "",
    " ",
    " {}",
    "{",
    "[]",
    "{}}",
    "{}{}",
    "{\"x\"}",
    "{\"x\":}",
    "{x:{" GOOD "}}",
    "{\"x\":{" GOOD "}",
    "{\"x\":{" GOOD "},}",
    "{,\"x\":{" GOOD "}}",
    "{\"x\":{" GOOD "} \"y\":{" GOOD "}}",
    "{\"x\":{" GOOD "},\"x\":{" GOOD "}}",
    "{\"x\":{" GOOD "},\"y\":{" GOOD "}}",
    "{\"x:{" GOOD "}}",
    "{\"x\\\":{" GOOD "}}",
    "{\"\\q\":{" GOOD "}}",
    "{\"\\u12g4\":{" GOOD "}}",
    "{\"\\u0000\":{" GOOD "}}",
    "{\"\\ud800\":{" GOOD "}}",
    "{\"\\ud800\\u0041\":{" GOOD "}}",
    "{\"\\udc00\":{" GOOD "}}",
    "{\"\\u12",
    "{\"\\",
    "{\"\n\":{" GOOD "}}",
    "{\"\xff\":{" GOOD "}}",
    "{\"\xc3\":{" GOOD "}}",
    "{\"\xc0\x80\":{" GOOD "}}",
    "{\"\xed\xa0\x80\":{" GOOD "}}",
    "{\"\xe0\x80\x80\":{" GOOD "}}",
    "{\"\xf4\x90\x80\x80\":{" GOOD "}}",
    "{\"\xe2\x82",
    T(""),
    T("\"dtype\":\"F32\",\"shape\":[2]"),
    T("\"dtype\":\"F32\",\"data_offsets\":[0,8]"),
    T("\"shape\":[2],\"data_offsets\":[0,8]"),
    T(GOOD ",\"dtype\":\"F32\""),
    T(GOOD ",\"extra\":1"),
    T(GOOD ","),
    T("\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"f32\",\"shape\":[2],\"data_offsets\":[0,8]"),
    T("\"dtype\":32,\"shape\":[2],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"F32\",\"shape\":[2e0],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"F32\",\"shape\":[02],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"F32\",\"shape\":[\"2\"],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]"),
    T("\"dtype\":\"F32\",\"shape\":[2,],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"F32\",\"shape\":[2 1],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,2],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"F32\",\"shape\":[9223372036854775807],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"F32\",\"shape\":[4611686018427387906],\"data_offsets\":[0,8]"),
    T("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]"),
    T("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[]"),
    T("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]"),
    T("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]"),
    T("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]"),
    T("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]"),
    T("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]"),
    T("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,18446744073709551616]"),
    T("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[9223372036854775800,9223372036854775807]"),
    "{" U8("a", "5", "0", "5") "," U8("b", "4", "4", "8") "}",
    "{" U8("a", "3", "0", "3") "," U8("b", "4", "4", "8") "}",
    "{\"__metadata__\":{\"a\":1},\"x\":{" GOOD "}}",
    "{\"__metadata__\":[],\"x\":{" GOOD "}}",
    "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"},\"x\":{" GOOD "}}",
    "{\"__metadata__\":{\"a\":\"1\",},\"x\":{" GOOD "}}",
    "{\"__metadata__\":{},\"__metadata__\":{},\"x\":{" GOOD "}}",
    "{\"__metadata__\":{\"a\"},\"x\":{" GOOD "}}",
    "{\"x\":{" GOOD "}}\x01",
    "{\"x\":null}",
};

static void test_corrupt_headers(void)
{
    struct ag_st st;
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
        int status = open_header(sound[i], sound_data[i]);
        check(!status, __FILE__, __LINE__, sound[i]);
    }
    for (size_t i = 0; i < sizeof corrupt / sizeof *corrupt; i++)
        check(open_header(corrupt[i], 8) == 2, __FILE__, __LINE__, corrupt[i]);
    CHECK(open_header(T(GOOD), 7) == 2 && open_header(T(GOOD), 9) == 2 && open_header(T(GOOD), 0) == 2);
    CHECK(open_header_of("{}\0", 3, 0) == 2);
    for (size_t length = 0; length < strlen(T(GOOD)); length++) /* a header cut at every place */
        if (open_header_of(T(GOOD), length, 8) != 2) CHECK(!"a header cut short");
    static const ag_u8 lengths[][9] = {{0}, {255, 255, 255, 255, 255, 255, 255, 255}, {2, 0, 0, 0, 0, 0, 0, 128, '{'}};
    for (long size = 0; size <= 9; size++)
        for (int i = 0; i < 3; i++) CHECK(ag_st_open_memory(&st, "FILE", lengths[i], size, &err) == 2);
    CHECK(ag_st_open(&st, in_folder("none"), &err) == 2 && ag_st_open(&st, "/dev/null", &err) == 2);
}

static int sum_of(const struct ag_st_tensor *tensor)
{
    int sum = 0;
    for (long k = 0; k < tensor->count * ag_dtype_size(tensor->dtype); k++) sum += ((const ag_u8 *)tensor->data)[k];
    return sum;
}

/* A valid file with any one bit flipped is read or refused. If it is read, all its data lie in the file. */
static void test_flipped_bits(void)
{
    char *file, *copy;
    long size;
    int odd = 0, sum = 0;
    CHECK(!ag_read_file(in_folder("sample.safetensors"), 1 << 20, &file, &size, &err));
    for (long bit = 0; bit < 8 * size; bit++) {
        struct ag_st st;
        copy = malloc((size_t)size);
        memcpy(copy, file, (size_t)size);
        copy[bit / 8] ^= (char)(1 << bit % 8);
        int status = ag_st_open_memory(&st, "FILE", copy, size, &err);
        odd += status != 0 && status != 2;
        for (int i = 0; i < st.tensors; i++) sum += sum_of(st.tensor + i);
        ag_st_close(&st);
        free(copy);
    }
    CHECK(!odd && sum);
    ag_free(file);
}

/* ---------------------------------------------------------------- tables */

static const struct ag_tensor tensors[] = {
    {"fc.weight", 2, {2, 3, 0, 0}, 4, 0, AG_INIT_CONSTANT, 0, 0},
    {"image", 4, {2, 3, 2, 1}, 10, 1, AG_INIT_CONSTANT, 0, 0},
    {"scalar", 0, {0, 0, 0, 0}, 0, 0, AG_INIT_CONSTANT, 0, 0},
    {"bias", 1, {3, 0, 0, 0}, 1, 0, AG_INIT_CONSTANT, 0, 0},
};
static const struct ag_table table = {tensors, 4, 22};

static int write_table(const char *path, enum ag_dtype dtype, const real *block)
{
    struct ag_st_writer writer;
    ag_st_begin(&writer);
    writer.real_dtype = dtype;
    ag_block_add(&writer, "bar.", &table, block);
    return ag_st_write(&writer, path, &err);
}

static void test_tables(void)
{
    real block[22], back[22];
    struct ag_st st;
    const char *path = in_folder("table");
    for (int i = 0; i < 22; i++) block[i] = (real)i + (real)0.5;
    for (int wide = 0; wide < 2; wide++) {
        memset(back, 0, sizeof back);
        CHECK(!write_table(path, wide ? AG_F64 : AG_F32, block) && !ag_st_open(&st, path, &err));
        CHECK(!ag_block_load(&st, "bar.", &table, back, AG_LOAD_FINITE, &err) && !memcmp(block, back, sizeof block));
        const struct ag_st_tensor *image = ag_st_find(&st, "bar.image");
        CHECK(image && image->dtype == (wide ? AG_F64 : AG_F32) && image->shape[1] == 3 && image->shape[2] == 2);
        for (int n = 0; image && !wide && n < 2; n++)
            for (int c = 0; c < 3; c++)
                for (int y = 0; y < 2; y++) {
                    float value;
                    memcpy(&value, (const float *)image->data + (n * 3 + c) * 2 + y, sizeof value);
                    CHECK(value == (float)block[10 + (n * 2 + y) * 3 + c]);
                }
        CHECK(ag_block_load(&st, "", &table, back, AG_LOAD_REQUIRED, &err) == 2 && strstr(err.text, "fc.weight"));
        CHECK(!ag_block_load(&st, "", &table, back, AG_LOAD_OPTIONAL, &err) && !memcmp(block, back, sizeof block));
        struct ag_tensor other = {"fc.weight", 2, {3, 2, 0, 0}, 0, 0, AG_INIT_CONSTANT, 0, 0};
        struct ag_table wrong = {&other, 1, 6};
        CHECK(ag_block_load(&st, "bar.", &wrong, back, AG_LOAD_OPTIONAL, &err) == 2 && strstr(err.text, "[2, 3]") &&
              strstr(err.text, "[3, 2]"));
        other.rank = 1;
        CHECK(ag_block_load(&st, "bar.", &wrong, back, 0, &err) == 2);
        ag_st_close(&st);
    }
    block[21] = (real)NAN;
    CHECK(!write_table(path, AG_F32, block) && !ag_st_open(&st, path, &err));
    CHECK(!ag_block_load(&st, "bar.", &table, back, 0, &err) && isnan(back[21]));
    CHECK(ag_block_load(&st, "bar.", &table, back, AG_LOAD_FINITE, &err) == 2 && strstr(err.text, "bar.image"));
    ag_st_close(&st);
    CHECK(!ag_st_open(&st, in_folder("sample.safetensors"), &err));
    struct ag_tensor integer = {"u8", 1, {3, 0, 0, 0}, 0, 0, AG_INIT_CONSTANT, 0, 0};
    struct ag_table wrong = {&integer, 1, 3};
    CHECK(ag_block_load(&st, "", &wrong, back, 0, &err) == 2 && strstr(err.text, "U8"));
    ag_st_close(&st);
}

int main(void)
{
    if (!mkdtemp(folder)) return 1;
    test_round_trip();
    test_checksum();
    test_writer_errors();
    test_thousands_of_tensors();
    test_corrupt_headers();
    test_flipped_bits();
    test_tables();
    return finish();
}
