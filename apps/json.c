/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "common.h"
#include "json.h"

static void text(FILE *file, const char *value)
{
	fputc('"', file);
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c == '"' || c == '\\')
			fprintf(file, "\\%c", c);
		else if (c < 0x20)
			fprintf(file, "\\u%04x", c);
		else
			fputc(c, file);
	}
	fputc('"', file);
}

/* What stands before a value: comma, line break, name. */
static void lead(struct json *json, const char *name)
{
	if (json->depth)
		fprintf(json->file, "%s\n%*s", json->first ? "" : ",", json->depth * 2, "");
	if (name) {
		text(json->file, name);
		fputs(": ", json->file);
	}
	json->first = false;
}

void json_open(struct json *json, const char *name, char bracket)
{
	lead(json, name);
	fputc(bracket, json->file);
	json->depth++;
	json->first = true;
}

void json_close(struct json *json, char bracket)
{
	json->depth--;
	if (!json->first)
		fprintf(json->file, "\n%*s", json->depth * 2, "");
	fputc(bracket, json->file);
	json->first = false;
	if (!json->depth)
		fputc('\n', json->file);
}

void json_u64(struct json *json, const char *name, uint64_t value)
{
	lead(json, name);
	fprintf(json->file, "%llu", (unsigned long long)value);
}

void json_double(struct json *json, const char *name, double value)
{
	lead(json, name);
	fprintf(json->file, "%.3f", value);
}

void json_bool(struct json *json, const char *name, bool value)
{
	lead(json, name);
	fputs(value ? "true" : "false", json->file);
}

void json_string(struct json *json, const char *name, const char *value)
{
	lead(json, name);
	if (value)
		text(json->file, value);
	else
		fputs("null", json->file);
}

static int to_stdout(void (*write)(struct json *json, const void *arg), const void *arg)
{
	struct json json = {.file = stdout};

	errno = 0;
	write(&json, arg);
	return fflush(stdout) || ferror(stdout) ? -(errno ? errno : EIO) : 0;
}

int json_to(const char *name, void (*write)(struct json *json, const void *arg), const void *arg)
{
	struct json json = {0};
	int err;

	if (strcmp(name, "-") == 0) {
		err = to_stdout(write, arg);
		if (err)
			app_error("cannot write the summary to standard output: %s",
				  strerror(-err));
		return err;
	}
	errno = 0;
	json.file = fopen(name, "we");
	if (json.file) {
		write(&json, arg);
		err = ferror(json.file) ? -EIO : 0;
		if (fclose(json.file) == 0 && !err)
			return 0;
	}
	err = errno ? -errno : -EIO;
	app_error("cannot write the summary to %s: %s; here it is instead", name, strerror(-err));
	to_stdout(write, arg);
	return err;
}
