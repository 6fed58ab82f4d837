# Turns lines "kernel sizes…" into C: one instance of the kernel's template each, and a table of them; with packs set,
# of the functions that pack weights alone. Every other one that can has an epilogue, every fourth a relu, and two of
# three are cut into shares, which a function does one after the other, and of convolutions half of those fetch something
# meanwhile; none with plain set, for timing.
BEGIN {
    split("AG_FN AG_FN_PACK AG_H AG_W AG_C AG_IN_H AG_IN_W AG_IN_C AG_OUT_H AG_OUT_W AG_OUT_C AG_TAPS_KIND AG_CLAMP AG_K AG_STRIDE AG_PAD AG_IN_HALO AG_OUT_HALO AG_IN_PIXEL_STRIDE AG_OUT_PIXEL_STRIDE AG_BIAS AG_TRANSPOSED AG_FLIP AG_PER_PICTURE AG_WEIGHT_STRIDE AG_IMAGES AG_EXTRA_PARAMS AG_RELU AG_HAS_EPILOGUE AG_EPILOGUE AG_SHARES AG_SHARE AG_TILE AG_NARROW_TILE AG_VIEW_W AG_VIEW_H AG_VIEW_C AG_PACKED_BLOCK AG_PACKED_ABREAST AG_PIXEL_STRIDE AG_ROW_STRIDE AG_LINEAR AG_UNROLL AG_NARROW AG_ABREAST AG_ROW_RANGES AG_PREFETCHES AG_PREFETCH_NEXT", all)
    # the constants that a column sets, where they are not called as it is
    split("H:H,IN_H,OUT_H W:W,IN_W,OUT_W C:C,IN_C,OUT_C CI:IN_C CO:OUT_C I:IN_C O:OUT_C Q:OUT_C KIND:TAPS_KIND S:STRIDE XH:IN_HALO YH:OUT_HALO GH:OUT_HALO PACK_TRANSPOSED:TRANSPOSED PACK_FLIP:FLIP EACH:PER_PICTURE BATCH:IMAGES", pairs, /[: ]/)
    for (p = 1; p in pairs; p += 2) constants[pairs[p]] = pairs[p + 1]
    columns["conv"] = "H W CI CO K S PAD XH YH BIAS PACK_TRANSPOSED EACH"
    columns["conv_narrow"] = columns["conv"]
    columns["deconv"] = "H W CI CO K XH YH BIAS EACH"
    columns["conv_wgrad"] = "H W CI CO K S PAD XH GH EACH"
    columns["wgrad_unpack"] = "CI CO K"
    columns["linear"] = "CI CO BIAS TRANSPOSED"
    columns["linear_wgrad"] = "BATCH CI CO"
    columns["dwconv"] = "H W C K XH YH PACK_FLIP"
    columns["dwconv_wgrad"] = "H W C K XH GH"
    columns["nearest"] = columns["sumpool"] = columns["shuffle"] = columns["unshuffle"] = "H W C XH YH"
    columns["bilinear"] = columns["bilinear_t"] = "H W C XH YH CLAMP"
    columns["col2im"] = "H W CI CO K XH YH"
    columns["fir"] = "H W C PAD XH YH"
    columns["taps"] = "O I KIND"
    columns["edge_taps"] = "O I"
    columns["border"] = "H W CI Q XH YH"
    x = "const real *x, "
    params["conv"] = params["conv_narrow"] = params["deconv"] = x "const real *w, const real *bias, real *y, int images, int factor"
    params["linear"] = x "const real *w, const real *bias, real *y, int images"
    params["dwconv"] = x "const real *w, real *y, int images"
    params["col2im"] = x "real *y, int images, int factor"
    params["nearest"] = params["bilinear"] = params["fir"] = x "real *y, int images"
    with["taps"] = "taps_t"
    with["edge_taps"] = "edge_taps_t"
    with["border"] = "border_dx border_dw"
}
# tiles(FN, DECONV, BY_ROWS): what the generator says of the tiles of a conv or deconv, and the two functions of them.
function tiles(fn, deconv, by_rows) {
    h = deconv ? "AG_IN_H" : "AG_OUT_H"
    w = deconv ? "AG_IN_W" : "AG_OUT_W"
    flat = deconv ? "(AG_K == 2 && !AG_IN_HALO)" : "(AG_K == 1 && AG_STRIDE == 1 && !AG_IN_HALO)"
    print "#define AG_ABREAST " (deconv ? "1" : "ABREAST_OF(AG_OUT_W, AG_OUT_C, AG_K, AG_STRIDE)")
    print "#define AG_ROW_RANGES " (by_rows ? "AG_SHARES" : "ROW_RANGES(AG_OUT_C, " (deconv ? 4 : 1) ", AG_SHARES)")
    print "#define AG_VIEW_H (" flat " ? FLAT_ROWS(" h ", AG_ROW_RANGES) : " h ")"
    print "#define AG_VIEW_W (" flat " ? FLAT_PIXELS(" h ", " w ", AG_ROW_RANGES) : " \
        (deconv ? "AG_IN_W + AG_K - 2)" : "AG_OUT_W / AG_ABREAST)")
    print "#define AG_VIEW_C (AG_OUT_C * AG_ABREAST)"
    print "#define AG_PACKED_ABREAST " (deconv ? "1" : "PACKED_ABREAST(AG_OUT_C, AG_K)")
    print "#define AG_PACKED_BLOCK PACKED_BLOCK(AG_OUT_C * AG_PACKED_ABREAST)"
    more = "AG_K - AG_STRIDE - 2 * AG_PAD + 2 * AG_IN_HALO"
    step = deconv ? "" : "(AG_LINEAR ? (AG_STRIDE + " more ") * (AG_STRIDE + " more ") : AG_STRIDE * AG_ABREAST) * "
    print "#define AG_PIXEL_STRIDE (" step "AG_IN_PIXEL_STRIDE)"
    print "#define AG_ROW_STRIDE (" (deconv ? "(AG_VIEW_W - (AG_K - 2) + 2 * AG_IN_HALO) * AG_IN_PIXEL_STRIDE)" : \
        "(AG_STRIDE * AG_VIEW_W * AG_ABREAST + " more ") * AG_IN_PIXEL_STRIDE * AG_STRIDE)")
    print "#define AG_LINEAR (" (deconv ? "0" : "AG_OUT_H * AG_OUT_W == 1 && !AG_PER_PICTURE") ")"
    print "#define AG_UNROLL (AG_IN_C % 2 ? 1 : 2)"
    print "#define AG_FN " fn "_tile\n#define AG_NARROW 0\n#include \"tile.c\"\n#undef AG_FN\n#undef AG_NARROW"
    print "#define AG_FN " fn "_narrow\n#define AG_NARROW 1\n#include \"tile.c\"\n#undef AG_FN"
    print "#define AG_TILE " fn "_tile\n#define AG_NARROW_TILE " fn "_narrow"
}
# steps(APART): reals from a pixel of x and of y to the next: their channels, or with apart set a few more, where x has
# one tap and y no pixels abreast; to be timed, what the generator has for depthwise kernels.
function steps(apart) {
    in_step = $1 == "dwconv" ? value["C"] + 5 * apart : value["CI"] + 5 * (apart && value["K"] == 1 + ($1 == "deconv"))
    out_step = $1 == "dwconv" ? value["C"] + 3 * apart : value["CO"] + 3 * (apart && (value["K"] == 1 || value["CO"] > 8))
    if (plain && $1 == "dwconv" && value["C"] % 128 == 0) in_step = out_step = value["C"] + 16
    print "#define AG_IN_PIXEL_STRIDE " in_step "\n#define AG_OUT_PIXEL_STRIDE " out_step
    row = row ", .XSTEP = " in_step ", .YSTEP = " out_step
}
/^#/ || NF == 0 || (packs && $1 !~ /conv(_narrow)?$/) { next }
{
    count++
    for (t in all) print "#undef " all[t]
    n = split(columns[$1], column, " ")
    if (NF != n + 1) { print "bad line: " $0 > "/dev/stderr"; exit 1 }
    row = ""
    for (t = 1; t <= n; t++) {
        c = split(column[t] in constants ? constants[column[t]] : column[t], constant, ",")
        for (; c > 0; c--) print "#define AG_" constant[c] " " $(t + 1)
        value[column[t]] = $(t + 1)
        row = row ", ." column[t] " = " $(t + 1)
    }
    if (column[n] == "EACH") print "#define AG_WEIGHT_STRIDE RESERVED(AG_OUT_C, AG_IN_C, AG_K)"
    fn = $1 "_" count
    if ($1 ~ /^(conv|conv_narrow|deconv|dwconv|col2im)$/) steps(int(count / 3) % 2 && $1 !~ /narrow|col2im/ && !plain)
    shares = count % 3 && params[$1] && !plain && !packs ? 5 : 1
    print "#define AG_SHARES " shares "\n#define AG_SHARE " (shares > 1 ? "share" : "0")
    next_one = shares > 1 && int(count / 4) % 2
    print "#define AG_PREFETCHES " (shares > 1) "\n#define AG_PREFETCH_NEXT " (next_one ? "&test_next" : 0)
    if ($1 == "conv" || $1 == "deconv") tiles(fn, $1 == "deconv", shares == 1 || count % 2)
    print "#define AG_FN " fn (shares > 1 ? "_shares" : "") "\n#define AG_FN_PACK " fn "_pack"
    field = $1
    sub(/_narrow/, "", field)
    extra = field ~ /^(conv|deconv|col2im)$/ ? ", int factor" : ""
    if (extra) {
        epilogue = int(count / 2) % 2 && !plain
        relu = count % 4 == 0 && $1 !~ /narrow|col2im/ && !plain
        print "#define AG_RELU " relu
        print "#define AG_HAS_EPILOGUE " epilogue
        print "#define AG_EPILOGUE " (epilogue ? "TEST_EPILOGUE_" field : "(void)factor;")
        row = row ", .epilogue = " epilogue ", .relu = " relu
        if (next_one && $1 !~ /narrow|col2im/) row = row ", .fetches = 1, .by_rows = " count % 2
    }
    print "#define AG_EXTRA_PARAMS " extra (shares > 1 ? ", int share" : "")
    print "#include \"" $1 ".c\""
    if (shares > 1) {
        arguments = params[$1]
        gsub(/(const )?(real|int) \*?/, "", arguments)
        print "static void " fn "(" params[$1] ")\n{"
        print "    for (int share = 0; share < " shares "; share++) " fn "_shares(" arguments ", share);\n}"
    }
    n = split(with[$1], gradient, " ")
    for (t = 1; t <= n; t++) {
        print "#undef AG_FN\n#define AG_FN " gradient[t] "_" count "\n#include \"" gradient[t] ".c\""
        row = row ", ." gradient[t] " = " gradient[t] "_" count
    }
    if (field ~ /conv$/) row = row ", .pack = " fn "_pack"
    if (!packs) row = row ", ." field " = " fn
    table = table "    {.name = \"" $0 "\"" row "},\n"
}
END { print "static const struct instance instances[] = {\n" table "};" }
