/*
 * Reads files of named tensors in the safetensors format: the length of the header (8 bytes, little-endian), the header
 * in JSON, then the bytes of the tensors. A file may come from anywhere, so the whole header is checked before it is
 * used.
 */
#include "ag.h"
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define HEADER_LIMIT 100000000 /* the format's limit */

static const struct {
    const char *name;
    int size;
} dtypes[] = {/* in the order of enum ag_dtype */
              {"F32", 4}, {"F64", 8}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4}, {"I16", 2},
              {"I8", 1},  {"U64", 8}, {"U32", 4}, {"U16", 2},  {"U8", 1},  {"BOOL", 1}};
#define DTYPES (int)(sizeof dtypes / sizeof dtypes[0])

int ag_dtype_size(enum ag_dtype dtype)
{
    return dtypes[dtype].size;
}

const char *ag_dtype_name(enum ag_dtype dtype)
{
    return dtypes[dtype].name;
}

long ag_st_count(int rank, const long *shape)
{
    long count = 1;
    for (int i = 0; i < rank; i++)
        if (shape[i] == 0) return 0;
    for (int i = 0; i < rank; i++) {
        if (count > LONG_MAX / 8 / shape[i]) return -1;
        count *= shape[i];
    }
    return count;
}

/* ---------------------------------------------------------------- the header's JSON */

/* The state of reading a header. at: the next byte. status: set by the first failure, whose message is in err. */
struct reader {
    struct ag_st *st;
    struct ag_error *err;
    const char *header, *at, *end;
    char *string; /* where the next string is written, in st->strings */
    long data_size;
    int tensor_capacity, text_capacity, seen_metadata, status;
    struct span {
        long begin, end;
        int tensor;
    } * span; /* [tensor_capacity]: where each tensor's data lies */
};

static int fail_at(struct reader *r, const char *format, ...)
{
    char text[512];
    va_list arguments;
    if (r->status) return r->status;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return r->status = ag_fail(r->err, 2, "%s: not a sound safetensors file: header byte %ld: %s", r->st->path,
                               (long)(r->at - r->header), text);
}

static int no_memory(struct reader *r)
{
    return r->status = ag_fail(r->err, 1, "%s: out of memory", r->st->path);
}

static void skip_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')) r->at++;
}

/* Skips white space. If the next character is c, skips it too and returns 1; else returns 0. */
static int next_is(struct reader *r, char c)
{
    skip_space(r);
    if (r->at == r->end || *r->at != c) return 0;
    r->at++;
    return 1;
}

static int expect(struct reader *r, char c)
{
    return r->status || next_is(r, c) ? r->status : fail_at(r, "expected '%c'", c);
}

/* After an item of a list or object: returns 1 if a comma follows, 0 if `close` follows or reading has failed. */
static int more(struct reader *r, char close)
{
    if (r->status || next_is(r, close)) return 0;
    return !expect(r, ',');
}

/* Appends a character as UTF-8. */
static void put_utf8(struct reader *r, unsigned code)
{
    unsigned char *out = (unsigned char *)r->string;
    int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
    *out++ = (unsigned char)(lead[more] | code >> 6 * more);
    while (more--) *out++ = (unsigned char)(0x80 | (code >> 6 * more & 0x3F));
    r->string = (char *)out;
}

static unsigned hex4(struct reader *r)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = r->at < r->end && *r->at ? strchr(digits, *r->at) : NULL;
        if (!digit) return (unsigned)fail_at(r, "expected four hexadecimal digits");
        value = value * 16 + (unsigned)((digit - digits) % 16);
    }
    return value;
}

/* Reads an escape sequence, after its backslash. It is at least as long as the UTF-8 written for it, so st->strings is
 * large enough. */
static void escape(struct reader *r)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = r->at < r->end ? *r->at++ : 0;
    const char *simple = c ? strchr(from, c) : NULL;
    if (simple) {
        *r->string++ = to[simple - from];
    } else if (c == 'u') {
        unsigned code = hex4(r);
        if (code >= 0xD800 && code < 0xDC00 && r->end - r->at >= 2 && r->at[0] == '\\' && r->at[1] == 'u') {
            r->at += 2;
            unsigned low = hex4(r);
            code = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : 0xD800;
        }
        if (code >= 0xD800 && code < 0xE000)
            fail_at(r, "half of a surrogate pair");
        else if (code == 0)
            fail_at(r, "a string with a character of code 0");
        else
            put_utf8(r, code);
    } else {
        fail_at(r, "an unknown escape in a string");
    }
}

