/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments, messages, numbers and CPUs. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>

#include <ringlib/log.h>

#include "common.h"

const char *app_name = "ringlib";

void app_start(const char *name)
{
	app_name = name;
	/* Also into a file or pipe, where who watches would wait for a full block. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* A reader that went away shows as an error of what is written, not as our death. */
	signal(SIGPIPE, SIG_IGN);
	rlb_log_set(RLB_LOG_WARN, NULL, NULL);
}

void app_error(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", app_name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void app_usage(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", app_name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "; see: %s --help\n", app_name);
	exit(APP_USAGE);
}

int app_getopt(int argc, char **argv, const struct option *options)
{
	int opt;

	opterr = 0;
	/* ":" tells a missing value from an unknown option. Long options have values over 255. */
	opt = getopt_long(argc, argv, ":h", options, NULL);
	if (opt == ':')
		app_usage("%s needs a value", argv[optind - 1]);
	if (opt == '?' && optopt > 0 && optopt < 256)
		app_usage("-%c is no option", optopt);
	if (opt == '?' && optopt)
		app_usage("%s: this option takes no value", argv[optind - 1]);
	if (opt == '?')
		app_usage("%s is no option", argv[optind - 1]);
	return opt;
}

uint64_t app_arg_number(const char *option, const char *text, uint64_t min, uint64_t max)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *end || text[0] < '0' || text[0] > '9' || value < min ||
	    value > max)
		app_usage("%s %s: give a number from %llu to %llu", option, text,
			  (unsigned long long)min, (unsigned long long)max);
	return value;
}

double app_arg_seconds(const char *option, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= 0.001 && value <= 1e9))
		app_usage("%s %s: give seconds, 0.001 or more", option, text);
	return value;
}

void app_arg_mac(const char *option, const char *text, uint8_t mac[6])
{
	int used = 0;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2],
		   &mac[3], &mac[4], &mac[5], &used) != 6 ||
	    text[used])
		app_usage("%s %s: give a MAC address such as 52:54:00:00:00:01", option, text);
}

size_t app_arg_pages(const char *option, const char *text)
{
	static const struct {
		const char *name;
		size_t bytes;
	} sizes[] = {{"4K", 4096}, {"2M", (size_t)2 << 20}, {"1G", (size_t)1 << 30}};

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (strcmp(text, sizes[i].name) == 0)
			return sizes[i].bytes;
	}
	app_usage("%s %s: give a page size, one of 4K, 2M, 1G", option, text);
}

/* Known here already, so that nothing has been opened when it is wrong. Isolated CPUs are fine. */
static void check_cpu(const char *option, int cpu)
{
	int count = get_nprocs_conf();

	if (cpu >= count)
		app_usage("%s: there is no CPU %d; give numbers from 0 to %d", option, cpu,
			  count - 1);
}

unsigned int app_arg_cpus(const char *option, const char *text, int *cpus, unsigned int max)
{
	const char *at = text;
	unsigned int n = 0;

	for (;;) {
		char *end;
		unsigned long first = strtoul(at, &end, 10), last = first;
		bool good = end != at && *at >= '0' && *at <= '9';

		if (good && *end == '-') {
			at = end + 1;
			last = strtoul(at, &end, 10);
			good = end != at && *at >= '0' && *at <= '9';
		}
		if (!good || (*end && *end != ',') || first > last || last >= CPU_SETSIZE ||
		    last - first >= max - n)
			app_usage("%s %s: give 1 to %u CPU numbers such as 0,2-3", option, text,
				  max);
		for (; first <= last; first++) {
			check_cpu(option, (int)first);
			cpus[n++] = (int)first;
		}
		if (!*end)
			return n;
		at = end + 1;
	}
}

unsigned int app_pick_cpus(int *cpus, unsigned int want)
{
	cpu_set_t allowed;
	unsigned int n = 0;
	int spare = -1;

	CPU_ZERO(&allowed);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE && n < want; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		if (spare < 0)
			spare = cpu;
		else
			cpus[n++] = cpu;
	}
	if (!n)
		cpus[n++] = spare < 0 ? 0 : spare;
	return n;
}

double app_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

const char *app_group(uint64_t value)
{
	static char texts[8][32];
	static unsigned int next;
	char *text = texts[next++ % ARRAY_SIZE(texts)];
	char *at = text + sizeof(texts[0]) - 1;
	unsigned int digits = 0;

	*at = '\0';
	do {
		if (digits && digits % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + value % 10);
		value /= 10;
		digits++;
	} while (value);
	return at;
}
