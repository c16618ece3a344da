/* SPDX-License-Identifier: BSD-2-Clause */
/* What every app needs: arguments, messages, numbers for people, CPUs for workers. */
#ifndef APP_COMMON_H
#define APP_COMMON_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit codes of every app. */
#define APP_OK	   0
#define APP_FAILED 1 /* something went wrong at run time; one line on stderr says what */
#define APP_USAGE  2 /* an argument can not be right */

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

extern const char *app_name; /* "rl-fwd": begins every message */

/* First thing in main(): the app's name, lines that appear when they end, warnings but no chatter.
 */
void app_start(const char *name);

/* One line on stderr. */
void app_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* One line on stderr that ends by pointing to --help; then exit(APP_USAGE). */
void app_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/*
 * getopt_long() with messages in our form. Values in @options are over 255, but 'h' for help.
 * Return: the option's val, or -1 behind the last one.
 */
int app_getopt(int argc, char **argv, const struct option *options);

/*
 * Values of options. @option: its name, for the message. All end the program by app_usage() when
 * the text is not what they want.
 */
uint64_t app_arg_number(const char *option, const char *text, uint64_t min, uint64_t max);
double app_arg_seconds(const char *option, const char *text); /* 0.001..1e9 */
void app_arg_mac(const char *option, const char *text, uint8_t mac[6]);
size_t app_arg_pages(const char *option, const char *text); /* "4K", "2M" or "1G", in bytes */
/* "0,2-4": fills @cpus. Return: how many, 1..@max. */
unsigned int app_arg_cpus(const char *option, const char *text, int *cpus, unsigned int max);

/*
 * CPUs for up to @want workers: those this process may use but the first, which is left to the
 * control thread where there is another. Return: how many, 1..@want.
 */
unsigned int app_pick_cpus(int *cpus, unsigned int want);

double app_now(void); /* seconds on a clock that does not jump */

/* "1,234,567", in one of a few static buffers: enough for one printf(). */
const char *app_group(uint64_t value);

#endif