/* Length of the UTF-8 character at r->at. 0 if it is invalid: truncated, over-long, a surrogate, or above U+10FFFF. */
static int utf8_length(const struct reader *r)
{
    const unsigned char *s = (const unsigned char *)r->at;
    long capacity = r->end - r->at;
    int length = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0;
    if (length > capacity) return 0;
    for (int i = 1; i < length; i++)
        if (s[i] >> 6 != 2) return 0;
    if (s[0] == 0xE0 && s[1] < 0xA0) return 0;
    if (s[0] == 0xED && s[1] >= 0xA0) return 0;
    if (s[0] == 0xF0 && s[1] < 0x90) return 0;
    if (s[0] == 0xF4 && s[1] >= 0x90) return 0;
    return length;
}

/* Reads a string into st->strings. Returns "" after a failure. */
static const char *read_string(struct reader *r)
{
    const char *start = r->string;
    expect(r, '"');
    while (!r->status) {
        if (r->at == r->end) return fail_at(r, "a string without an end"), "";
        if (*r->at == '"') {
            r->at++;
            *r->string++ = 0;
            return start;
        }
        if (*r->at == '\\') {
            r->at++;
            escape(r);
        } else {
            int length = (unsigned char)*r->at < ' ' ? 0 : utf8_length(r);
            if (!length) fail_at(r, "a control character or what is no UTF-8 in a string");
            for (; length; length--) *r->string++ = *r->at++;
        }
    }
    return "";
}

/* Reads a whole number, not negative, that fits a long. A header has no other numbers. */
static long read_number(struct reader *r)
{
    long value = 0;
    skip_space(r);
    const char *start = r->at;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
        int digit = *r->at - '0';
        if (value > (LONG_MAX - digit) / 10) return fail_at(r, "a number that is too large");
        value = 10 * value + digit;
    }
    if (r->at == start) return fail_at(r, "expected a whole number");
    if (*start == '0' && r->at - start > 1) return fail_at(r, "a number with a leading zero");
    return value;
}

/* Reads a list [n, n, ...] of at most `capacity` numbers. Returns how many there are. */
static int read_numbers(struct reader *r, long *numbers, int capacity)
{
    int count = 0;
    if (expect(r, '[')) return 0;
    for (int another = !next_is(r, ']'); another; another = more(r, ']')) {
        if (count == capacity) return fail_at(r, "a list of more than %d numbers", capacity);
        numbers[count++] = read_number(r);
    }
    return count;
}

/* ---------------------------------------------------------------- the header's contents */

static enum ag_dtype read_dtype(struct reader *r)
{
    char *before = r->string;
    const char *name = read_string(r);
    int dtype = 0;
    while (dtype < DTYPES && strcmp(name, dtypes[dtype].name)) dtype++;
    if (!r->status && dtype == DTYPES) fail_at(r, "unknown dtype %.32s", name);
    r->string = before;
    return (enum ag_dtype)dtype;
}

/* Reads {"dtype": "F32", "shape": [...], "data_offsets": [begin, end]}. Each key must occur once; their order is free.
 */
static void read_fields(struct reader *r, struct ag_st_tensor *tensor, struct span *span)
{
    static const char *const keys[] = {"dtype", "shape", "data_offsets"};
    int seen = 0;
    expect(r, '{');
    do {
        char *before = r->string;
        const char *key = read_string(r);
        int which = 0;
        while (which < 3 && strcmp(key, keys[which])) which++;
        if (!r->status && which == 3) fail_at(r, "tensor %.128s: unknown field %.32s", tensor->name, key);
        if (!r->status && seen & 1 << which) fail_at(r, "tensor %.128s: two fields %s", tensor->name, keys[which]);
        seen |= 1 << which;
        r->string = before;
        expect(r, ':');
        if (r->status) return;
        long offsets[2];
        if (which == 0) tensor->dtype = read_dtype(r);
        if (which == 1) tensor->rank = read_numbers(r, tensor->shape, AG_RANK);
        if (which == 2 && read_numbers(r, offsets, 2) != 2) fail_at(r, "expected two offsets");
        if (which == 2) span->begin = offsets[0], span->end = offsets[1];
    } while (more(r, '}'));
    for (int which = 0; which < 3; which++)
        if (!(seen & 1 << which)) fail_at(r, "tensor %.128s: no field %s", tensor->name, keys[which]);
}

