/*
 * Looks into pictures, for scripts.
 *
 *     picture cell GRID.png SIDE I     the bytes of picture I of a grid of squares of that side, 2 pixels apart
 *     picture jpeg IN.png OUT.jpg      the same picture as a JPEG
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

static png_image image = {.version = PNG_IMAGE_VERSION};

static unsigned char *read_png(const char *path)
{
    if (!png_image_begin_read_from_file(&image, path)) return NULL;
    image.format = PNG_FORMAT_RGB;
    unsigned char *pixel = malloc(PNG_IMAGE_SIZE(image));
    return pixel && png_image_finish_read(&image, NULL, pixel, 0, NULL) ? pixel : NULL;
}

static int cell(const unsigned char *pixel, int side, int i)
{
    const int width = (int)image.width, columns = (width + 2) / (side + 2);
    if (side < 1 || columns < 1 || i / columns * (side + 2) + side > (int)image.height) return 1;
    const unsigned char *at = pixel + 3 * ((i / columns) * (side + 2) * width + i % columns * (side + 2));
    for (int y = 0; y < side; y++) fwrite(at + 3 * y * width, 3, (size_t)side, stdout);
    return fflush(stdout) != 0;
}

static int jpeg(unsigned char *pixel, const char *path)
{
    struct jpeg_compress_struct to;
    struct jpeg_error_mgr errors;
    FILE *file = fopen(path, "wb");
    if (!file) return 1;
    to.err = jpeg_std_error(&errors);
    jpeg_create_compress(&to);
    jpeg_stdio_dest(&to, file);
    to.image_width = image.width;
    to.image_height = image.height;
    to.input_components = 3;
    to.in_color_space = JCS_RGB;
    jpeg_set_defaults(&to);
    jpeg_start_compress(&to, TRUE);
    for (unsigned y = 0; y < image.height; y++) {
        JSAMPROW row = pixel + 3 * y * image.width;
        jpeg_write_scanlines(&to, &row, 1);
    }
    jpeg_finish_compress(&to);
    jpeg_destroy_compress(&to);
    return fclose(file) != 0;
}

int main(int argc, char **argv)
{
    unsigned char *pixel = argc > 2 ? read_png(argv[2]) : NULL;
    int status = 1;
    if (!pixel) fprintf(stderr, "picture: cannot read %s\n", argc > 2 ? argv[2] : "nothing");
    else if (argc == 5 && !strcmp(argv[1], "cell")) status = cell(pixel, atoi(argv[3]), atoi(argv[4]));
    else if (argc == 4 && !strcmp(argv[1], "jpeg")) status = jpeg(pixel, argv[3]);
    free(pixel);
    return status;
}
