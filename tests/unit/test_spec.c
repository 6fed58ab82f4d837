/*
 * Tests of the reader of search spaces and genotypes: what it accepts, which defaults it fills in, and that every error
 * message names the place.
 *
 *     test_spec [ROOT]      ROOT: the checkout, for spaces/ (default ".")
 *
 * In the texts here ' stands for ", and @ marks the place that the error message must name.
 */
#define _POSIX_C_SOURCE 200809L
#include "keys.h"
#include "residual.h"
#include "stylegan2.h"
#include "../../runtime/ag.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD                                                                                                           \
    "{'name': 't',\n 'image': {'size': 32},\n 'data': {'format': 'shapes'},\n 'discriminator': {'family': "            \
    "'sngan'},\n "
#define GENERATOR   "'generator': {'family': 'residual'}"
#define SPACE(rest) HEAD GENERATOR ",\n " rest "}"
#define GEN(rest)   HEAD "'generator': {'family': 'residual',\n  " rest "}}"
#define CELL(rest)  GEN("'cell': {" rest "}")
#define SPEC        HEAD GENERATOR "}"
#define ONE_CELL                                                                                                       \
    "{'name': 't', 'image': {'size': 8}, 'data': {'format': 'shapes'}, 'discriminator': {'family': "                   \
    "'sngan'}, " GENERATOR "}"
#define ONE_OPS                                                                                                        \
    "'cell1.up0': 'deconv', 'cell1.up1': 'nearest',\n 'cell1.normal0': 'conv_1x1', 'cell1.normal1': 'sep_conv_7x7'"
#define ONE_GENOTYPE "{'aggen': 1, 'spec': " ONE_CELL ",\n 'ops': {" ONE_OPS ", 'cell1.normal2': 'conv_5x5'}}"

/* A space of the family stylegan2, with layers b4.normal, b8.up, … b16.normal. */
#define STYLE_HEAD                                                                                                     \
    "{'name': 't', 'image': {'size': 16}, 'data': {'format': 'shapes'}, 'discriminator': {'family': 'stylegan2'},\n "
#define STYLE_GENERATOR   "'generator': {'family': 'stylegan2'}"
#define STYLE_SPACE(rest) STYLE_HEAD STYLE_GENERATOR ",\n " rest "}"
#define STYLE_GEN(rest)   STYLE_HEAD "'generator': {'family': 'stylegan2',\n  " rest "}}"
#define STYLE(rest)       "{'aggen': 1, 'spec': " STYLE_GEN("'mapping_layers': 3") ",\n " rest "}"
#define STYLE_OPS                                                                                                      \
    "'ops': {'b8.up': 'deconv', 'b4.normal': 'conv_5x5', 'b8.normal': 'conv_3x3', 'b16.up': 'bilinear_conv', "         \
    "'b16.normal': 'conv_1x1'}"
#define STYLE_MICRO "'micro': {'normal': 'conv_5x5', 'up': 'nearest_conv'}"

struct tally {
    int passed, failed;
};

static void check(struct tally *tally, int ok, const char *what, const char *detail)
{
    if (ok) {
        tally->passed++;
        return;
    }
    tally->failed++;
    printf("FAILED: %s\n        got: %s\n", what, detail);
}

/* Turns ' into " and removes the mark @. *line, *column: where the mark was; 0 without a mark. */
static void prepare(const char *marked, char *text, size_t size, int *line, int *column)
{
    int l = 1, c = 1;
    *line = *column = 0;
    size_t n = 0;
    for (; *marked && n + 1 < size; marked++) {
        if (*marked == '@') {
            *line = l;
            *column = c;
            continue;
        }
        text[n++] = *marked == '\'' ? '"' : *marked;
        c = *marked == '\n' ? 1 : c + (((unsigned char)*marked & 0xC0) != 0x80);
        l += *marked == '\n';
    }
    text[n] = 0;
}

static int parse(const char *marked, char *const *sets, int nsets, struct spec *spec, struct genotype *geno,
                 struct ag_error *err)
{
    char text[8192];
    int line, column;
    prepare(marked, text, sizeof text, &line, &column);
    return spec_parse(text, strlen(text), "t", sets, nsets, spec, geno, err);
}

struct bad {
    const char *text;
    const char *path; /* the key that the message names; NULL: none, because the text is no JSON */
    const char *what; /* a part of the message */
};

static const struct bad syntax[] = {
    {"@", NULL, "empty"},
    {"@ \n\t ", NULL, "empty"},
    {"{'a': 1 @'b': 2}", NULL, "expected ',' or '}', found '\"'"},
    {"{'a': [1,@,2]}", NULL, "expected a value, found ','"},
    {"{'a': [1 @2]}", NULL, "expected ',' or ']'"},
    {"{'a': [1,@]}", NULL, "nothing follows the comma before ']'; take it out"},
    {"{'a': 1,\n@}", NULL, "nothing follows the comma before '}'; take it out"},
    {"{'a': @tru}", NULL, "tru is not a JSON value"},
    {"{'a': @True}", NULL, "True is not a JSON value"},
    {"{'a': @nullify}", NULL, "nullify is not a JSON value"},
    {"{'a': @NaN}", NULL, "NaN is not a JSON value"},
    {"{'a': @1.2.3}", NULL, "1.2.3 is not a number"},
    {"{'a': @12px}", NULL, "12px is not a number"},
    {"{'a': @0x10}", NULL, "0x10 is not a number"},
    {"{'a': @007}", NULL, "may not start with 0"},
    {"{'a': -@}", NULL, "expected a digit"},
    {"{'a': -@Infinity}", NULL, "expected a digit"},
    {"{'a': 1.@}", NULL, "digit after the decimal point"},
    {"{'a': @.5}", NULL, "is not a JSON value"},
    {"{'a': @+1}", NULL, "is not a JSON value"},
    {"{'a': 1e@}", NULL, "exponent"},
    {"{'a' @1}", NULL, "expected ':'"},
    {"{'a'@, 'b': 1}", NULL, "expected ':'"},
    {"{@a: 1}", NULL, "expected a key in double quotes, found 'a'"},
    {"{@1: 1}", NULL, "expected a key"},
    {"{'a': 1} @x", NULL, "expected the end of the text"},
    {"{'a': 1}@}", NULL, "expected the end of the text"},
    {"{'a': [1@}", NULL, "expected ',' or ']', found '}'"},
    {"{'a': 1@", NULL, "the end of the text"},
    {"{'a': @'b}", NULL, "no closing quote"},
    {"{'a': @'b\n'}", NULL, "no closing quote on its line"},
    {"{'a': 'b@\t'}", NULL, "byte 0x09"},
    {"{'a': 'b@\\x'}", NULL, "unknown escape"},
    {"{'a': 'b@\\u12g4'}", NULL, "four hexadecimal"},
    {"{'a': '@\\u0000'}", NULL, "\\u0000"},
    {"{'a': '@\\ud800'}", NULL, "surrogate"},
    {"{'a': '@\\ud800\\u0041'}", NULL, "surrogate"},
    {"{'a': '@\\udc00'}", NULL, "surrogate"},
    {"{'\xC3\xA9\xE2\x82\xAC': 'x' @1}", NULL, "expected ','"},
    {"{'a': '@\xC3'}", NULL, "not UTF-8"},
    {"{'a': '@\xC0\x80'}", NULL, "not UTF-8"},
    {"{'a': '@\xED\xA0\x80'}", NULL, "not UTF-8"},
    {"{'a': '@\xF5\x80\x80\x80'}", NULL, "not UTF-8"},
    {"@\xEF\xBB\xBF{}", NULL, "byte order mark"},
    {"{'a': 1, @/* c */ 'b': 2}", NULL, "expected a key"},
    {"{'a': {'b': 1,\n  @'b': 2}}", "a.b", "twice, first at line 1, column 8"},
    {"{'a': {'b': 1, @'\\u0062': 2}}", "a.b", "twice"},
    {"{'a': [0, @1e999]}", "a[1]", "too large"},
    {"{'a': @-1e400}", "a", "too large"},
};

