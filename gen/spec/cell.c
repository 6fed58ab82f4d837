/* The cell of a generator: reads its edges and checks that they make a cell. */
#include "keys.h"

#include <stdio.h>
#include <string.h>

enum { EDGE_NAME = 32 }; /* longest name of an edge; "cell8.NAME" fits SPEC_NAME */

/* The number of a node, 1.. (or 0 for "in" where an edge may start there), or -1 with an error line. */
static int read_node(const struct json *value, int may_be_input, struct ag_error *err)
{
    if (may_be_input && value->kind == JSON_STRING && !strcmp(value->text, "in")) return 0;
    if (value->kind == JSON_NUMBER && value->number >= 1 && value->number < SPEC_NODES &&
        value->number == (int)value->number)
        return (int)value->number;
    char shown[JSON_SHOWN];
    json_error(err, value, JSON_AT_VALUE, NULL, "must be %sa node from 1 to %d, not %s",
               may_be_input ? "\"in\" or " : "", SPEC_NODES - 1, json_describe(value, shown));
    return -1;
}

static int read_edge_name(const struct json *value, const struct cell *cell, char name[SPEC_NAME], struct ag_error *err)
{
    char shown[JSON_SHOWN];
    if (value->kind != JSON_STRING || !is_name(value->text, 1) || strlen(value->text) > EDGE_NAME)
        return json_error(err, value, JSON_AT_VALUE, NULL,
                          "must be the edge's name, 1 to %d characters of a-z 0-9 _, not %s", EDGE_NAME,
                          json_describe(value, shown));
    if (!strncmp(value->text, "skip", 4) && value->text[4] >= '0' && value->text[4] <= '9')
        return json_error(err, value, JSON_AT_VALUE, NULL,
                          "must not be \"skip\" and a number: edges from earlier cells have such names");
    for (int i = 0; i < cell->edges; i++)
        if (!strcmp(cell->edge[i].name, value->text))
            return json_error(err, value, JSON_AT_VALUE, NULL, "\"%s\" is the name of an earlier edge", value->text);
    strcpy(name, value->text);
    return 0;
}

static int read_edge(const struct json *value, struct cell *cell, struct ag_error *err)
{
    char shown[JSON_SHOWN];
    if (value->kind != JSON_LIST || json_length(value) != 4)
        return json_error(err, value, JSON_AT_VALUE, NULL,
                          "must be an edge, [name, from, to, \"up\" or \"normal\"], not %s",
                          json_describe(value, shown));
    const struct json *name = value->first, *from = name->next, *to = from->next, *kind = to->next;
    struct cell_edge *edge = &cell->edge[cell->edges];
    if (read_edge_name(name, cell, edge->name, err)) return 2;
    if ((edge->from = read_node(from, 1, err)) < 0) return 2;
    if ((edge->to = read_node(to, 0, err)) < 0) return 2;
    edge->up = kind->kind == JSON_STRING && !strcmp(kind->text, "up");
    if (!edge->up && (kind->kind != JSON_STRING || strcmp(kind->text, "normal") != 0))
        return json_error(err, kind, JSON_AT_VALUE, NULL, "must be \"up\" or \"normal\", not %s",
                          json_describe(kind, shown));
    if (edge->up && edge->from != 0)
        return json_error(err, from, JSON_AT_VALUE, NULL,
                          "an up edge must start at \"in\": node %d has the cell's output resolution already",
                          edge->from);
    if (!edge->up && edge->from == 0)
        return json_error(err, from, JSON_AT_VALUE, NULL,
                          "a normal edge must start at a node: \"in\" has half the cell's output resolution");
    cell->edges++;
    return 0;
}

