/* Feeds files, or every file of a folder, to a fuzz harness: so its corpus is a test with any compiler. */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "logs/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 16 << 20 };

static size_t replay_file(const char *path)
{
    struct bytes input = {0};
    struct error err = {0};
    enum status status = file_load(path, INPUT_MAX, &input, &err);
    if (status)
        fprintf(stderr, "%s\n", err.text);
    else
        LLVMFuzzerTestOneInput(input.data, input.size);
    bytes_clear(&input);
    return status ? 0 : 1;
}

static size_t replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    size_t count = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char name[1024];
        int length = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && length < (int)sizeof name)
            count += replay_file(name);
    }
    if (folder)
        closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    for (int i = 1; i < argc; i++) {
        struct stat about;
        bool is_folder = !stat(argv[i], &about) && S_ISDIR(about.st_mode);
        count += is_folder ? replay_folder(argv[i]) : replay_file(argv[i]);
    }
    printf("figure: %zu inputs replayed\n", count);
    return count ? 0 : 3;
}
