/* The formats of files, by the extensions of their names. */
#include "ag.h"
#include <string.h>
#include <strings.h>

/* Extensions are in lower case, with a blank before and after each. */
static const struct {
    enum ag_format format;
    const char *endings;
} known[] = {
    {AG_FORMAT_PNG, " png "},
    {AG_FORMAT_PICTURE,
     " apng avif avifs bmp cr2 dds dib dng emf eps exr gif hdr heic heics heif hif ico icns j2c j2k jfi jfif jif jls"
     " jp2 jpc jpe jpeg jpf jpg jpm jpx jxl jxr nef pam pbm pcx pfm pgm pict pnm ppm ps psd qoi ras raw rgb rgba sgi"
     " svg svgz tga tif tiff wbmp wdp webp wmf xbm xcf xpm "},
    {AG_FORMAT_VIDEO,
     " 3g2 3gp asf avi divx f4v flv gifv ivf m1v m2ts m2v m4v mjpeg mjpg mkv mng mov mp4 mpe mpeg mpg mpv mts mxf nut"
     " ogg ogm ogv qt rm rmvb ts vob webm wmv y4m yuv "},
    {AG_FORMAT_SAFETENSORS, " safetensors "},
    {AG_FORMAT_OTHER, " 7z bz2 ckpt csv gguf ggml gz h5 hdf5 htm html joblib json jsonl mat md msgpack npy npz onnx "
                      "parquet pb pdf pickle"
                      " pkl pt pt2 pth tar tfrecord tfrecords tflite tgz tsv txt xml xz yaml yml zip zst "},
};

enum ag_format ag_format_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    const size_t length = dot ? strlen(dot + 1) : 0;
    for (size_t i = 0; length && i < sizeof known / sizeof *known; i++)
        for (const char *word = known[i].endings + 1, *end; *word; word = end + 1) {
            end = strchr(word, ' ');
            if ((size_t)(end - word) == length && !strncasecmp(word, dot + 1, length)) return known[i].format;
        }
    return AG_FORMAT_NONE;
}