static void read_tensor(struct reader *r, const char *name)
{
    struct ag_st *st = r->st;
    int capacity = r->tensor_capacity;
    void *tensors = ag_grow(st->tensor, st->tensors, &r->tensor_capacity, sizeof *st->tensor);
    if (tensors) st->tensor = tensors;
    void *spans = tensors ? ag_grow(r->span, st->tensors, &capacity, sizeof *r->span) : NULL;
    if (!spans) {
        no_memory(r);
        return;
    }
    r->span = spans;
    struct ag_st_tensor *tensor = st->tensor + st->tensors;
    struct span *span = r->span + st->tensors;
    memset(tensor, 0, sizeof *tensor);
    memset(span, 0, sizeof *span);
    tensor->name = name;
    span->tensor = st->tensors;
    read_fields(r, tensor, span);
    if (r->status) return;
    tensor->count = ag_st_count(tensor->rank, tensor->shape);
    if (tensor->count < 0)
        fail_at(r, "tensor %.128s: its shape is too large", name);
    else if (span->begin > span->end || span->end > r->data_size)
        fail_at(r, "tensor %.128s: offsets [%ld, %ld] are not within the file's %ld bytes of data", name, span->begin,
                span->end, r->data_size);
    else if (tensor->count * dtypes[tensor->dtype].size != span->end - span->begin)
        fail_at(r, "tensor %.128s: %ld elements of %s are not %ld bytes", name, tensor->count,
                dtypes[tensor->dtype].name, span->end - span->begin);
    st->tensors++;
}

static void read_metadata(struct reader *r)
{
    struct ag_st *st = r->st;
    if (r->seen_metadata++) fail_at(r, "two keys __metadata__");
    if (expect(r, '{')) return;
    for (int another = !next_is(r, '}'); another; another = more(r, '}')) {
        void *texts = ag_grow(st->text, st->texts, &r->text_capacity, sizeof *st->text);
        if (!texts) {
            no_memory(r);
            return;
        }
        st->text = texts;
        st->text[st->texts].key = read_string(r);
        expect(r, ':');
        st->text[st->texts].value = read_string(r);
        st->texts++;
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct ag_st_tensor *)a)->name, ((const struct ag_st_tensor *)b)->name);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct ag_st_text *)a)->key, ((const struct ag_st_text *)b)->key);
}

