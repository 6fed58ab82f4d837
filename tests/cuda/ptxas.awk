# Reads kernels (.cu), then what nvcc -Xptxas -v printed for them. Prints a line for each kernel with a stack or spills and
# for whatever else nvcc had to say, after -v where=…; one more if kernels are missing.

NR == FNR {
    kernels += /__global__/
    next
}
/^ptxas info *: Compiling entry function/ {
    split($0, quoted, "'")
    kernel = quoted[2]
    sub(/__/, ": ", kernel) # of distinct.awk
}
/ bytes stack frame, / {
    told++
    sub(/^ */, "")
    if ($0 != "0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads") print where ": " kernel ": " $0
    next
}
/^ptxas info *: ([0-9]+ bytes gmem|Compiling entry function|Function properties|Used [0-9]+ registers|Compile time)/ { next }
NF { print where ": " $0 }
END {
    if (told != kernels) print where ": ptxas tells of " told + 0 " kernels of " kernels + 0
}
