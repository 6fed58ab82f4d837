# Reads kernels (.cu), what ptxas -v says of them, and `aggen info --target cuda --json` with a line for every brace, each
# behind its kind=…; prints a line for every kernel that takes more than 2 % of a phase: share, then the row of the table.
# The multiprocessor is that of sm_90. `wanted`: the least occupancy, in percent.

function text(key) { return match($0, "\"" key "\": \"[^\"]*") ? substr($0, RSTART + length(key) + 5, RLENGTH - length(key) - 5) : "" }
function number(key) { return match($0, "\"" key "\": [0-9.e+-]+") ? substr($0, RSTART + length(key) + 4, RLENGTH - length(key) - 4) + 0 : 0 }
function up(x, unit) { return int((x + unit - 1) / unit) * unit }
function least(a, b) { return a < b ? a : b }

# Blocks that run at a time; the registers of four warps lie in the four parts of a multiprocessor.
function blocks_of(kernel, threads,    warps, blocks) {
    warps = up(threads, 32) / 32
    blocks = least(32, int(64 / warps))
    blocks = least(blocks, int(int(65536 / up(registers[kernel] * 32, 256) / 4) * 4 / warps))
    return least(blocks, int(228 * 1024 / (up(shared[kernel], 128) + 1024)))
}

kind == "source" && /ag_(bounds|threads)\([0-9]/ { # then the kernel's name on this line or the next
    split($0, bound, /ag_bounds\(|ag_threads\(|[,)] */)
    sums_of_next = bound[4] * bound[5]
    sub(/.*ag_(bounds|threads)\([^)]*\)/, "")
}
kind == "source" && sums_of_next && match($0, /[a-z][a-z0-9_]*\(/) {
    sums[substr($0, RSTART, RLENGTH - 1)] = sums_of_next
    sums_of_next = 0
}

kind == "ptxas" && /Compiling entry function/ { split($0, quoted, "'"); kernel = quoted[2] }
kind == "ptxas" && match($0, /Used [0-9]+ registers/) {
    registers[kernel] = substr($0, RSTART + 5, RLENGTH - 15) + 0
    shared[kernel] = match($0, /[0-9]+ bytes smem/) ? substr($0, RSTART, RLENGTH - 11) + 0 : 0
}

kind == "phases" && /"launches"/ { phase = next_phase; whole = number("us") }
kind == "phases" && /"name"/ && whole {
    kernel = text("name")
    share = 100 * number("us") / whole
    if (share > most[kernel]) {
        most[kernel] = share
        phase_of[kernel] = phase
        threads_of[kernel] = number("threads")
        template_of[kernel] = text("template")
    }
}
kind == "phases" && match($0, /"[a-z0-9_]+": $/) { next_phase = substr($0, RSTART + 1, RLENGTH - 4) }

END {
    for (kernel in most) {
        if (most[kernel] <= 2) continue
        threads = threads_of[kernel]
        blocks = kernel in registers ? blocks_of(kernel, threads) : 0
        occupancy = blocks * up(threads, 32) / 2048
        large = template_of[kernel] ~ /^(conv|deconv|conv_wgrad|sepconv)$/ && sums[kernel] >= 32
        large = large || template_of[kernel] == "dwconv" # eight pixels of four channels
        mark = 100 * occupancy >= wanted ? "" : large ? "  large tile" : "  TOO LOW"
        printf "%.6f %-34s %5.1f%% of %-8s %9d %8d %7d %7d %8.0f%%%s\n", most[kernel], kernel, most[kernel],
            phase_of[kernel], registers[kernel], shared[kernel], threads, blocks, 100 * occupancy, mark
    }
}
