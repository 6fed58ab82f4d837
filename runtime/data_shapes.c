/*
 * The format "shapes": pictures that the program draws itself, so that a data set is always available. A picture shows
 * one to three coloured shapes with soft shadows on a gradient. It varies so little that a small GAN can learn it, and
 * a person sees at once whether the GAN has. Picture i of a half is a function of seed, half and i. The picture size
 * decides only how finely it is drawn.
 */
#include "data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PI         3.14159265358979323846
#define MAX_SHAPES 3

/* A sequence of uniform random numbers, for one picture. */
struct random_stream {
    ag_u64 seed, block;
    ag_u32 step, word[4];
    int used;
};

static double uniform(struct random_stream *rng, double from, double to)
{
    if (rng->used == 4) {
        ag_philox(rng->seed, AG_RNG_SHAPES, rng->step, rng->block++, rng->word);
        rng->used = 0;
    }
    return from + (to - from) * (rng->word[rng->used++] >> 8) / 16777216.0;
}

/* ---------------------------------------------------------------- outlines */

/* Each function below returns the signed distance from the point (x, y) to an outline, negative inside. Outlines have a
 * radius of about 1 around the origin; y points upwards. */

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

static double box(double x, double y, double half_width, double half_height, double rounding)
{
    double dx = fabs(x) - half_width + rounding, dy = fabs(y) - half_height + rounding;
    return hypot(dx > 0 ? dx : 0, dy > 0 ? dy : 0) + fmin(fmax(dx, dy), 0) - rounding;
}

/* A star with n points. sharpness: from 2 (a regular polygon) to n (only spikes). */
static double star(double x, double y, double radius, int n, double sharpness)
{
    double half_turn = PI / n, edge_x = cos(PI / sharpness), edge_y = sin(PI / sharpness);
    double angle = atan2(x, y), length = hypot(x, y);
    angle -= floor(angle / (2 * half_turn)) * 2 * half_turn + half_turn;
    double px = length * cos(angle) - radius * cos(half_turn);
    double py = length * fabs(sin(angle)) - radius * sin(half_turn);
    double along = clamp(-(px * edge_x + py * edge_y), 0, radius * sin(half_turn) / edge_y);
    px += edge_x * along;
    py += edge_y * along;
    return px < 0 ? -hypot(px, py) : hypot(px, py);
}

static double disc(double x, double y)
{
    return hypot(x, y) - 0.9;
}

static double ring(double x, double y)
{
    return fabs(hypot(x, y) - 0.68) - 0.26;
}

static double square(double x, double y)
{
    return box(x, y, 0.78, 0.78, 0.12);
}

static double triangle(double x, double y)
{
    return star(x, y, 0.9, 3, 2) - 0.1;
}

static double hexagon(double x, double y)
{
    return star(x, y, 0.87, 6, 2) - 0.07;
}

static double five_points(double x, double y)
{
    return star(x, y, 0.98, 5, 3.2) - 0.05;
}

static double cross(double x, double y)
{
    return fmin(box(x, y, 0.92, 0.32, 0.08), box(x, y, 0.32, 0.92, 0.08));
}

static double heart(double x, double y)
{
    double scale = 1.6; /* the formula below describes a heart of height 1.1 whose tip is the origin */
    x = fabs(x) / scale;
    y = y / scale + 0.55;
    if (x + y > 1) return scale * (hypot(x - 0.25, y - 0.75) - sqrt(2) / 4);
    double middle = 0.5 * fmax(x + y, 0), distance = fmin(hypot(x, y - 1), hypot(x - middle, y - middle));
    return scale * (x < y ? -distance : distance);
}

static const struct shape_kind {
    double (*outline)(double x, double y);
    double turn; /* largest angle of a random rotation, to either side */
} kinds[] = {{disc, 0},         {ring, 0},         {square, PI / 4}, {triangle, PI / 3},
             {hexagon, PI / 6}, {five_points, PI}, {cross, PI / 4},  {heart, 0.5}};