static const struct bad keys[] = {
    {"@[]", "", "must be an object"},
    {"@3", "", "must be an object"},
    {"@{}", "name", "required"},
    {"@{'name': 't'}", "image.size", "required"},
    {"{'name': 't', 'image': @{}}", "image.size", "required"},
    {"@{'name': 't', 'image': {'size': 32}}", "data.format", "required"},
    {"@{'name': 't', 'image': {'size': 32}, 'data': {'format': 'shapes'}}", "generator.family", "required"},
    {"@{'name': 't', 'image': {'size': 32}, 'data': {'format': 'shapes'}, " GENERATOR "}", "discriminator.family",
     "required"},
    {"{@'nam': 't'}", "nam", "unknown key, did you mean \"name\"?"},
    {"{@'': 't'}", "", "unknown key"},
    {"{@'zebra': 't'}", "zebra", "unknown key; here are name, image, data, generator, discriminator, search, retrain"},
    {"{@'image.size': 32}", "image.size", "unknown key"},
    {"{'name': @3}", "name", "must be a string"},
    {"{'name': @''}", "name", "1 to 63 characters"},
    {"{'name': @'a b'}", "name", "A-Z"},
    {"{'name': @'../x'}", "name", "A-Z"},
    {"{'name': @'0123456789012345678901234567890123456789012345678901234567890123'}", "name", "63"},
    {"{'image': @32}", "image", "must be an object, not 32"},
    {"{'image': {'size': @33}}", "image.size", "a multiple of 4 from 8 to 1024, not 33"},
    {"{'image': {'size': @4}}", "image.size", "from 8 to 1024"},
    {"{'image': {'size': @2048}}", "image.size", "from 8 to 1024"},
    {"{'image': {'size': @1e18}}", "image.size", "not 1e18"},
    {"{'image': {'size': @-32}}", "image.size", "not -32"},
    {"{'image': {'size': @'32'}}", "image.size", "not \"32\""},
    {"{'image': {'channels': @2}}", "image.channels", "1 or 3, not 2"},
    {"{'image': {@'widht': 2}}", "image.widht", "unknown key; here are size, channels"},
    {"{'data': {'format': @'cifar'}}", "data.format",
     "\"cifar10\", \"stl10\", \"images\", \"zip\" or \"shapes\", not \"cifar\""},
    {"{'data': {'path': @null}}", "data.path", "a string"},
    {"{'data': {'path': @'a\\u0007'}}", "data.path", "control"},
    {"{'data': {'crop': @'centre'}}", "data.crop", "\"none\" or \"center\""},
    {"{'generator': {'family': @'biggan'}}", "generator.family", "must be a family of generators, \"residual\""},
    {"{'generator': {'family': @1}}", "generator.family", "not 1"},
    {"{'generator': {'family': 'residual'}, 'discriminator': {'family': @'stylegan2'}}", "discriminator.family",
     "must be \"sngan\", the family that goes with generator.family \"residual\", not \"stylegan2\""},
    {GEN("@'chanels': 3"), "generator.chanels", "did you mean \"channels\"?"},
    {GEN("'channels': @0"), "generator.channels", "from 1 to 4096, not 0"},
    {GEN("'channels': @2.5"), "generator.channels", "whole number"},
    {GEN("'latent': @5000"), "generator.latent", "from 1 to 4096"},
    {GEN("'base': @5"), "generator.base", "base 4 would fit"},
    {GEN("'base': @32"), "generator.base", "no 1 to 8 cells"},
    {GEN("'cells': @4"), "generator.cells", "to 64, but image.size 32 takes 3"},
    {GEN("'cells': @9"), "generator.cells", "from 1 to 8, or null"},
    {GEN("'normal': @[]"), "generator.normal", "one or more"},
    {GEN("'normal': @'conv_1x1'"), "generator.normal", "a list"},
    {GEN("'normal': ['conv_1x1', @'conv_1x1']"), "generator.normal[1]", "already"},
    {GEN("'normal': ['conv_1x1', @'deconv']"), "generator.normal[1]", "\"sep_conv_7x7\", not \"deconv\""},
    {GEN("'normal': ['conv_1x1', @7]"), "generator.normal[1]", "not 7"},
    {GEN("'up': ['nearest', 'bilinear',\n @'conv_3x3']"), "generator.up[2]", "\"bilinear_conv\""},
    {SPACE("'search': {@'iteration': 1}"), "search.iteration", "did you mean \"iterations\"?"},
    {SPACE("'search': {'iterations': @0}"), "search.iterations", "from 1"},
    {SPACE("'search': {'batch': @4097}"), "search.batch", "from 1 to 4096"},
    {SPACE("'search': {'bar_steps': @-1}"), "search.bar_steps", "from 0"},
    {SPACE("'search': {'split': @1}"), "search.split", "above 0 and below 1, not 1"},
    {SPACE("'search': {'split': @0.0}"), "search.split", "above 0"},
    {SPACE("'search': {'split': @1e-99}"), "search.split", "above 0"},
    {SPACE("'search': {'loss': @'Hinge'}"), "search.loss", "\"hinge\", \"logistic\" or \"wgan\""},
    {SPACE("'search': {'weights': {'lr': @-1}}"), "search.weights.lr", "at least 0"},
    {SPACE("'search': {'weights': {'betas': @[0]}}"), "search.weights.betas", "[beta1, beta2]"},
    {SPACE("'search': {'weights': {'betas': [0, @1]}}"), "search.weights.betas[1]", "below 1"},
    {SPACE("'search': {'weights': {'betas': [0, @0.99999999999]}}"), "search.weights.betas[1]", "below 1"},
    {SPACE("'search': {'weights': {@'weight_decay': 0}}"), "search.weights.weight_decay", "here are lr, betas"},
    {SPACE("'search': {'arch': {'betas': [@-0.5, 0.9]}}"), "search.arch.betas[0]", "at least 0"},
    {SPACE("'search': {'bar_updates': @'none'}"), "search.bar_updates", "\"weights\", \"alpha\" or \"both\""},
    {SPACE("'search': {'arch_data': @'training'}"), "search.arch_data", "\"validation\" or \"both\""},
    {SPACE("'search': {'gumbel_tau': @0}"), "search.gumbel_tau", "or null"},
    {SPACE("'search': {'gumbel_tau': @false}"), "search.gumbel_tau", "not false"},
    {SPACE("'search': {'warmup': @1.01}"), "search.warmup", "at most 1"},
    {SPACE("'search': {'bar_lr_decay': @30}"), "search.bar_lr_decay", "[iteration, factor], or null"},
    {SPACE("'search': {'bar_lr_decay': [@0, 0.5]}"), "search.bar_lr_decay[0]", "from 1"},
    {SPACE("'search': {'bar_lr_decay': [30, @0]}"), "search.bar_lr_decay[1]", "above 0"},
    {SPACE("'retrain': {'ema': @1}"), "retrain.ema", "below 1"},
    {SPACE("'retrain': {'lr_decay': @'cosine'}"), "retrain.lr_decay", "\"none\" or \"linear\""},
    {SPACE("'retrain': {'channels': @[256]}"), "retrain.channels", "[G, D], or null"},
    {SPACE("'retrain': {'channels': [256, @0]}"), "retrain.channels[1]", "from 1"},
    {SPACE("'retrain': {@'channel_divisor': 8}"), "retrain.channel_divisor", "retrain.channels"},
    {SPACE("'retrain': {'checkpoint_every': @0}"), "retrain.checkpoint_every", "from 1"},
    {SPACE("'retrain': @[]"), "retrain", "must be an object, not an empty list"},
    {SPACE("@'latents': {}"), "latents", "unknown key"},
    {GEN("@'style': 64"), "generator.style", "the family stylegan2; a residual generator has no mapping network"},
    {GEN("@'channel_base': 64"), "generator.channel_base", "generator.channels"},
    {GEN("@'paradigm': 'micro'"), "generator.paradigm", "an alpha of its own"},
    {GEN("@'dynamic_latents': true"), "generator.dynamic_latents", "one latent"},
    {SPACE("'retrain': {@'kimg': 1}"), "retrain.kimg", "retrain.iterations"},
    {SPACE("'retrain': {@'ema_kimg': 1}"), "retrain.ema_kimg", "retrain.ema,"},
};

static const struct bad style_keys[] = {
    {"{'image': {'size': @48}, " STYLE_GENERATOR "}", "image.size", "a power of two from 16 to 1024, not 48"},
    {"{'image': {'size': @8}, " STYLE_GENERATOR "}", "image.size", "a power of two from 16 to 1024, not 8"},
    {"{'image': {'size': @2048}, " STYLE_GENERATOR "}", "image.size", "not 2048"},
    {"{" STYLE_GENERATOR ", 'image': {'channels': @2}}", "image.channels", "1 or 3"},
    {"{" STYLE_GENERATOR ", 'discriminator': {'family': @'sngan'}}", "discriminator.family",
     "must be \"stylegan2\", the family that goes with generator.family \"stylegan2\", not \"sngan\""},
    {STYLE_GEN("@'styles': 3"), "generator.styles", "did you mean \"style\"?"},
    {STYLE_GEN("'style': @0"), "generator.style", "from 1 to 4096"},
    {STYLE_GEN("'mapping_layers': @0"), "generator.mapping_layers", "from 1 to 16"},
    {STYLE_GEN("'mapping_layers': @17"), "generator.mapping_layers", "from 1 to 16"},
    {STYLE_GEN("'channel_divisor': @0"), "generator.channel_divisor", "from 1"},
    {STYLE_GEN("'normal': [@'sep_conv_3x3']"), "generator.normal[0]",
     "\"conv_1x1\", \"conv_3x3\" or \"conv_5x5\", not \"sep_conv_3x3\""},
    {STYLE_GEN("'up': ['deconv', @'nearest']"), "generator.up[1]",
     "\"deconv\", \"nearest_conv\" or \"bilinear_conv\", not \"nearest\""},
    {STYLE_GEN("'paradigm': @'mini'"), "generator.paradigm", "\"micro\" or \"macro\""},
    {STYLE_GEN("'dynamic_latents': @1"), "generator.dynamic_latents", "true or false, not 1"},
    {STYLE_GEN("'dynamic_latents': @'true'"), "generator.dynamic_latents", "true or false, not \"true\""},
    {STYLE_GEN("'dynamic_latents': @null"), "generator.dynamic_latents", "not null"},
    {STYLE_GEN("@'channels': 64"), "generator.channels", "channel_base, channel_max, channel_divisor"},
    {STYLE_GEN("@'base': 4"), "generator.base", "begins at 4 pixels"},
    {STYLE_GEN("@'cells': 4"), "generator.cells", "image.size"},
    {STYLE_GEN("@'cell': {'skip': null}"), "generator.cell", "image.size"},
    {STYLE_SPACE("'search': {'batch': @6}"), "search.batch",
     "at most 4 or a multiple of 4, not 6: the discriminator's"},
    {STYLE_SPACE("'search': {'batch': 4}, 'retrain': {'batch_g': @5}"), "retrain.batch_g", "a multiple of 4, not 5"},
    {STYLE_SPACE("'retrain': {'batch_d': @4095}"), "retrain.batch_d", "a multiple of 4, not 4095"},
    {STYLE_SPACE("'retrain': {'batch_d': @0}"), "retrain.batch_d", "from 1 to 4096, or null"},
    {STYLE_SPACE("'retrain': {@'iterations': 9}"), "retrain.iterations", "retrain.kimg"},
    {STYLE_SPACE("'retrain': {@'ema': 0.9}"), "retrain.ema", "retrain.ema_kimg"},
    {STYLE_SPACE("'retrain': {@'channels': null}"), "retrain.channels", "retrain.channel_divisor"},
    {STYLE_SPACE("'retrain': {@'critic_steps': 1}"), "retrain.critic_steps", "one D step a G step"},
    {STYLE_SPACE("'retrain': {@'king': 1}"), "retrain.king", "did you mean \"kimg\"?"},
    {STYLE_SPACE("'retrain': {'r1_interval': @-1}"), "retrain.r1_interval", "from 0"},
    {STYLE_SPACE("'retrain': {'mixing': @1.1}"), "retrain.mixing", "at most 1"},
    {STYLE_SPACE("'retrain': {'ema_kimg': @0}"), "retrain.ema_kimg", "above 0"},
    {STYLE_SPACE("'retrain': {'w_decay': @1}"), "retrain.w_decay", "below 1"},
};

