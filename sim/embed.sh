#!/bin/sh
# embed.sh FILE...: prints a C source that holds the files' bytes (sim/assets.h).
printf '#include "sim/assets.h"\n#include <string.h>\n'
i=0
for file in "$@"; do
    printf 'static const unsigned char bytes_%d[] = {' $i
    od -An -v -tu1 "$file" | sed 's/  *\([0-9][0-9]*\)/\1,/g'
    printf '0};\n'
    i=$((i + 1))
done
printf 'const struct asset asset_table[] = {\n'
i=0
for file in "$@"; do
    printf '    {"%s", bytes_%d, sizeof bytes_%d - 1},\n' "$(basename "$file")" $i $i
    i=$((i + 1))
done
cat <<'END'
    {0},
};
const size_t asset_count = sizeof asset_table / sizeof *asset_table - 1;

const struct asset *asset_find(const char *name)
{
    for (size_t i = 0; i < asset_count; i++)
        if (!strcmp(asset_table[i].name, name))
            return &asset_table[i];
    return NULL;
}
END
