/* nvrtc FILE OPTION…: compiles kernels as a program does when it starts, for no device. Prints what NVRTC says; exits 1
 * if that is anything at all. */
#include "../../runtime/cuda/driver.h"

#include <stdio.h>
#include <stdlib.h>

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    long size = file && !fseek(file, 0, SEEK_END) ? ftell(file) : -1;
    char *text = size >= 0 ? calloc(1, (size_t)size + 1) : NULL;
    if (text) {
        rewind(file);
        size -= (long)fread(text, 1, (size_t)size, file);
    }
    if (file) fclose(file);
    return size ? NULL : text;
}

int main(int count, char **word)
{
    struct ag_nvrtc nvrtc;
    struct ag_error err;
    ag_handle program = NULL;
    char *source = count > 1 ? read_text(word[1]) : NULL, *log = NULL;
    size_t size = 0;
    if (!source || ag_nvrtc_load(&nvrtc, &err)) {
        printf("%s\n", source ? err.text : "nvrtc FILE OPTION…");
        return 1;
    }
    int failed = nvrtc.nvrtcCreateProgram(&program, source, word[1], 0, NULL, NULL);
    failed = failed || nvrtc.nvrtcCompileProgram(program, count - 2, (const char *const *)(word + 2));
    if (!program || nvrtc.nvrtcGetProgramLogSize(program, &size) || !(log = calloc(1, size + 1)) ||
        nvrtc.nvrtcGetProgramLog(program, log)) {
        printf("NVRTC gives no log\n");
        return 1;
    }
    printf("%s", log);
    failed = failed || *log;
    nvrtc.nvrtcDestroyProgram(&program);
    free(log);
    free(source);
    return failed;
}
