/* SPDX-License-Identifier: BSD-2-Clause */
/* Log lines of the library: one line per event, with its cause and, where known, the fix. */
#ifndef RLB_LOG_H
#define RLB_LOG_H

#include <ringlib/base.h>

RLB_BEGIN_DECLS

enum rlb_log_level {
	RLB_LOG_ERR,
	RLB_LOG_WARN,
	RLB_LOG_INFO,
	RLB_LOG_DEBUG,
};

/* Receives one finished line, without the newline. Called from any thread. */
typedef void (*rlb_log_fn)(void *ctx, enum rlb_log_level level, const char *line);

/**
 * rlb_log_set() - choose which lines are kept and where they go.
 * @max: least important level that is kept; RLB_LOG_INFO at start.
 * @fn: receives each line; NULL restores the default, "ringlib: LEVEL: line" on stderr.
 * @ctx: handed to @fn.
 * Context: call before other threads use the library.
 */
RLB_API void rlb_log_set(enum rlb_log_level max, rlb_log_fn fn, void *ctx);

/* Use rlb_log(ERR, "...") rather than this. Context: any thread; never on the packet path. */
RLB_API void rlb_log_at(enum rlb_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define rlb_log(level, ...) rlb_log_at(RLB_LOG_##level, __VA_ARGS__)

RLB_END_DECLS

#endif
