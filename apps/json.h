/* SPDX-License-Identifier: BSD-2-Clause */
/* A writer of JSON text. The caller keeps the nesting right. */
#ifndef APP_JSON_H
#define APP_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *file;
	int depth;
	bool first; /* nothing stands before it on this level */
};

/*
 * @name: of the member, or NULL inside an array and at the top.
 * json_open() begins an object ('{') or an array ('['), json_close() ends it.
 */
void json_open(struct json *json, const char *name, char bracket);
void json_close(struct json *json, char bracket);
void json_u64(struct json *json, const char *name, uint64_t value);
void json_double(struct json *json, const char *name, double value); /* three decimals */
void json_bool(struct json *json, const char *name, bool value);
void json_string(struct json *json, const char *name, const char *value); /* NULL: null */

/**
 * json_to() - have @write fill a file named @name, or standard output for "-".
 * Return: 0, or -errno, said in one line; then the text went to standard output.
 */
int json_to(const char *name, void (*write)(struct json *json, const void *arg), const void *arg);

#endif