#define KINDS (sizeof kinds / sizeof *kinds)

/* ---------------------------------------------------------------- colours */

/* A colour in OKLCH, a perceptually uniform colour space: colours of equal lightness and chroma look equally strong,
 * whatever their hue. */
struct colour {
    double lightness, chroma, hue;
};

static double gamma_encode(double linear)
{
    linear = clamp(linear, 0, 1);
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
}

static void to_rgb(struct colour colour, double rgb[3])
{
    double a = colour.chroma * cos(colour.hue), b = colour.chroma * sin(colour.hue);
    double l = pow(colour.lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
    double m = pow(colour.lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
    double s = pow(colour.lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
    rgb[0] = gamma_encode(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
    rgb[1] = gamma_encode(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
    rgb[2] = gamma_encode(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s);
}

/* ---------------------------------------------------------------- a picture */

/* The picture is the square [-1, 1] x [-1, 1], y upwards. */
struct shape {
    const struct shape_kind *kind;
    double x, y, radius, cosine, sine;
    double light[3], dark[3]; /* RGB at the two ends of the shape's gradient */
};

struct scene {
    /* background: RGB at the ends of its gradient; the gradient's direction */
    double from[3], to[3], across_x, across_y;
    int shapes;
    struct shape shape[MAX_SHAPES];
};

static double choose_background(struct random_stream *rng, struct scene *scene)
{
    double hue = uniform(rng, 0, 2 * PI), direction = uniform(rng, 0, 2 * PI);
    int dark = uniform(rng, 0, 1) < 0.25;
    struct colour from = {dark ? uniform(rng, 0.3, 0.4) : uniform(rng, 0.88, 0.95), dark ? 0.05 : 0.04, hue};
    struct colour to = {from.lightness - (dark ? 0.1 : 0.13), dark ? 0.05 : 0.07, hue + uniform(rng, -0.8, 0.8)};
    to_rgb(from, scene->from);
    to_rgb(to, scene->to);
    scene->across_x = cos(direction);
    scene->across_y = sin(direction);
    return hue;
}

/* Chooses a place for a shape: of eight random places, the one farthest from the earlier shapes. */
static void choose_place(struct random_stream *rng, struct scene *scene, struct shape *shape)
{
    double best = -9, limit = 0.96 - shape->radius;
    for (int tries = 0; tries < 8; tries++) {
        double x = uniform(rng, -limit, limit), y = uniform(rng, -limit, limit), gap = 9;
        for (int i = 0; i < scene->shapes; i++) {
            struct shape *other = &scene->shape[i];
            gap = fmin(gap, hypot(x - other->x, y - other->y) - other->radius - shape->radius);
        }
        if (gap <= best) continue;
        best = gap;
        shape->x = x;
        shape->y = y;
    }
}

/* hue: the hue of the background; the shape gets a different one. of: the number of shapes in the picture. */
static void choose_shape(struct random_stream *rng, struct scene *scene, double hue, int of)
{
    struct shape *shape = &scene->shape[scene->shapes];
    shape->kind = &kinds[(int)uniform(rng, 0, KINDS)];
    double angle = uniform(rng, -shape->kind->turn, shape->kind->turn);
    shape->cosine = cos(angle);
    shape->sine = sin(angle);
    static const double smallest[] = {0, 0.5, 0.36, 0.3};
    shape->radius = smallest[of] * uniform(rng, 1, 1.4);
    choose_place(rng, scene, shape);
    struct colour colour; /* assigned in three statements, since C doesn't fix the order of calls in an initialiser */
    colour.lightness = uniform(rng, 0.58, 0.7);
    colour.chroma = uniform(rng, 0.15, 0.21);
    colour.hue = hue + PI + uniform(rng, -1.9, 1.9);
    struct colour light = colour, dark = colour;
    light.lightness += 0.1;
    dark.lightness -= 0.1;
    dark.hue -= 0.25;
    to_rgb(light, shape->light);
    to_rgb(dark, shape->dark);
    scene->shapes++;
}

static void choose_scene(struct random_stream *rng, struct scene *scene)
{
    double hue = choose_background(rng, scene), many = uniform(rng, 0, 1);
    int shapes = many < 0.55 ? 1 : many < 0.85 ? 2 : 3;
    scene->shapes = 0;
    while (scene->shapes < shapes) choose_shape(rng, scene, hue, shapes);
}

static void blend(double rgb[3], const double with[3], double share)
{
    for (int c = 0; c < 3; c++) rgb[c] += (with[c] - rgb[c]) * share;
}

/* Signed distance from a point to the shape's outline, in the picture's coordinates. */
static double distance(const struct shape *shape, double x, double y)
{
    double dx = (x - shape->x) / shape->radius, dy = (y - shape->y) / shape->radius;
    return shape->radius *
           shape->kind->outline(dx * shape->cosine + dy * shape->sine, dy * shape->cosine - dx * shape->sine);
}

/* Width of a shadow's soft edge, and the shadow's offset from its shape. */
#define SOFTNESS 0.16
#define SHADOW_X 0.04
#define SHADOW_Y (-0.07)

static void draw_shape(const struct shape *shape, double x, double y, double pixel, double rgb[3])
{
    static const double black[3] = {0, 0, 0};
    double dx = x - shape->x, dy = y - shape->y, reach = 1.1 * shape->radius + SOFTNESS + pixel;
    if (dx * dx + dy * dy > reach * reach) return;
    double cover = clamp(0.5 - distance(shape, x, y) / pixel, 0, 1);
    if (cover < 1) {
        double shadow = clamp(0.5 - distance(shape, x - SHADOW_X, y - SHADOW_Y) / SOFTNESS, 0, 1);
        blend(rgb, black, 0.3 * shadow * shadow);
    }
    if (cover == 0) return;
    double lit = clamp(0.5 + 0.4 * (dy - dx) / shape->radius, 0, 1), fill[3];
    for (int c = 0; c < 3; c++) fill[c] = shape->dark[c] + (shape->light[c] - shape->dark[c]) * lit;
    blend(rgb, fill, cover);
}

static int draw_picture(const struct ag_source *source, int half, ag_u64 i, ag_u8 *out, char fault[AG_FAULT])
{
    int size = source->options.size, channels = source->options.channels;
    double pixel = 2.0 / size;
    struct random_stream rng = {
        source->options.seed, ((i >> 32) << 33) | ((ag_u64)half << 32), (ag_u32)i, {0, 0, 0, 0}, 4};
    struct scene scene;
    (void)fault;
    choose_scene(&rng, &scene);
    for (int row = 0; row < size; row++) {
        for (int column = 0; column < size; column++) {
            double x = (column + 0.5) * pixel - 1, y = 1 - (row + 0.5) * pixel, rgb[3];
            double along = clamp(0.5 + 0.5 * (x * scene.across_x + y * scene.across_y), 0, 1);
            for (int c = 0; c < 3; c++) rgb[c] = scene.from[c] + (scene.to[c] - scene.from[c]) * along;
            for (int s = 0; s < scene.shapes; s++) draw_shape(&scene.shape[s], x, y, pixel, rgb);
            if (channels == 1) rgb[0] = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
            for (int c = 0; c < channels; c++) *out++ = (ag_u8)(rgb[c] * 255 + 0.5);
        }
    }
    return 0;
}

static const char *shapes_name(const struct ag_source *source, ag_u64 i, char label[AG_LABEL])
{
    (void)source;
    (void)i;
    (void)label;
    return "shapes";
}

int ag_source_shapes(struct ag_source *source, struct ag_error *err)
{
    (void)err;
    source->endless = 1;
    source->read = draw_picture;
    source->name = shapes_name;
    return 0;
}