static const struct bad cells[] = {
    {GEN("'cell': @null"), "generator.cell", "must be an object"},
    {CELL("@'edge': []"), "generator.cell.edge", "did you mean \"edges\"?"},
    {CELL("'edges': @[]"), "generator.cell.edges", "1 to 32 edges"},
    {CELL("'edges': @{}"), "generator.cell.edges", "not an object"},
    {CELL("'edges': [@['a', 'in', 1]]"), "generator.cell.edges[0]", "[name, from, to,"},
    {CELL("'edges': [['a', 'in', 1, 'up'], @3]"), "generator.cell.edges[1]", "not 3"},
    {CELL("'edges': [[@'A', 'in', 1, 'up']]"), "generator.cell.edges[0][0]", "a-z 0-9 _"},
    {CELL("'edges': [[@'a-b', 'in', 1, 'up']]"), "generator.cell.edges[0][0]", "a-z 0-9 _"},
    {CELL("'edges': [[@'skip0', 'in', 1, 'up']]"), "generator.cell.edges[0][0]", "earlier cells"},
    {CELL("'edges': [['a', 'in', 1, 'up'], [@'a', 1, 2, 'normal']]"), "generator.cell.edges[1][0]", "earlier edge"},
    {CELL("'edges': [['a', @'out', 1, 'up']]"), "generator.cell.edges[0][1]", "\"in\" or a node from 1 to 31"},
    {CELL("'edges': [['a', @0, 1, 'up']]"), "generator.cell.edges[0][1]", "not 0"},
    {CELL("'edges': [['a', 'in', @'in', 'up']]"), "generator.cell.edges[0][2]", "must be a node from 1 to 31"},
    {CELL("'edges': [['a', 'in', @32, 'up']]"), "generator.cell.edges[0][2]", "not 32"},
    {CELL("'edges': [['a', 'in', 1, @'down']]"), "generator.cell.edges[0][3]", "\"up\" or \"normal\""},
    {CELL("'edges': [['a', 'in', 1, 'up'], ['b', @1, 2, 'up']]"), "generator.cell.edges[1][1]", "start at \"in\""},
    {CELL("'edges': [['a', @'in', 1, 'normal']]"), "generator.cell.edges[0][1]", "half the cell's"},
    {CELL("'edges': [['a', 'in', 1, 'up'], @['b', 1, 1, 'normal']], 'output': 1, 'skip': null"),
     "generator.cell.edges[1]", "closes a cycle"},
    {CELL("'edges': [['a', 'in', 1, 'up'], @['b', 1, 2, 'normal'], ['c', 2, 1, 'normal']], 'output': 2"),
     "generator.cell.edges[1]", "closes a cycle"},
    {CELL("'edges': [['a', 'in', 1, 'up'], @['b', 3, 2, 'normal']], 'output': 2"), "generator.cell.edges[1]",
     "starts at node 3, which no edge leads to"},
    {CELL("'edges': [['a', 'in', 1, 'up'], @['b', 1, 2, 'normal']], 'output': 1, 'skip': null"),
     "generator.cell.edges[1]", "leads to node 2, from where no way"},
    {CELL("'edges': [['a', 'in', 1, 'up'], @['b', 1, 2, 'normal']], 'output': 1, 'skip': [2, 1]"),
     "generator.cell.edges[1]", "leads to node 2"},
    {CELL("'edges': [['a', 'in', 1, 'up']], 'output': @2, 'skip': null"), "generator.cell.output", "output is node 2"},
    {CELL("'edges': @[['a', 'in', 1, 'up']], 'skip': null"), "generator.cell.edges", "output is node 4"},
    {CELL("'output': @0"), "generator.cell.output", "from 1 to 31"},
    {CELL("'skip': @[1, 5]"), "generator.cell.skip", "node 5"},
    {CELL("'skip': [@0, 4]"), "generator.cell.skip[0]", "from 1 to 31"},
    {CELL("'skip': @1"), "generator.cell.skip", "[from, to], or null"},
};

static const struct bad genotypes[] = {
    {"@{'aggen': 1, 'ops': {}}", "spec", "required"},
    {"@{'spec': " SPEC ", 'ops': {}}", "aggen", "required"},
    {"@{'aggen': 1, 'spec': " SPEC "}", "ops", "required"},
    {"{'aggen': @2, 'spec': " SPEC ", 'ops': {}}", "aggen", "must be 1"},
    {"{'aggen': 1, @'op': {}, 'ops': {}}", "op", "did you mean \"ops\"?"},
    {"{'aggen': 1, 'ops': {}, 'found': @1}", "found", "an object"},
    {"{'aggen': 1, 'spec': @[], 'ops': {}}", "spec", "an object"},
    {"{'aggen': 1, 'spec': {'image': {'size': @3}}, 'ops': {}}", "spec.image.size", "multiple of 4"},
    {"{'aggen': 1, 'spec': " ONE_CELL ", 'ops': @[]}", "ops", "must be an object of edges"},
    {"{'aggen': 1, 'spec': " ONE_CELL ",\n 'ops': @{" ONE_OPS "}}", "ops", "no operation is given for cell1.normal2"},
    {"{'aggen': 1, 'spec': " SPEC ",\n 'ops': @{}}", "ops", "cell2.skip0, cell3.up0 and 6 more"},
    {"{'aggen': 1, 'spec': " ONE_CELL ",\n 'ops': {" ONE_OPS ", @'cell1.norma2': 'conv_5x5'}}", "ops.cell1.norma2",
     "did you mean \"cell1.normal2\"?"},
    {"{'aggen': 1, 'spec': " ONE_CELL ",\n 'ops': {@'cell2.skip0': 'deconv'}}", "ops.cell2.skip0", "no such edge"},
    {"{'aggen': 1, 'spec': " ONE_CELL ",\n 'ops': {'cell1.up0': @'conv_1x1'}}", "ops.cell1.up0",
     "up operation (nearest, bilinear, deconv, nearest_conv, bilinear_conv), not \"conv_1x1\""},
    {"{'aggen': 1, 'spec': " ONE_CELL ",\n 'ops': {'cell1.normal0': @'deconv'}}", "ops.cell1.normal0",
     "normal operation"},
    {"{'aggen': 1, 'spec': " ONE_CELL ",\n 'ops': {'cell1.normal0': @'conv_9x9'}}", "ops.cell1.normal0",
     "\"conv_9x9\""},
    {"{'aggen': 1, 'spec': " ONE_CELL ",\n 'ops': {'cell1.normal0': @null}}", "ops.cell1.normal0", "not null"},
    {"{'aggen': 1, 'spec': " ONE_CELL ",\n 'ops': {" ONE_OPS
     ", 'cell1.normal2': 'conv_5x5'}, @'latents': {'cell1.up0': 1}}",
     "latents", "the family stylegan2"},
    {"{'aggen': 1, 'spec': " ONE_CELL ",\n 'ops': {" ONE_OPS
     ", 'cell1.normal2': 'conv_5x5'}, @'micro': {'up': 'deconv'}}",
     "micro", "the family stylegan2"},
    {STYLE("'ops': @[]"), "ops", "must be an object of layers"},
    {STYLE("'ops': @{'b4.normal': 'conv_1x1', 'b16.up': 'deconv'}"), "ops", "given for b8.up, b8.normal, b16.normal"},
    {STYLE("'ops': {@'b8.uq': 'deconv'}"), "ops.b8.uq", "the spec has no such layer, did you mean \"b8.up\"?"},
    {STYLE("'ops': {@'b4.up': 'deconv'}"), "ops.b4.up", "no such layer"},
    {STYLE("'ops': {@'b32.up': 'deconv'}"), "ops.b32.up",
     "no such layer at image.size 16, where the last ones are b16.up"},
    {STYLE("'ops': {@'b2048.up': 'deconv'}, " STYLE_MICRO), "ops.b2048.up", "the spec has no such layer"},
    {STYLE("'ops': {'b8.up': @'nearest'}"), "ops.b8.up",
     "must be an up operation (deconv, nearest_conv, bilinear_conv), not \"nearest\""},
    {STYLE("'ops': {'b8.normal': @'sep_conv_3x3'}"), "ops.b8.normal",
     "must be a layer's normal operation (conv_1x1, conv_3x3, conv_5x5), not \"sep_conv_3x3\""},
    {STYLE("'ops': {'b32.up': @'conv_1x1'}, " STYLE_MICRO), "ops.b32.up", "an up operation"},
    {STYLE("'ops': {}, 'micro': @{'up': 'deconv'}"), "micro.normal", "required"},
    {STYLE("'ops': {}, 'micro': {'up': @'conv_3x3', 'normal': 'conv_3x3'}"), "micro.up", "an up operation"},
    {STYLE("'ops': {}, 'micro': {@'b4.normal': 'conv_3x3'}"), "micro.b4.normal", "unknown key; here are normal, up"},
    {STYLE("'ops': {}, 'micro': @[]"), "micro", "an object"},
    {STYLE("'ops': {}, 'latents': @[], " STYLE_MICRO), "latents", "an object"},
    {STYLE(STYLE_OPS ", 'latents': {'b4.normal': @0}"), "latents.b4.normal",
     "from 1 to 3 (generator.mapping_layers), not 0"},
    {STYLE(STYLE_OPS ", 'latents': {'b16.rgb': @4}"), "latents.b16.rgb", "not 4"},
    {STYLE(STYLE_OPS ", 'latents': {'b16.up': @1.5}"), "latents.b16.up", "not 1.5"},
    {STYLE(STYLE_OPS ", 'latents': {'b16.up': @'1'}"), "latents.b16.up", "not \"1\""},
    {STYLE(STYLE_OPS ", 'latents': {@'b16.rbg': 1}"), "latents.b16.rbg", "did you mean \"b16.rgb\"?"},
    {STYLE(STYLE_OPS ", 'latents': {@'b8.rgb': 1}"), "latents.b8.rgb", "the spec has no such layer"},
    {STYLE(STYLE_OPS ", 'latents': {@'b32.rgb': 1}"), "latents.b32.rgb", "no such layer at image.size 16"},
    {STYLE(STYLE_OPS ", 'latents': {@'b32.up': 1}"), "latents.b32.up", "among latents, b16.rgb"},
    {STYLE(STYLE_OPS ", 'latents': {'b32.rgb': @9}, " STYLE_MICRO), "latents.b32.rgb", "from 1 to 3"},
};

