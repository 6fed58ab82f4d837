# Reads kernels of programs, NAME/PROGRAM_kernels.cu; writes those that differ, by more than their names, to FOLDER/0.cu,
# FOLDER/1.cu, … (-v folder=FOLDER), so many to a file (-v most=N), each as NAME_PROGRAM__KERNEL after the first program
# that has it. Prints how many kernels there were and how many differ; exits 1 where it can't tell.

function fail(what) {
    print FILENAME ":" FNR ": " what
    failed = 1
    exit 1
}

# The first line names the command that wrote the file; what then stands before the kernels is the same everywhere.
FNR == 1 {
    if (head != "" && head != first_head) fail("the file before begins otherwise than the first")
    program = FILENAME
    sub(/_kernels\.cu$/, "", program)
    count = split(program, part, "/")
    program = part[count - 1] "_" part[count]
    gsub(/[^A-Za-z0-9]/, "_", program)
    head = ""
    before = 1
    next
}
/^extern "C" __global__/ {
    if (before && first_head == "") first_head = head
    before = 0
    inside = 1
    name = text = ""
}
before { head = head $0 "\n" }
inside {
    line = $0
    if (name == "" && match(line, /[a-z][a-z0-9_]*\((const )?(float|real|double|int|long|unsigned) /)) {
        name = substr(line, RSTART)
        sub(/\(.*/, "", name)
        line = substr(line, 1, RSTART - 1) "@" substr(line, RSTART + length(name))
    }
    text = text line "\n"
}
inside && /^}/ {
    inside = 0
    kernels++
    if (name == "") fail("a kernel without a name")
    if (!(text in seen)) {
        seen[text] = 1
        if (distinct % most == 0) {
            if (file != "") close(file)
            file = folder "/" distinct / most ".cu"
            printf "%s", first_head >file
        }
        sub(/@/, program "__" name, text)
        print text >file
        distinct++
    }
}
END {
    if (failed) exit 1
    if (head != first_head) fail("begins otherwise than the first file")
    print kernels + 0 " kernels, " distinct + 0 " of them different"
}
