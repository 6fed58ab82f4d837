/* Error messages. A message is one line, even if a name in it contains control characters. */
#include "ag.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int ag_is_control(const char *c)
{
    ag_u8 byte = (ag_u8)c[0], next = byte ? (ag_u8)c[1] : 0;
    return byte < ' ' || byte == 127 || (byte == 0xc2 && next >= 0x80 && next < 0xa0);
}

int ag_fail(struct ag_error *err, int status, const char *format, ...)
{
    const int size = (int)sizeof err->text;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(err->text, (size_t)size, format, arguments);
    va_end(arguments);
    if (length < 0) strcpy(err->text, format[0] ? "a failure whose message could not be formatted" : "");
    if (length >= size) strcpy(err->text + size - 4, "...");
    for (char *c = err->text; *c; c++)
        if (ag_is_control(c)) {
            if ((ag_u8)*c >= 0x80) *c++ = ' ';
            *c = ' ';
        }
    return status;
}