static void test_bad(struct tally *tally, const struct bad *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct bad *bad = &cases[i];
        struct ag_error err = {""};
        char text[8192], want[256];
        int line, column;
        struct spec spec;
        struct genotype geno;
        prepare(bad->text, text, sizeof text, &line, &column);
        const char *path = bad->path ? bad->path : "";
        snprintf(want, sizeof want, "t:%d:%d: %s%s", line, column, path, *path ? ": " : "");
        int status = spec_parse(text, strlen(text), "t", NULL, 0, &spec, &geno, &err);
        int ok = status == 2 && !strncmp(err.text, want, strlen(want)) && strstr(err.text, bad->what);
        check(tally, ok && !strchr(err.text, '\n'), bad->text, err.text);
    }
}

struct bad_set {
    const char *set, *want, *what;
};

static const struct bad_set bad_sets[] = {
    {"name", "--set name: ", "KEY.PATH=VALUE"},
    {"=3", "--set =3: ", "KEY.PATH=VALUE"},
    {".name=3", "--set .name=3: ", "KEY.PATH=VALUE"},
    {"image..size=3", "--set image..size=3: ", "KEY.PATH=VALUE"},
    {"image.size=33", "--set image.size: ", "multiple of 4"},
    {"image.size=48", "--set image.size: ", "base 6 would fit"},
    {"image.size=abc", "--set image.size: ", "not \"abc\""},
    {"image.size=", "--set image.size: ", "not \"\""},
    {"image.size=1e999", "--set image.size: ", "1e999"},
    {"image.sise=32", "--set image.sise: ", "did you mean \"size\"?"},
    {"imag.size=32", "--set imag: ", "did you mean \"image\"?"},
    {"image=32", "--set image: ", "must be an object"},
    {"image.size.x=32", "--set image.size.x: ", "not an object"},
    {"generator.normal=[conv_1x1]", "--set generator.normal: ", "not a JSON value"},
    {"generator.normal=['conv_1x1','x']", "--set generator.normal[1]: ", "not \"x\""},
    {"generator={'family':'residual','x':1}", "--set generator.x: ", "unknown key"},
    {"search.weights.betas=[0,1]", "--set search.weights.betas[1]: ", "below 1"},
    {"name=\xFF", "--set name: ", "UTF-8"},
    {"generator.cells=2", "--set generator.cells: ", "takes 3"},
    {"generator.family=biggan", "--set generator.family: ", "family"},
};

static void test_bad_sets(struct tally *tally)
{
    for (size_t i = 0; i < sizeof bad_sets / sizeof *bad_sets; i++) {
        struct ag_error err = {""};
        char set[256];
        int line, column;
        struct spec spec;
        struct genotype geno;
        prepare(bad_sets[i].set, set, sizeof set, &line, &column);
        char *sets[] = {set};
        int status = parse(SPEC, sets, 1, &spec, &geno, &err);
        int ok = status == 2 && !strncmp(err.text, bad_sets[i].want, strlen(bad_sets[i].want));
        check(tally, ok && strstr(err.text, bad_sets[i].what), bad_sets[i].set, err.text);
    }
    struct ag_error err = {""};
    char *ops[] = {"ops.cell1.up0=conv_1x1"}, *spec_key[] = {"generator.chanels=3"};
    struct spec spec;
    struct genotype geno;
    parse(ONE_GENOTYPE, ops, 1, &spec, &geno, &err);
    check(tally, !strncmp(err.text, "--set ops.cell1.up0: must be an up operation", 44), "--set of an operation",
          err.text);
    parse(ONE_GENOTYPE, spec_key, 1, &spec, &geno, &err);
    check(tally, !strncmp(err.text, "--set generator.chanels: unknown key", 36), "--set in a genotype's spec",
          err.text);
}

static void test_defaults(struct tally *tally)
{
    struct spec s;
    struct genotype geno;
    struct ag_error err = {""};
    check(tally, parse(SPEC, NULL, 0, &s, &geno, &err) == 0, "a space with the required keys alone", err.text);
    check(tally, geno.genes == 0 && !strcmp(s.family->name, "residual"), "a space has no genes", "");
    check(tally, s.latent == 128 && s.channels == 256 && s.base == 4 && s.cells == 3 && s.d_channels == 128, "networks",
          "");
    check(tally,
          s.normal.count == 6 && s.normal.op[5] == CANDIDATE_SEP_CONV_7X7 && s.up.count == 3 &&
              s.up.op[0] == CANDIDATE_DECONV,
          "pools", "");
    check(tally, s.cell.edges == 5 && s.cell.output == 4 && s.cell.skip_from == 1 && s.cell.skip_to == 4, "cell", "");
    check(tally,
          s.search.iterations == 100 && s.search.weight_steps == 20 && s.search.bar_steps == 20 &&
              s.search.arch_steps == 20 && s.search.batch == 64 && s.search.critic_steps == 1 && s.search.split == 0.5,
          "search", "");
    check(tally,
          s.search.weights.lr == 2e-4 && s.search.weights.beta1 == 0 && s.search.weights.beta2 == 0.999 &&
              s.search.arch.lr == 3e-4 && s.search.arch.beta1 == 0.5 && s.search.arch.weight_decay == 1e-3,
          "Adam", "");
    check(tally,
          s.search.gumbel_tau == 0 && s.search.bar_decay_after == 0 && s.search.warmup == 0 &&
              s.search.bar_updates == BAR_WEIGHTS && !s.search.arch_both && s.search.loss == LOSS_HINGE,
          "switches", "");
    check(tally,
          s.retrain.iterations == 50000 && s.retrain.batch_g == 128 && s.retrain.batch_d == 64 &&
              s.retrain.critic_steps == 5 && s.retrain.ema == 0.999 && s.retrain.weights.beta2 == 0.9 &&
              !s.retrain.linear_decay && s.retrain.g_channels == 0 && s.retrain.checkpoint_every == 500,
          "retrain", "");
}