int cell_read(const struct json *list, struct cell *cell, struct ag_error *err)
{
    int count = list->kind == JSON_LIST ? json_length(list) : 0;
    if (count < 1 || count > SPEC_EDGES) {
        char shown[JSON_SHOWN];
        return json_error(err, list, JSON_AT_VALUE, NULL, "must be a list of 1 to %d edges, not %s", SPEC_EDGES,
                          count ? "one of more" : json_describe(list, shown));
    }
    cell->edges = 0;
    for (const struct json *v = list->first; v; v = v->next)
        if (read_edge(v, cell, err)) return 2;
    return 0;
}

/* Marks `node`, and every node from which edges lead to it. */
static void mark_before(const struct cell *cell, int node, int marked[SPEC_NODES])
{
    marked[node] = 1;
    for (int changed = 1; changed;) {
        changed = 0;
        for (int e = 0; e < cell->edges; e++) {
            if (marked[cell->edge[e].from] || !marked[cell->edge[e].to]) continue;
            marked[cell->edge[e].from] = changed = 1;
        }
    }
}

/* Where edge e is written, or the document if it is a default. */
static const struct json *edge_at(const struct json *document, int e)
{
    const struct json *list = json_find(document, "generator.cell.edges");
    if (!list) return document;
    const struct json *v = list->first;
    while (e-- > 0) v = v->next;
    return v;
}

static const struct json *value_at(const struct json *document, const char *path, const char *otherwise)
{
    const struct json *value = json_find(document, path);
    if (!value) value = json_find(document, otherwise);
    return value ? value : document;
}

/* Returns an edge on a cycle, or -1. */
static int edge_on_cycle(const struct cell *cell)
{
    for (int e = 0; e < cell->edges; e++) {
        int before[SPEC_NODES] = {0};
        mark_before(cell, cell->edge[e].from, before);
        if (before[cell->edge[e].to]) return e;
    }
    return -1;
}

static int check_skip(const struct cell *cell, const int exists[SPEC_NODES], const struct json *document,
                      struct ag_error *err)
{
    if (!cell->skip_from) return 0;
    int bad = !exists[cell->skip_from] ? cell->skip_from : !exists[cell->skip_to] ? cell->skip_to : 0;
    if (!bad) return 0;
    const struct json *at = value_at(document, "generator.cell.skip", "generator.cell.edges");
    return json_error(err, at, JSON_AT_VALUE, NULL, "skip joins node %d, which no edge leads to; skip may be null",
                      bad);
}

int cell_check(const struct cell *cell, const struct json *document, struct ag_error *err)
{
    int exists[SPEC_NODES] = {1}, useful[SPEC_NODES] = {0};
    for (int e = 0; e < cell->edges; e++) exists[cell->edge[e].to] = 1;
    for (int e = 0; e < cell->edges; e++)
        if (!exists[cell->edge[e].from])
            return json_error(err, edge_at(document, e), JSON_AT_VALUE, NULL,
                              "edge \"%s\" starts at node %d, which no edge leads to", cell->edge[e].name,
                              cell->edge[e].from);
    int e = edge_on_cycle(cell);
    if (e >= 0)
        return json_error(err, edge_at(document, e), JSON_AT_VALUE, NULL,
                          "edge \"%s\" (%d to %d) closes a cycle; a cell has none", cell->edge[e].name,
                          cell->edge[e].from, cell->edge[e].to);
    if (!exists[cell->output]) {
        const struct json *at = value_at(document, "generator.cell.output", "generator.cell.edges");
        return json_error(err, at, JSON_AT_VALUE, NULL, "the output is node %d, which no edge leads to", cell->output);
    }
    if (check_skip(cell, exists, document, err)) return 2;
    mark_before(cell, cell->output, useful);
    for (e = 0; e < cell->edges; e++)
        if (!useful[cell->edge[e].to])
            return json_error(err, edge_at(document, e), JSON_AT_VALUE, NULL,
                              "edge \"%s\" leads to node %d, from where no way leads to the output, node %d",
                              cell->edge[e].name, cell->edge[e].to, cell->output);
    return 0;
}
