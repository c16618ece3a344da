/* SPDX-License-Identifier: BSD-2-Clause */
/* Log lines: formatted here, handed to one function. */
#include <stdarg.h>
#include <stdio.h>

#include <ringlib/log.h>

#define LINE_BYTES_MAX 512

static enum rlb_log_level log_max = RLB_LOG_INFO;
static rlb_log_fn log_fn;
static void *log_ctx;

static void log_stderr(enum rlb_log_level level, const char *line)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};

	/* One call, so that lines of several threads do not mix. */
	fprintf(stderr, "ringlib: %s: %s\n", names[level], line);
}

RLB_API void rlb_log_set(enum rlb_log_level max, rlb_log_fn fn, void *ctx)
{
	log_max = max;
	log_fn = fn;
	log_ctx = ctx;
}

RLB_API void rlb_log_at(enum rlb_log_level level, const char *fmt, ...)
{
	char line[LINE_BYTES_MAX];
	va_list ap;

	if (level > log_max)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (log_fn)
		log_fn(log_ctx, level, line);
	else
		log_stderr(level, line);
}