static void test_every_key(struct tally *tally)
{
    static const char text[] =
        "{'name': 'A-z_9', 'image': {'size': 48, 'channels': 1}, 'data': {'format': 'images', 'path': "
        "'a\\\\b\\'c\\u00e9\\ud83d\\ude00\\/', 'crop': 'center'}, 'generator': {'family': 'residual', 'latent': 7, "
        "'channels': 1e1, 'base': 3, "
        "'cells': 4, 'normal': ['sep_conv_5x5', 'conv_1x1'], 'up': ['bilinear_conv', 'nearest_conv'], 'cell': "
        "{'edges': "
        "[['a', 'in', 2, 'up'], ['b', 2, 1, 'normal']], 'output': 1, 'skip': [2, 1]}}, 'discriminator': {'family': "
        "'sngan', "
        "'channels': 9}, 'search': {'loss': 'wgan', 'bar_updates': 'both', 'arch_data': 'both', 'gumbel_tau': 0.5, "
        "'warmup': 0.5, 'bar_lr_decay': [30, 0.5], 'weights': {'lr': 0.1, 'betas': [-0, 0.3]}}, 'retrain': "
        "{'channels': [256, 128], "
        "'lr_decay': 'linear', 'loss': 'logistic', 'sample_every': 7}}";
    struct spec s;
    struct genotype geno;
    struct ag_error err = {""};
    check(tally, parse(text, NULL, 0, &s, &geno, &err) == 0, "a space with every key", err.text);
    check(tally, !strcmp(s.data_path, "a\\b\"c\xC3\xA9\xF0\x9F\x98\x80/") && s.data_center_crop == 1, "escapes",
          s.data_path);
    check(tally, s.cells == 4 && s.channels == 10 && s.cell.edges == 2 && s.cell.edge[1].from == 2, "values", "");
    check(tally, s.search.bar_decay_after == 30 && s.search.bar_decay == 0.5 && s.retrain.d_channels == 128, "tuples",
          "");
    char *once = spec_text(&s);
    struct spec again;
    check(tally, spec_parse(once, strlen(once), "t", NULL, 0, &again, &geno, &err) == 0, once, err.text);
    char *twice = spec_text(&again);
    check(tally, !strcmp(once, twice) && !memcmp(&s, &again, sizeof s), "canonical text reads back the same", twice);
    check(tally, strstr(once, "\"betas\": [0, 0.3]") && !strchr(once, '\n'), "shortest numbers on one line", once);
    free(once);
    free(twice);
}

static void test_edges(struct tally *tally)
{
    struct spec s;
    struct genotype geno;
    struct ag_error err = {""};
    static struct gen_edge edge[SPEC_GENES];
    parse(SPEC, NULL, 0, &s, &geno, &err);
    check(tally, residual_edges(&s, edge) == 18, "18 edges in three cells", "");
    check(tally, !strcmp(edge[0].name, "cell1.up0") && edge[0].times == 1 && edge[0].from_cell == 0, "the first edge",
          "");
    check(tally, !strcmp(edge[7].name, "cell2.normal0") && edge[7].from_cell == 2 && !edge[7].times, "a normal edge",
          "");
    check(tally,
          !strcmp(edge[16].name, "cell3.skip0") && edge[16].from_cell == 1 && edge[16].times == 2 &&
              edge[16].from == 1 && edge[16].to == 4 && edge[16].up,
          "a skip over two cells", edge[16].name);
    check(tally, !strcmp(edge[17].name, "cell3.skip1") && edge[17].from_cell == 2 && edge[17].times == 1, "the last",
          "");
    char *sets[] = {"generator.cell.skip=null", "image.size=1024"};
    check(tally, parse(SPEC, sets, 2, &s, &geno, &err) == 0 && residual_edges(&s, edge) == 40, "no skips", err.text);
}

static void test_style_defaults(struct tally *tally)
{
    struct spec s;
    struct genotype geno;
    struct ag_error err = {""};
    check(tally, parse(STYLE_HEAD STYLE_GENERATOR "}", NULL, 0, &s, &geno, &err) == 0, "a style space", err.text);
    check(tally, geno.genes == 0 && !strcmp(s.family->name, "stylegan2") && s.image_channels == 3, "its family", "");
    check(tally,
          s.latent == 512 && s.style == 512 && s.mapping_layers == 8 && s.channel_base == 32768 &&
              s.channel_max == 512 && s.channel_divisor == 8 && s.d_channel_base == 32768 && s.d_channel_max == 512 &&
              s.d_channel_divisor == 8 && !s.macro && !s.dynamic_latents,
          "networks", "");
    check(tally,
          s.normal.count == 3 && s.normal.op[2] == CANDIDATE_CONV_5X5 && s.up.count == 3 &&
              s.up.op[0] == CANDIDATE_DECONV && s.up.op[2] == CANDIDATE_BILINEAR_CONV,
          "pools", "");
    check(tally,
          s.search.iterations == 500 && s.search.weight_steps == 20 && s.search.bar_steps == 5 &&
              s.search.arch_steps == 20 && s.search.batch == 2 && s.search.loss == LOSS_HINGE &&
              s.search.critic_steps == 1 && s.search.weights.lr == 2e-4 && s.search.weights.beta2 == 0.999 &&
              s.search.arch.lr == 3e-4 && s.search.arch.beta1 == 0.5 && s.search.arch.weight_decay == 1e-3,
          "search", "");
    check(tally,
          s.retrain.loss == LOSS_LOGISTIC && s.retrain.kimg == 15000 && s.retrain.batch_g == 8 &&
              s.retrain.batch_d == 8 && s.retrain.accumulate == 4 && s.retrain.r1_gamma == 10 &&
              s.retrain.r1_interval == 16 && s.retrain.mixing == 0.9 && s.retrain.ema_kimg == 10 &&
              s.retrain.w_decay == 0.995 && s.retrain.channel_divisor == 1,
          "retrain", "");
    check(tally,
          s.retrain.weights.lr == 0.002 && s.retrain.weights.beta1 == 0 && s.retrain.weights.beta2 == 0.99 &&
              s.retrain.checkpoint_every == 500 && s.retrain.critic_steps == 1 && !s.retrain.linear_decay,
          "its Adam", "");
    char *large[] = {"image.size=1024", "retrain.batch_d=12", "generator.dynamic_latents=true"};
    check(tally,
          parse(STYLE_HEAD STYLE_GENERATOR "}", large, 3, &s, &geno, &err) == 0 && s.retrain.batch_g == 4 &&
              s.retrain.batch_d == 12 && s.retrain.accumulate == 8 && s.dynamic_latents == 1,
          "defaults at 1024 px", err.text);
}

static void test_style_keys(struct tally *tally)
{
    static const char text[] =
        "{'name': 's', 'image': {'size': 64, 'channels': 1}, 'data': {'format': 'zip', 'path': 'a.zip'}, 'generator': "
        "{'family': 'stylegan2', 'latent': 7, 'style': 9, 'mapping_layers': 16, 'channel_base': 100, 'channel_max': 9, "
        "'channel_divisor': 2, 'normal': ['conv_5x5'], 'up': ['bilinear_conv', 'deconv'], 'paradigm': 'macro', "
        "'dynamic_latents': true}, 'discriminator': {'family': 'stylegan2', 'channel_base': 50, 'channel_max': 3, "
        "'channel_divisor': 1}, 'search': {'batch': 3}, 'retrain': {'loss': 'hinge', 'kimg': 1, 'batch_g': 12, "
        "'batch_d': null, 'accumulate': 3, 'r1_gamma': 0.5, 'r1_interval': 0, 'mixing': 0, 'ema_kimg': 0.5, 'w_decay': "
        "0, 'channel_divisor': 3, 'lr_decay': 'linear', 'weights': {'betas': [0.1, 0.2]}}}";
    struct spec s, again;
    struct genotype geno;
    struct ag_error err = {""};
    check(tally, parse(text, NULL, 0, &s, &geno, &err) == 0, "a style space with every key", err.text);
    check(tally, s.macro == 1 && s.dynamic_latents == 1 && s.mapping_layers == 16 && s.d_channel_base == 50, "values",
          "");
    check(tally, s.retrain.r1_interval == 0 && s.retrain.batch_g == 12 && s.retrain.batch_d == 8, "retrain values", "");
    char *once = spec_text(&s);
    check(tally, spec_parse(once, strlen(once), "t", NULL, 0, &again, &geno, &err) == 0, once, err.text);
    char *twice = spec_text(&again);
    check(tally, !strcmp(once, twice) && !memcmp(&s, &again, sizeof s), "canonical text reads back the same", twice);
    check(tally, strstr(once, "\"dynamic_latents\": true}") && strstr(once, "\"paradigm\": \"macro\""), "a truth",
          once);
    free(once);
    free(twice);
}

/* Returns the choices of a space as "NAME:N" joined by spaces. N is the pool, "up" or "normal", or the number of
 * latents. */
static const char *choices(const char *space, char *const *sets, int nsets)
{
    static struct ag_error err;
    static char list[2048];
    static struct choice choice[SPEC_GENES];
    struct spec s;
    struct genotype geno;
    size_t used = 0;
    if (parse(space, sets, nsets, &s, &geno, &err)) return err.text;
    int count = spec_choices(&s, choice);
    *list = 0;
    for (int i = 0; i < count; i++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s:", used ? " " : "", choice[i].name);
        if (choice[i].latents)
            used += (size_t)snprintf(list + used, sizeof list - used, "%d", choice[i].latents);
        else
            used += (size_t)snprintf(list + used, sizeof list - used, "%s", choice[i].up ? "up" : "normal");
    }
    return list;
}

