/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fuzz target without libFuzzer: replay files, or make random input until a count is reached.
 * usage: TARGET FILE|FOLDER...
 *        TARGET --count N [SEED]        until N descriptors (table: look-ups) were checked
 */
#include <dirent.h>
#include <time.h>

#include "fuzz.h"

static void replay(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file) {
		fprintf(stderr, "%s: cannot be read; name a file of the corpus\n", path);
		exit(1);
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	/* To the byte, so that reading on is seen. */
	uint8_t *exact = malloc(size ? size : 1);
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static void replay_all(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char name[4096];

	if (!dir) {
		replay(path);
		return;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		replay(name);
	}
	closedir(dir);
}

static void endless(uint64_t count, uint64_t seed)
{
	static uint8_t data[8192];
	struct choices choices = {.random = seed * 2 + 1};
	uint64_t told = 0;
	time_t begun = time(NULL);

	while (fuzz_checked < count) {
		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = (uint8_t)random_of(&choices, 256);
		LLVMFuzzerTestOneInput(data, 1 + random_of(&choices, sizeof(data)));
		if (fuzz_checked / 10000000 != told) {
			told = fuzz_checked / 10000000;
			printf("%llu checked in %lld s\n", (unsigned long long)fuzz_checked,
			       (long long)(time(NULL) - begun));
			fflush(stdout);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc >= 3 && !strcmp(argv[1], "--count"))
		endless(strtoull(argv[2], NULL, 0), argc > 3 ? strtoull(argv[3], NULL, 0) : 1);
	else
		for (int i = 1; i < argc; i++)
			replay_all(argv[i]);
	return 0;
}
