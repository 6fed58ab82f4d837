# Turns lines "kernel sizes…" into C: one instance of the kernel's template each, and a table of them.
BEGIN {
    split("AG_FN AG_FN_PACK AG_H AG_W AG_CI AG_CO AG_C AG_K AG_S AG_PAD AG_XH AG_YH AG_GH AG_BIAS AG_ACCUMULATE AG_PACK_TRANSPOSED AG_PACK_FLIP AG_EXTRA_PARAMS AG_EPILOGUE", all)
    tokens["conv"] = "H W CI CO K S PAD XH YH BIAS ACCUMULATE PACK_TRANSPOSED"
    tokens["deconv"] = "H W CI CO XH YH BIAS ACCUMULATE"
    tokens["conv_wgrad"] = "H W CI CO K S PAD XH GH"
    tokens["dwconv"] = "H W C K XH YH PACK_FLIP"
    tokens["dwconv_wgrad"] = "H W C K XH GH"
}
/^#/ || NF == 0 { next }
{
    count++
    for (t in all) print "#undef " all[t]
    n = split(tokens[$1], token, " ")
    if (NF != n + 1) { print "bad line: " $0 > "/dev/stderr"; exit 1 }
    row = ""
    co = 1
    for (t = 1; t <= n; t++) {
        print "#define AG_" token[t] " " $(t + 1)
        row = row ", ." token[t] " = " $(t + 1)
        if (token[t] == "CO") co = $(t + 1)
    }
    fn = $1 "_" count
    print "#define AG_FN " fn "\n#define AG_FN_PACK " fn "_pack"
    if ($1 == "conv" || $1 == "deconv") {
        epilogue = co % 16 == 0
        print "#define AG_EXTRA_PARAMS , int factor"
        print "#define AG_EPILOGUE " (epilogue ? "r *= TEST_EPILOGUE(factor)" : "(void)factor")
        row = row ", .epilogue = " epilogue
    }
    print "#include \"" $1 ".c\""
    table = table "    {.name = \"" $0 "\", ." $1 " = " fn ($1 ~ /wgrad/ ? "" : ", .pack = " fn "_pack") row "},\n"
}
END { print "static const struct instance instances[] = {\n" table "};" }
