/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Failure injection: a test linked with -Wl,--wrap=<function> for the functions below can make the
 * k-th call of any of them fail, whichever it is.
 */
#ifndef TEST_INJECT_H
#define TEST_INJECT_H

#include <stdbool.h>

/* Let the @k-th wrapped call from now fail, counted from 1. 0: none. */
void inject_fail_at(unsigned int k);

/* Whether that call came, and so failed. Turns injection off. */
int inject_failed(void);

/* For wrappers that stand in a test itself: shall this call fail? */
bool inject_now(void);

/* Open file descriptors of this process. */
unsigned int inject_fds(void);

#endif