static int by_begin(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* Sets the data of all tensors. The format demands that the data fills the file without gap or overlap. */
static void place_data(struct reader *r, const char *data)
{
    struct ag_st *st = r->st;
    long end = 0;
    if (st->tensors) qsort(r->span, (size_t)st->tensors, sizeof *r->span, by_begin);
    for (int i = 0; i < st->tensors; i++) {
        struct ag_st_tensor *tensor = st->tensor + r->span[i].tensor;
        if (r->span[i].begin != end)
            fail_at(r, "tensor %.128s: its data begins at %ld, %s the data before it, which ends at %ld", tensor->name,
                    r->span[i].begin, r->span[i].begin < end ? "inside" : "apart from", end);
        tensor->data = data + r->span[i].begin;
        end = r->span[i].end;
    }
    if (end != r->data_size) fail_at(r, "%ld bytes after the last tensor", r->data_size - end);
}

static void sort_names(struct reader *r)
{
    struct ag_st *st = r->st;
    if (st->tensors) qsort(st->tensor, (size_t)st->tensors, sizeof *st->tensor, by_name);
    if (st->texts) qsort(st->text, (size_t)st->texts, sizeof *st->text, by_key);
    for (int i = 1; i < st->tensors; i++)
        if (!by_name(st->tensor + i - 1, st->tensor + i)) fail_at(r, "two tensors %.128s", st->tensor[i].name);
    for (int i = 1; i < st->texts; i++)
        if (!by_key(st->text + i - 1, st->text + i)) fail_at(r, "two metadata keys %.128s", st->text[i].key);
}

static void read_header(struct reader *r)
{
    if (r->at == r->end || *r->at != '{') fail_at(r, "expected '{'");
    if (expect(r, '{')) return;
    for (int another = !next_is(r, '}'); another; another = more(r, '}')) {
        const char *name = read_string(r);
        if (expect(r, ':')) return;
        if (strcmp(name, "__metadata__"))
            read_tensor(r, name);
        else
            read_metadata(r);
    }
    skip_space(r);
    if (r->at != r->end) fail_at(r, "something after the header's end");
}

/* ---------------------------------------------------------------- reading */

/* Checks the checksum of a file whose header begins with AG_ST_CHECKSUM; files of other programs have none. The
 * checksum is the CRC-32 of header and data, with zeros in place of its own digits. Status 2 if it is wrong. */
static int check_sum(const char *name, const char *header, size_t length, size_t all, struct ag_error *err)
{
    const size_t before = strlen(AG_ST_CHECKSUM);
    char digits[9] = "", *end;
    if (length < before + 9 || memcmp(header, AG_ST_CHECKSUM, before) || header[before + 8] != '"') return 0;
    memcpy(digits, header + before, 8);
    unsigned long sum = crc32_z(0, (const ag_u8 *)header, before);
    sum = crc32_z(sum, (const ag_u8 *)"00000000", 8);
    sum = crc32_z(sum, (const ag_u8 *)header + before + 8, all - before - 8);
    if (strspn(digits, "0123456789abcdef") == 8 && strtoul(digits, &end, 16) == sum) return 0;
    return ag_fail(
        err, 2,
        "%s: damaged: its checksum (crc32) is %s, and its bytes have %08lx; take another copy (a program that "
        "changes such a file leaves \"crc32\" out)",
        name, digits, sum);
}

int ag_st_open_memory(struct ag_st *st, const char *name, const void *bytes, long size, struct ag_error *err)
{
    const unsigned char *length_bytes = bytes;
    struct reader r = {.st = st, .err = err};
    ag_u64 length = 0;
    memset(st, 0, sizeof *st);
    if (size < 8) return ag_fail(err, 2, "%s: not a safetensors file: only %ld bytes", name, size);
    for (int i = 7; i >= 0; i--) length = length << 8 | length_bytes[i];
    if (length > (ag_u64)size - 8 || length > HEADER_LIMIT)
        return ag_fail(err, 2, "%s: not a sound safetensors file: %ld bytes, with a header of %llu", name, size,
                       length);
    r.header = r.at = (const char *)bytes + 8;
    r.end = r.header + length;
    r.data_size = size - 8 - (long)length;
    st->path = name;
    /* A string is never longer than its text in the header; its final 0 replaces a quote. */
    r.string = st->strings = malloc((size_t)length + strlen(name) + 2);
    if (!st->strings) return ag_fail(err, 1, "%s: out of memory", name);
    st->path = strcpy(r.string, name);
    r.string += strlen(name) + 1;
    read_header(&r);
    if (!r.status) place_data(&r, r.end);
    if (!r.status) sort_names(&r);
    if (!r.status) r.status = check_sum(name, r.header, (size_t)length, (size_t)size - 8, err);
    free(r.span);
    if (r.status) ag_st_close(st);
    return r.status;
}

int ag_st_open(struct ag_st *st, const char *path, struct ag_error *err)
{
    char *file;
    long size;
    memset(st, 0, sizeof *st);
    int status = ag_read_file(path, LONG_MAX - 1, &file, &size, err);
    if (status) return status;
    status = ag_st_open_memory(st, path, file, size, err);
    if (status)
        free(file);
    else
        st->file = file;
    return status;
}

void ag_st_close(struct ag_st *st)
{
    free(st->tensor);
    free(st->text);
    free(st->strings);
    free(st->file);
    memset(st, 0, sizeof *st);
}

const struct ag_st_tensor *ag_st_find(const struct ag_st *st, const char *name)
{
    struct ag_st_tensor wanted = {.name = name};
    return st->tensors ? bsearch(&wanted, st->tensor, (size_t)st->tensors, sizeof wanted, by_name) : NULL;
}

const char *ag_st_meta(const struct ag_st *st, const char *key)
{
    struct ag_st_text wanted = {key, NULL};
    const struct ag_st_text *found =
        st->texts ? bsearch(&wanted, st->text, (size_t)st->texts, sizeof wanted, by_key) : NULL;
    return found ? found->value : NULL;
}
