# Turns lines "kernel sizes…" into C: one instance of the kernel's template each, and a table of them; with packs set,
# of the functions that pack weights alone. Every other one that can has an epilogue, every fourth a relu, and two of
# three are cut into shares, which a function does one after the other, and of convolutions half of those fetch something
# meanwhile; none with plain set, for timing.
BEGIN {
    split("AG_FN AG_FN_PACK AG_H AG_W AG_CI AG_CO AG_C AG_O AG_I AG_Q AG_KIND AG_CLAMP AG_K AG_S AG_PAD AG_XH AG_YH AG_XSTEP AG_YSTEP AG_GH AG_BIAS AG_PACK_TRANSPOSED AG_PACK_FLIP AG_EACH AG_WSTRIDE AG_TRANSPOSED AG_BATCH AG_EXTRA_PARAMS AG_RELU AG_FUSED AG_EPILOGUE AG_SHARES AG_SHARE AG_TILE AG_NARROW AG_PIXELS AG_ROWS AG_CHANNELS AG_TOGETHER AG_STEP AG_ROW AG_LINEAR AG_AT_ONCE AG_FEWER AG_ABREAST AG_STRETCHES AG_FETCHES AG_NEXT", all)
    tokens["conv"] = "H W CI CO K S PAD XH YH BIAS PACK_TRANSPOSED EACH"
    tokens["conv_few"] = tokens["conv"]
    tokens["deconv"] = "H W CI CO K XH YH BIAS EACH"
    tokens["conv_wgrad"] = "H W CI CO K S PAD XH GH EACH"
    tokens["wgrad_unpack"] = "CI CO K"
    tokens["linear"] = "CI CO BIAS TRANSPOSED"
    tokens["linear_wgrad"] = "BATCH CI CO"
    tokens["dwconv"] = "H W C K XH YH PACK_FLIP"
    tokens["dwconv_wgrad"] = "H W C K XH GH"
    tokens["nearest"] = tokens["sumpool"] = tokens["shuffle"] = tokens["unshuffle"] = "H W C XH YH"
    tokens["bilinear"] = tokens["bilinear_t"] = "H W C XH YH CLAMP"
    tokens["col2im"] = "H W CI CO K XH YH"
    tokens["fir"] = "H W C PAD XH YH"
    tokens["taps"] = "O I KIND"
    tokens["edge_taps"] = "O I"
    tokens["border"] = "H W CI Q XH YH"
    x = "const real *x, "
    params["conv"] = params["conv_few"] = params["deconv"] = x "const real *w, const real *bias, real *y, int images, int factor"
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
    flat = deconv ? "(AG_K == 2 && !AG_XH)" : "(AG_K == 1 && AG_S == 1 && !AG_XH)"
    print "#define AG_ABREAST " (deconv ? "1" : "ABREAST_OF(AG_W, AG_CO, AG_K, AG_S)")
    print "#define AG_STRETCHES " (by_rows ? "AG_SHARES" : "STRETCHES(AG_CO, " (deconv ? 4 : 1) ", AG_SHARES)")
    print "#define AG_ROWS (" flat " ? FLAT_ROWS(AG_H, AG_STRETCHES) : AG_H)"
    print "#define AG_PIXELS (" flat " ? FLAT_PIXELS(AG_H, AG_W, AG_STRETCHES) : " \
        (deconv ? "AG_W + AG_K - 2)" : "AG_W / AG_ABREAST)")
    print "#define AG_CHANNELS (AG_CO * AG_ABREAST)"
    print "#define AG_TOGETHER PACKED_BLOCK(AG_CO" (deconv ? ")" : " * PACKED_ABREAST(AG_CO, AG_K))")
    more = "AG_K - AG_S - 2 * AG_PAD + 2 * AG_XH"
    step = deconv ? "" : "(AG_LINEAR ? (AG_S + " more ") * (AG_S + " more ") : AG_S * AG_ABREAST) * "
    print "#define AG_STEP (" step "AG_XSTEP)"
    print "#define AG_ROW (" (deconv ? "(AG_PIXELS - (AG_K - 2) + 2 * AG_XH) * AG_XSTEP)" : \
        "(AG_S * AG_PIXELS * AG_ABREAST + " more ") * AG_XSTEP * AG_S)")
    print "#define AG_LINEAR (" (deconv ? "0" : "AG_H * AG_W == 1 && !AG_EACH") ")"
    print "#define AG_AT_ONCE (AG_CI % 2 ? 1 : 2)"
    print "#define AG_FN " fn "_tile\n#define AG_FEWER 0\n#include \"tile.c\"\n#undef AG_FN\n#undef AG_FEWER"
    print "#define AG_FN " fn "_narrow\n#define AG_FEWER 1\n#include \"tile.c\"\n#undef AG_FN"
    print "#define AG_TILE " fn "_tile\n#define AG_NARROW " fn "_narrow"
}
# steps(APART): reals from a pixel of x and of y to the next: their channels, or with apart set a few more, where x has
# one tap and y no pixels abreast; to be timed, what the generator has for depthwise kernels.
function steps(apart) {
    in_step = $1 == "dwconv" ? value["C"] + 5 * apart : value["CI"] + 5 * (apart && value["K"] == 1 + ($1 == "deconv"))
    out_step = $1 == "dwconv" ? value["C"] + 3 * apart : value["CO"] + 3 * (apart && (value["K"] == 1 || value["CO"] > 8))
    if (plain && $1 == "dwconv" && value["C"] % 128 == 0) in_step = out_step = value["C"] + 16
    print "#define AG_XSTEP " in_step "\n#define AG_YSTEP " out_step
    row = row ", .XSTEP = " in_step ", .YSTEP = " out_step
}
/^#/ || NF == 0 || (packs && $1 !~ /conv(_few)?$/) { next }
{
    count++
    for (t in all) print "#undef " all[t]
    n = split(tokens[$1], token, " ")
    if (NF != n + 1) { print "bad line: " $0 > "/dev/stderr"; exit 1 }
    row = ""
    for (t = 1; t <= n; t++) {
        print "#define AG_" token[t] " " $(t + 1)
        value[token[t]] = $(t + 1)
        row = row ", ." token[t] " = " $(t + 1)
    }
    if (token[n] == "EACH") print "#define AG_WSTRIDE RESERVED(AG_CO, AG_CI, AG_K)"
    fn = $1 "_" count
    if ($1 ~ /^(conv|conv_few|deconv|dwconv|col2im)$/) steps(int(count / 3) % 2 && $1 !~ /few|col2im/ && !plain)
    shares = count % 3 && params[$1] && !plain && !packs ? 5 : 1
    print "#define AG_SHARES " shares "\n#define AG_SHARE " (shares > 1 ? "share" : "0")
    next_one = shares > 1 && int(count / 4) % 2
    print "#define AG_FETCHES " (shares > 1) "\n#define AG_NEXT " (next_one ? "&test_next" : 0)
    if ($1 == "conv" || $1 == "deconv") tiles(fn, $1 == "deconv", shares == 1 || count % 2)
    print "#define AG_FN " fn (shares > 1 ? "_shares" : "") "\n#define AG_FN_PACK " fn "_pack"
    field = $1
    sub(/_few/, "", field)
    extra = field ~ /^(conv|deconv|col2im)$/ ? ", int factor" : ""
    if (extra) {
        epilogue = int(count / 2) % 2 && !plain
        relu = count % 4 == 0 && $1 !~ /few|col2im/ && !plain
        print "#define AG_RELU " relu
        print "#define AG_FUSED " epilogue
        print "#define AG_EPILOGUE " (epilogue ? "TEST_EPILOGUE_" field : "(void)factor;")
        row = row ", .epilogue = " epilogue ", .relu = " relu
        if (next_one && $1 !~ /few|col2im/) row = row ", .fetches = 1, .by_rows = " count % 2
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