static void test_choices(struct tally *tally)
{
    static const char style[] = STYLE_HEAD STYLE_GENERATOR "}";
    char *sets[] = {"generator.dynamic_latents=true", "generator.mapping_layers=3", "generator.paradigm=macro",
                    "generator.dynamic_latents=false"};
    const char *got = choices(style, NULL, 0);
    check(tally, !strcmp(got, "normal:normal up:up"), "micro", got);
    got = choices(style, sets, 2);
    check(tally,
          !strcmp(got, "normal:normal up:up b4.normal.w:3 b8.up.w:3 b8.normal.w:3 b16.up.w:3 b16.normal.w:3 "
                       "b16.rgb.w:3"),
          "micro and dynamic", got);
    got = choices(style, sets, 3);
    check(tally,
          !strcmp(got, "b4.normal:normal b8.up:up b8.normal:normal b16.up:up b16.normal:normal b4.normal.w:3 b8.up.w:3 "
                       "b8.normal.w:3 b16.up.w:3 b16.normal.w:3 b16.rgb.w:3"),
          "macro and dynamic", got);
    got = choices(style, sets, 4);
    check(tally, !strcmp(got, "b4.normal:normal b8.up:up b8.normal:normal b16.up:up b16.normal:normal"), "macro", got);
    char *one[] = {"image.size=8"};
    got = choices(SPEC, one, 1);
    check(tally,
          !strcmp(got, "cell1.up0:up cell1.up1:up cell1.normal0:normal cell1.normal1:normal cell1.normal2:normal"),
          "edges", got);
}

/* Returns the parts of a space's architectures as "NAME:C" joined by spaces. C is the index of the choice that decides
 * the part. */
static const char *parts(const char *space, char *const *sets, int nsets)
{
    static struct ag_error err;
    static char list[2048];
    static struct part part[2 * SPEC_GENES];
    struct spec s;
    struct genotype geno;
    size_t used = 0;
    if (parse(space, sets, nsets, &s, &geno, &err)) return err.text;
    int count = spec_parts(&s, part);
    *list = 0;
    for (int i = 0; i < count; i++)
        used +=
            (size_t)snprintf(list + used, sizeof list - used, "%s%s:%d", i ? " " : "", part[i].name, part[i].choice);
    return list;
}

static void test_parts(struct tally *tally)
{
    static const char style[] = STYLE_HEAD STYLE_GENERATOR "}";
    char *sets[] = {"generator.dynamic_latents=true", "generator.mapping_layers=3", "generator.paradigm=macro"};
    const char *got = parts(style, NULL, 0);
    check(tally, !strcmp(got, "b4.normal:0 b8.up:1 b8.normal:0 b16.up:1 b16.normal:0"), "micro", got);
    got = parts(style, sets, 2);
    check(tally,
          !strcmp(got, "b4.normal:0 b8.up:1 b8.normal:0 b16.up:1 b16.normal:0 b4.normal:2 b8.up:3 b8.normal:4 b16.up:5 "
                       "b16.normal:6 b16.rgb:7"),
          "micro and dynamic", got);
    got = parts(style, sets, 3);
    check(tally,
          !strcmp(got, "b4.normal:0 b8.up:1 b8.normal:2 b16.up:3 b16.normal:4 b4.normal:5 b8.up:6 b8.normal:7 b16.up:8 "
                       "b16.normal:9 b16.rgb:10"),
          "macro and dynamic", got);
    char *one[] = {"image.size=8"};
    got = parts(SPEC, one, 1);
    check(tally, !strcmp(got, "cell1.up0:0 cell1.up1:1 cell1.normal0:2 cell1.normal1:3 cell1.normal2:4"), "edges", got);
}

/* Checks that a key which the family does not have is refused, with a message that names all families that have it. */
static void test_foreign_key(struct tally *tally, const struct family *own, const char *path)
{
    struct ag_error err = {""};
    char text[512], set[128], *sets[] = {set};
    struct spec s;
    struct genotype geno;
    snprintf(text, sizeof text,
             "{'name': 't', 'image': {'size': 16}, 'data': {'format': 'shapes'}, 'generator': {'family': '%s'}, "
             "'discriminator': {'family': '%s'}}",
             own->name, own->discriminator->name);
    snprintf(set, sizeof set, "%s=1", path);
    int refused = parse(text, sets, 1, &s, &geno, &err) == 2;
    const char *belongs = strstr(err.text, ": belongs to the famil");
    for (int i = 0; families[i]; i++) {
        if (!family_has_key(families[i], path)) continue;
        const char *named = belongs ? strstr(belongs, families[i]->name) : NULL;
        check(tally, refused && named && named < strchr(belongs, ';'), path, err.text);
    }
}

static void test_foreign(struct tally *tally)
{
    int foreign = 0;
    for (int i = 0; families[i]; i++)
        for (int k = 0; families[k]; k++)
            for (const struct key *key = families[k]->keys; key->path; key++) {
                if (family_has_key(families[i], key->path)) continue;
                test_foreign_key(tally, families[i], key->path);
                foreign++;
            }
    check(tally, foreign > 20, "families have keys of their own", "");
}

/* The message for a foreign key, if the family has no hint for it. */
static void test_no_hint(struct tally *tally)
{
    struct mem *pool = mem_new();
    static const char text[] = "{\"generator\": {\"style\": 3}}";
    struct json_source source = {"t", text, strlen(text), 0, 0};
    struct ag_error err = {""};
    const struct family own = {.name = "plain"};
    struct json *value = json_find(json_parse(pool, &source, &err), "generator.style");
    int status = family_foreign(&own, value, "generator.style", family_has_key, &err);
    check(tally,
          status == 2 && !strcmp(err.text, "t:1:16: generator.style: belongs to the family stylegan2; the family plain "
                                           "has no such key"),
          "no hint", err.text);
    status = family_foreign(&own, value, "generator.latent", family_has_key, &err);
    check(tally, status == 2 && strstr(err.text, "belongs to the families residual, stylegan2"), "of two", err.text);
    check(tally, !family_foreign(&own, value, "generator.hue", family_has_key, &err), "nobody's", err.text);
    mem_free(pool);
}

static void test_layers(struct tally *tally)
{
    static struct layer layer[SPEC_GENES];
    struct spec s;
    struct genotype geno;
    struct ag_error err = {""};
    char *sets[] = {"image.size=1024"};
    parse(STYLE_HEAD STYLE_GENERATOR "}", NULL, 0, &s, &geno, &err);
    check(tally, stylegan2_layers(&s, layer) == 5 && !strcmp(layer[0].name, "b4.normal") && !layer[0].up, "5 layers",
          "");
    check(tally, !strcmp(layer[3].name, "b16.up") && layer[3].up && layer[3].resolution == 16, "a layer that doubles",
          layer[3].name);
    parse(STYLE_HEAD STYLE_GENERATOR "}", sets, 1, &s, &geno, &err);
    check(tally, stylegan2_layers(&s, layer) == 17 && !strcmp(layer[16].name, "b1024.normal"), "17 layers",
          layer[16].name);
}

static void test_sets(struct tally *tally)
{
    struct spec s;
    struct genotype geno;
    struct ag_error err = {""};
    char *sets[] = {"image.size=64",
                    "search.batch=8",
                    "name=first",
                    "name=second",
                    "data.format=images",
                    "data.path=/a b/c=d",
                    "search.weights.betas=[0.5, 0.9]",
                    "search.gumbel_tau=0.5",
                    "generator.up=[\"nearest\"]"};
    check(tally, parse(SPEC, sets, 9, &s, &geno, &err) == 0, "sets", err.text);
    check(tally, s.image_size == 64 && s.cells == 4 && s.search.batch == 8, "numbers; cells follow the size", "");
    check(tally, !strcmp(s.name, "second") && !strcmp(s.data_path, "/a b/c=d"), "bare words; the last one wins",
          s.name);
    check(tally, s.search.weights.beta1 == 0.5 && s.search.gumbel_tau == 0.5 && s.up.count == 1, "JSON values", "");
    char *change[] = {"ops.cell1.up0=bilinear_conv", "generator.channels=8", "ops.cell1.normal2=\"conv_3x3\""};
    check(tally, parse(ONE_GENOTYPE, change, 3, &s, &geno, &err) == 0, "sets of a genotype", err.text);
    check(tally,
          geno.genes == 5 && geno.gene[0].op == CANDIDATE_BILINEAR_CONV && geno.gene[4].op == CANDIDATE_CONV_3X3 &&
              s.channels == 8,
          "operations and keys of its spec", "");
    parse(SPEC, NULL, 0, &s, &geno, &err);
    char *text = spec_text(&s), *larger[] = {"image.size=64", "generator.cells=null"};
    check(tally,
          spec_parse(text, strlen(text), "t", larger, 1, &s, &geno, &err) == 2 &&
              !strncmp(err.text, "--set image.size: generator.cells 3 doubles", 43),
          "a size that the written cells don't fit", err.text);
    check(tally, spec_parse(text, strlen(text), "t", larger, 2, &s, &geno, &err) == 0 && s.cells == 4,
          "cells set to follow the size", err.text);
    free(text);
    char *broken[] = {"image.size=bad", "image.size=16"};
    check(tally, parse(SPEC, broken, 2, &s, &geno, &err) == 0 && s.cells == 2, "the last --set wins", err.text);
}

/* The key keep_every is not in the canonical text when it is off. */
static void test_keep_every(struct tally *tally, const char *space)
{
    struct spec s;
    struct genotype geno;
    struct ag_error err = {""};
    char *kept[] = {"retrain.keep_every=5000"};
    for (int on = 0; on <= 1; on++) {
        parse(space, kept, on, &s, &geno, &err);
        char *text = spec_text(&s);
        check(tally, s.retrain.keep_every == 5000 * on, "generators that are kept", err.text);
        check(tally, !!strstr(text, ", \"keep_every\": 5000") == on && !!strstr(text, "keep_every") == on,
              "a key that is off is in no text", text);
        struct spec again;
        spec_parse(text, strlen(text), "t", NULL, 0, &again, &geno, &err);
        check(tally, !memcmp(&s, &again, sizeof s), "with it, canonical text reads back the same", text);
        free(text);
    }
}

