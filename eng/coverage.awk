# Reads lcov files of several test projects and prints the share of lines that any test runs, for each project.
#   awk -v root="$PWD" -f eng/coverage.awk FILE...
/^SF:/ {
    file = substr($0, 4)
    skip = index(file, root "/") != 1
    name = substr(file, length(root) + 2)
    split(name, part, "/")
    skip = skip || (part[1] != "src" && part[1] != "lab") || name ~ /\/Migrations\//
    project = part[2]
}
/^DA:/ && !skip {
    split(substr($0, 4), field, ",")
    key = file ":" field[1]
    if (!(key in of)) { of[key] = project; lines[project]++ }
    if (field[2] > 0 && !(key in run)) { run[key] = 1; covered[project]++ }
}
END {
    for (project in lines) {
        printf "| %-22s | %6d | %6d | %5.1f %% |\n", project, lines[project], covered[project], 100 * covered[project] / lines[project] | "sort"
    }
}