/* The data format `shapes` draws its pictures, so data.path is ignored. */
static void test_drawn(struct tally *tally)
{
    struct spec s;
    struct genotype geno;
    struct ag_error err = {""};
    char *sets[] = {"data.path=somewhere", "data.format=shapes"};
    check(tally, parse(SPEC, sets, 2, &s, &geno, &err) == 0 && !*s.data_path, "shapes have no path", err.text);
    char *text = spec_text(&s);
    check(tally, !strstr(text, "somewhere"), "nor in the text", text);
    free(text);
    check(tally, parse(ONE_GENOTYPE, sets, 2, &s, &geno, &err) == 0 && !*s.data_path, "nor a genotype", err.text);
    sets[1] = "data.format=zip";
    check(tally, parse(SPEC, sets, 2, &s, &geno, &err) == 0 && !strcmp(s.data_path, "somewhere"),
          "other formats keep theirs", s.data_path);
}

static void test_genotype(struct tally *tally)
{
    struct spec s;
    struct genotype geno;
    struct ag_error err = {""};
    check(tally, parse(ONE_GENOTYPE, NULL, 0, &s, &geno, &err) == 0, "a genotype", err.text);
    check(tally,
          geno.genes == 5 && !strcmp(geno.gene[1].place, "cell1.up1") && geno.gene[1].op == CANDIDATE_NEAREST &&
              geno.gene[3].op == CANDIDATE_SEP_CONV_7X7,
          "its genes, in the order of the edges", "");
    check(tally,
          parse("{'aggen': 1, 'space': 'x', 'latents': {}, 'micro': {}, 'found': {'a': [1]},\n 'spec': " ONE_CELL
                ", 'ops': {'cell1.normal2': 'conv_3x3', " ONE_OPS "}}",
                NULL, 0, &s, &geno, &err) == 0 &&
              geno.gene[4].op == CANDIDATE_CONV_3X3,
          "its optional keys; any order of operations", err.text);
}

/* Returns the genes of a StyleGAN2 genotype as "OP:LATENT" joined by spaces, then the latent of the last tRGB; or the
 * error message. */
static const char *genes(const char *text, char *const *sets, int nsets)
{
    static struct ag_error err;
    static char list[2048];
    struct spec s;
    struct genotype geno;
    size_t used = 0;
    if (parse(text, sets, nsets, &s, &geno, &err)) return err.text;
    for (int i = 0; i < geno.genes; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s:%d ", candidate_name(geno.gene[i].op),
                                 geno.gene[i].latent);
    snprintf(list + used, sizeof list - used, "%d", geno.last_latent);
    return list;
}

static void test_style_genotype(struct tally *tally)
{
    static const char latents[] = STYLE(STYLE_OPS ", 'latents': {'b16.rgb': 2, 'b4.normal': 1, 'b16.up': 3}");
    static const char micro[] =
        STYLE("'ops': {'b8.up': 'deconv', 'b32.normal': 'conv_1x1', 'b1024.up': 'deconv'}, 'latents': {'b8.up': 1, "
              "'b16.rgb': 2, 'b32.rgb': 1, 'b32.up': 2}, " STYLE_MICRO);
    const char *got = genes(STYLE(STYLE_OPS), NULL, 0);
    check(tally, !strcmp(got, "conv_5x5:3 deconv:3 conv_3x3:3 bilinear_conv:3 conv_1x1:3 3"), "the last latents", got);
    got = genes(latents, NULL, 0);
    check(tally, !strcmp(got, "conv_5x5:1 deconv:3 conv_3x3:3 bilinear_conv:3 conv_1x1:3 2"), "some latents", got);
    got = genes(micro, NULL, 0);
    check(tally, !strcmp(got, "conv_5x5:3 deconv:1 conv_5x5:3 nearest_conv:3 conv_5x5:3 2"), "micro", got);
    char *sets[] = {"image.size=32", "ops.b16.up=bilinear_conv", "latents.b4.normal=2"};
    got = genes(micro, sets, 3);
    check(tally, !strcmp(got, "conv_5x5:2 deconv:1 conv_5x5:3 bilinear_conv:3 conv_5x5:3 nearest_conv:2 conv_1x1:3 1"),
          "micro at another size, and --set", got);
    got = genes(STYLE(STYLE_OPS), sets + 2, 1);
    check(tally, !strcmp(got, "conv_5x5:2 deconv:3 conv_3x3:3 bilinear_conv:3 conv_1x1:3 3"), "--set of latents", got);
    got = genes(latents, sets, 1);
    check(tally, strstr(got, "ops: no operation is given for b32.up, b32.normal") != NULL, "no micro, another size",
          got);
    char *last[] = {"image.size=32", "ops.b32.up=deconv", "ops.b32.normal=conv_3x3"};
    got = genes(latents, last, 3);
    check(tally, strstr(got, "latents.b16.rgb: no such layer at image.size 32") != NULL, "another size's tRGB", got);
}

static void test_genotype_text(struct tally *tally)
{
    static const char *const texts[] = {
        ONE_GENOTYPE, STYLE(STYLE_OPS),
        STYLE("'ops': {'b8.up': 'deconv'}, 'latents': {'b8.up': 1, 'b16.rgb': 2}, " STYLE_MICRO)};
    struct spec s, again;
    static struct genotype geno, twin;
    struct ag_error err = {""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        parse(texts[i], NULL, 0, &s, &geno, &err);
        char *once = genotype_text(&s, &geno);
        check(tally, spec_parse(once, strlen(once), "t", NULL, 0, &again, &twin, &err) == 0, once, err.text);
        char *twice = genotype_text(&again, &twin);
        check(tally, !strcmp(once, twice) && !memcmp(&geno, &twin, sizeof geno), "canonical text of a genotype", twice);
        check(tally, i || !strstr(once, "\"latents\""), "no latents for a residual one", once);
        check(tally,
              i < 2 || strstr(once, "\"latents\": {\"b4.normal\": 3, \"b8.up\": 1, \"b8.normal\": 3, \"b16.up\": 3, "
                                    "\"b16.normal\": 3, \"b16.rgb\": 2}}"),
              "every latent", once);
        free(once);
        free(twice);
    }
}

static void test_found(struct tally *tally)
{
    static const struct {
        const char *found, *kept;
    } cases[] = {
        {"{}", ""},
        {"{'seed': 5, 'gap': -1.5e-3, 'by': 'A \\\\ b'}", "\"seed\": 5, \"gap\": -1.5e-3, \"by\": \"A \\\\ b\""},
        {"{'ops': {'a': 1}, 'list': [1], 'line': 'a\\nb', 'nothing': null, 'last': 1}", "\"last\": 1"},
    };
    struct spec s;
    static struct genotype geno;
    struct ag_error err = {""};
    char text[4096];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "{'found': %s, %s", cases[i].found, &ONE_GENOTYPE[1]);
        parse(text, NULL, 0, &s, &geno, &err);
        check(tally, !strcmp(geno.found, cases[i].kept), "what is kept of \"found\"",
              geno.found[0] ? geno.found : err.text);
    }
    snprintf(text, sizeof text, "{'found': {'long': '%01023d', 'short': 1}, %s", 0, &ONE_GENOTYPE[1]);
    parse(text, NULL, 0, &s, &geno, &err);
    check(tally, !strcmp(geno.found, "\"short\": 1"), "what is too long is left out", geno.found);
}

/* Checks the shipped StyleGAN2 files: the number of architectures of a space (0 for a genotype), and the layers of a
 * genotype. */
static void test_style_files(struct tally *tally, const char *root)
{
    static const struct {
        const char *name;
        double size;
        int layers, normal, up, rgb; /* normal, up: sums of the latents of these layers */
    } files[] = {
        {"stylegan2_micro", 9, 0, 0, 0, 0},
        {"stylegan2_micro_dynamic", 618475290624., 0, 0, 0, 0},
        {"stylegan2_macro", 177147, 0, 0, 0, 0},
        {"stylegan2_macro_dynamic", 12173449145352192., 0, 0, 0, 0},
        {"stylegan2_shapes", 9. * 8 * 8 * 8 * 8 * 8 * 8 * 8 * 8, 0, 0, 0, 0},
        {"stylegan2_icons", 9. * 8 * 8 * 8 * 8 * 8 * 8 * 8 * 8 * 8 * 8, 0, 0, 0, 0},
        {"genotypes/stylegan2_celeba128", 0, 11, 17, 17, 5},
        {"genotypes/stylegan2_church256", 0, 13, 31, 22, 3},
        {"genotypes/stylegan2_ffhq1024", 0, 17, 34, 46, 2},
        {"genotypes/stylegan2_ffhq1024_micro", 0, 17, 72, 64, 8},
        {"genotypes/stylegan2_ffhq1024_macro", 0, 17, 72, 64, 8},
    };
    static struct choice choice[SPEC_GENES];
    struct spec s;
    struct genotype geno;
    struct ag_error err = {""};
    char path[1024];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/spaces/%s.json", root, files[i].name);
        int latents[2] = {0, 0}, status = spec_read(path, NULL, 0, &s, &geno, &err);
        check(tally, status == 0 && geno.genes == files[i].layers, path, err.text);
        if (status) continue;
        const char *slash = strrchr(files[i].name, '/');
        check(tally, !strcmp(s.name, slash ? slash + 1 : files[i].name), path, s.name);
        for (int k = 0; k < geno.genes; k++) latents[k % 2] += geno.gene[k].latent;
        check(tally, latents[0] == files[i].normal && latents[1] == files[i].up && geno.last_latent == files[i].rgb,
              path, "other latents");
        double size = geno.genes ? 0 : 1;
        int count = spec_choices(&s, choice);
        for (int k = 0; k < count; k++)
            size *= choice[k].latents ? choice[k].latents : choice[k].up ? s.up.count : s.normal.count;
        check(tally, size == files[i].size, path, "another number of architectures");
    }
}

static void test_files(struct tally *tally, const char *root)
{
    static const char *const names[] = {
        "alphagan_cifar10",     "alphagan_stl10",      "shapes_tiny", "shapes_small", "icons", "g32", "g64",
        "genotypes/alphagan_s", "genotypes/alphagan_l"};
    struct spec s, again;
    struct genotype geno;
    struct ag_error err = {""};
    char path[1024];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/spaces/%s.json", root, names[i]);
        int status = spec_read(path, NULL, 0, &s, &geno, &err);
        check(tally, status == 0 && geno.genes == (i < 7 ? 0 : 18), path, err.text);
        if (status) continue;
        char *text = spec_text(&s);
        spec_parse(text, strlen(text), "t", NULL, 0, &again, &geno, &err);
        check(tally, !memcmp(&s, &again, sizeof s), "canonical text of a shipped space", text);
        free(text);
    }
    check(tally, spec_read(root, NULL, 0, &s, &geno, &err) == 2 && strstr(err.text, "directory"), "a directory",
          err.text);
    snprintf(path, sizeof path, "%s/no/such.json", root);
    check(tally, spec_read(path, NULL, 0, &s, &geno, &err) == 2 && !strncmp(err.text, path, strlen(path)), "no file",
          err.text);
    check(tally,
          spec_read("/dev/null", NULL, 0, &s, &geno, &err) == 2 && !strncmp(err.text, "/dev/null:1:1: empty", 20),
          "an empty file", err.text);
}

/* Writes a file of `head` and n bytes of filler, and reads it as a spec. Returns the reader's status. */
static int read_filled(const char *head, char filler, size_t n, struct ag_error *err)
{
    char path[] = "/tmp/test_spec_XXXXXX";
    struct spec s;
    struct genotype geno;
    int descriptor = mkstemp(path);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    if (!file) return -1;
    fputs(head, file);
    while (n--) putc(filler, file);
    fclose(file);
    int status = spec_read(path, NULL, 0, &s, &geno, err);
    unlink(path);
    return status;
}

static void test_limits(struct tally *tally)
{
    struct spec s;
    struct genotype geno;
    struct ag_error err = {""};
    check(tally, read_filled("{", ' ', 17u << 20, &err) == 2 && strstr(err.text, "larger than 16 MiB"), "17 MiB",
          err.text);
    check(tally, read_filled("", '[', 100000, &err) == 2 && strstr(err.text, ":1:65: nested more than 64 deep"),
          "100000 brackets", err.text);
    check(tally,
          spec_parse("{\"a\": \0001}", 10, "t", NULL, 0, &s, &geno, &err) == 2 &&
              !strcmp(err.text, "t:1:7: expected a value, found a NUL byte"),
          "a NUL byte", err.text);
    char *many = malloc(100001);
    for (int i = 0; i < 50000; i++) memcpy(many + 2 * i, i ? ",1" : "[1", 2);
    many[100000] = ']';
    check(tally,
          spec_parse(many, 100001, "t", NULL, 0, &s, &geno, &err) == 2 &&
              !strcmp(err.text, "t: more than 16384 keys and values"),
          "50000 values", err.text);
    free(many);
    char label[3001] = "";
    for (int i = 0; i < 1500; i++) memcpy(label + 2 * i, "\xC3\xA9", 2);
    check(tally,
          spec_parse("", 0, label, NULL, 0, &s, &geno, &err) == 2 && strlen(err.text) == sizeof err.text - 1 &&
              !strncmp(err.text, label, sizeof err.text - 2) && err.text[sizeof err.text - 2] == '?',
          "an error that is cut within a character", err.text);
}

static unsigned long long next_random(unsigned long long *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Changes a text at random places: other bytes or letters, inserted pieces of JSON, stretches doubled or dropped.
 * Returns the new length. */
static size_t mutate(char *text, size_t n, size_t room, unsigned long long *state)
{
    static const char *const pieces[] = {"{",   "}",    "[",  "]",     ",",       ":",       "\"",
                                         "\\",  "null", "-1", "1e999", "\\u0000", "\\ud800", "\xFF",
                                         "0.5", "4096", "32", "true",  "\n",      "\"in\"",  "'"};
    for (int edits = 1 + (int)(next_random(state) % 3); edits > 0 && n > 8; edits--) {
        size_t at = next_random(state) % n, span = 1 + next_random(state) % 12;
        const char *piece = pieces[next_random(state) % (sizeof pieces / sizeof *pieces)];
        if (span > n - at) span = n - at;
        switch (next_random(state) % 16) {
        case 0:
            text[at] = (char)next_random(state);
            break;
        case 1:
            memcpy(text + at, piece, strlen(piece) < span ? strlen(piece) : span);
            break;
        case 2:
            memmove(text + at, text + at + span, n - at - span);
            n -= span;
            break;
        case 3:
            if (n + span > room) break;
            memmove(text + at + span, text + at, n - at);
            n += span;
            break;
        case 4:
            n = at + 1;
            break;
        default: /* another letter or digit: the text mostly stays valid JSON */
            while (at < n && !isalnum((unsigned char)text[at])) at++;
            if (at < n)
                text[at] = (char)((isdigit((unsigned char)text[at]) ? '0' : 'a') + (int)(next_random(state) % 10));
            break;
        }
    }
    return n;
}

static void test_mutants(struct tally *tally, const char *marked, int rounds)
{
    struct ag_error err = {""};
    char seed[8192], text[8192];
    int line, column, accepted = 0, unclear = 0;
    unsigned long long state = 0x9E3779B97F4A7C15u;
    prepare(marked, seed, sizeof seed, &line, &column);
    for (int i = 0; i < rounds; i++) {
        struct spec s;
        struct genotype geno;
        memcpy(text, seed, strlen(seed));
        size_t n = mutate(text, strlen(seed), sizeof text, &state);
        char *exact = malloc(n); /* of exactly n bytes, so that a sanitizer sees a read beyond its end */
        memcpy(exact, text, n);
        int status = spec_parse(exact, n, "t", NULL, 0, &s, &geno, &err);
        free(exact);
        if (status == 0) {
            char *once = spec_text(&s);
            unclear += spec_parse(once, strlen(once), "t", NULL, 0, &s, &geno, &err) != 0;
            free(once);
            accepted++;
        } else {
            unclear += status != 2 || strncmp(err.text, "t:", 2) != 0 || strchr(err.text, '\n') != NULL;
        }
    }
    snprintf(err.text, sizeof err.text, "%d of %d accepted, %d without a clear end", accepted, rounds, unclear);
    check(tally, unclear == 0 && accepted < rounds, "mutants", err.text);
}

#define BAD(cases) test_bad(&tally, cases, sizeof cases / sizeof *cases)

int main(int argc, char **argv)
{
    struct tally tally = {0, 0};
    BAD(syntax);
    BAD(keys);
    BAD(cells);
    BAD(style_keys);
    BAD(genotypes);
    test_bad_sets(&tally);
    test_defaults(&tally);
    test_every_key(&tally);
    test_style_defaults(&tally);
    test_style_keys(&tally);
    test_edges(&tally);
    test_layers(&tally);
    test_choices(&tally);
    test_parts(&tally);
    test_foreign(&tally);
    test_no_hint(&tally);
    test_sets(&tally);
    test_keep_every(&tally, SPEC);
    test_keep_every(&tally, STYLE_HEAD STYLE_GENERATOR "}");
    test_drawn(&tally);
    test_genotype(&tally);
    test_style_genotype(&tally);
    test_genotype_text(&tally);
    test_found(&tally);
    test_style_files(&tally, argc > 1 ? argv[1] : ".");
    test_files(&tally, argc > 1 ? argv[1] : ".");
    test_limits(&tally);
    test_mutants(&tally, CELL("'edges': [['a', 'in', 2, 'up'], ['b', 2, 1, 'normal']], 'output': 1, 'skip': [2, 1]"),
                 4000);
    test_mutants(&tally, SPACE("'search': {'gumbel_tau': 0.5, 'bar_lr_decay': [30, 0.5]}, 'retrain': {'ema': 0}"),
                 4000);
    test_mutants(&tally, ONE_GENOTYPE, 4000);
    test_mutants(&tally, STYLE_SPACE("'search': {'batch': 4}, 'retrain': {'batch_g': 8, 'r1_interval': 0}"), 4000);
    test_mutants(&tally, STYLE(STYLE_OPS ", 'latents': {'b16.rgb': 2, 'b4.normal': 1}, " STYLE_MICRO), 4000);
    printf("%d passed, %d failed\n", tally.passed, tally.failed);
    return tally.failed ? 1 : 0;
}
